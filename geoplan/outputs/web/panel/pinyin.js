/* Chinese names by Latin letters: whole syllables, initials, or both mixed: "lixiaqu", "lxq", "lixq". */
(function (gp) {
  "use strict";

  /* character → readings */
  gp.readings = function (bySyllable) {
    var found = /** @type {{ [character: string]: string[] }} */ ({});
    Object.keys(bySyllable || {}).forEach(function (syllable) {
      Array.from(bySyllable[syllable]).forEach(function (character) { (found[character] = found[character] || []).push(syllable); });
    });
    return found;
  };

  function follows(characters, k, wanted, readings) {
    if (!wanted) { return true; }
    if (k >= characters.length) { return false; }
    var own = readings[characters[k]];
    if (!own) { return characters[k] === wanted[0] && follows(characters, k + 1, wanted.slice(1), readings); }
    return own.some(function (reading) {
      if (reading.indexOf(wanted) === 0) { return true; }
      if (wanted.indexOf(reading) === 0 && follows(characters, k + 1, wanted.slice(reading.length), readings)) { return true; }
      // an initial: one letter, or zh, ch, sh
      if (/^[zcs]h/.test(reading) && wanted.slice(0, 2) === reading.slice(0, 2) && follows(characters, k + 1, wanted.slice(2), readings)) { return true; }
      return wanted[0] === reading[0] && follows(characters, k + 1, wanted.slice(1), readings);
    });
  }

  /* where in the folded name the letters begin to fit; -1 for nowhere */
  gp.soundsLike = function (name, wanted, readings) {
    if (!/^[a-z0-9]+$/.test(wanted)) { return -1; }
    var characters = Array.from(name);
    for (var k = 0; k < characters.length; k++) {
      if (readings[characters[k]] && follows(characters, k, wanted, readings)) { return k; }
    }
    return -1;
  };
})(window.geoplan);

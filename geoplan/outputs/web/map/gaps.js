/* Gaps as readers know them: by letter, largest first as shown; faults of data have a list of their own. */
(function (gp) {
  "use strict";
  /* causes that a look at the data or the road network settles, not a new site */
  var FAULTS = ["cut_off", "off_network", "no_data"];

  /* 0 → A, 25 → Z, 26 → AA */
  gp.letter = function (k) {
    return (k >= 26 ? gp.letter(Math.floor(k / 26) - 1) : "") + String.fromCharCode(65 + k % 26);
  };

  gp.isFaultCause = function (cause) { return FAULTS.indexOf(cause) >= 0; };

  /* does an entry stand for many small gaps, collected by area? It is no place to go to. */
  function many(gaps, i) { return +!!(gaps.scattered && gaps.scattered[i]); }

  /* letters go to the gaps of the service in the order of their ranks, collected ones last */
  gp.lettered = function (gaps) {
    var k = 0, order = gaps.rank.map(function (r, i) { return i; });
    order.sort(function (a, b) { return many(gaps, a) - many(gaps, b) || gaps.rank[a] - gaps.rank[b] || a - b; });
    var letters = gaps.rank.map(function () { return ""; });
    order.forEach(function (i) { if (!gp.isFaultCause(gaps.cause[i])) { letters[i] = gp.letter(k++); } });
    return letters;
  };

  gp.isFault = function (m, i) { return !m.gaps.letter[i]; };

  /* people of a gap who are without the service, in what is shown; null where withheld. Where nothing is
     known of what the plan closes, those of today. */
  gp.gapPeople = function (m, i) {
    var g = m.gaps.d, known = g.after && kept(m, "known", function () { return { any: g.after.some(function (n) { return n !== null; }) }; }).any;
    if (m.scenario === "after" && known && g.after[i] !== undefined) { return g.after[i]; }
    return g.people ? g.people[i] : g.length_m ? g.length_m[i] : null;
  };

  /* is this gap still there? (with the plan, some are closed whole) */
  gp.open = function (m, i) { return m.scenario !== "after" || !m.gaps.d.after || m.gaps.d.after[i] !== 0; };

  /* what was found for these gaps as they are shown now; found anew when any of it changes */
  function kept(m, name, find) {
    var d = m.gaps.d, held = m.gapsHeld;
    if (!held || held.d !== d || held.people !== d.people || held.after !== d.after || held.shapes !== m.gaps.shapes || held.scenario !== m.scenario) {
      held = m.gapsHeld = { d: d, people: d.people, after: d.after, shapes: m.gaps.shapes, scenario: m.scenario };
    }
    held[name] = held[name] || find();
    return held[name];
  }

  function listed(m, fault) {
    var all = m.gaps.d.rank.map(function (r, i) { return i; }).filter(function (i) { return gp.isFault(m, i) === fault; });
    return all.sort(function (a, b) {
      var x = gp.gapPeople(m, a), y = gp.gapPeople(m, b);
      return +gp.open(m, b) - +gp.open(m, a) || many(m.gaps.d, a) - many(m.gaps.d, b) || +(x === null) - +(y === null) || y - x || m.gaps.d.rank[a] - m.gaps.d.rank[b];
    });
  }
  /* rows of the two lists: of the service, and to be checked; largest first, then collected ones, closed ones last */
  gp.gapList = function (m) { return m.gaps ? kept(m, "list", function () { return listed(m, false); }) : []; };
  gp.faultList = function (m) { return m.gaps ? kept(m, "faults", function () { return listed(m, true); }) : []; };

  /* how many are still there; in a trial, as many as a run of it has */
  gp.countOpen = function (m, fault) {
    if (m.trial && m.scenario === "after") { return m.trial().filter(function (one) { return one.fault === fault; }).length; }
    return (fault ? gp.faultList(m) : gp.gapList(m)).filter(function (i) { return gp.open(m, i); }).length;
  };

  /* the ten largest that have a place, as shown */
  gp.topGaps = function (m) {
    return kept(m, "top", function () {
      return gp.gapList(m).filter(function (i) { return m.gaps.shapes[i] && gp.open(m, i); }).slice(0, 10);
    });
  };

  /* what the map draws of them: from afar the ten largest, and of whole areas never more */
  gp.drawnGaps = function (m, far) {
    if (!m.gaps || !m.on.gaps) { return []; }
    if (!m.spacing && (far || m.gaps.d.whole_areas)) { return gp.topGaps(m); }
    return kept(m, "drawn", function () {
      return m.gaps.shapes.map(function (s, i) { return i; }).filter(function (i) {
        return m.gaps.shapes[i] && gp.open(m, i) && !gp.isFault(m, i);
      });
    });
  };
  gp.drawnFaults = function (m, far) {
    if (!m.gaps || !gp.shown(m, "faults", far)) { return []; }
    return gp.faultList(m).filter(function (i) { return m.gaps.shapes[i] && gp.open(m, i); });
  };
})(window.geoplan);

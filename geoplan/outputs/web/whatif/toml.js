/* What-if: a choice as the TOML that `geoplan run STUDY --overlay FILE` takes. */
(function (gp) {
  "use strict";

  function isControl(c) { var code = c.charCodeAt(0); return code < 32 || code === 127; }

  /* a basic string: quotes, backslashes and control characters escaped (TOML 1.0) */
  gp.tomlText = function (text) {
    return '"' + Array.from(String(text), function (c) {
      return c === '"' || c === "\\" ? "\\" + c : isControl(c) ? "\\u" + ("000" + c.charCodeAt(0).toString(16)).slice(-4) : c;
    }).join("") + '"';
  };
  /* a key: bare where it may be */
  gp.tomlKey = function (key) { return /^[A-Za-z0-9_-]+$/.test(key) ? key : gp.tomlText(key); };
  /* a float to the last digit; 500000 is written 500000.0 */
  gp.tomlNumber = function (value) { var text = String(value); return /^-?\d+$/.test(text) ? text + ".0" : text; };

  function comment(text) {
    return "# " + Array.from(String(text), function (c) { return isControl(c) || c === "\u2028" || c === "\u2029" ? " " : c; }).join("") + "\n";
  }

  /** @param {Choice} c
   * @param {{name: (k: number) => string, t: (key: string, values?: object) => string}} words
   * @param {string} [title] @returns {string} */
  gp.overlayOf = function (c, words, title) {
    var covers = c.covers, d = covers.meta, key = gp.tomlKey(d.key), ledger = c.count().ledger, k;
    var closed = [], opened = [];
    for (k = 0; k < covers.existing; k++) { if (!c.open[k]) { closed.push(k); } }
    for (; k < covers.all; k++) { if (c.open[k]) { opened.push(k); } }
    var out = comment(words.t("ui_whatif_toml_head", { name: title ? " " + title : "", study: d.study }));
    out += comment(words.t("ui_whatif_toml_run"));
    gp.STATES.concat("total").forEach(function (state) {
      out += comment(words.t(state === "total" ? "ui_whatif_total" : "state_" + state) + " " + gp.plain(ledger[state]));
    });
    if (!closed.length && !opened.length) { return out + comment(words.t("ui_whatif_toml_none")) + "\n[what_if]\n"; }
    out += "\n[what_if]\n";
    if (closed.length) {
      out += "closed." + key + " = [\n" + closed.map(function (at) {
        return "    " + gp.tomlText(covers.ids[at]) + ",  " + comment(words.name(at));
      }).join("") + "]\n";
    }
    opened.forEach(function (at) { out += opening(c, words, key, at); });
    return out;
  };

  function opening(c, words, key, at) {
    var covers = c.covers, j = at - covers.existing, room = covers.capacity ? covers.capacity[at] : Infinity;
    var lines = [
      "id = " + gp.tomlText(covers.ids[at]), "name = " + gp.tomlText(words.name(at)),
      "x = " + gp.tomlNumber(covers.place[2 * j]), "y = " + gp.tomlNumber(covers.place[2 * j + 1])
    ];
    if (isFinite(room)) { lines.push("capacity = " + gp.tomlNumber(room)); }
    return "\n" + comment(words.t("ui_whatif_toml_place", { lon: covers.lon[at].toFixed(6), lat: covers.lat[at].toFixed(6), crs: covers.meta.crs })) +
      "[[what_if.opened." + key + "]]\n" + lines.join("\n") + "\n";
  }
})(window.geoplan);

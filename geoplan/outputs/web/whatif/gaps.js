/* What-if: the gaps of a choice, joined and named as coverage/gap_merging.py and gaps.py do. */
(function (gp) {
  "use strict";
  var CAUSES = { 1: "full", 2: "no_site", 3: "cut_off", 4: "off_network", 5: "no_data" };

  /** Gaps, most people first: rows with the same cause that are neighbours within a gap's extent.
   * @param {Choice} c @returns {WhatIfGap[]} */
  gp.whatIfGaps = function (c) {
    var covers = c.covers, counted = c.count(), n = covers.n, parent = new Int32Array(n), need = new Float64Array(n), i;
    var box = new Float64Array(4 * n);
    for (i = 0; i < n; i++) {
      parent[i] = i;
      need[i] = covers.people[i] - counted.served[i];
      box[4 * i] = box[4 * i + 2] = covers.xy[2 * i];
      box[4 * i + 1] = box[4 * i + 3] = covers.xy[2 * i + 1];
    }
    function root(a) {
      while (parent[a] !== a) { parent[a] = parent[parent[a]]; a = parent[a]; }
      return a;
    }
    var first = covers.pairs[0], second = covers.pairs[1];
    for (i = 0; i < first.length; i++) {
      var a = first[i], b = second[i];
      if (need[a] > 0 && need[b] > 0 && counted.state[a] === counted.state[b]) { join(root(a), root(b)); }
    }
    function join(p, q) {
      if (p === q) { return; }
      var low = Math.min(p, q), high = Math.max(p, q), x = 4 * low, y = 4 * high;
      var west = Math.min(box[x], box[y]), south = Math.min(box[x + 1], box[y + 1]);
      var east = Math.max(box[x + 2], box[y + 2]), north = Math.max(box[x + 3], box[y + 3]);
      if (Math.hypot(east - west, north - south) > covers.meta.extent) { return; }
      parent[high] = low;
      box[x] = west; box[x + 1] = south; box[x + 2] = east; box[x + 3] = north;
    }
    return ranked(collect(c, need, root));
  };

  function collect(c, need, root) {
    var covers = c.covers, state = c.count().state, gaps = new Map(), within = covers.meta.within;
    for (var i = 0; i < covers.n; i++) {
      if (!(need[i] > 0)) { continue; }
      // people without a location: one gap per area
      var lost = isNaN(covers.xy[2 * i]), key = lost ? "w" + (within < 0 ? "" : covers.area[within][i]) : root(i);
      if (!gaps.has(key)) { gaps.set(key, { people: 0, cause: CAUSES[state[i]], rows: [], lead: i }); }
      var gap = gaps.get(key);
      gap.people += need[i];
      gap.rows.push(i);
      if (need[i] > need[gap.lead]) { gap.lead = i; }
    }
    return Array.from(gaps.values());
  }

  function ranked(gaps) {
    gaps.forEach(function (gap) { gap.people = Math.round(gap.people * 1e6) / 1e6; });
    return gaps.sort(function (a, b) { return b.people - a.people || (a.cause < b.cause ? -1 : a.cause > b.cause ? 1 : a.lead - b.lead); });
  }
})(window.geoplan);

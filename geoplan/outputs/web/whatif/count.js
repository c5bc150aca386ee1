/* What-if: which sites are open, and the ledger that follows, as a run would count it. */
(function (gp) {
  "use strict";
  var SERVED = 0, FULL = 1, BEYOND = 2, CUT_OFF = 3;

  /** One choice of open sites over the covers of a page.
   * @param {Covers} covers @returns {Choice} */
  gp.choice = function (covers) {
    var c = /** @type {Choice} */ ({
      covers: covers, open: new Uint8Array(covers.all), hits: new Uint32Array(covers.n),
      ways: covers.ways.map(function (way) { return new Uint32Array(way.zones.length); }), joined: 0
    });
    c.set = function (k, on) {
      if (!!c.open[k] === !!on) { return; }
      var step = on ? 1 : -1, rows = covers.cover[k];
      c.open[k] = on ? 1 : 0;
      for (var i = 0; i < rows.length; i++) { c.hits[rows[i]] += step; }
      if (covers.classOf[k] >= 0) {
        covers.ways.forEach(function (way, which) { c.ways[which][way.classOf[k]] += step; });
        c.joined += step;
      }
      c.done = null;
    };
    c.setAll = function (list) {
      var on = new Uint8Array(covers.all);
      list.forEach(function (k) { on[k] = 1; });
      for (var k = 0; k < covers.all; k++) { c.set(k, on[k]); }
    };
    c.list = function () {
      var found = [];
      for (var k = 0; k < covers.all; k++) { if (c.open[k]) { found.push(k); } }
      return found;
    };
    c.count = function () { return c.done || (c.done = count(c)); };
    return c;
  };

  /* state and people served of every row, and the six numbers */
  function count(c) {
    var covers = c.covers, n = covers.n, state = new Uint8Array(n), served = new Float64Array(n);
    var last = covers.ways[covers.ways.length - 1], path = gp.pathsOf(c, covers.ways.length - 1), sums = [0, 0, 0, 0, 0, 0], i;
    for (i = 0; i < n; i++) {
      state[i] = covers.fixed[i] || (c.hits[i] ? SERVED : !c.joined || path[last.zone[i]] ? BEYOND : CUT_OFF);
      served[i] = state[i] === SERVED ? covers.people[i] : 0;
    }
    if (covers.capacity) { served = gp.seated(c, served); }
    for (i = 0; i < n; i++) {
      if (state[i] === SERVED) {
        sums[SERVED] += served[i];
        sums[FULL] += covers.people[i] - served[i];
        if (covers.people[i] > served[i]) { state[i] = FULL; }
      } else { sums[state[i]] += covers.people[i]; }
    }
    return { state: state, served: served, ledger: ledgerOf(sums) };
  }

  /** Zones from which one comes to an open site: on foot or by car along the streets, or by a timetable.
   * @param {Choice} c @param {number} which of the covers' ways */
  gp.pathsOf = function (c, which) {
    var way = c.covers.ways[which], path = new Uint8Array(c.covers.n);
    c.ways[which].forEach(function (sites, k) {
      if (sites) { way.zones[k].forEach(function (zone) { path[zone] = 1; }); }
    });
    return path;
  };

  function ledgerOf(sums) {
    var total = 0, ledger = /** @type {any} */ ({ total: 0 });
    gp.STATES.forEach(function (state, k) {
      ledger[state] = rounded(sums[k]);
      total += sums[k];
    });
    ledger.total = rounded(total);
    return ledger;
  }

  /* as summary.json writes numbers: six digits */
  function rounded(value) { return Math.round(value * 1e6) / 1e6; }

  /** The candidates that serve most people whom no open site reaches: the best answer, ties included.
   * @param {Choice} c */
  gp.bestNext = function (c) {
    var covers = c.covers, best = 0, found = [], need = new Float64Array(covers.n), i;
    for (i = 0; i < covers.n; i++) { need[i] = c.hits[i] || covers.fixed[i] ? 0 : covers.people[i]; }
    for (var k = covers.existing; k < covers.all; k++) {
      if (c.open[k]) { continue; }
      var rows = covers.cover[k], gain = 0;
      for (i = 0; i < rows.length; i++) { gain += need[rows[i]]; }
      gain = rounded(gain);
      if (gain > best) { best = gain; found = [k]; } else if (gain === best && gain > 0) { found.push(k); }
    }
    return { people: best, sites: found };
  };
})(window.geoplan);

/* What-if: the most people that open sites with limited capacity can serve (a maximum flow). */
(function (gp) {
  "use strict";
  var LEAST = 1e-9;

  /** People served per row where capacity limits: the most there can be in all, as in a run.
   * Who of them it is may differ from a run, which looks for short ways among equal answers.
   *
   * Dinic's algorithm (1970) on rows and sites; rows that reach the same open sites are one.
   * @param {Choice} c @param {Float64Array} inside people within reach, per row */
  gp.seated = function (c, inside) {
    var covers = c.covers, whole = covers.meta.whole, groups = alike(c, inside), served = new Float64Array(covers.n);
    var seats = new Float64Array(covers.all), need = groups.map(function (g) { return g.people; });
    c.list().forEach(function (k) {
      var room = covers.capacity[k];  // not known: nobody is proved to be served
      seats[k] = isNaN(room) ? 0 : whole ? Math.floor(room + 1e-6) : room;
    });
    flow(groups, need, seats);
    groups.forEach(function (g, k) {
      var placed = g.people - need[k];
      g.rows.forEach(function (i) {
        served[i] = Math.min(inside[i], placed);
        placed -= served[i];
      });
    });
    // a row short of no more than the rounding of its sum is served in full
    return served.map(function (people, i) { return inside[i] - people <= 1e-8 * inside[i] ? inside[i] : people; });
  };

  /* rows within reach, by the open sites that they reach */
  function alike(c, inside) {
    var sites = [], groups = new Map(), i;
    for (i = 0; i < inside.length; i++) { sites.push(null); }
    c.list().forEach(function (k) {
      c.covers.cover[k].forEach(function (row) { if (inside[row] > 0) { (sites[row] = sites[row] || []).push(k); } });
    });
    sites.forEach(function (list, row) {
      if (!list) { return; }
      var key = list.join();
      if (!groups.has(key)) { groups.set(key, { sites: list, rows: [], people: 0, flow: list.map(function () { return 0; }) }); }
      groups.get(key).rows.push(row);
      groups.get(key).people += inside[row];
    });
    return Array.from(groups.values());
  }

  /* `need` and `seats` become what is left of them; `flow` of a group is what each of its sites takes */
  function flow(groups, need, seats) {
    var at = new Map();
    groups.forEach(function (g, k) {
      g.sites.forEach(function (site, s) {
        var take = Math.min(need[k], seats[site]);
        g.flow[s] = take;
        need[k] -= take;
        seats[site] -= take;
        if (!at.has(site)) { at.set(site, []); }
        at.get(site).push([k, s]);
      });
    });
    while (advance(groups, need, seats, at)) { /* until no path is left */ }
  }

  /* one phase: levels from the groups with people left, then a blocking flow along them */
  function advance(groups, need, seats, at) {
    var level = new Int32Array(groups.length).fill(-1), deep = new Map(), queue = [], found = false, k;
    for (k = 0; k < groups.length; k++) { if (need[k] > LEAST) { level[k] = 0; queue.push(k); } }
    for (var q = 0; q < queue.length; q++) {
      k = queue[q];
      groups[k].sites.forEach(function (site) {
        if (deep.has(site)) { return; }
        deep.set(site, level[k] + 1);
        if (seats[site] > LEAST) { found = true; }
        if (seats[site] === Infinity) { return; }
        at.get(site).forEach(function (arc) {
          if (level[arc[0]] < 0 && groups[arc[0]].flow[arc[1]] > LEAST) { level[arc[0]] = level[k] + 2; queue.push(arc[0]); }
        });
      });
    }
    if (!found) { return false; }
    var nextSite = new Int32Array(groups.length), nextArc = new Map();
    function push(group, most) {
      var g = groups[group];
      for (; nextSite[group] < g.sites.length; nextSite[group]++) {
        var s = nextSite[group], site = g.sites[s];
        if (deep.get(site) !== level[group] + 1) { continue; }
        var sent = toSite(site, most);
        if (sent > LEAST) { g.flow[s] += sent; return sent; }
      }
      return 0;
    }
    function toSite(site, most) {
      if (seats[site] > LEAST) {
        var take = Math.min(most, seats[site]);
        seats[site] -= take;
        return take;
      }
      var arcs = at.get(site);
      for (var n = nextArc.get(site) || 0; n < arcs.length; n++) {
        nextArc.set(site, n);
        var other = arcs[n][0], held = groups[other].flow[arcs[n][1]];
        if (level[other] !== deep.get(site) + 1 || held <= LEAST) { continue; }
        var sent = push(other, Math.min(most, held));
        if (sent > LEAST) { groups[other].flow[arcs[n][1]] -= sent; return sent; }
      }
      nextArc.set(site, arcs.length);
      return 0;
    }
    for (k = 0; k < groups.length; k++) {
      while (level[k] === 0 && need[k] > LEAST) {
        var sent = push(k, need[k]);
        if (sent <= LEAST) { break; }
        need[k] -= sent;
      }
    }
    return true;
  }
})(window.geoplan);

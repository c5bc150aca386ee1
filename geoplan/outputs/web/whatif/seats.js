/* What-if: the most people that open sites with limited capacity can serve (a maximum flow). */
(function (gp) {
  "use strict";
  var LEAST = 1e-9;

  /** People served per row where capacity limits: the most there can be in all, as in a run.
   * Among equal answers whoever has a seat today keeps it; a run looks for short ways, so who it is may differ.
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
    var at = arcs(groups), today = covers.today, kept = groups.map(function (g) { return today ? sum(g.rows, function (i) { return Math.min(inside[i], today[i]); }) : 0; });
    // who has a seat today first; to let others in, more paths only move them to other sites
    if (today) {
      need = kept.slice();
      flow(groups, need, seats, at);
      need = groups.map(function (g, k) { return g.people - kept[k] + need[k]; });
    }
    flow(groups, need, seats, at);
    groups.forEach(function (g, k) {
      var placed = g.people - need[k];
      [true, false].forEach(function (first) {
        g.rows.forEach(function (i) {
          var most = first ? today ? Math.min(inside[i], today[i]) : 0 : inside[i] - served[i], take = Math.min(most, placed);
          served[i] += take;
          placed -= take;
        });
      });
    });
    // a row short of no more than the rounding of its sum is served in full
    return served.map(function (people, i) { return inside[i] - people <= 1e-8 * inside[i] ? inside[i] : people; });
  };

  /** May it be others who find no seat in a run? The totals are the same; who it is need not be.
   * @param {WhatIf} w */
  gp.seatsDiffer = function (w) { return !!w.meta.limited && w.choice().count().ledger.full > 0; };

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

  function sum(list, of) { return list.reduce(function (all, i) { return all + of(i); }, 0); }

  /* of every site the groups that reach it */
  function arcs(groups) {
    var at = new Map();
    groups.forEach(function (g, k) {
      g.sites.forEach(function (site, s) {
        if (!at.has(site)) { at.set(site, []); }
        at.get(site).push([k, s]);
      });
    });
    return at;
  }

  /* `need` and `seats` become what is left of them; `flow` of a group is what each of its sites takes, so far and now */
  function flow(groups, need, seats, at) {
    groups.forEach(function (g, k) {
      g.sites.forEach(function (site, s) {
        var take = Math.min(need[k], seats[site]);
        g.flow[s] += take;
        need[k] -= take;
        seats[site] -= take;
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
      var from = at.get(site);
      for (var n = nextArc.get(site) || 0; n < from.length; n++) {
        nextArc.set(site, n);
        var other = from[n][0], held = groups[other].flow[from[n][1]];
        if (level[other] !== deep.get(site) + 1 || held <= LEAST) { continue; }
        var sent = push(other, Math.min(most, held));
        if (sent > LEAST) { groups[other].flow[from[n][1]] -= sent; return sent; }
      }
      nextArc.set(site, from.length);
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

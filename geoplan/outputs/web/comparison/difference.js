/* Who is covered in one run and not in the other: one layer, one list. */
(function (gp) {
  "use strict";

  /** people of a row who are served, in what is shown; null where the row's people are withheld @param {Model} m */
  function served(m, i) {
    if (m.demand.d.people[i] === null) { return null; }
    var d = m.demand.d, after = m.scenario === "after" && !!d.after, part = (after && d.after_part || d.part || {})[i];
    if (part !== undefined) { return part; }
    return (after ? m.demand.later : m.demand.now)[i] === 0 ? d.people[i] || 0 : 0;
  }

  function keys(m) {
    var seen = {}, d = m.demand;
    return Array.from(d.now, function (state, i) {
      var key = d.xy[2 * i].toFixed(6) + " " + d.xy[2 * i + 1].toFixed(6) + " " + (d.d.names ? d.d.names[i] : "");
      seen[key] = (seen[key] || 0) + 1;
      return key + " " + seen[key];
    });
  }

  /** Rows of both runs by place and name, and those of one run only; null where most rows differ.
   * @param {Model} a @param {Model} b */
  gp.matched = function (a, b) {
    if (!a.demand || !b.demand || a.demand.d.cell_m || b.demand.d.cell_m) { return null; }
    var at = new Map(), found = { both: [], a: [], b: [] };
    keys(b).forEach(function (key, k) { at.set(key, k); });
    keys(a).forEach(function (key, i) {
      if (at.has(key)) { found.both.push([i, at.get(key)]); at.delete(key); } else { found.a.push(i); }
    });
    at.forEach(function (k) { found.b.push(k); });
    return 2 * found.both.length < Math.max(a.demand.now.length, b.demand.now.length) ? null : found;
  };

  /** Rows of one run only: how many, their people, and how many of those are served; null where any is withheld.
   * @param {Model} m @param {number[]} rows */
  gp.aloneRows = function (m, rows) {
    var people = /** @type {number | null} */ (0), covered = /** @type {number | null} */ (0);
    rows.forEach(function (i) {
      var n = m.demand.d.people[i], part = served(m, i);
      people = people === null || n === null ? null : people + n;
      covered = covered === null || part === null ? null : covered + part;
    });
    return { n: rows.length, people: people, served: covered };
  };

  /** People who are served in b and not in a (gained), and the other way round (lost).
   * Places whose people either edition withholds are counted, and in neither.
   * @param {Model} a @param {Model} b @param {number[][]} rows */
  gp.difference = function (a, b, rows) {
    var found = { gained: 0, lost: 0, withheld: 0, rows: [] };
    rows.forEach(function (row) {
      var before = served(a, row[0]), after = served(b, row[1]);
      if (before === null || after === null) { found.withheld += 1; return; }
      var change = after - before;
      if (Math.abs(change) < 0.5) { return; }
      found[change > 0 ? "gained" : "lost"] += Math.abs(change);
      found.rows.push({ i: row[0], j: row[1], change: change });
    });
    found.rows.sort(function (x, y) { return Math.abs(y.change) - Math.abs(x.change) || x.i - y.i; });
    return found;
  };

  /* what the gap is called that a place is in */
  function gapAt(m, x, y) {
    var at = m.gaps ? m.gaps.shapes.findIndex(function (shape) { return !!shape && gp.inside(shape, x, y); }) : -1;
    return at < 0 ? "" : m.gaps.d.area[at];
  }

  /** The same by area of the finest level that is drawn; by community where there is none, and where it has no name
   * by the gap that it is in, in either run, or by longitude and latitude.
   * @param {Model} m @param {any} difference @param {Model} [other] @param {(at: L.LatLng) => string} [degrees] */
  gp.differenceList = function (m, difference, other, degrees) {
    var level = gp.mainLevel(m), groups = {}, order = [];
    difference.rows.forEach(function (row) {
      var x = m.demand.xy[2 * row.i], y = m.demand.xy[2 * row.i + 1], key = "", name = "";
      if (level >= 0) {
        m.levels[level].shapes.some(function (shape, k) {
          if (!shape || !gp.inside(shape, x, y)) { return false; }
          key = "a" + k;
          name = m.levels[level].level.names[k];
          return true;
        });
      }
      if (!key) {
        key = "d" + row.i;
        name = m.demand.d.names && gp.isName(m.demand.d.names[row.i] || "") ? m.demand.d.names[row.i] : "";
        if (!name) { name = [m, other].map(function (one) { return one ? gapAt(one, x, y) : ""; }).filter(Boolean)[0] || ""; key = name || key; }
        if (!name && degrees) { name = degrees(gp.toLatLng(x, y)); }
      }
      if (!groups[key]) {
        groups[key] = { name: name, gained: 0, lost: 0, box: [x, y, x, y] };
        order.push(groups[key]);
      }
      var g = groups[key];
      g[row.change > 0 ? "gained" : "lost"] += Math.abs(row.change);
      g.box = [Math.min(g.box[0], x), Math.min(g.box[1], y), Math.max(g.box[2], x), Math.max(g.box[3], y)];
    });
    return order.sort(function (p, q) { return q.gained + q.lost - p.gained - p.lost; });
  };

  /** plus and minus signs where people gained and lost @param {Model} m @param {View} view */
  gp.drawDifference = function (m, view) {
    if (!m.difference) { return; }
    var ctx = view.ctx, side = m.side;
    // places of this run only: hollow squares
    (m.alone || []).forEach(function (i) {
      var at = gp.pixel(m.demand.xy, i, view), r = Math.max(3, gp.radius(m, i, view.zoom));
      ctx.strokeStyle = "#ffffff";
      ctx.lineWidth = 3.4;
      ctx.strokeRect(at[0] - r, at[1] - r, 2 * r, 2 * r);
      ctx.strokeStyle = "#1b2530";
      ctx.lineWidth = 1.6;
      ctx.strokeRect(at[0] - r, at[1] - r, 2 * r, 2 * r);
    });
    m.difference.rows.slice().reverse().forEach(function (row) {
      var i = row[side], x = m.demand.xy[2 * i] * view.scale - view.left, y = m.demand.xy[2 * i + 1] * view.scale - view.top;
      if (x < -15 || y < -15 || x > view.width + 15 || y > view.height + 15) { return; }
      var r = Math.max(3, Math.min(12, 2 + Math.sqrt(Math.abs(row.change) / m.demand.large) * Math.max(4, view.zoom - 6)));
      ctx.beginPath();
      ctx.arc(x, y, r, 0, 6.2832);
      ctx.fillStyle = row.change > 0 ? "#0a5fb4" : "#b23c10";
      ctx.fill();
      ctx.strokeStyle = "#ffffff";
      ctx.lineWidth = 1.2;
      ctx.stroke();
      ctx.lineWidth = Math.max(1.2, r / 4);
      ctx.beginPath();
      ctx.moveTo(x - r / 2, y);
      ctx.lineTo(x + r / 2, y);
      if (row.change > 0) { ctx.moveTo(x, y - r / 2); ctx.lineTo(x, y + r / 2); }
      ctx.stroke();
    });
  };
})(window.geoplan);

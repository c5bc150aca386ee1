/* What is under the pointer. */
(function (gp) {
  "use strict";

  function nearest(xy, x, y, reach, ok) {
    var best = -1, least = reach * reach;
    for (var i = 0; 2 * i < xy.length; i++) {
      var dx = xy[2 * i] - x, dy = xy[2 * i + 1] - y, d = dx * dx + dy * dy;
      if (d <= least && (!ok || ok(i))) { least = d; best = i; }
    }
    return best;
  }

  function alongLine(shape, x, y, reach) {
    var b = shape.box, found = false;
    if (x < b[0] - reach || x > b[2] + reach || y < b[1] - reach || y > b[3] + reach) { return false; }
    shape.paths.forEach(function (p) {
      for (var i = 0; i + 3 < p.length && !found; i += 2) {
        var dx = p[i + 2] - p[i], dy = p[i + 3] - p[i + 1], n = dx * dx + dy * dy;
        var t = n ? Math.max(0, Math.min(1, ((x - p[i]) * dx + (y - p[i + 1]) * dy) / n)) : 0;
        found = Math.hypot(p[i] + t * dx - x, p[i + 1] + t * dy - y) <= reach;
      }
    });
    return found;
  }

  gp.alongLine = alongLine;

  /** the topmost point: suggested, existing, required, a community
   * @param {Model} m */
  function point(m, x, y, zoom, slack) {
    var px = 1 / Math.pow(2, zoom), i;
    var badge = gp.badgeAt(m, x, y, zoom), far = zoom < m.detail;
    if (badge) { return badge; }
    if (m.suggested && gp.shown(m, "suggested", far)) {
      i = nearest(m.suggested.xy, x, y, (11 + slack) * px);
      if (i >= 0) { return { kind: "suggested", i: i }; }
    }
    if (m.sites) {
      i = nearest(m.sites.xy, x, y, (gp.siteSize(m, zoom) + 2 + slack) * px, function (k) {
        return gp.shown(m, "sites:" + m.sites.d.tier[k], far) || (gp.closesDrawn(m) && gp.closings(m).indexOf(k) >= 0);
      });
      if (i >= 0) { return { kind: "site", i: i }; }
    }
    if (m.required) {
      i = nearest(m.required.xy, x, y, (6 + slack) * px, function (k) { return gp.shown(m, m.required.d.marked[k] ? "marked" : "unmarked", far); });
      if (i >= 0) { return { kind: "required", i: i }; }
    }
    if (m.demand && zoom >= 12.5 && !far) {
      i = nearest(m.demand.xy, x, y, 9 * px, function (k) {
        return m.on[gp.category(m, k)] && Math.hypot(m.demand.xy[2 * k] - x, m.demand.xy[2 * k + 1] - y) < (gp.radius(m, k, zoom) + 1) * px;
      });
      if (i >= 0) { return { kind: "demand", i: i }; }
    }
    return null;
  }

  /** a gap, or a stretch of a line
   * @param {Model} m */
  function stretch(m, x, y, zoom, slack) {
    var px = 1 / Math.pow(2, zoom);
    function along(shape, reach) { return alongLine(shape, x, y, (reach + slack) * px); }
    var drawn = gp.drawnGaps(m, zoom < m.detail).concat(gp.drawnFaults(m, zoom < m.detail));
    for (var n = 0; n < drawn.length; n++) {
      var shape = m.gaps.shapes[drawn[n]];
      if (m.spacing ? along(shape, 5) : gp.inside(shape, x, y)) { return { kind: "gap", i: drawn[n] }; }
    }
    for (var k = 0; m.spacing && k < m.spacing.shapes.length; k++) {
      if (m.spacing.shapes[k] && along(m.spacing.shapes[k], 4)) { return { kind: "interval", i: k }; }
    }
    return null;
  }

  /** the finest area that is shown
   * @param {Model} m */
  function area(m, x, y) {
    for (var k = m.levels.length - 1; k >= 0; k--) {
      if (!m.on["areas:" + k] || !m.levels[k].shapes) { continue; }
      for (var i = 0; i < m.levels[k].shapes.length; i++) {
        if (m.levels[k].shapes[i] && gp.inside(m.levels[k].shapes[i], x, y)) { return { kind: "area", i: i, level: k }; }
      }
    }
    return null;
  }

  /* what is at a world point, topmost first; null for nothing */
  gp.hit = function (m, x, y, zoom, slack) {
    var found = point(m, x, y, zoom, slack) || stretch(m, x, y, zoom, slack);
    if (!found && m.demand && zoom >= m.detail) {
      var i = nearest(m.demand.xy, x, y, (4 + slack) / Math.pow(2, zoom), function (k) { return m.on[gp.category(m, k)]; });
      if (i >= 0) { found = { kind: "demand", i: i }; }
    }
    return /** @type {Hit | null} */ (found || area(m, x, y));
  };
})(window.geoplan);

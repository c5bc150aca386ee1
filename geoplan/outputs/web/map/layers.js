/* What is drawn, from the ground up. */
(function (gp) {
  "use strict";
  var C = gp.colours;

  function fillShapes(view, shapes, colour) {
    var ctx = view.ctx;
    ctx.fillStyle = colour;
    ctx.beginPath();
    shapes.forEach(function (shape) { if (shape) { gp.trace(view, shape, true); } });
    ctx.fill("evenodd");
  }

  /* shapes that may overlap, as one: outer rings turn one way and holes the other */
  function fillUnion(view, shapes, colour, skip) {
    var ctx = view.ctx;
    ctx.fillStyle = colour;
    ctx.beginPath();
    shapes.forEach(function (shape) { if (shape) { gp.trace(view, shape, true, skip); } });
    ctx.fill("nonzero");
  }

  function strokeShapes(view, shapes, colour, width, dash) {
    var ctx = view.ctx;
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.lineJoin = ctx.lineCap = "round";
    ctx.setLineDash(dash || []);
    ctx.beginPath();
    shapes.forEach(function (shape) { if (shape) { gp.trace(view, shape, false); } });
    ctx.stroke();
    ctx.setLineDash([]);
  }

  function background(m, view) {
    var ctx = view.ctx, zoom = view.zoom;
    ctx.clearRect(0, 0, view.width, view.height);
    ["green", "water"].forEach(function (name) {
      var part = m.shapes[name];
      if (!part || !m.on[name]) { return; }
      part.areas.forEach(function (shape) { fillShapes(view, [shape], C[name]); });
      strokeShapes(view, part.lines, C[name], Math.max(1, Math.min(5, (zoom - 8) * 0.6)));
    });
    Object.keys(m.shapes).forEach(function (name) {
      if (name === "green" || name === "water" || !m.on[name]) { return; }
      strokeShapes(view, m.shapes[name].lines.concat(m.shapes[name].areas), C.other, 1);
    });
    if (!m.on.roads) { return; }
    m.roads.forEach(function (group) {
      var width = { 1: 1.1, 2: 0.8, 3: 0.6 }[group.rank] * Math.max(0.75, Math.pow(1.32, zoom - 10.5));
      if (group.rank === 3 && zoom < 10.5) { return; }
      strokeShapes(view, group.lines, C.road[group.rank], Math.min(width, 7));
    });
  }

  function areas(m, view) {
    var ctx = view.ctx;
    // where points are told, areas step back behind them
    var points = m.demand && ["served", "gained", "full", "missed"].some(function (key) { return gp.shown(m, key, view.far); });
    var veil = points ? "50" : C.veil;
    m.levels.forEach(function (entry, k) {
      if (!m.on["areas:" + k] || !entry.shapes) { return; }
      var level = entry.level, values = gp.valuesOf(m, level), colours = gp.rampOf(level);
      colours.forEach(function (colour, c) {
        fillShapes(view, entry.shapes.filter(function (s, i) {
          return gp.classOf(values[i], level) === c;
        }), colour + veil);
      });
      m.hatchNone = m.hatchNone || gp.hatch(ctx, "#8d949c", 8, 0.8);
      fillShapes(view, entry.shapes.filter(function (s, i) {
        return values[i] === null || values[i] === undefined;
      }), m.hatchNone);
      strokeShapes(view, entry.shapes, C.edge, view.zoom > 10 ? 1.1 : 0.6);
    });
    if (m.on.boundaries) {
      var drawn = 0;
      m.levels.forEach(function (entry) {
        if (!entry.shapes) { return; }
        var first = drawn === 0;
        drawn += 1;
        if (!first && (entry.shapes.length > 400 ? view.zoom < 13 : view.zoom < 11.5)) { return; }
        strokeShapes(view, entry.shapes, first ? C.boundary : C.faint, first ? 1.3 : 0.8, first ? null : [3, 3]);
      });
    }
  }

  /* All gaps as one figure: hatched once, a firm line around it, faint lines between neighbours.
     Drawn aside: the firm line is a broad one with everything inside the gaps wiped out again. */
  function hatchTogether(m, view, shapes) {
    var target = view.ctx.canvas, dense = target.width / view.width, pen = Object.assign({}, view);
    pen.ctx = gp.besides(m, target.width, target.height);
    pen.ctx.setTransform(dense, 0, 0, dense, 0, 0);
    var shown = shapes.filter(function (shape) { return shape && gp.seen(view, shape.box, 4); });
    var skip = view.zoom < 13 ? 1.2 : 0.6;
    // one path for all strokes and fills
    var path = new Path2D(), tracer = Object.assign({}, view, { ctx: path });
    shown.forEach(function (shape) { gp.trace(tracer, shape, true, skip); });
    function outline(colour, width) {
      pen.ctx.strokeStyle = colour;
      pen.ctx.lineWidth = width;
      pen.ctx.lineJoin = "bevel";
      pen.ctx.stroke(path);
    }
    function inside(colour) {
      pen.ctx.fillStyle = colour;
      pen.ctx.fill(path, "nonzero");
    }
    outline(C.gap, view.zoom < 12 ? 2 : 2.8);
    pen.ctx.globalCompositeOperation = "destination-out";
    inside("#000");
    pen.ctx.globalCompositeOperation = "source-over";
    m.hatchGap = m.hatchGap || gp.hatch(pen.ctx, C.hatch, 7, 0.8);
    inside(m.hatchGap);
    if (view.zoom >= 12) { outline(C.gap + "70", 0.6); }
    view.ctx.save();
    view.ctx.setTransform(1, 0, 0, 1, 0, 0);
    view.ctx.drawImage(m.aside, 0, 0);
    view.ctx.restore();
  }

  function gaps(m, view) {
    var shapes = gp.drawnGaps(m, view.far).map(function (i) { return m.gaps.shapes[i]; });
    var faults = gp.drawnFaults(m, view.far).map(function (i) { return m.gaps.shapes[i]; });
    if (faults.length) { strokeShapes(view, faults, C.muted, 1.4, [4, 3]); }
    if (!shapes.length) { return; }
    if (m.spacing) {
      strokeShapes(view, shapes, C.gap, 4.5);
      strokeShapes(view, shapes, C.paper, 1.3, [1, 6]);
    } else if (view.far) {
      strokeShapes(view, shapes, C.paper, 4);
      strokeShapes(view, shapes, C.gap, 1.8);
    } else if (!far(m, view)) {
      hatchTogether(m, view, shapes);
    }
  }

  /* From afar a gap is a few pixels: a tint under the dots, without lines, so that the city stays legible. */
  function far(m, view) { return view.zoom < (m.gapPoints > 60000 ? 12.25 : 11); }
  function gapTint(m, view) {
    if (!m.gaps || m.spacing || view.far || !far(m, view)) { return; }
    fillUnion(view, gp.drawnGaps(m, view.far).map(function (i) { return m.gaps.shapes[i]; }), C.gapTint, 2);
  }

  function lines(m, view) {
    if (!m.spacing) { return; }
    var good = m.spacing.shapes.filter(function (s, i) { return m.spacing.d.covered[i]; });
    if (m.on.line_covered) { strokeShapes(view, good, C.covered, 3); }
    if (!m.gaps && m.on.gaps) {
      strokeShapes(view, m.spacing.shapes.filter(function (s, i) { return !m.spacing.d.covered[i]; }), C.gap, 4);
    }
  }

  function required(m, view) {
    if (m.required) {
      var ctx = view.ctx, xy = m.required.xy;
      for (var i = 0; 2 * i < xy.length; i++) {
        if (!gp.shown(m, m.required.d.marked[i] ? "marked" : "unmarked", view.far)) { continue; }
        ctx.beginPath();
        ctx.arc(xy[2 * i] * view.scale - view.left, xy[2 * i + 1] * view.scale - view.top, 4, 0, 6.2832);
        ctx.fillStyle = m.required.d.marked[i] ? C.covered : C.paper;
        ctx.strokeStyle = m.required.d.marked[i] ? C.paper : C.gap;
        ctx.lineWidth = m.required.d.marked[i] ? 1 : 2;
        ctx.fill();
        ctx.stroke();
      }
    }
  }

  function sites(m, view) {
    if (!m.sites) { return; }
    var ctx = view.ctx, xy = m.sites.xy, r = gp.siteSize(m, view.zoom);
    ctx.fillStyle = C.site;
    ctx.strokeStyle = C.paper;
    ctx.lineWidth = r < 3.5 ? 0.8 : 1.3;
    // from the lowest tier up, so that centres stand on top
    var order = m.sites.d.names.map(function (n, i) { return i; });
    order.sort(function (a, b) { return m.sites.d.tier[b] - m.sites.d.tier[a] || a - b; });
    order.forEach(function (i) {
      if (!gp.shown(m, "sites:" + m.sites.d.tier[i], view.far)) { return; }
      var x = xy[2 * i] * view.scale - view.left, y = xy[2 * i + 1] * view.scale - view.top;
      if (x < -10 || y < -10 || x > view.width + 10 || y > view.height + 10) { return; }
      gp.glyph(ctx, gp.tierKind(m, i), x, y, m.sites.d.tier[i] === 0 && m.sites.d.tiers.length > 1 ? r * 1.3 : r);
      ctx.fill();
      if (r >= 1.6) { ctx.stroke(); }
    });
  }

  function chosen(m, view, under) {
    if (!m.selected) { return; }
    var ctx = view.ctx, kind = m.selected.kind, i = m.selected.i, shape = null, at = null, r = 14;
    if (kind === "gap") { shape = m.gaps.shapes[i]; }
    if (kind === "interval") { shape = m.spacing.shapes[i]; }
    if (kind === "area") { shape = m.levels[m.selected.level].shapes && m.levels[m.selected.level].shapes[i]; }
    if (kind === "site") { at = m.sites.xy; r = gp.siteSize(m, view.zoom) + 6; }
    if (kind === "suggested") { at = m.suggested.xy; }
    if (kind === "demand") { at = m.demand.xy; r = gp.radius(m, i, view.zoom) + 5; }
    if (kind === "required") { at = m.required.xy; r = 9; }
    if (shape && under) {
      strokeShapes(view, [shape], C.around, 7);
      strokeShapes(view, [shape], C.chosen, 3);
    }
    if (at && !under) {
      var x = at[2 * i] * view.scale - view.left, y = at[2 * i + 1] * view.scale - view.top;
      [[C.around, 5], [C.chosen, 2.4]].forEach(function (pen) {
        ctx.beginPath();
        ctx.arc(x, y, r, 0, 6.2832);
        ctx.strokeStyle = pen[0];
        ctx.lineWidth = pen[1];
        ctx.stroke();
      });
    }
  }

  gp.paint = function (m, view) {
    background(m, view);
    if (m.on.reach) {
      m.reach.forEach(function (band, k) {
        fillShapes(view, [band.shape], C.reach[Math.min(k, 2)] + "8c");
        if (view.zoom >= 11.5) { strokeShapes(view, [band.shape], "#3f9aa3", 0.9); }
      });
    }
    areas(m, view);
    gapTint(m, view);
    gp.drawDemand(m, view);
    lines(m, view);
    gaps(m, view);
    chosen(m, view, true);
    required(m, view);
    sites(m, view);
    gp.drawClosings(m, view);
    gp.drawJourney(m, view);
    if (gp.drawDifference) { gp.drawDifference(m, view); }
    gp.drawBadges(m, view);
    chosen(m, view, false);
  };
})(window.geoplan);

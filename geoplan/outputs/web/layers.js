/* What is drawn and what is under the pointer. `model` holds decoded data and what is switched on. */
(function (gp) {
  "use strict";
  var C = gp.colours;

  function decodeAll(data) {
    var m = { data: data, on: {}, scenario: "now", selected: null, shapes: {} };
    var back = data.background || {};
    m.roads = Object.keys(back.roads || {}).sort().reverse().map(function (k) {
      return { rank: +k, lines: back.roads[k].map(function (t) { return gp.shape([t]); }) };
    });
    Object.keys(back.shapes || {}).forEach(function (name) {
      var part = back.shapes[name];
      m.shapes[name] = {
        areas: part.areas.map(gp.shape), lines: part.lines.map(function (t) { return gp.shape([t]); })
      };
    });
    m.levels = (data.areas || []).map(function (level) {
      var shapes = level.rings ? level.rings.map(gp.shape) : null;
      var labels = shapes && shapes.length <= 60 ? shapes.map(function (s) { return s && gp.middle(s); }) : null;
      return { level: level, shapes: shapes, labels: labels };
    });
    ["demand", "sites", "suggested"].forEach(function (name) {
      m[name] = data[name] ? { xy: gp.decode(data[name].at), d: data[name] } : null;
    });
    if (m.demand) {
      var state = data.demand.state, after = data.demand.after || state, n = state.length;
      m.demand.now = new Uint8Array(n);
      m.demand.later = new Uint8Array(n);
      for (var i = 0; i < n; i++) {
        m.demand.now[i] = state.charCodeAt(i) - 48;
        m.demand.later[i] = after.charCodeAt(i) - 48;
      }
      // circles are sized by a large community, not by the one largest
      var sorted = data.demand.people.map(function (v) { return v || 0; }).sort(function (a, b) { return a - b; });
      m.demand.large = Math.max(1, sorted[Math.floor(0.95 * (n - 1))] || 0);
    }
    if (m.suggested && m.sites) { m.offset = m.sites.d.names.length; } else { m.offset = 0; }
    m.gaps = data.gaps ? { d: data.gaps, shapes: data.gaps.shape.map(gp.shape) } : null;
    m.gapPoints = 0;
    ((m.gaps && m.gaps.shapes) || []).forEach(function (s) { if (s) { s.paths.forEach(function (p) { m.gapPoints += p.length / 2; }); } });
    m.reach = (data.reach || []).map(function (band) { return { cutoff: band.cutoff, shape: gp.shape(band.rings) }; });
    if (data.spacing) {
      m.spacing = { d: data.spacing, shapes: data.spacing.path.map(gp.shape) };
      if (data.spacing.required) { m.required = { d: data.spacing.required, xy: gp.decode(data.spacing.required.at) }; }
    }
    return m;
  }
  gp.model = decodeAll;

  /* served | full | missed | gained */
  gp.category = function (m, i) {
    var now = m.demand.now[i];
    if (m.scenario === "after") {
      var later = m.demand.later[i];
      if (later === 0) { return now === 0 ? "served" : "gained"; }
      return later === 1 ? "full" : "missed";
    }
    return now === 0 ? "served" : now === 1 ? "full" : "missed";
  };

  /* shares: a bound opens the next class; rates (natural classes): a bound closes its class */
  gp.classOf = function (value, level) {
    if (value === null || value === undefined) { return -1; }
    for (var k = 0; k < level.breaks.length; k++) {
      if (level.kind === "rate" ? value <= level.breaks[k] : value < level.breaks[k]) { return k; }
    }
    return level.breaks.length;
  };

  /* what an area level shows in the scenario: its figures today or with the plan */
  gp.valuesOf = function (m, level) { return m.scenario === "after" && level.value_after ? level.value_after : level.value; };
  gp.unservedOf = function (m, level) { return m.scenario === "after" && level.unserved_after ? level.unserved_after : level.unserved; };

  function basis(zoom) { return Math.max(2.2, Math.min(11, 2.2 + (zoom - 9.5) * 1.15)); }

  gp.radiusOf = function (m, people, zoom) {
    return Math.max(0.9, basis(zoom) * Math.min(2, Math.sqrt(people / m.demand.large)));
  };
  gp.radius = function (m, i, zoom) { return gp.radiusOf(m, m.demand.d.people[i] || 0, zoom); };

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
      strokeShapes(view, m.shapes[name].lines.concat(m.shapes[name].areas), "#d5d2ca", 1);
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
    m.levels.forEach(function (entry, k) {
      if (!m.on["areas:" + k] || !entry.shapes) { return; }
      var level = entry.level, values = gp.valuesOf(m, level), colours = C.classes[level.breaks.length + 1];
      colours.forEach(function (colour, c) {
        fillShapes(view, entry.shapes.filter(function (s, i) {
          return gp.classOf(values[i], level) === c;
        }), colour + gp.VEIL);
      });
      m.hatchNone = m.hatchNone || gp.hatch(ctx, "#8d949c", 8, 0.8);
      fillShapes(view, entry.shapes.filter(function (s, i) {
        return values[i] === null || values[i] === undefined;
      }), m.hatchNone);
      strokeShapes(view, entry.shapes, "#ffffff", view.zoom > 10 ? 1.1 : 0.6);
    });
    if (m.on.boundaries) {
      var drawn = 0;
      m.levels.forEach(function (entry) {
        if (!entry.shapes) { return; }
        var first = drawn === 0;
        drawn += 1;
        if (!first && (entry.shapes.length > 400 ? view.zoom < 13 : view.zoom < 11.5)) { return; }
        strokeShapes(view, entry.shapes, first ? C.boundary : "#b9b9b8", first ? 1.3 : 0.8, first ? null : [3, 3]);
      });
    }
  }

  /* where numbered sites stand: labels keep clear of them */
  function badges(m, view) {
    var found = [], xy = m.suggested && m.on.suggested ? m.suggested.xy : [];
    if (xy.length > 160) { return found; }
    for (var i = 0; i < xy.length; i += 2) {
      var x = xy[i] * view.scale - view.left, y = xy[i + 1] * view.scale - view.top;
      found.push([x - 8, y - 8, x + 8, y + 8]);
    }
    return found;
  }

  function labels(m, view) {
    var entry = m.levels.filter(function (e) { return e.labels; })[0], ctx = view.ctx;
    if (!entry || !m.on.boundaries || view.zoom > 14) { return; }
    ctx.font = "500 12px " + gp.font;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    var taken = badges(m, view);
    entry.labels.forEach(function (at, i) {
      if (!at) { return; }
      var text = entry.level.names[i], x = at[0] * view.scale - view.left, middle = at[1] * view.scale - view.top;
      if (text.length > 24) { text = text.slice(0, 23) + "…"; }
      var half = ctx.measureText(text).width / 2 + 3, y = null;
      // where it belongs, or a little above or below when something stands there
      [0, -18, 18].some(function (shift) {
        var box = [x - half, middle + shift - 9, x + half, middle + shift + 9];
        if (taken.some(function (t) { return box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1]; })) { return false; }
        taken.push(box);
        y = middle + shift;
        return true;
      });
      if (y === null) { return; }
      ctx.strokeStyle = "rgba(255,255,255,.92)";
      ctx.lineWidth = 4;
      ctx.strokeText(text, x, y);
      ctx.fillStyle = C.label;
      ctx.fillText(text, x, y);
    });
  }

  function demand(m, view) {
    if (!m.demand) { return; }
    var ctx = view.ctx, xy = m.demand.xy, n = m.demand.now.length, s = view.scale;
    var order = ["served", "full", "gained", "missed"], groups = { served: [], full: [], gained: [], missed: [] };
    for (var i = 0; i < n; i++) {
      var x = xy[2 * i] * s - view.left, y = xy[2 * i + 1] * s - view.top;
      if (x < -15 || y < -15 || x > view.width + 15 || y > view.height + 15) { continue; }
      groups[gp.category(m, i)].push(i);
    }
    // Circles are stamped into a picture pixel by pixel: many times faster than as many arcs.
    var wide = ctx.canvas.width, high = ctx.canvas.height, dense = wide / view.width, any = false;
    if (!m.sheet || m.sheet.width !== wide || m.sheet.height !== high) { m.sheet = new ImageData(wide, high); }
    m.sheet.data.fill(0);
    order.forEach(function (name) {
      if (!m.on[name]) { return; }
      var ring = name === "missed" && view.zoom >= 11.5;
      groups[name].forEach(function (i) {
        var stamp = stampOf(m, name, ring, Math.round(4 * gp.radius(m, i, view.zoom)), dense);
        press(m.sheet, stamp, Math.round((xy[2 * i] * s - view.left) * dense), Math.round((xy[2 * i + 1] * s - view.top) * dense));
        any = true;
      });
    });
    if (!any) { return; }
    var aside = besides(m, wide, high);
    aside.putImageData(m.sheet, 0, 0);
    ctx.save();
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.drawImage(m.aside, 0, 0);
    ctx.restore();
  }

  /* a second canvas as large as the first, empty */
  function besides(m, wide, high) {
    m.aside = m.aside || document.createElement("canvas");
    m.aside.width = wide;
    m.aside.height = high;
    return m.aside.getContext("2d");
  }

  /* the pixels of a circle whose radius is so many quarters of a pixel */
  function stampOf(m, name, ring, quarters, dense) {
    var key = name + ring + quarters + "/" + dense, stamps = m.stamps = m.stamps || {};
    if (stamps[key]) { return stamps[key]; }
    var r = quarters / 4, side = 2 * Math.ceil((r + 1.5) * dense) + 1, tile = document.createElement("canvas");
    tile.width = tile.height = side;
    var pen = tile.getContext("2d");
    pen.setTransform(dense, 0, 0, dense, side / 2, side / 2);
    pen.beginPath();
    if (r < 1.3) { pen.rect(-r, -r, 2 * r, 2 * r); } else { pen.arc(0, 0, r, 0, 6.2832); }
    pen.fillStyle = ring ? "rgba(255,255,255,.85)" : C[name] + (name === "missed" ? "e6" : "c4");
    pen.fill();
    pen.strokeStyle = C[name];
    pen.lineWidth = 1.6;
    if (ring) { pen.stroke(); }
    stamps[key] = { side: side, middle: (side - 1) / 2, data: pen.getImageData(0, 0, side, side).data };
    return stamps[key];
  }

  /* the stamp's pixels over those of the sheet (Porter and Duff's "over", colours not multiplied) */
  function press(sheet, stamp, x, y) {
    var to = sheet.data, from = stamp.data, left = x - stamp.middle, top = y - stamp.middle, wide = sheet.width, high = sheet.height;
    for (var v = Math.max(0, -top); v < stamp.side && top + v < high; v++) {
      var a = 4 * (v * stamp.side + Math.max(0, -left)), b = 4 * ((top + v) * wide + Math.max(0, left));
      for (var u = Math.max(0, -left); u < stamp.side && left + u < wide; u++, a += 4, b += 4) {
        var over = from[a + 3];
        if (!over) { continue; }
        var under = to[b + 3] * (255 - over) / 255, all = over + under, k = over / all;
        to[b] += (from[a] - to[b]) * k;
        to[b + 1] += (from[a + 1] - to[b + 1]) * k;
        to[b + 2] += (from[a + 2] - to[b + 2]) * k;
        to[b + 3] = all;
      }
    }
  }

  /* All gaps as one figure: hatched once, a firm line around it, faint lines between neighbours.
     Drawn aside: the firm line is a broad one with everything inside the gaps wiped out again. */
  function hatchTogether(m, view, shapes) {
    var target = view.ctx.canvas, dense = target.width / view.width, pen = Object.assign({}, view);
    pen.ctx = besides(m, target.width, target.height);
    pen.ctx.setTransform(dense, 0, 0, dense, 0, 0);
    var shown = shapes.filter(function (shape) { return shape && gp.seen(view, shape.box, 4); });
    var skip = view.zoom < 13 ? 1.2 : 0.6;
    function outline(colour, width) {
      pen.ctx.strokeStyle = colour;
      pen.ctx.lineWidth = width;
      pen.ctx.lineJoin = "bevel";
      pen.ctx.beginPath();
      shown.forEach(function (shape) { gp.trace(pen, shape, true, skip); });
      pen.ctx.stroke();
    }
    outline(C.gap, view.zoom < 12 ? 2 : 2.8);
    pen.ctx.globalCompositeOperation = "destination-out";
    fillUnion(pen, shown, "#000", skip);
    pen.ctx.globalCompositeOperation = "source-over";
    m.hatchGap = m.hatchGap || gp.hatch(pen.ctx, C.hatch, 7, 0.8);
    fillUnion(pen, shown, m.hatchGap, skip);
    if (view.zoom >= 12) { outline(C.gap + "70", 0.6); }
    view.ctx.save();
    view.ctx.setTransform(1, 0, 0, 1, 0, 0);
    view.ctx.drawImage(m.aside, 0, 0);
    view.ctx.restore();
  }

  /* is this gap still there? (with the plan, some are closed whole) */
  gp.open = function (m, i) { return m.scenario !== "after" || m.gaps.d.after[i] !== 0; };

  function gaps(m, view) {
    if (!m.gaps || !m.on.gaps) { return; }
    var ctx = view.ctx, shapes = m.gaps.shapes.filter(function (s, i) { return gp.open(m, i); });
    if (m.spacing) {
      strokeShapes(view, shapes, C.gap, 4.5);
      strokeShapes(view, shapes, "#ffffff", 1.3, [1, 6]);
    } else if (!far(m, view)) {
      hatchTogether(m, view, shapes);
    }
  }

  /* From afar a gap is a few pixels: a tint under the dots, without lines, so that the city stays legible. */
  function far(m, view) { return view.zoom < (m.gapPoints > 60000 ? 12.25 : 11); }
  function gapTint(m, view) {
    if (!m.gaps || m.spacing || !m.on.gaps || !far(m, view)) { return; }
    fillUnion(view, m.gaps.shapes.filter(function (s, i) { return gp.open(m, i); }), C.gapTint, 2);
  }

  /* numbers of the ten largest gaps; more of them when looked at closely */
  function gapLabels(m, view) {
    if (!m.gaps || !m.on.gaps) { return; }
    var ctx = view.ctx, most = view.zoom < 11 ? 10 : view.zoom < 12.5 ? 30 : 400, taken = [];
    ctx.font = "600 11px " + gp.font;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    m.gaps.shapes.slice(0, most).forEach(function (shape, i) {
      if (!shape || !gp.open(m, i) || !gp.seen(view, shape.box, 0)) { return; }
      var at = gp.middle(shape, !!m.spacing), x = at[0] * view.scale - view.left, y = at[1] * view.scale - view.top;
      if (taken.some(function (t) { return Math.abs(t[0] - x) < 22 && Math.abs(t[1] - y) < 18; })) { return; }
      taken.push([x, y]);
      var text = String(m.gaps.d.rank[i]), half = Math.max(9, ctx.measureText(text).width / 2 + 5);
      ctx.beginPath();
      ctx.roundRect(x - half, y - 8.5, 2 * half, 17, 8.5);
      ctx.fillStyle = "#ffffff";
      ctx.fill();
      ctx.lineWidth = 1.3;
      ctx.strokeStyle = C.gap;
      ctx.stroke();
      ctx.fillStyle = C.gap;
      ctx.fillText(text, x, y + 0.5);
    });
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
        if (!m.on[m.required.d.marked[i] ? "marked" : "unmarked"]) { continue; }
        ctx.beginPath();
        ctx.arc(xy[2 * i] * view.scale - view.left, xy[2 * i + 1] * view.scale - view.top, 4, 0, 6.2832);
        ctx.fillStyle = m.required.d.marked[i] ? C.covered : "#ffffff";
        ctx.strokeStyle = m.required.d.marked[i] ? "#ffffff" : C.gap;
        ctx.lineWidth = m.required.d.marked[i] ? 1 : 2;
        ctx.fill();
        ctx.stroke();
      }
    }
  }

  gp.tierKind = function (m, i) {
    var tier = m.sites.d.tier[i];
    return tier < 0 ? 0 : tier % 5;
  };
  gp.siteSize = function (m, zoom) {
    var crowd = m.sites.d.names.length > 1500 ? 0.72 : 1;
    return crowd * Math.max(2.6, Math.min(7.5, 3 + (zoom - 10) * 0.75));
  };

  function sites(m, view) {
    if (!m.sites) { return; }
    var ctx = view.ctx, xy = m.sites.xy, r = gp.siteSize(m, view.zoom);
    ctx.fillStyle = C.site;
    ctx.strokeStyle = "#ffffff";
    ctx.lineWidth = r < 3.5 ? 0.8 : 1.3;
    // from the lowest tier up, so that centres stand on top
    var order = m.sites.d.names.map(function (n, i) { return i; });
    order.sort(function (a, b) { return m.sites.d.tier[b] - m.sites.d.tier[a] || a - b; });
    order.forEach(function (i) {
      if (!m.on["sites:" + m.sites.d.tier[i]]) { return; }
      var x = xy[2 * i] * view.scale - view.left, y = xy[2 * i + 1] * view.scale - view.top;
      if (x < -10 || y < -10 || x > view.width + 10 || y > view.height + 10) { return; }
      gp.glyph(ctx, gp.tierKind(m, i), x, y, m.sites.d.tier[i] === 0 && m.sites.d.tiers.length > 1 ? r * 1.3 : r);
      ctx.fill();
      ctx.stroke();
    });
  }

  /* numbered where there is room; the lower ranks in a crowd, and markers along a line, are dots */
  function suggested(m, view) {
    if (!m.suggested || !m.on.suggested) { return; }
    var ctx = view.ctx, xy = m.suggested.xy, n = xy.length / 2, r = view.zoom < 10.5 ? 8 : 9.5, told = [];
    var many = n > 80 && view.zoom < 13, dot = Math.max(0.9, Math.min(4.5, 0.9 + (view.zoom - 9.5) * 0.9));
    ctx.font = "700 " + (view.zoom < 10.5 ? 10 : 11) + "px " + gp.font;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    for (var i = 0; i < n; i++) {
      var x = xy[2 * i] * view.scale - view.left, y = xy[2 * i + 1] * view.scale - view.top;
      var room = !many && !told.some(function (t) { return t[3] && Math.hypot(t[0] - x, t[1] - y) < 1.9 * r; });
      told.push([x, y, i, room]);
    }
    told.sort(function (a, b) { return a[3] - b[3] || b[2] - a[2]; });
    told.forEach(function (t) {
      ctx.beginPath();
      ctx.arc(t[0], t[1], t[3] ? r : many ? dot : 4.5, 0, 6.2832);
      ctx.fillStyle = C.suggested;
      ctx.strokeStyle = "#33280a";
      ctx.lineWidth = many ? 0.8 : 1.3;
      ctx.fill();
      if (!many || dot > 2) { ctx.stroke(); }
      if (t[3] && m.suggested.d.rank[t[2]] !== null) {
        ctx.fillStyle = "#231b05";
        ctx.fillText(String(m.suggested.d.rank[t[2]]), t[0], t[1] + 0.5);
      }
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
      strokeShapes(view, [shape], "#ffffff", 7);
      strokeShapes(view, [shape], "#111820", 3);
    }
    if (at && !under) {
      var x = at[2 * i] * view.scale - view.left, y = at[2 * i + 1] * view.scale - view.top;
      [["#ffffff", 5], ["#111820", 2.4]].forEach(function (pen) {
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
    demand(m, view);
    lines(m, view);
    gaps(m, view);
    chosen(m, view, true);
    required(m, view);
    sites(m, view);
    labels(m, view);
    if (m.suggested && m.suggested.xy.length > 160) { suggested(m, view); gapLabels(m, view); }
    else { gapLabels(m, view); suggested(m, view); }
    chosen(m, view, false);
  };

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

  /* what is at a world point, topmost first; null for nothing */
  gp.hit = function (m, x, y, zoom, slack) {
    var px = 1 / Math.pow(2, zoom), i;
    if (m.suggested && m.on.suggested) {
      i = nearest(m.suggested.xy, x, y, (11 + slack) * px);
      if (i >= 0) { return { kind: "suggested", i: i }; }
    }
    if (m.sites) {
      i = nearest(m.sites.xy, x, y, (gp.siteSize(m, zoom) + 2 + slack) * px, function (k) { return m.on["sites:" + m.sites.d.tier[k]]; });
      if (i >= 0) { return { kind: "site", i: i }; }
    }
    if (m.required) {
      i = nearest(m.required.xy, x, y, (6 + slack) * px, function (k) { return m.on[m.required.d.marked[k] ? "marked" : "unmarked"]; });
      if (i >= 0) { return { kind: "required", i: i }; }
    }
    if (m.demand && zoom >= 12.5) {
      i = nearest(m.demand.xy, x, y, 9 * px, function (k) {
        return m.on[gp.category(m, k)] && Math.hypot(m.demand.xy[2 * k] - x, m.demand.xy[2 * k + 1] - y) < (gp.radius(m, k, zoom) + 1) * px;
      });
      if (i >= 0) { return { kind: "demand", i: i }; }
    }
    if (m.gaps && m.on.gaps) {
      for (i = 0; i < m.gaps.shapes.length; i++) {
        var shape = m.gaps.shapes[i];
        if (shape && gp.open(m, i) && (m.spacing ? alongLine(shape, x, y, (5 + slack) * px) : gp.inside(shape, x, y))) { return { kind: "gap", i: i }; }
      }
    }
    if (m.spacing) {
      for (i = 0; i < m.spacing.shapes.length; i++) {
        if (m.spacing.shapes[i] && alongLine(m.spacing.shapes[i], x, y, (4 + slack) * px)) { return { kind: "interval", i: i }; }
      }
    }
    if (m.demand) {
      i = nearest(m.demand.xy, x, y, (4 + slack) * px, function (k) { return m.on[gp.category(m, k)]; });
      if (i >= 0) { return { kind: "demand", i: i }; }
    }
    for (var k = m.levels.length - 1; k >= 0; k--) {
      if (!m.on["areas:" + k] || !m.levels[k].shapes) { continue; }
      for (i = 0; i < m.levels[k].shapes.length; i++) {
        if (m.levels[k].shapes[i] && gp.inside(m.levels[k].shapes[i], x, y)) { return { kind: "area", i: i, level: k }; }
      }
    }
    return null;
  };
})(window.geoplan);

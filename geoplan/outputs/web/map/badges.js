/* Numbers and names on the map, none over another: one that has no room stands beside, on a line to its place. */
(function (gp) {
  "use strict";
  var C = gp.colours;
  /* more sites than this in view are dots until one zooms in */
  var MOST = 160;

  function meets(box, others) {
    return others.some(function (t) { return box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1]; });
  }

  /* the first free place: where it belongs, or around it, nearest first; `fits` may refuse one */
  function room(x, y, half, high, taken, far, fits) {
    var rings = far ? [0, 19, 27, 36, 46, 58, 72] : [0, 12, 19];
    for (var k = 0; k < rings.length; k++) {
      var steps = k ? 8 + 2 * k : 1;
      for (var s = 0; s < steps; s++) {
        var turn = s * 6.2832 / steps - 1.5708, cx = x + rings[k] * Math.cos(turn), cy = y + rings[k] * Math.sin(turn);
        var box = [cx - half - 1, cy - high - 1, cx + half + 1, cy + high + 1];
        if (!meets(box, taken) && (!fits || fits(cx, cy, box))) { return { x: cx, y: cy, box: box, moved: k > 0 }; }
      }
    }
    return null;
  }
  gp.roomFor = room;

  /* on paper nothing is cut at the frame: what stands in it stays in it */
  function framed(view) {
    return view.keep === false ? function (x, y, box) { return box[0] > 0 && box[1] > 0 && box[2] < view.width && box[3] < view.height; } : null;
  }

  /** numbered sites in view, placed
   * @param {Model} m @param {View} view */
  function siteBadges(m, view, taken) {
    var found = [], dots = [], xy = m.suggested && gp.shown(m, "suggested", view.far) ? m.suggested.xy : [], r = view.zoom < 8.5 ? 6.5 : view.zoom < 10.5 ? 8 : 9.5, fits = framed(view);
    for (var i = 0; 2 * i < xy.length; i++) {
      var x = xy[2 * i] * view.scale - view.left, y = xy[2 * i + 1] * view.scale - view.top;
      if (x > -20 && y > -20 && x < view.width + 20 && y < view.height + 20) { dots.push({ i: i, px: x, py: y }); }
    }
    if (dots.length > MOST) { return { badges: [], dots: dots }; }
    view.ctx.font = badgeFont(r);
    dots.forEach(function (dot) {
      var rank = m.suggested.d.rank[dot.i], text = rank === null ? "" : String(rank);
      var half = Math.max(r, view.ctx.measureText(text).width / 2 + r / 2);
      var at = room(dot.px, dot.py, half, r, taken, true, fits) || { x: dot.px, y: dot.py, box: [dot.px - half, dot.py - r, dot.px + half, dot.py + r], moved: false };
      taken.push(at.box);
      found.push({ kind: "suggested", i: dot.i, text: text, px: dot.px, py: dot.py, x: at.x, y: at.y, half: half, high: r, box: at.box, moved: at.moved });
    });
    return { badges: found, dots: [] };
  }

  /** letters of gaps: the ten largest from afar, all that have room when looked at closely
   * @param {Model} m @param {View} view */
  function gapBadges(m, view, taken) {
    if (!m.gaps || !m.on.gaps) { return []; }
    var found = [], fits = framed(view), most = view.far || view.zoom < 11 ? 10 : view.zoom < 13 ? 40 : 200;
    view.ctx.font = "700 11px " + gp.font;
    gp.gapList(m).filter(function (i) { return gp.open(m, i) && m.gaps.shapes[i]; }).slice(0, most).forEach(function (i) {
      var shape = m.gaps.shapes[i];
      if (!gp.seen(view, shape.box, 0)) { return; }
      var at = gp.middle(shape, !!m.spacing), x = at[0] * view.scale - view.left, y = at[1] * view.scale - view.top;
      if (x < -10 || y < -10 || x > view.width + 10 || y > view.height + 10) { return; }
      var text = m.gaps.letter[i], half = Math.max(9, view.ctx.measureText(text).width / 2 + 5), free = room(x, y, half, 8.5, taken, most === 10, fits);
      if (!free) { return; }
      taken.push(free.box);
      found.push({ kind: "gap", i: i, text: text, px: x, py: y, x: free.x, y: free.y, half: half, high: 8.5, box: free.box, moved: free.moved });
    });
    return found;
  }

  function badgeFont(r) { return "700 " + (r < 7 ? 9 : r < 9 ? 10 : 11) + "px " + gp.font; }

  /** names of the coarsest areas where they have room, each within its own area
   * @param {Model} m @param {View} view */
  function labels(m, view, taken) {
    var entry = m.levels.filter(function (e) { return e.labels; })[0], ctx = view.ctx;
    if (!entry || !m.on.boundaries || view.zoom > 14) { return; }
    ctx.font = "500 12px " + gp.font;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    entry.labels.forEach(function (at, i) {
      if (!at) { return; }
      var text = entry.level.names[i], x = at[0] * view.scale - view.left, y = at[1] * view.scale - view.top;
      if (text.length > 24) { text = text.slice(0, 23) + "…"; }
      var shape = entry.shapes[i], frame = framed(view);
      var free = room(x, y, ctx.measureText(text).width / 2 + 2, 8, taken, false, function (cx, cy, box) {
        return (cx === x && cy === y || gp.inside(shape, (cx + view.left) / view.scale, (cy + view.top) / view.scale)) && (!frame || frame(cx, cy, box));
      });
      if (!free) { return; }
      taken.push(free.box);
      ctx.strokeStyle = C.halo;
      ctx.lineWidth = 4;
      ctx.strokeText(text, free.x, free.y);
      ctx.fillStyle = C.label;
      ctx.fillText(text, free.x, free.y);
    });
  }

  function leader(ctx, b, colour) {
    if (!b.moved) { return; }
    [[C.paper, 3.4], [colour, 1.2]].forEach(function (pen) {
      ctx.beginPath();
      ctx.moveTo(b.px, b.py);
      ctx.lineTo(b.x, b.y);
      ctx.strokeStyle = String(pen[0]);
      ctx.lineWidth = Number(pen[1]);
      ctx.stroke();
    });
    ctx.beginPath();
    ctx.arc(b.px, b.py, 2.6, 0, 6.2832);
    ctx.fillStyle = colour;
    ctx.fill();
  }

  function pill(ctx, b, fill, edge, ink, font) {
    ctx.beginPath();
    ctx.roundRect(b.x - b.half, b.y - b.high, 2 * b.half, 2 * b.high, b.high);
    ctx.fillStyle = fill;
    ctx.fill();
    ctx.lineWidth = 1.3;
    ctx.strokeStyle = edge;
    ctx.stroke();
    ctx.font = font;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillStyle = ink;
    ctx.fillText(b.text, b.x, b.y + 0.5);
  }

  /* a small cross at the corner of a number, which stays legible */
  function crossed(ctx, x, y) {
    [[C.paper, 5], [C.crossed, 2.4]].forEach(function (pen) {
      ctx.beginPath();
      ctx.moveTo(x - 4, y - 4); ctx.lineTo(x + 4, y + 4); ctx.moveTo(x + 4, y - 4); ctx.lineTo(x - 4, y + 4);
      ctx.strokeStyle = String(pen[0]);
      ctx.lineWidth = Number(pen[1]);
      ctx.stroke();
    });
  }

  /** a gap's mark at a place in pixels */
  gp.badge = function (ctx, x, y, text) {
    ctx.font = "700 11px " + gp.font;
    var half = Math.max(9, ctx.measureText(text).width / 2 + 5);
    pill(ctx, { x: x, y: y, half: half, high: 8.5, text: text }, C.gap, C.paper, C.paper, "700 11px " + gp.font);
  };

  gp.drawBadges = function (m, view) {
    var ctx = view.ctx, taken = (view.taken || []).slice(), sites = siteBadges(m, view, taken), gaps = gapBadges(m, view, taken);
    labels(m, view, taken);
    sites.dots.forEach(function (dot) {
      var r = Math.max(0.9, Math.min(4.5, 0.9 + (view.zoom - 9.5) * 0.9));
      ctx.beginPath();
      ctx.arc(dot.px, dot.py, r, 0, 6.2832);
      ctx.fillStyle = C.suggested;
      ctx.strokeStyle = "#33280a";
      ctx.lineWidth = 0.8;
      ctx.fill();
      if (r > 2) { ctx.stroke(); }
    });
    gaps.concat(sites.badges).forEach(function (b) { leader(ctx, b, b.kind === "gap" ? C.gap : C.lead); });
    gaps.forEach(function (b) { pill(ctx, b, C.paper, C.gap, C.gap, "700 11px " + gp.font); });
    sites.badges.slice().reverse().forEach(function (b) {
      var out = m.dropped && m.dropped[b.i];  // not built in the trial
      pill(ctx, b, out ? C.faint : C.suggested, "#33280a", "#231b05", badgeFont(b.high));
      if (out && m.ofPlan) { crossed(ctx, b.x + b.half - 1, b.y - b.high + 1); }
    });
    m.taken = taken;  // what else is written finds its room beside these
    if (view.keep !== false) {
      // where the pointer finds them, in pixels of the whole world at this zoom
      m.badges = { zoom: view.zoom, all: sites.badges.concat(gaps).map(function (b) {
        return { kind: b.kind, i: b.i, box: [b.box[0] + view.left, b.box[1] + view.top, b.box[2] + view.left, b.box[3] + view.top] };
      }) };
    }
  };

  /** the number or letter at a world point, which may stand beside its place
   * @param {Model} m */
  gp.badgeAt = function (m, x, y, zoom) {
    if (!m.badges || Math.abs(m.badges.zoom - zoom) > 1e-6) { return null; }
    var s = Math.pow(2, zoom), found = m.badges.all.filter(function (b) {
      return x * s >= b.box[0] && x * s <= b.box[2] && y * s >= b.box[1] && y * s <= b.box[3];
    })[0];
    return found ? { kind: found.kind, i: found.i } : null;
  };
})(window.geoplan);

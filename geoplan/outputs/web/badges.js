/* Numbers and names on the map, none over another. */
(function (gp) {
  "use strict";
  var C = gp.colours;

  /* boxes of what labels keep clear of: numbered sites and numbered gaps */
  function badges(m, view) {
    return siteBoxes(m, view).concat(gapBadges(m, view).map(function (g) {
      return [g.x - g.half, g.y - 9, g.x + g.half, g.y + 9];
    }));
  }
  function siteBoxes(m, view) {
    var found = [], xy = m.suggested && m.on.suggested ? m.suggested.xy : [];
    if (xy.length > 160) { return found; }
    for (var i = 0; i < xy.length; i += 2) {
      var x = xy[i] * view.scale - view.left, y = xy[i + 1] * view.scale - view.top;
      found.push([x - 8, y - 8, x + 8, y + 8]);
    }
    return found;
  }
  function meets(box, others) {
    return others.some(function (t) { return box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1]; });
  }

  function labels(m, view) {
    var entry = m.levels.filter(function (e) { return e.labels; })[0], ctx = view.ctx;
    if (!entry || !m.on.boundaries || view.zoom > 14) { return; }
    var taken = badges(m, view);
    ctx.font = "500 12px " + gp.font;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    entry.labels.forEach(function (at, i) {
      if (!at) { return; }
      var text = entry.level.names[i], x = at[0] * view.scale - view.left, middle = at[1] * view.scale - view.top;
      if (text.length > 24) { text = text.slice(0, 23) + "…"; }
      var half = ctx.measureText(text).width / 2 + 3, y = null;
      // where it belongs, or a little above or below when something stands there
      [0, -18, 18].some(function (shift) {
        var box = [x - half, middle + shift - 9, x + half, middle + shift + 9];
        if (meets(box, taken)) { return false; }
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

  /* numbers of the ten largest gaps, more of them when looked at closely; beside numbered sites, not under them */
  function gapBadges(m, view) {
    if (!m.gaps || !m.on.gaps) { return []; }
    var ctx = view.ctx, most = view.zoom < 11 ? 10 : view.zoom < 12.5 ? 30 : 400, taken = siteBoxes(m, view), found = [];
    ctx.font = "600 11px " + gp.font;
    m.gaps.shapes.slice(0, most).forEach(function (shape, i) {
      if (!shape || !gp.open(m, i) || !gp.seen(view, shape.box, 0)) { return; }
      var at = gp.middle(shape, !!m.spacing), x = at[0] * view.scale - view.left, middle = at[1] * view.scale - view.top;
      var text = String(m.gaps.d.rank[i]), half = Math.max(9, ctx.measureText(text).width / 2 + 5);
      [0, -19, 19].some(function (shift) {
        var y = middle + shift, box = [x - half - 1, y - 9, x + half + 1, y + 9];
        if (meets(box, taken)) { return false; }
        taken.push(box);
        found.push({ x: x, y: y, half: half, text: text });
        return true;
      });
    });
    return found;
  }
  function gapLabels(m, view) {
    var ctx = view.ctx;
    gapBadges(m, view).forEach(function (g) {
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.beginPath();
      ctx.roundRect(g.x - g.half, g.y - 8.5, 2 * g.half, 17, 8.5);
      ctx.fillStyle = "#ffffff";
      ctx.fill();
      ctx.lineWidth = 1.3;
      ctx.strokeStyle = C.gap;
      ctx.stroke();
      ctx.fillStyle = C.gap;
      ctx.fillText(g.text, g.x, g.y + 0.5);
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

  gp.drawLabels = labels;
  gp.drawGapNumbers = gapLabels;
  gp.drawSuggested = suggested;
})(window.geoplan);

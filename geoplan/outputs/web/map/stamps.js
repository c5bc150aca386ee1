/* People as circles: stamped into a picture pixel by pixel, many times faster than as many arcs. */
(function (gp) {
  "use strict";
  var C = gp.colours;

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
      if (!gp.shown(m, name, view.far)) { return; }
      var ring = name === "missed" && view.zoom >= 11.5;
      groups[name].forEach(function (k) {
        var stamp = stampOf(m, name, ring, Math.round(4 * gp.radius(m, k, view.zoom)), dense);
        press(m.sheet, stamp, Math.round((xy[2 * k] * s - view.left) * dense), Math.round((xy[2 * k + 1] * s - view.top) * dense));
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
  gp.drawDemand = demand;
  gp.besides = besides;
})(window.geoplan);

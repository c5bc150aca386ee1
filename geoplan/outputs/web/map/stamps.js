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
      var ring = name === "missed" && view.zoom >= 11.5, stamps = stampsOf(m, name + ring + dense);
      groups[name].forEach(function (k) {
        var quarters = Math.round(4 * gp.radius(m, k, view.zoom)), stamp = stamps[quarters] || (stamps[quarters] = stampOf(name, ring, quarters, dense));
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

  function stampsOf(m, key) {
    m.stamps = m.stamps || {};
    return m.stamps[key] || (m.stamps[key] = []);
  }

  /* the pixels of a circle whose radius is so many quarters of a pixel, from the first to the last of each row */
  function stampOf(name, ring, quarters, dense) {
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
    return spans(new Uint32Array(pen.getImageData(0, 0, side, side).data.buffer), side, ring);
  }

  function spans(data, side, ring) {
    var first = new Int32Array(side).fill(side), last = new Int32Array(side).fill(-1), at = (side * side - 1) / 2;
    for (var k = 0; k < data.length; k++) {
      if (data[k] >>> 24) {
        var v = Math.floor(k / side);
        first[v] = Math.min(first[v], k - v * side);
        last[v] = k - v * side;
      }
    }
    // more of one colour over as much of it as there can be changes nothing
    return { side: side, middle: (side - 1) / 2, data: data, first: first, last: last, full: ring ? 0 : (data[at] | 0xff000000) >>> 0 };
  }

  /* the stamp's pixels over those of the sheet (Porter and Duff's "over", colours not multiplied) */
  function press(sheet, stamp, x, y) {
    var to = sheet.words || (sheet.words = new Uint32Array(sheet.data.buffer)), from = stamp.data, full = stamp.full;
    var left = x - stamp.middle, top = y - stamp.middle, wide = sheet.width, high = sheet.height;
    for (var v = Math.max(0, -top); v < stamp.side && top + v < high; v++) {
      var u = Math.max(stamp.first[v], -left), end = Math.min(stamp.last[v], wide - 1 - left);
      for (var a = v * stamp.side + u, b = (top + v) * wide + left + u; u <= end; u++, a++, b++) {
        var s = from[a], d = to[b];
        if (d === full && full) { continue; }
        to[b] = d === 0 || s >= 0xff000000 ? s : over(s, d);
      }
    }
  }

  /* one pixel over another; in memory red comes first, so that it is the lowest byte */
  function over(s, d) {
    var a = s >>> 24, under = (d >>> 24) * (255 - a) / 255, all = a + under, k = a / all;
    var red = d & 255, green = d >>> 8 & 255, blue = d >>> 16 & 255;
    red += ((s & 255) - red) * k + 0.5;
    green += ((s >>> 8 & 255) - green) * k + 0.5;
    blue += ((s >>> 16 & 255) - blue) * k + 0.5;
    return (all + 0.5 << 24 | blue << 16 | green << 8 | red) >>> 0;
  }
  gp.drawDemand = demand;
  gp.besides = besides;
})(window.geoplan);

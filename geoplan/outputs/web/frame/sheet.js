/* One sheet of paper: title, the whole city, legend beside it, ten rows, scale, north, source. Printed as it is
   drawn here, and saved as a picture; no browser lays it out anew, so nothing is cut. */
(function (gp) {
  "use strict";
  var C = gp.colours, MM = 96 / 25.4;
  var INK = "#1b2530", SOFT = "#4a5663", LINE = "#cfd5dc";

  function font(size, weight) { return (weight || 400) + " " + size + "px " + gp.font; }

  /* the text, shortened to the width */
  function cut(ctx, text, width) {
    text = String(text);
    if (ctx.measureText(text).width <= width) { return text; }
    while (text && ctx.measureText(text + "…").width > width) { text = text.slice(0, -1); }
    return text + "…";
  }

  /* lines of a text no wider than `width`: broken at blanks, and anywhere between Chinese characters */
  gp.wrap = function (measure, text, width) {
    var lines = [], line = "";
    (String(text).match(/[\u0020-\u024f]+? (?=\S)|[\u0021-\u024f]+ ?|[^\u0020-\u024f]/g) || []).forEach(function (word) {
      if (line && measure(line + word) > width) { lines.push(line.trim()); line = ""; }
      line += word;
    });
    if (line.trim()) { lines.push(line.trim()); }
    return lines;
  };

  function say(ctx, text, x, y, how) {
    var size = how.size;
    ctx.font = font(size, how.weight);
    for (; how.least && size > how.least && ctx.measureText(text).width > how.width; size -= 0.5) { ctx.font = font(size - 0.5, how.weight); }
    ctx.fillStyle = how.colour || INK;
    ctx.textAlign = how.align || "left";
    ctx.textBaseline = "alphabetic";
    ctx.fillText(how.width ? cut(ctx, text, how.width) : text, x, y);
    return ctx.measureText(text).width;
  }

  function stamp(ctx, text, x, y) {
    ctx.font = font(10.5, 600);
    var w = ctx.measureText(text).width + 12;
    ctx.strokeStyle = ctx.fillStyle = "#8a5a00";
    ctx.lineWidth = 1;
    ctx.strokeRect(x, y - 12, w, 17);
    ctx.textAlign = "left";
    ctx.fillText(text, x + 6, y + 0.5);
    return x + w + 8;
  }

  function header(ctx, app, W, trial) {
    var meta = app.data.meta, head = app.data.headline, x = 0;
    x = say(ctx, meta.service, 0, 24, { size: 23, weight: 700, width: W * 0.55 }) + 16;
    x = Math.min(x, W * 0.55 + 16);
    (trial ? [trial.stamp] : []).concat(meta.stamps).forEach(function (text) { x = stamp(ctx, text, x, 21); });
    say(ctx, meta.study + " · " + meta.standard, 0, 45, { size: 12, colour: SOFT, width: W * 0.48, least: 9 });
    var after = app.model.scenario === "after" && head.after, ledger = after || head.ledger;
    if (trial && trial.label) {
      figure(ctx, W, gp.share(trial.share), trial.label, trial.under, trial.steps);
    } else if (ledger) {
      figure(ctx, W, gp.share(ledger.share), after && head.label_after || head.label, gp.people(ledger.served) + " / " + app.t("ui_people_n", { n: gp.people(ledger.total) }),
        trial ? trial.steps : head.after ? app.t("ui_sheet_both", { now: gp.share(head.ledger.share), after: gp.share(head.after.share) }) : "");
    } else if (head.length) {
      var length = head.length;
      figure(ctx, W, gp.share(length.total ? length.covered / length.total : null), head.label, app.t("ui_km_of", { part: gp.number(length.covered / 1000, 1), whole: gp.number(length.total / 1000, 1) }), factsLine(head));
    } else if (head.rate !== undefined || head.text) {
      figure(ctx, W, head.text || gp.plain(head.rate), head.label, "", factsLine(head));
    }
    return 56;
  }

  /* the one number of the sheet, what it is, and a line under both */
  function figure(ctx, W, value, label, small, under) {
    var wide = say(ctx, value, W, 29, { size: 30, weight: 300, align: "right" });
    say(ctx, label, W - wide - 10, small ? 16 : 24, { size: 11.5, weight: 600, align: "right", width: W * 0.36 });
    if (small) { say(ctx, small, W - wide - 10, 31, { size: 11, colour: SOFT, align: "right", width: W * 0.36 }); }
    if (under) { say(ctx, under, W, 46, { size: 11, colour: SOFT, align: "right", width: W * 0.5, least: 8 }); }
  }

  function factsLine(head) {
    return head.facts.slice(0, 4).map(function (fact) { return (fact[0] ? fact[0] + " " : "") + fact[1]; }).join(" · ");
  }

  /* the map of the whole city in a frame */
  function city(ctx, app, x, y, w, h, dense) {
    var m = app.model, b = app.data.bounds, pad = 14;
    var sw = gp.toWorld({ lat: b[0][0], lng: b[0][1] }), ne = gp.toWorld({ lat: b[1][0], lng: b[1][1] });
    var scale = Math.min((w - 2 * pad) / Math.max(ne[0] - sw[0], 1e-9), (h - 2 * pad) / Math.max(sw[1] - ne[1], 1e-9));
    scale = Math.min(scale, Math.pow(2, 16));
    var canvas = document.createElement("canvas");
    canvas.width = Math.round(w * dense);
    canvas.height = Math.round(h * dense);
    var pen = canvas.getContext("2d");
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    gp.paint(m, {
      ctx: pen, scale: scale, zoom: Math.log2(scale), far: m.crowded, keep: false, width: w, height: h,
      left: (sw[0] + ne[0]) / 2 * scale - w / 2, top: (sw[1] + ne[1]) / 2 * scale - h / 2
    });
    ctx.fillStyle = C.land;
    ctx.fillRect(x, y, w, h);
    ctx.drawImage(canvas, x, y, w, h);
    ctx.strokeStyle = LINE;
    ctx.lineWidth = 1;
    ctx.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
    // metres per pixel in the middle of the map
    return 40075016.7 * Math.cos((b[0][0] + b[1][0]) / 2 * Math.PI / 180) / 256 / scale;
  }

  /* a round length no longer than `most` metres: 1, 2 or 5 with zeros */
  gp.roundLength = function (most) {
    var step = Math.pow(10, Math.floor(Math.log10(most)));
    return step * (most / step >= 5 ? 5 : most / step >= 2 ? 2 : 1);
  };

  function scaleAndNorth(ctx, app, x, y, w, metres) {
    var length = gp.roundLength(110 * metres), px = length / metres;
    ctx.strokeStyle = INK;
    ctx.lineWidth = 1.4;
    ctx.beginPath();
    ctx.moveTo(x, y + 10); ctx.lineTo(x, y + 15); ctx.lineTo(x + px, y + 15); ctx.lineTo(x + px, y + 10);
    ctx.stroke();
    say(ctx, length >= 1000 ? length / 1000 + " km" : length + " m", x + px + 6, y + 16, { size: 11 });
    ctx.beginPath();
    ctx.moveTo(x + w - 14, y - 4); ctx.lineTo(x + w - 7, y + 18); ctx.lineTo(x + w - 14, y + 13); ctx.lineTo(x + w - 21, y + 18);
    ctx.closePath();
    ctx.fillStyle = INK;
    ctx.fill();
    say(ctx, "N", x + w - 30, y + 8, { size: 12, weight: 700, align: "right" });
    return y + 28;
  }

  function symbol(ctx, draw, x, y) {
    ctx.save();
    ctx.translate(x, y);
    draw(ctx);
    ctx.restore();
  }

  function legend(ctx, app, x, y, w) {
    var m = app.model, left = 0;
    gp.extraSigns(app).signs.forEach(function (sign) { y = entry(ctx, sign, x, y, w); });
    gp.legendRows(app).forEach(function (row) {
      if (!gp.shown(m, row.key, m.crowded) || row.key === "basemap") { return; }
      if (row.group === "background") {  // two beside each other
        entry(ctx, row, x + (left % 2) * w / 2, y, w / 2);
        left += 1;
        if (left % 2 === 0) { y += 17; }
        return;
      }
      y = entry(ctx, row, x, y, w);
      if (!row.more) { return; }
      // classes: two columns take half the height
      var half = Math.ceil(row.more.length / 2);
      row.more.forEach(function (item, k) {
        var cx = x + 12 + (k < half ? 0 : (w - 12) / 2), cy = y + k % half * 15;
        symbol(ctx, item.draw, cx, cy - 12.5);
        say(ctx, item.text + (item.n === undefined ? "" : "（" + app.t("ui_n_areas", { n: item.n }) + "）"), cx + 25, cy, { size: 10, colour: SOFT, width: (w - 12) / 2 - 28 });
      });
      y += half * 15 + 3;
    });
    return left % 2 ? y + 17 : y;
  }

  /* one row of the legend; where the next one stands */
  function entry(ctx, row, x, y, w) {
    symbol(ctx, row.draw, x, y - 12.5);
    say(ctx, row.text, x + 28, y, { size: 11.5, width: w - (row.n === null ? 30 : 80) });
    if (row.n !== null) { say(ctx, gp.people(row.n), x + w, y, { size: 11, colour: SOFT, align: "right" }); }
    return y + 17;
  }

  function rowsOf(app) {
    return gp.tables(app).filter(function (one) { return one.key !== "faults"; });
  }

  function table(ctx, app, one, x, y, w, most) {
    var n = Math.min(most, one.n);
    ctx.strokeStyle = LINE;
    ctx.lineWidth = 1;
    var all = one.told === undefined ? one.n : one.told;
    say(ctx, one.title + "（" + app.t(n < all ? "ui_sheet_first" : "ui_sheet_all", { n: n, all: gp.people(all) }) + "）", x, y, { size: 12, weight: 700, width: w - 90 });
    say(ctx, one.head[one.rate || one.kind !== "area" ? 2 : 1], x + w, y, { size: 10, colour: SOFT, align: "right" });
    y += 6;
    for (var k = 0; k < n; k++) {
      var cells = one.cells(one.order ? one.order[k] : k), area = one.kind === "area";
      var place = area ? cells[0] : cells[1], number = one.rate || !area ? cells[2] : cells[1];
      ctx.beginPath();
      ctx.moveTo(x, y); ctx.lineTo(x + w, y);
      ctx.stroke();
      y += 15;
      say(ctx, area ? String(k + 1) : String(cells[0] === null ? "" : cells[0]), x, y - 3.5, { size: 11, weight: 600, width: 26 });
      var wide = number === undefined || number === null ? 0 : say(ctx, String(number), x + w, y - 3.5, { size: 11, weight: 600, align: "right" });
      var text = Array.isArray(place) ? place[0] + (one.kind === "suggested" && place[1] ? " · " + place[1] : "") : place;
      say(ctx, text, x + 26, y - 3.5, { size: 11, width: w - 32 - wide, least: 8 });
    }
    return y + 20;
  }

  /* what another sheet is drawn of */
  gp.sheetParts = { say: say, city: city, scaleAndNorth: scaleAndNorth, legend: legend, figure: figure };

  /* what stands under the map: source, date, review number, and what was assumed */
  gp.footLines = function (app) {
    var meta = app.data.meta;
    return [meta.foot.join(" · ")].concat(meta.authority ? [meta.authority] : [], meta.notes, meta.assumed.length ? [meta.assumed_head + " " + meta.assumed.map(function (text, k) { return "(" + (k + 1) + ") " + text; }).join(" ")] : []);
  };

  /* a trial, or a year of the programme, in the plan's place */
  function standIn(app) { return gp.trialOf && gp.trialOf(app) || gp.yearOf && gp.yearOf(app) || null; }

  /** Draw the sheet.
   * @param {App} app
   * @param {{width: number, height: number, dpi: number, margin: number, foot: boolean}} how lengths in millimetres
   * @returns {HTMLCanvasElement} */
  gp.drawSheet = function (app, how) {
    var dense = how.dpi / 96, m = app.model, chosen = m.selected, canvas = document.createElement("canvas");
    canvas.width = Math.round(how.width / 25.4 * how.dpi);
    canvas.height = Math.round(how.height / 25.4 * how.dpi);
    var ctx = canvas.getContext("2d"), W = (how.width - 2 * how.margin) * MM, H = (how.height - 2 * how.margin) * MM, bottom = H;
    m.selected = null;
    gp.theme(false, [m]);
    ctx.fillStyle = "#ffffff";
    ctx.fillRect(0, 0, canvas.width, canvas.height);
    ctx.setTransform(dense, 0, 0, dense, how.margin * MM * dense, how.margin * MM * dense);
    if (how.foot) {
      var size = 9, lines = [];
      for (; size >= 6; size -= 0.5) {
        ctx.font = font(size);
        lines = [];
        gp.footLines(app).forEach(function (text) { lines = lines.concat(gp.wrap(function (t) { return ctx.measureText(t).width; }, text, W)); });
        if (lines.length * size * 1.4 < H * 0.22) { break; }
      }
      bottom = H - lines.length * size * 1.4 - 4;
      lines.forEach(function (line, k) { say(ctx, line, 0, bottom + 4 + (k + 0.9) * size * 1.4, { size: size, colour: SOFT }); });
    }
    var trial = standIn(app), top = header(ctx, app, W, trial), side = Math.min(310, W * 0.3), frame = W - side - 16, x = frame + 16;
    var metres = city(ctx, app, 0, top, frame, bottom - top - 4, dense);
    var y = scaleAndNorth(ctx, app, x, top + 4, side, metres);
    y = legend(ctx, app, x, y + 12, side) + 8;
    (trial ? trial.tables : rowsOf(app)).slice(0, 2).forEach(function (one, k) {
      var fits = Math.floor((bottom - y - 12) / 15);
      // ten rows; a short list that fits is there whole
      if (one.n && fits >= 3) { y = table(ctx, app, one, x, y, side, Math.min(one.n <= 20 && !k ? Math.max(fits, 10) : 10, k ? fits : Math.max(fits, 10))); }
    });
    m.selected = chosen;
    gp.theme(app.dark(), [m]);
    return canvas;
  };
  /* margins of 10 mm: no narrower than those that Firefox may put in their stead.
     Chromium prints a canvas as drawings, scaled by whole 64ths: 20 of them, a little over 300 dpi */
  var DENSE = 64 / 20;
  var PAPERS = { A4: [297, 210], A3: [420, 297] }, MARGIN = 10, DPI = 300;

  /** Printing, and the picture.
   * @param {App} app */
  gp.sheets = function (app) {
    var holder = app.root.querySelector("[data-part=sheet]"), foot = /** @type {HTMLElement} */ (app.root.querySelector(".gp-foot"));
    var pick = /** @type {HTMLSelectElement} */ (app.root.querySelector("[data-part=paper]")), onPaper = false;
    var rule = document.head.appendChild(document.createElement("style"));
    function paper() { return PAPERS[pick.value] || PAPERS.A4; }
    function sized() { rule.textContent = "@page{size:" + (pick.value || "A4") + " landscape;margin:" + MARGIN + "mm}"; }
    pick.addEventListener("change", sized);
    if (!app.paired) { sized(); }

    app.picture = function (dpi) {
      return gp.drawSheet(app, { width: paper()[0], height: paper()[1], dpi: dpi || DPI, margin: MARGIN, foot: true });
    };
    /* on paper nothing can be opened, and what is long takes room from the map, not from the page */
    app.paper = function (is) {
      if (is === onPaper || app.paired) { return; }
      onPaper = is;
      foot.querySelectorAll("details").forEach(function (/** @type {any} */ one) {
        if (is) { one.shut = !one.open; one.open = true; } else if (one.shut) { one.open = false; }
      });
      document.documentElement.classList.toggle("gp-paper", is);
      holder.textContent = "";
      if (!is) { app.resized(); return; }
      var wide = paper()[0] - 2 * MARGIN - 0.2, high = paper()[1] - 2 * MARGIN - 1;
      app.root.style.setProperty("--sheet", wide + "mm");
      var below = Math.min(foot.offsetHeight / MM, high * 0.45);
      var canvas = gp.drawSheet(app, { width: wide, height: high - below, dpi: 96 * DENSE, margin: 0, foot: false });
      canvas.style.width = canvas.width / DENSE + 0.02 + "px";
      canvas.style.height = canvas.height / DENSE + 0.02 + "px";
      holder.appendChild(canvas);
      app.resized();
    };
    app.root.querySelector("[data-part=print]").addEventListener("click", function () { window.print(); });
    app.root.querySelector("[data-part=png]").addEventListener("click", function () {
      var other = standIn(app), name = (app.data.meta.title + (other ? " " + other.file : "")).replace(/[\\/:*?"<>|]+/g, " ") + ".png";
      app.picture(DPI).toBlob(function (blob) {
        blob.arrayBuffer().then(function (bytes) { save(new Blob([gp.withDpi(new Uint8Array(bytes), DPI)], { type: "image/png" }), name); });
      }, "image/png");
    });
    function save(blob, name) {
      var link = gp.el("a", { download: name, href: URL.createObjectURL(blob) });
      link.click();
      setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
    }
    window.addEventListener("beforeprint", function () { app.paper(true); });
    window.addEventListener("afterprint", function () { app.paper(false); });
    var print = window.matchMedia && window.matchMedia("print");
    if (print && print.addEventListener) { print.addEventListener("change", function (now) { app.paper(now.matches); }); }
  };
})(window.geoplan);

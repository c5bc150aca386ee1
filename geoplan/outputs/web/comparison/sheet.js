/* Two runs on one sheet of paper: both maps, who gains and who loses, one legend. Drawn, so that nothing is cut. */
(function (gp) {
  "use strict";
  var MM = 96 / 25.4, MARGIN = 10, DENSE = 64 / 20, SOFT = "#4a5663";

  /* one run: its name, what sets it apart, its share, its map */
  function side(ctx, map, x, y, w, h) {
    var app = map.geoplan, parts = gp.sheetParts, head = app.data.headline, run = /** @type {HTMLElement} */ (app.root.parentElement.querySelector(".gp-run"));
    var ledger = app.model.scenario === "after" && head.after || head.ledger, small = run.querySelector("small"), top = y + 14;
    parts.say(ctx, run.firstChild.textContent.trim(), x, top, { size: 13, weight: 700, width: w * 0.62, least: 9 });
    if (ledger) { parts.say(ctx, gp.share(ledger.share), x + w, top + 4, { size: 22, weight: 300, align: "right" }); }
    if (ledger) { parts.say(ctx, gp.people(ledger.served) + " / " + app.t("ui_people_n", { n: gp.people(ledger.total) }), x + w, top + 18, { size: 10, colour: SOFT, align: "right" }); }
    ctx.font = "400 9px " + gp.font;
    gp.wrap(function (t) { return ctx.measureText(t).width; }, small ? small.textContent : "", w * 0.68).slice(0, 3).forEach(function (line, k) {
      parts.say(ctx, line, x, top + 13 + 11 * k, { size: 9, colour: SOFT });
    });
    return parts.city(ctx, app, x, y + 52, w, h - 52, DENSE);
  }

  function list(ctx, app, x, y, w, bottom) {
    var say = gp.sheetParts.say, t = app.t, told = gp.deltas;
    if (!told) { return; }
    [["ui_delta_gained", told.found.gained, "#0a5fb4"], ["ui_delta_lost", told.found.lost, "#b23c10"]].forEach(function (one) {
      say(ctx, t(String(one[0]), { n: gp.people(Number(one[1])) }), x, y, { size: 11.5, weight: 700, colour: one[2], width: w, least: 8 });
      y += 17;
    });
    told.groups.slice(0, Math.max(0, Math.min(10, Math.floor((bottom - y) / 15)))).forEach(function (g) {
      var wide = 0;
      [[g.lost, "−", "#b23c10"], [g.gained, "+", "#0a5fb4"]].forEach(function (one) {
        if (one[0]) { wide += say(ctx, one[1] + gp.people(one[0]), x + w - wide, y, { size: 10.5, weight: 600, colour: one[2], align: "right" }) + 6; }
      });
      say(ctx, g.name, x, y, { size: 10.5, width: w - wide - 4, least: 8 });
      y += 15;
    });
  }

  /** The sheet of both.
   * @param {MountedMap} a @param {MountedMap} b @returns {HTMLCanvasElement} */
  gp.drawPairSheet = function (a, b) {
    var canvas = document.createElement("canvas"), ctx = canvas.getContext("2d"), app = b.geoplan, parts = gp.sheetParts;
    var W = (297 - 2 * MARGIN - 0.2) * MM, H = (210 - 2 * MARGIN - 1) * MM, aside = 232, w = (W - aside - 28) / 2;
    var models = [a.geoplan.model, b.geoplan.model], foot = gp.footLines(app)[0];
    canvas.width = Math.round(W * DENSE);
    canvas.height = Math.round(H * DENSE);
    gp.theme(false, models);
    ctx.fillStyle = "#ffffff";
    ctx.fillRect(0, 0, canvas.width, canvas.height);
    ctx.setTransform(DENSE, 0, 0, DENSE, 0, 0);
    var x = parts.say(ctx, document.querySelector(".gp-bar2 h1").textContent, 0, 20, { size: 17, weight: 700, width: W * 0.7, least: 11 }) + 14;
    parts.say(ctx, app.data.meta.stamps.join(" · "), Math.min(x, W * 0.72), 20, { size: 11, weight: 600, colour: "#8a5a00", width: W * 0.27 });
    side(ctx, a, 0, 32, w, H - 50);
    var metres = side(ctx, b, w + 14, 32, w, H - 50);
    var left = 2 * w + 28, y = parts.scaleAndNorth(ctx, app, left, 40, aside, metres);
    y = parts.legend(ctx, app, left, y + 12, aside) + 12;
    list(ctx, app, left, y, aside, H - 22);
    parts.say(ctx, foot, 0, H - 4, { size: 8.5, colour: SOFT, width: W, least: 6 });
    gp.theme(app.dark(), models);
    return canvas;
  };

  /** On paper the drawn sheet stands alone.
   * @param {MountedMap} a @param {MountedMap} b */
  gp.pairSheet = function (a, b) {
    var holder = document.body.appendChild(gp.el("div", { "class": "gp-pairsheet", "aria-hidden": "true" }));
    window.addEventListener("beforeprint", function () {
      var canvas = gp.drawPairSheet(a, b);
      canvas.style.width = canvas.width / DENSE + "px";
      canvas.style.height = canvas.height / DENSE + "px";
      holder.textContent = "";
      holder.appendChild(canvas);
    });
    window.addEventListener("afterprint", function () { holder.textContent = ""; });
  };
})(window.geoplan);

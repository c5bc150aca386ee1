/* Existing sites that the plan closes: their sign on the map, their list. A trial draws its own. */
(function (gp) {
  "use strict";

  /** a site that closes: crossed out */
  gp.cross = function (ctx, x, y) {
    [[gp.colours.paper, 6], [gp.colours.crossed, 3]].forEach(function (pen) {
      ctx.strokeStyle = String(pen[0]);
      ctx.lineWidth = Number(pen[1]);
      ctx.beginPath();
      ctx.moveTo(x - 9, y - 9); ctx.lineTo(x + 9, y + 9); ctx.moveTo(x + 9, y - 9); ctx.lineTo(x - 9, y + 9);
      ctx.stroke();
    });
  };
  /** the same for legends, in the middle of a symbol */
  gp.crossSign = function (pen) {
    pen.scale(0.68, 0.68);
    gp.cross(pen, 16, 13);
  };

  /** positions among the existing sites
   * @param {Model} m @returns {number[]} */
  gp.closings = function (m) { return m.sites && m.sites.d.closes || []; };

  /** does the plan close any, and is that what the map tells? A trial and a year of the programme tell their own.
   * @param {Model} m */
  gp.closesTold = function (m) {
    var year = m.programme && m.programme.step;
    return gp.closings(m).length > 0 && !year && !(m.whatif && m.scenario === "after");
  };
  gp.closesDrawn = function (m) { return !!m.on.closes && gp.closesTold(m); };

  /** crosses over them; no number stands on one
   * @param {Model} m @param {View} view */
  gp.drawClosings = function (m, view) {
    if (!gp.closesDrawn(m)) { return; }
    gp.closings(m).forEach(function (i) {
      var at = gp.pixel(m.sites.xy, i, view), x = at[0], y = at[1];
      if (x < -12 || y < -12 || x > view.width + 12 || y > view.height + 12) { return; }
      gp.cross(view.ctx, x, y);
      view.taken = (view.taken || []).concat([[x - 10, y - 10, x + 10, y + 10]]);
    });
  };

  /** The list of them: by name, with the people who reach no other site today.
   * @param {App} app */
  gp.closingsTable = function (app) {
    var d = app.model.sites.d, list = gp.closings(app.model), t = app.t;
    return {
      key: "closes", kind: "site", title: t("ui_tab_closes"), n: list.length, order: list, note: t("ui_closes_note"),
      head: ["", t("ui_col_place"), t("ui_col_closes")],
      cells: function (i) { return ["×", [d.names[i], ""], gp.people(d.closes_people[list.indexOf(i)])]; },
      placed: function () { return true; }
    };
  };
})(window.geoplan);

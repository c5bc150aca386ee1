/* Light and dark: the map's colours follow the system; what is printed is always light. */
(function (gp) {
  "use strict";
  var LIGHT = JSON.parse(JSON.stringify(gp.colours));
  var DARK = {
    ink: "#e8edf2", muted: "#9aa7b4", land: "#1b2127", paper: "#1f262d", halo: "rgba(22,27,32,.92)", edge: "#2c343c", water: "#22384a", green: "#22302a",
    road: { 1: "#5d564a", 2: "#4a463f", 3: "#3a3833" }, boundary: "#7d858e", label: "#d5dce3", site: "#c7dcf2", other: "#3a4149",
    ride: "#c9a6ff", gap: "#ff9a6b", gapTint: "#4a2f25", hatch: "#b8694a", chosen: "#ffffff", around: "#10151a", gained: "#9fd0ff", faint: "#4a525a", veil: "d9", lead: "#ffe9a3", crossed: "#ff7468"
  };

  function copy(value) { return JSON.parse(JSON.stringify(value)); }

  /** Take the colours of a theme; what was drawn with others is forgotten.
   * @param {boolean} dark @param {Model[]} models */
  gp.theme = function (dark, models) {
    Object.assign(gp.colours, copy(LIGHT), dark ? copy(DARK) : {});
    models.forEach(function (m) { m.hatchNone = m.hatchGap = m.stamps = null; });
  };

  /** @param {App} app */
  gp.followTheme = function (app) {
    var query = window.matchMedia && matchMedia("(prefers-color-scheme: dark)");
    function take() {
      gp.theme(!!(query && query.matches), [app.model]);
      gp.headline(app);
      gp.legend(app);
      app.scene.redraw();
    }
    app.dark = function () { return !!(query && query.matches); };
    gp.theme(app.dark(), [app.model]);
    if (query && query.addEventListener) { query.addEventListener("change", take); }
  };
})(window.geoplan);

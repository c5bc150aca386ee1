/* The map on its whole city: as soon as it has a size, and at every new size until somebody moves it.
   A map in a closed <details>, a hidden tab or an iframe that is not shown has none yet. */
(function (gp) {
  "use strict";

  /* room that plus, minus and "whole city" take, and what stands a little beside its place */
  var BUTTONS = 58;

  /** Where the buttons stand, in the drawing's own pixels: no number or name is put under them.
   * @param {L.Map} map @param {View} view @returns {number[][]} */
  gp.buttonsIn = function (map, view) {
    var origin = map.getPixelOrigin(), shift = map.containerPointToLayerPoint([0, 0]);
    var frame = map.getContainer().getBoundingClientRect(), found = [];
    map.getContainer().querySelectorAll(".leaflet-bar").forEach(function (bar) {
      var box = bar.getBoundingClientRect(), dx = shift.x - frame.left + origin.x - view.left, dy = shift.y - frame.top + origin.y - view.top;
      if (box.width) { found.push([box.left + dx - 3, box.top + dy - 3, box.right + dx + 3, box.bottom + dy + 3]); }
    });
    return found;
  };

  gp.keepFitted = function (app) {
    var map = app.map, box = map.getContainer(), fitting = false, opened = false;

    function sized() { return box.clientWidth > 0 && box.clientHeight > 0; }

    /* padding that leaves most of a small map to the city: more of it than map ends at the closest zoom */
    function room() {
      var most = [box.clientWidth * 0.4, box.clientHeight * 0.4];
      /** @returns {[number, number]} */
      function within(x, y) { return [Math.min(x, most[0]), Math.min(y, most[1])]; }
      var pad = app.padding || 20;
      return { topLeft: within(pad, pad), bottomRight: within(besideButtons(pad) ? BUTTONS : pad, app.padding || 34) };
    }

    /* in the middle of the map the city would reach under the buttons at the right */
    function besideButtons(pad) {
      var zoom = map.getBoundsZoom(app.data.bounds, false, L.point(2 * pad, pad + (app.padding || 34))), b = app.data.bounds;
      var wide = map.project(b[1], zoom).x - map.project(b[0], zoom).x;
      return (box.clientWidth + wide) / 2 > box.clientWidth - BUTTONS;
    }

    app.fit = function () {
      if (!sized()) { return; }
      fitting = true;
      // beside the map there is room for the legend; on a phone it starts closed, under the map
      if (!opened) { app.openCard(app.root.clientWidth >= 760); }
      opened = true;
      settle();
      map.setMinZoom(0);
      var pad = room();
      map.fitBounds(app.data.bounds, { paddingTopLeft: pad.topLeft, paddingBottomRight: pad.bottomRight, animate: false });
      // no farther away than where the city is half as large, no closer than a street
      map.setMinZoom(Math.max(0, Math.floor((map.getZoom() - 1) * 4) / 4));
      if (app.model.crowded) { app.model.detail = Math.min(map.getZoom() + 1.5, 14); }
      if (app.far() !== app.toldFar) { gp.legend(app); app.scene.redraw(); }
      fitting = false;
    };

    /* take the new size over: Leaflet tells it as a move, which it is not */
    function settle() {
      app.settling = true;
      map.invalidateSize({ pan: false });
      app.settling = false;
    }

    function resized() {
      if (!sized()) { return; }  // hidden again: the view stays as it was
      if (app.moved) { settle(); } else { app.fit(); }
    }

    map.on("movestart", function () { if (!fitting && !app.led && sized()) { app.moved = true; } });
    app.openCard(false);
    app.fit();
    app.resized = resized;
    if (window.ResizeObserver) { new ResizeObserver(resized).observe(box); }
    window.addEventListener("resize", resized);
  };
})(window.geoplan);

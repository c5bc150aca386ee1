/* The map on its whole city: as soon as it has a size, and at every new size until somebody moves it.
   A map in a closed <details>, a hidden tab or an iframe that is not shown has none yet. */
(function (gp) {
  "use strict";

  gp.keepFitted = function (app) {
    var map = app.map, box = map.getContainer(), fitting = false, opened = false;

    function sized() { return box.clientWidth > 0 && box.clientHeight > 0; }

    /* padding that leaves most of a small map to the city: more of it than map ends at the closest zoom */
    function room() {
      var most = [box.clientWidth * 0.4, box.clientHeight * 0.4];
      /** @returns {[number, number]} */
    function within(x, y) { return [Math.min(x, most[0]), Math.min(y, most[1])]; }
      if (app.padding) { return { topLeft: within(app.padding, app.padding), bottomRight: within(app.padding, app.padding) }; }
      // on a narrow map the buttons at the right would stand on the city
      return { topLeft: within(20, 20), bottomRight: within(box.clientWidth < 560 ? 58 : 20, 34) };
    }

    app.fit = function () {
      if (!sized()) { return; }
      fitting = true;
      // beside the map there is room for the legend; on a phone it starts closed, under the map
      if (!opened) { app.openCard(app.root.clientWidth >= 760); }
      opened = true;
      settle();
      var pad = room();
      map.setMinZoom(0);
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

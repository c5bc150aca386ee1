/* The map on its whole city: as soon as it has a size, and at every new size until somebody moves it.
   A map in a closed <details>, a hidden tab or an iframe that is not shown has none yet. */
(function (gp) {
  "use strict";

  gp.keepFitted = function (app) {
    var map = app.map, box = map.getContainer(), fitting = false, opened = false;

    function sized() { return box.clientWidth > 0 && box.clientHeight > 0; }

    /* padding that leaves most of a small map to the city: more of it than map ends at the closest zoom */
    function room(wide) {
      var most = [box.clientWidth * 0.4, box.clientHeight * 0.4];
      /** @returns {[number, number]} */
    function within(x, y) { return [Math.min(x, most[0]), Math.min(y, most[1])]; }
      if (app.padding) { return { topLeft: within(app.padding, app.padding), bottomRight: within(app.padding, app.padding) }; }
      return { topLeft: within(20, wide ? 30 : 62), bottomRight: within(wide ? 280 : 20, 30) };
    }

    app.fit = function () {
      if (!sized()) { return; }
      var wide = app.root.clientWidth >= 1000, pad = room(wide);
      fitting = true;
      settle();
      map.fitBounds(app.data.bounds, { paddingTopLeft: pad.topLeft, paddingBottomRight: pad.bottomRight, animate: false });
      fitting = false;
      if (!opened) { app.openCard(wide); }  // on a phone the card of layers starts closed
      opened = true;
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

    /* on paper nothing can be opened */
    var onPaper = false;
    function paper(is) {
      if (is === onPaper) { return; }
      onPaper = is;
      document.querySelectorAll("details.gp-assumed").forEach(function (/** @type {any} */ one) {
        if (is) { one.shut = !one.open; one.open = true; } else if (one.shut) { one.open = false; }
      });
      resized();
    }

    map.on("movestart", function () { if (!fitting && !app.led && sized()) { app.moved = true; } });
    app.openCard(false);
    app.fit();
    if (window.ResizeObserver) { new ResizeObserver(resized).observe(box); }
    window.addEventListener("resize", resized);
    window.addEventListener("beforeprint", function () { paper(true); });
    window.addEventListener("afterprint", function () { paper(false); });
    if (window.matchMedia) {
      var print = window.matchMedia("print");
      if (print && print.addEventListener) { print.addEventListener("change", function (now) { paper(now.matches); }); }
    }
  };
})(window.geoplan);

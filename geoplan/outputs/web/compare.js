/* geoplan.pair(a, b, box): two mounted maps that move, zoom and switch layers together while `box` is ticked. */
(function (gp) {
  "use strict";
  gp.pair = function (a, b, box) {
    var busy = false;
    gp.sides = { a: a, b: b };
    function together(act) {
      if (!box.checked || busy) { return; }
      busy = true;
      try { act(); } finally { busy = false; }
    }
    /* `to` shows what `from` shows; only somebody's own move keeps both from being fitted again */
    function lead(from, to) {
      to.geoplan.led = true;
      to.setView(from.getCenter(), from.getZoom(), { animate: false });
      to.geoplan.led = false;
      to.geoplan.moved = from.geoplan.moved;
    }
    function follow(from, to) {
      from.on("move", function () {
        if (!from.geoplan.settling) { together(function () { lead(from, to); }); }
      });
      ["toggle", "scenario"].forEach(function (name) {
        var own = from.geoplan[name];
        from.geoplan[name] = function (key, on) {
          // the other first: the focus stays with the map in which something was chosen
          together(function () { if (has(to, name, key)) { to.geoplan[name](key, on); } });
          own(key, on);
        };
      });
    }
    function has(map, name, key) {
      var m = map.geoplan.model;
      return name === "scenario" ? key === "now" || !!m.data.headline.after : key in m.on;
    }
    follow(a, b);
    follow(b, a);
    function align() { together(function () { lead(a, b); }); }
    box.addEventListener("change", align);
    // the numbers above have taken their room by now: what is left is what the maps fit into
    [b, a].forEach(function (map) {
      map.geoplan.padding = 16;
      var own = map.geoplan.fit;
      map.geoplan.fit = function () { own(); align(); };
      map.geoplan.fit();
    });
  };
})(window.geoplan);

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
    function follow(from, to) {
      from.on("move", function () {
        together(function () { to.setView(from.getCenter(), from.getZoom(), { animate: false }); });
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
    function align() { together(function () { b.setView(a.getCenter(), a.getZoom(), { animate: false }); }); }
    box.addEventListener("change", align);
    // the numbers above have taken their room by now: what is left is what the maps fit into
    [b, a].forEach(function (map) {
      map.geoplan.padding = 16;
      var own = map.geoplan.fit;
      map.geoplan.fit = function () { own(); align(); };
      map.geoplan.fit();
      map.geoplan.moved = false;  // one following the other is nobody's own move yet
    });
  };
})(window.geoplan = window.geoplan || {});

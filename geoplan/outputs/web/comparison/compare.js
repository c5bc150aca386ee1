/* geoplan.pair(a, b, words): two mounted maps that move, zoom and switch layers together; one list of who gained
   and who lost, one layer of it on both; side by side, or one over the other with a line to drag. */
(function (gp) {
  "use strict";
  var el = gp.el, FIRST = 12;

  function byId(id) { return /** @type {any} */ (document.getElementById(id)); }

  gp.pair = function (a, b) {
    var busy = false, box = byId("gp_together");
    gp.sides = { a: a, b: b };
    function together(act) {
      if (!box.checked || busy) { return; }
      busy = true;
      try { act(); } finally { busy = false; }
    }
    /* `to` shows what `from` shows; only somebody's own move keeps both from being fitted again */
    function lead(from, to) {
      to.geoplan.led = true;
      to.setMinZoom(0);
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
          if (name === "scenario" && gp.retell) { gp.retell(); }
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
    box.addEventListener("change", function () { align(); swipe(a, b); });
    tell(a, b);
    // the numbers above have taken their room by now: what is left is what the maps fit into
    [b, a].forEach(function (map) {
      map.geoplan.paired = true;
      map.geoplan.padding = 16;
      var own = map.geoplan.fit;
      map.geoplan.fit = function () { own(); align(); };
      map.geoplan.fit();
    });
    modes(a, b);
    gp.pairSheet(a, b);
  };

  /* the list beside the maps, and the layer on them */
  function tell(a, b) {
    var ma = a.geoplan.model, mb = b.geoplan.model, t = a.geoplan.t, list = byId("gp_delta"), rows = gp.matched(ma, mb);
    byId("gp_legend").appendChild(b.geoplan.parts.layers);
    b.geoplan.openCard(true);
    b.geoplan.openCard = function () {};
    // the difference is what is looked for: gaps are a tick away
    [a, b].forEach(function (map) { map.geoplan.toggle("gaps", false); });
    gp.retell = function () {
      list.textContent = "";
      ma.difference = mb.difference = null;
      if (!rows) {
        list.appendChild(el("p", { "class": "gp-small", text: t("ui_delta_other") }));
        return;
      }
      var found = gp.difference(ma, mb, rows.both);
      ma.difference = mb.difference = found;
      ma.side = "i";
      mb.side = "j";
      ma.alone = rows.a;
      mb.alone = rows.b;
      list.appendChild(el("p", { "class": "gp-deltasum" }, [
        el("span", { "class": "gp-plus", text: t("ui_delta_gained", { n: gp.people(found.gained) }) }),
        el("span", { "class": "gp-minus", text: t("ui_delta_lost", { n: gp.people(found.lost) }) })
      ]));
      [["A", ma, rows.a], ["B", mb, rows.b]].forEach(function (side) {
        var alone = gp.aloneRows(/** @type {Model} */ (side[1]), /** @type {number[]} */ (side[2]));
        if (alone.n) { list.appendChild(el("p", { "class": "gp-small gp-onlyone", text: t(alone.people === null ? "ui_delta_only_withheld" : "ui_delta_only", { run: side[0], n: gp.people(alone.n), people: gp.people(alone.people), served: gp.people(alone.served) }) })); }
      });
      if (found.withheld) { list.appendChild(el("p", { "class": "gp-small", text: t("ui_delta_withheld", { n: gp.people(found.withheld) }) })); }
      var groups = gp.differenceList(ma, found, mb, function (at) { return t("ui_degrees", { lon: at.lng.toFixed(4), lat: at.lat.toFixed(4) }); });
      gp.deltas = { found: found, groups: groups };
      if (!groups.length) { list.appendChild(el("p", { "class": "gp-small", text: t("ui_delta_none") })); }
      list.appendChild(el("ol", { "class": "gp-deltas" }, groups.slice(0, 200).map(function (g, k) {
        return el("li", k < FIRST ? {} : { "class": "gp-rest" }, [el("button", { type: "button", on: { click: function () { show(a, g); } } }, [
          el("span", { text: g.name || gp.MISSING }),
          g.gained ? el("b", { "class": "gp-plus", text: "+" + gp.people(g.gained) }) : null,
          g.lost ? el("b", { "class": "gp-minus", text: "−" + gp.people(g.lost) }) : null
        ])]);
      })));
      if (groups.length > FIRST) {
        // all of them beside the maps, where the list scrolls by itself; on a phone when asked
        var more = el("button", { type: "button", "class": "gp-more gp-therest", text: t("ui_more", { n: gp.people(Math.min(groups.length, 200) - FIRST) }), on: { click: function () { list.setAttribute("data-whole", ""); more.remove(); } } });
        if (!list.hasAttribute("data-whole")) { list.appendChild(more); }
      }
      [a, b].forEach(function (map) { map.geoplan.scene.redraw(); });
    };
    gp.retell();
  }

  function show(map, group) {
    var k = group.box, at = L.latLngBounds(gp.toLatLng(k[0], k[3]), gp.toLatLng(k[2], k[1]));
    map.fitBounds(at, { maxZoom: 13.5, padding: [60, 60], animate: false });
  }

  /* side by side, or B over A from a line on that is dragged */
  function modes(a, b) {
    var pair = document.querySelector(".gp-pair"), slider = byId("gp_swipe");
    document.querySelectorAll("[data-mode-of]").forEach(function (button) {
      button.addEventListener("click", function () {
        pair.setAttribute("data-mode", button.getAttribute("data-mode-of"));
        document.querySelectorAll("[data-mode-of]").forEach(function (other) { other.setAttribute("aria-pressed", String(other === button)); });
        swipe(a, b);
        [a, b].forEach(function (map) { map.geoplan.resized(); });
      });
    });
    slider.addEventListener("input", function () { swipe(a, b); });
    window.addEventListener("resize", function () { swipe(a, b); });
  }

  function swipe(a, b) {
    var pair = /** @type {HTMLElement} */ (document.querySelector(".gp-pair")), slider = byId("gp_swipe");
    var on = pair.getAttribute("data-mode") === "swipe", above = 0, below = 0;
    [a, b].forEach(function (map) {
      var root = map.geoplan.root, top = root.querySelector(".gp-top"), foot = root.querySelector(".gp-foot");
      above = Math.max(above, top.getBoundingClientRect().bottom - pair.getBoundingClientRect().top);
      below = Math.max(below, foot.offsetHeight);
    });
    pair.style.setProperty("--above", above + "px");
    pair.style.setProperty("--below", below + "px");
    pair.style.setProperty("--cut", slider.value + "%");
    slider.hidden = !on;
  }
})(window.geoplan);

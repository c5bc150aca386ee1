/* Ties page, map and data together. `geoplan.mount({element, data})` returns the Leaflet map. */
(function (gp) {
  "use strict";
  var el = gp.el;

  gp.mount = function (options) {
    var data = JSON.parse(document.getElementById(options.data).textContent);
    var root = document.getElementById(options.element + "_app"), app = /** @type {App} */ (/** @type {any} */ ({ id: options.element, data: data, root: root, paired: !!options.paired }));
    gp.font = getComputedStyle(root).fontFamily;
    app.t = function (key, values) { return gp.say(data.words, key, values); };
    app.model = gp.model(data);
    app.parts = {};
    gp.starting();
    ["numbers", "lists", "legend", "search", "live", "layers", "presets", "strip"].forEach(function (name) {
      app.parts[name] = root.querySelector("[data-part=" + name + "]");
    });
    app.far = function () { return app.map.getZoom() < app.model.detail; };
    gp.embedding(app);
    app.tell = function (text) { app.parts.live.textContent = text; };

    var map = app.map = /** @type {MountedMap} */ (L.map(options.element, {
      preferCanvas: true, zoomSnap: 0.25, zoomDelta: 1, wheelPxPerZoomLevel: 90, zoomControl: false, minZoom: 3, maxZoom: 19,
      attributionControl: false, zoomAnimation: !calm(), fadeAnimation: !calm(), markerZoomAnimation: !calm()
    }));
    map.geoplan = app;
    L.control.attribution({ prefix: "Leaflet", position: "bottomright" }).addTo(map);
    L.control.zoom({ position: "bottomright", zoomInTitle: app.t("ui_zoom_in"), zoomOutTitle: app.t("ui_zoom_out") }).addTo(map);
    gp.wholeCity(app);
    L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 120 }).addTo(map);
    map.getContainer().setAttribute("aria-label", app.t("ui_map_label"));
    if (data.basemap) {
      app.tiles = L.layerGroup(data.basemap.tiles.map(function (url) {
        return L.tileLayer(url, { attribution: gp.el("i", { text: data.basemap.credit }).innerHTML, maxZoom: 19, maxNativeZoom: data.basemap.most });
      })).addTo(map);
    }
    // Leaflet wants a view before it draws; the map is fitted once it has a size
    map.setView([(data.bounds[0][0] + data.bounds[1][0]) / 2, (data.bounds[0][1] + data.bounds[1][1]) / 2], 10, { animate: false });
    app.pressed = app.today = function () {};
    actions(app);
    gp.links(app);
    gp.followTheme(app);
    gp.folding(app);
    gp.headline(app);
    gp.legend(app);
    gp.lists(app);
    gp.search(app);
    if (data.whatif && gp.whatIfMount) { gp.whatIfMount(app); }
    if (data.programme && gp.programmeMount) { gp.programmeMount(app); }
    app.scene = new gp.Scene(function (view) { view.taken = gp.buttonsIn(map, view); gp.paint(app.model, view); });
    app.scene._far = function (zoom) { return zoom < app.model.detail; };
    app.scene.addTo(map);
    gp.presets(app);
    closer(app);
    pointer(app);
    gp.wheel(app);
    card(app);
    gp.keepFitted(app);
    gp.sheets(app);
    app.follow();
    root.setAttribute("data-ready", "true");
    // drawn once more by the next frame at the latest, as whatever was chosen above asks for
    L.Util.requestAnimFrame(gp.started);
    if (document.hidden) { gp.started(); }
    return map;
  };

  function calm() { return !!(window.matchMedia && matchMedia("(prefers-reduced-motion: reduce)").matches); }

  /* points appear and vanish at one zoom: the legend says so */
  function closer(app) {
    app.map.on("zoomend", function () {
      if (app.far() !== app.toldFar) { gp.legend(app); } else { gp.sizes(app); }
    });
  }

  /** @param {App} app */
  function actions(app) {
    var m = app.model;
    app.toggle = function (key, on) {
      var held = app.parts.legend.contains(document.activeElement);
      m.on[key] = on;
      m.auto[key] = false;
      app.pressed(null);
      if (on && key.indexOf("areas:") === 0) {
        Object.keys(m.on).forEach(function (k) { if (k.indexOf("areas:") === 0 && k !== key) { m.on[k] = false; } });
      }
      if (key === "basemap" && app.tiles) { app.map[on ? "addLayer" : "removeLayer"](app.tiles); }
      gp.legend(app);
      var same = /** @type {HTMLElement} */ (app.parts.legend.querySelector('[data-layer="' + key + '"]'));
      if (same && held) { same.focus({ preventScroll: true }); }
      app.scene.redraw();
    };
    app.scenario = function (name) {
      if (name === "after") { app.today(); }
      var held = app.parts.numbers.contains(document.activeElement);
      m.scenario = name;
      gp.headline(app);
      gp.legend(app);
      var open = app.group, level = app.picker && app.picker.value;
      gp.lists(app);
      if (open) { app.tab(open); }
      if (level) { app.level(level); }
      app.map.closePopup();
      app.scene.redraw();
      app.pressed(name === "after" ? "plan" : null);
      var input = document.getElementById(app.id + "_scenario_" + name);
      if (input && held) { input.focus(); }
    };
    app.tab = function (group) {
      app.group = group;
      app.order.forEach(function (name) {
        var tab = document.getElementById(app.id + "_tab_" + name), on = name === group;
        tab.setAttribute("aria-selected", String(on));
        tab.tabIndex = on ? 0 : -1;
        document.getElementById(tab.id + "_panel").hidden = !on;
      });
    };
    app.level = function (key) {
      app.parts.lists.querySelectorAll(".gp-tableholder[data-key^=areas]").forEach(function (/** @type {any} */ holder) {
        holder.hidden = holder.getAttribute("data-key") !== key;
      });
      if (app.picker) { app.picker.value = key; }
    };
    app.select = function (kind, i, how) {
      how = how || {};
      m.selected = { kind: kind, i: i, level: how.level };
      mark(app, kind, i, how);
      var place = gp.placeOf(app, kind, i, how.level);
      app.address(gp.linkOf(m, kind, i));
      app.tell(app.t("ui_selected", { name: gp.nameOf(app, kind, i, how.level) }));
      // a card that closes here must not take the new choice with it
      app.popup = null;
      if (place) {
        if (how.go) { go(app, kind, place); }
        app.popup = app.card(how.at || place.latlng, gp.detail(app, kind, i, how.level));
      }
      app.scene.redraw();
    };
    /* on a low map a card scrolls: what it tells of stays in sight beside it */
    app.card = function (place, content) {
      return L.popup({
        maxWidth: 300, minWidth: 220, maxHeight: Math.max(150, Math.round(0.52 * app.map.getSize().y)), autoPanPaddingTopLeft: [16, 16], autoPanPaddingBottomRight: [16, 24], className: "gp-popup"
      }).setLatLng(place).setContent(content).openOn(app.map);
    };
    app.clear = function () {
      m.selected = null;
      app.address("");
      mark(app, null, -1, {});
      app.scene.redraw();
    };
  }

  function go(app, kind, place) {
    var map = app.map;
    if (app.root.clientWidth < 760) { map.getContainer().scrollIntoView({ block: "nearest" }); }
    // no flight: the card opens where it will stay
    if (place.bounds) { map.fitBounds(place.bounds, { maxZoom: 14.5, padding: [70, 70], animate: false }); }
    else { map.setView(place.latlng, Math.max(map.getZoom(), kind === "demand" ? 15 : 14), { animate: false }); }
  }

  /* the row of what is chosen */
  function mark(app, kind, i, how) {
    app.parts.lists.querySelectorAll("tr[aria-current]").forEach(function (row) { row.removeAttribute("aria-current"); });
    var key = kind === "area" ? "areas:" + how.level : kind === "gap" ? (gp.isFault(app.model, i) ? "faults" : "gaps") : kind === "suggested" ? "suggested" : null;
    var table = key && app.tables[key];
    if (!table || !table.show || table.kind !== kind) { return; }
    app.tab(key.split(":")[0]);
    if (kind === "area") { app.level(key); }
    var row = table.show(i);
    if (!row) { return; }
    row.setAttribute("aria-current", "true");
    if (app.root.clientWidth >= 760) {
      var box = app.root.querySelector(".gp-bottom"), a = row.getBoundingClientRect(), b = box.getBoundingClientRect();
      if (a.top < b.top + 90 || a.bottom > b.bottom - 10) { box.scrollTop += a.top - b.top - b.height / 3; }
    }
  }

  function pointer(app) {
    var map = app.map, waiting = false, tip = el("div", { "class": "gp-tip", "aria-hidden": "true" });
    var coarse = window.matchMedia && matchMedia("(pointer: coarse)").matches;
    map.getContainer().appendChild(tip);
    tip.hidden = true;
    map.on("click", function (e) {
      if (app.whatIfClick && app.whatIfClick(e)) { return; }
      var at = gp.toWorld(e.latlng), hit = gp.hit(app.model, at[0], at[1], map.getZoom(), coarse ? 8 : 2);
      if (!hit) { app.clear(); return; }
      var point = hit.kind === "site" || hit.kind === "suggested" || hit.kind === "demand" || hit.kind === "required";
      app.select(hit.kind, hit.i, { level: hit.level, at: point ? null : e.latlng });
    });
    map.on("mousemove", function (e) {
      var on = /** @type {Element | null} */ (e.originalEvent.target);
      if (on && on.closest && on.closest(".leaflet-popup")) { tip.hidden = true; return; }  // a card says enough
      if (waiting) { return; }
      waiting = true;
      L.Util.requestAnimFrame(function () {
        waiting = false;
        var at = gp.toWorld(e.latlng), hit = gp.hit(app.model, at[0], at[1], map.getZoom(), 1);
        map.getContainer().style.cursor = hit ? "pointer" : "";
        tip.hidden = !hit;
        if (hit) {
          tip.textContent = gp.nameOf(app, hit.kind, hit.i, hit.level);
          var room = map.getSize().x - e.containerPoint.x < 200;
          L.DomUtil.setPosition(tip, e.containerPoint.add(room ? [-14 - tip.offsetWidth, 10] : [14, 10]));
        }
      });
    });
    map.on("mouseout movestart", function () { tip.hidden = true; });
    document.addEventListener("keydown", function (e) { if (e.key === "Escape" && app.popup) { map.closePopup(); } });
    map.on("popupclose", function (e) { if (e.popup === app.popup) { app.popup = null; app.clear(); } });
  }

  /* the card of layers opens and closes; on a phone it starts closed */
  function card(app) {
    var button = app.root.querySelector("[data-part=open]"), box = app.parts.layers;
    function set(open) {
      box.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
    }
    button.addEventListener("click", function () { set(box.hidden); });
    box.addEventListener("keydown", function (e) { if (e.key === "Escape") { set(false); button.focus(); } });
    app.openCard = set;
  }
})(window.geoplan);

/* How the page is entered: ready-made views, the whole city, links to one thing, the wheel, embedding. */
(function (gp) {
  "use strict";
  var el = gp.el;
  var PRESETS = ["now", "gaps", "plan", "areas"];

  /* a promise that every mounted map is drawn; one that is hidden has nothing to draw */
  var waiting = 0, done;
  gp.ready = new Promise(function (resolve) { done = resolve; });
  gp.starting = function () { waiting += 1; };
  gp.started = function () { waiting -= 1; if (!waiting) { done(gp); } };

  function parameter(name) { return new URLSearchParams(window.location.search).get(name); }

  /** What of the page is wanted: `?view=map` shows the map with its legend, without panel.
   * @param {App} app */
  gp.embedding = function (app) {
    app.alone = parameter("view") === "map";
    if (app.alone) { app.root.classList.add("gp-alone"); headed(app); }
    var inside = true;
    try { inside = window.self !== window.top; } catch { inside = true; }
    app.embedded = app.alone || inside;
  };

  /* the title of a map without its panel has the number that the panel would show */
  function headed(app) {
    var head = app.data.headline, tools = app.root.querySelector(".gp-tools"), now = head.ledger && head.ledger.share, after = head.after && head.after.share;
    if (now === null || now === undefined) { return; }
    tools.setAttribute("data-title", tools.getAttribute("data-title").replace(" · ", " " + (after === null || after === undefined ? gp.share(now) : gp.share(now) + " → " + gp.share(after)) + " · "));
  }

  /** The wheel scrolls a page that can be scrolled, or that others hold, until the map is clicked.
   * @param {App} app */
  gp.wheel = function (app) {
    var map = app.map, hint = el("div", { "class": "gp-hint", text: app.t("ui_wheel"), "aria-hidden": "true" }), timer = 0;
    var box = map.getContainer();
    hint.hidden = true;
    box.appendChild(hint);
    function waits() {
      return app.embedded || app.compact || document.documentElement.scrollHeight > window.innerHeight + 2;
    }
    map.scrollWheelZoom.disable();
    box.addEventListener("wheel", function () {
      if (map.scrollWheelZoom.enabled()) { return; }
      if (!waits()) { map.scrollWheelZoom.enable(); return; }
      hint.hidden = false;
      window.clearTimeout(timer);
      timer = window.setTimeout(function () { hint.hidden = true; }, 1200);
    }, { capture: true, passive: true });
    map.on("click focus", function () { hint.hidden = true; map.scrollWheelZoom.enable(); });
    box.addEventListener("mouseleave", function () { if (waits()) { map.scrollWheelZoom.disable(); } });
  };

  /* which ready-made views this map has */
  function available(app) {
    var m = app.model, areas = gp.mainLevel(m) >= 0;
    return PRESETS.filter(function (name) {
      return name === "now" ? m.sites || areas : name === "gaps" ? !!m.gaps : name === "plan" ? !!((m.suggested || gp.closings(m).length) && (m.data.headline.after || m.spacing)) : areas;
    });
  }

  function layersOf(app, name) {
    var m = app.model, on = {}, main = "areas:" + gp.mainLevel(m), crowd = m.crowded || (m.gaps && m.gaps.d.whole_areas);
    Object.keys(m.on).forEach(function (key) {
      if (key.indexOf("areas:") === 0) { on[key] = key === main && (name === "areas" || !!crowd); }
      else if (key.indexOf("sites:") === 0) { on[key] = name !== "areas"; }
      else if (["served", "gained", "full", "missed"].indexOf(key) >= 0) { on[key] = name !== "areas"; }
      else if (key === "suggested" || key === "closes") { on[key] = name === "gaps" || name === "plan"; }
      else if (key === "gaps" || key === "faults") { on[key] = name === "gaps" || name === "plan"; }
    });
    return on;
  }

  /** @param {App} app */
  gp.presets = function (app) {
    var names = available(app), box = app.parts.presets, m = app.model;
    app.preset = function (name) {
      app.today();
      app.scenario(name === "plan" && m.data.headline.after ? "after" : name === "areas" ? m.scenario : "now");
      Object.assign(m.on, layersOf(app, name));
      Object.keys(m.auto).forEach(function (key) { m.auto[key] = m.auto[key] || (m.crowded && (gp.waits(key) || (key === "suggested" && gp.many(m)))); });
      // what a view is asked for is seen from afar too: where sites stand, where markers would
      if (name === "now") { Object.keys(m.auto).forEach(function (key) { if (key.indexOf("sites:") === 0) { m.auto[key] = false; } }); }
      if (name === "plan") { m.auto.suggested = false; }
      gp.legend(app);
      var tab = { now: "areas", gaps: "gaps", plan: m.suggested ? "suggested" : "closes", areas: "areas" }[name];
      if (app.order && app.order.indexOf(tab) >= 0) {
        app.tab(tab);
        if (tab === "areas" && gp.mainLevel(m) >= 0) { app.level("areas:" + gp.mainLevel(m)); }
      }
      app.scene.redraw();
      app.pressed(name);
    };
    app.pressed = function (name) {
      box.querySelectorAll("button").forEach(function (button) {
        button.setAttribute("aria-pressed", String(button.getAttribute("data-preset") === name));
      });
    };
    /* a trial stands in for the plan, and its button says so */
    app.renamed = function () {
      box.querySelectorAll("button").forEach(function (button) {
        var name = button.getAttribute("data-preset");
        button.textContent = app.t("ui_preset_" + name);
        button.title = app.t("ui_preset_" + name + "_long");
      });
    };
    if (names.length < 2 || !m.gaps) { box.hidden = true; return; }
    names.forEach(function (name) {
      box.appendChild(el("button", { type: "button", "data-preset": name, "aria-pressed": "false", on: { click: function () { app.preset(name); } } }));
    });
    app.renamed();
    app.pressed(m.gaps ? "gaps" : "now");
  };
  gp.waits = function (key) { return key.indexOf("sites:") === 0 || ["served", "gained", "full", "missed", "faults", "marked", "unmarked"].indexOf(key) >= 0; };

  /* `#gap=3` or `#site=n123` of what is chosen, and what such a link means */
  gp.linkOf = function (m, kind, i) {
    if (kind === "gap") { return "gap=" + m.gaps.d.rank[i]; }
    var points = kind === "site" ? m.sites : kind === "suggested" ? m.suggested : null;
    var id = points && points.d.ids && points.d.ids[i];
    return id ? "site=" + encodeURIComponent(id) : "";
  };

  /** @returns {Hit | null} */
  gp.linked = function (m, hash) {
    var found = /^#?(gap|site)=(.+)$/.exec(hash || ""), wanted = "", i;
    if (!found) { return null; }
    try { wanted = decodeURIComponent(found[2]); } catch { wanted = found[2]; }
    if (found[1] === "gap") {
      i = m.gaps ? m.gaps.d.rank.map(String).indexOf(wanted) : -1;
      if (i < 0 && m.gaps) { i = m.gaps.letter.indexOf(wanted.toUpperCase()); }
      return i < 0 ? null : { kind: "gap", i: i };
    }
    var by = [["suggested", m.suggested && m.suggested.d.ids], ["site", m.sites && m.sites.d.ids], ["suggested", m.suggested && m.suggested.d.rank.map(String)]];
    for (var k = 0; k < by.length; k++) {
      i = by[k][1] ? by[k][1].indexOf(wanted) : -1;
      if (i >= 0) { return { kind: /** @type {Kind} */ (by[k][0]), i: i }; }
    }
    return null;
  };

  /** @param {App} app */
  gp.links = function (app) {
    var own = "";
    app.address = function (link) {
      if (app.paired) { return; }
      own = link ? "#" + link : "";
      if (window.location.hash === own) { return; }
      try { window.history.replaceState(null, "", own || window.location.pathname + window.location.search); } catch { own = ""; }
    };
    function follow() {
      var hit = window.location.hash === own ? null : gp.linked(app.model, window.location.hash);
      if (hit) { app.select(hit.kind, hit.i, { go: true }); }
    }
    window.addEventListener("hashchange", follow);
    app.follow = follow;
  };

  /** Narrow or low pages show the map first: their lists open when asked.
   * @param {App} app */
  gp.folding = function (app) {
    var button = app.root.querySelector("[data-part=fold]"), query = window.matchMedia("(max-width: 1000px), (max-height: 560px)");
    function fold(shut) {
      app.root.toggleAttribute("data-folded", shut);
      button.setAttribute("aria-expanded", String(!shut));
    }
    function take() {
      app.compact = query.matches;
      fold(query.matches);
      if (app.whatIf) { app.whatIf.place(); }
    }
    button.addEventListener("click", function () { fold(!app.root.hasAttribute("data-folded")); });
    if (query.addEventListener) { query.addEventListener("change", take); }
    app.unfold = function () { fold(false); };
    take();
  };

  /** The button of the whole city stands with plus and minus.
   * @param {App} app */
  gp.wholeCity = function (app) {
    var Control = L.Control.extend({
      onAdd: function () {
        var box = L.DomUtil.create("div", "leaflet-bar gp-whole"), button = el("a", {
          href: "#", role: "button", title: app.t("ui_whole"), "aria-label": app.t("ui_whole"), "data-part": "whole"
        }, [gp.svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, [gp.svg("path", { d: "M3 8V3h5M12 3h5v5M17 12v5h-5M8 17H3v-5" })])]);
        box.appendChild(button);
        L.DomEvent.disableClickPropagation(box);
        button.addEventListener("click", function (e) { e.preventDefault(); app.whole(); });
        return box;
      }
    });
    app.whole = function () {
      app.map.closePopup();
      app.moved = false;
      app.fit();
    };
    new Control({ position: "bottomright" }).addTo(app.map);
  };
})(window.geoplan);

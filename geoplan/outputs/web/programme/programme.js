/* A plan in time on the map: a slider of years, what is done in each, whom the service serves then. */
(function (gp) {
  "use strict";
  var el = gp.el, C = gp.colours, LISTED = 3;

  /** @param {App} app */
  gp.programmeMount = function (app) {
    var plan = app.data.programme, years = plan.years, layer = L.layerGroup().addTo(app.map);
    var label = el("output", { "class": "gp-year", "for": app.id + "_year" });
    var facts = el("p", { "class": "gp-yearfacts" }), list = el("ol", { "class": "gp-yearlist" });
    var slider = el("input", { type: "range", id: app.id + "_year", min: 0, max: years.length, step: 1, value: 0, "aria-label": app.t("ui_programme") });
    var card = el("section", { "class": "gp-programme", "aria-label": app.t("ui_programme") }, [
      el("div", { "class": "gp-yearhead" }, [el("strong", { text: app.t("ui_programme") }), label]), slider, facts, list
    ]);

    /* what is done in the year stands out from what the years before built */
    function draw(step) {
      layer.clearLayers();
      plan.actions.forEach(function (action) {
        var at = years.indexOf(action.year) + 1;
        if (at > step) { return; }
        var now = at === step;
        L.circleMarker([action.lat, action.lon], {
          radius: now ? 7 : 4.5, weight: now ? 2 : 1, color: "#33280a", fillColor: now ? C.suggested : "#fff4c4", fillOpacity: 1, interactive: false
        }).addTo(layer);
      });
    }

    function show() {
      var step = Number(slider.value), year = step ? years[step - 1] : null, told = year === null ? null : plan.by_year[step - 1];
      var text = year === null ? app.t("ui_programme_before") : String(year);
      label.textContent = text;
      slider.setAttribute("aria-valuetext", text);
      facts.textContent = told ? app.t("ui_programme_facts", { share: gp.share(told.share), served: gp.people(told.served), works: gp.number(told.works), cost: told.cost }) : app.t("ui_programme_hint");
      list.textContent = "";
      var done = plan.actions.filter(function (action) { return action.year === year; });
      done.slice(0, LISTED).forEach(function (action) {
        list.appendChild(el("li", { text: action.what + " " + action.name + (action.people ? " (" + gp.people(action.people) + ")" : "") }));
      });
      if (done.length > LISTED) { list.appendChild(el("li", { "class": "gp-yearmore", text: app.t("ui_programme_more", { count: gp.number(done.length - LISTED) }) })); }
      draw(step);
    }

    slider.addEventListener("input", show);
    var box = app.map.getContainer(), stage = /** @type {HTMLElement} */ (box.parentElement);
    box.after(card);
    if (window.ResizeObserver) {
      new ResizeObserver(function () { stage.style.setProperty("--years", card.offsetHeight + "px"); }).observe(card);
    }
    app.year = function (year) {
      slider.value = String(years.indexOf(year) + 1);
      show();
    };
    show();
  };
})(window.geoplan);

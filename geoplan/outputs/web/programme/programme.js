/* A plan in time on the map: a slider of years, what is done in each, whom the service serves then. */
(function (gp) {
  "use strict";
  var el = gp.el, C = gp.colours, LISTED = 3, EDGE = "#33280a", BEFORE = "#fff4c4";

  /** @param {App} app */
  gp.programmeMount = function (app) {
    var plan = app.data.programme, years = plan.years, m = app.model;
    var label = el("output", { "class": "gp-year", "for": app.id + "_year" });
    var facts = el("p", { "class": "gp-yearfacts" }), list = el("ol", { "class": "gp-yearlist" });
    var slider = el("input", { type: "range", id: app.id + "_year", min: 0, max: years.length, step: 1, value: 0, "aria-label": app.t("ui_programme") });
    var card = el("section", { "class": "gp-programme", "aria-label": app.t("ui_programme") }, [
      el("div", { "class": "gp-yearhead" }, [el("strong", { text: app.t("ui_programme") }), label]), slider, facts, list
    ]);
    var actions = plan.actions.map(function (action) {
      return { action: action, step: years.indexOf(action.year) + 1, at: gp.toWorld({ lat: action.lat, lng: gp.oneSide(action.lon) }) };
    });
    m.programme = { step: 0, actions: actions, held: null };

    /* one proposal at a time: while a year is shown, the suggested sites and the gaps of today are not */
    function alone(step) {
      var held = m.programme.held;
      if (step && !held) {
        if (app.whatIf && !app.whatIf.box.hidden) { app.whatIf.show(false); }
        if (m.scenario === "after") { app.scenario("now"); }
        m.programme.held = { suggested: m.on.suggested, gaps: m.on.gaps };
        app.pressed(null);
        m.on.suggested = m.on.gaps = false;
      } else if (!step && held) {
        Object.keys(held).forEach(function (key) { m.on[key] = m.on[key] || held[key]; });
        m.programme.held = null;
      }
    }

    function show() {
      var step = Number(slider.value), year = step ? years[step - 1] : null, told = year === null ? null : plan.by_year[step - 1];
      var text = year === null ? app.t("ui_programme_before") : String(year);
      label.textContent = text;
      slider.setAttribute("aria-valuetext", text);
      facts.textContent = told ? factsOf(app, told) : app.t("ui_programme_hint");
      list.textContent = "";
      var done = actions.filter(function (one) { return step && one.step === step; }).map(function (one) { return one.action; });
      done.slice(0, LISTED).forEach(function (action) {
        list.appendChild(el("li", { text: action.what + " " + action.name + (action.people ? " (" + gp.people(action.people) + ")" : "") }));
      });
      if (done.length > LISTED) { list.appendChild(el("li", { "class": "gp-yearmore", text: app.t("ui_programme_more", { count: gp.number(done.length - LISTED) }) })); }
      if (step) { list.appendChild(el("li", { "class": "gp-yearmore", text: app.t("ui_programme_today") })); }
      alone(step);
      m.programme.step = step;
      gp.legend(app);
      if (app.scene) { app.scene.redraw(); }
    }

    slider.addEventListener("input", show);
    var box = app.map.getContainer(), stage = /** @type {HTMLElement} */ (box.parentElement);
    box.after(card);
    if (window.ResizeObserver) {
      new ResizeObserver(function () { stage.style.setProperty("--years", card.offsetHeight + "px"); }).observe(card);
    }
    /* another view, the plan or a trial: the slider goes back to its beginning */
    app.today = function () {
      if (!m.programme.step) { return; }
      m.programme.held = null;
      slider.value = "0";
      show();
    };
    app.year = function (year) {
      slider.value = String(years.indexOf(year) + 1);
      show();
    };
    paint(app);
    show();
  };

  function factsOf(app, told) {
    return app.t("ui_programme_facts", { share: gp.share(told.share), served: gp.people(told.served), works: gp.number(told.works), cost: told.cost });
  }

  function circle(pen, x, y, now) {
    pen.beginPath();
    pen.arc(x, y, now ? 7 : 4.5, 0, 6.2832);
    pen.fillStyle = now ? C.suggested : BEFORE;
    pen.strokeStyle = EDGE;
    pen.lineWidth = now ? 2 : 1;
    pen.fill();
    pen.stroke();
  }

  /* what is done in the year stands out from what the years before built, and lies above it */
  function paint(app) {
    var before = gp.paint, own = app.model;
    gp.paint = function (m, view) {
      var step = m === own ? m.programme.step : 0;
      function at(one) { return [one.at[0] * view.scale - view.left, one.at[1] * view.scale - view.top]; }
      // no name under them
      if (step) {
        view.taken = (view.taken || []).concat(m.programme.actions.filter(function (one) { return one.step === step; }).map(function (one) {
          var xy = at(one);
          return [xy[0] - 8, xy[1] - 8, xy[0] + 8, xy[1] + 8];
        }));
      }
      before(m, view);
      [false, true].forEach(function (now) {
        m.programme && m.programme.actions.forEach(function (one) {
          if (one.step > step || (one.step === step) !== now) { return; }
          circle(view.ctx, at(one)[0], at(one)[1], now);
        });
      });
    };
  }

  /** The signs of the year that is shown, for legends.
   * @param {App} app @returns {Sign[]} */
  gp.yearSigns = function (app) {
    var held = app.model.programme, plan = app.data.programme;
    if (!held || !held.step) { return []; }
    return [true, false].map(function (now) {
      return {
        n: held.actions.filter(function (one) { return now ? one.step === held.step : one.step < held.step; }).length,
        text: app.t(now ? "ui_programme_in" : "ui_programme_earlier", { year: plan.years[held.step - 1] }), draw: function (pen) { circle(pen, 11, 9, now); }
      };
    }).filter(function (sign) { return sign.n; });
  };

  /** What a printed sheet tells of the year that is shown, or null.
   * @param {App} app @returns {StandIn | null} */
  gp.yearOf = function (app) {
    var held = app.model.programme, plan = app.data.programme;
    if (!held || !held.step) { return null; }
    var year = plan.years[held.step - 1], told = plan.by_year[held.step - 1], done = held.actions.filter(function (one) { return one.step === held.step; });
    return {
      stamp: app.t("ui_programme_year", { year: year }), file: app.t("ui_programme_year", { year: year }), share: told.share,
      label: app.t("ui_programme_label", { year: year }), under: factsOf(app, told), steps: app.t("ui_programme_today"),
      tables: [{
        key: "year", kind: "year", title: app.t("ui_programme_actions", { year: year }), n: done.length, head: ["", "", app.t("ui_col_added")],
        cells: function (i) {
          var action = done[i].action;
          return [i + 1, action.what + " " + action.name, action.people ? "+" + gp.people(action.people) : ""];
        }
      }]
    };
  };
})(window.geoplan);

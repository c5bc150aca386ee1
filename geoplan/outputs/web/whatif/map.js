/* What-if: on the map. Colours and numbers follow the choice; a click closes, moves or opens. */
(function (gp) {
  "use strict";
  var el = gp.el;

  /** @param {WhatIf} w */
  gp.whatIfMap = function (w) {
    var app = w.app, m = app.model, waiting = false;
    w.refresh = function () {
      if (w.box.hidden) { return; }
      show(w);
      m.scenario = "after";  // whoever changes something wants to see it
      app.pressed("plan");
      w.refreshPanel();
      gp.headline(app);
      if (!waiting) { waiting = true; setTimeout(function () { waiting = false; if (!w.box.hidden) { tables(app); gp.legend(app); } }, 60); }
      app.scene.redraw();
    };
    w.leave = function () {
      if (!w.before) { return; }
      var pressed = w.before.pressed;
      hide(w);
      app.renamed();
      app.pressed(pressed);
      app.map.closePopup();
      gp.headline(app);
      gp.legend(app);
      tables(app);
      app.scene.redraw();
    };
    w.go = function (rows) {
      var covers = w.covers(), ranks = w.ranks(), points = [];
      rows.forEach(function (i) {
        var at = ranks.drawn[i];
        if (at >= 0 && m.demand && !m.demand.d.cell_m) { points.push(gp.toLatLng(m.demand.xy[2 * at], m.demand.xy[2 * at + 1])); }
      });
      if (points.length) { app.map.fitBounds(L.latLngBounds(points), { maxZoom: 14.5, padding: [50, 50], animate: false }); }
      return covers;
    };
    w.show_at = function (k) {
      var place = latLng(w, k);
      app.map.setView(place, Math.max(app.map.getZoom(), 14), { animate: false });
      card(w, place, ofSite(w, k));
    };
    /* the next click on the map says where to */
    w.take = function (k) {
      w.moving = k;
      app.map.closePopup();
      app.root.classList.add("gp-whatif-moving");
      w.tell(app.t("ui_whatif_where", { name: w.name(k) }));
    };
    /* what stands or may stand nearest to a place */
    w.offer = function (latlng) {
      var near = gp.nearestCandidate(w, latlng.lat, latlng.lng);
      if (near.k < 0) { w.tell(app.t("ui_whatif_no_candidate")); return; }
      card(w, latLng(w, near.k), ofCandidate(w, near));
    };
    app.whatIfClick = function (e) {
      if (w.box.hidden) { return false; }
      var k = w.moving === undefined ? siteAt(w, e.containerPoint) : -1;
      if (k >= 0) { card(w, latLng(w, k), ofSite(w, k)); } else { w.offer(e.latlng); }
      return true;
    };
    app.root.addEventListener("keydown", function (e) { if (e.key === "Escape" && w.moving !== undefined) { settle(w); } });
    paint(w);
  };

  /** What a trial draws on the map, for legends: how many, what it is, and its sign.
   * @param {App} app @returns {Sign[]} */
  gp.trialSigns = function (app) {
    var w = app.whatIf, m = app.model, n = [0, 0, 0], i;
    if (!w || m.whatif !== w || m.scenario !== "after") { return []; }
    var planned = w.ofPlan() ? w.planned() : [], open = w.choice().open;
    for (i = 0; i < w.covers().all; i++) {
      var standing = i < w.meta.sites || planned.indexOf(i) >= 0;
      if (standing !== !!open[i]) { n[standing ? 0 : 1] += 1; }
    }
    if (m.demand && !m.demand.d.cell_m) { for (i = 0; i < m.demand.now.length; i++) { if (!m.demand.now[i] && m.demand.later[i]) { n[2] += 1; } } }
    return ["crossed", "added", "lost_rows"].map(function (name, k) {
      return { n: n[k], text: app.t("ui_whatif_" + name), draw: function (pen) { pen.scale(0.68, 0.68); [gp.cross, plus, ring][k](pen, 16, 13); } };
    }).filter(function (sign) { return sign.n; });
  };

  /** What a printed sheet tells of the trial that the map shows, or null.
   * @param {App} app */
  gp.trialOf = function (app) {
    var w = app.whatIf, m = app.model;
    if (!w || m.whatif !== w || m.scenario !== "after") { return null; }
    var t = app.t, done = gp.whatIfChanges(w), gaps = w.trialGaps().filter(function (one) { return !one.fault; }), before = w.before.after, now = app.data.headline.ledger;
    function numbered(kind, title, list, cells) {
      return { key: kind, kind: kind, title: title, n: list.length, head: ["", "", ""], cells: cells };
    }
    var shown = numbered("trial_gaps", t("ui_whatif_sheet_gaps"), gaps, function (i) { return [gaps[i].mark, gaps[i].name, gp.people(gaps[i].gap.people)]; });
    shown.head[2] = t("ui_col_people_after");
    return {
      stamp: t("ui_whatif_stamp"), file: t("ui_whatif_stamp"),
      steps: t(before ? "ui_whatif_sheet_plan" : "ui_whatif_sheet", { now: gp.share(now.share), plan: before && gp.share(before.share), trial: gp.share(app.data.headline.after.share) }),
      tables: [numbered("trial", t("ui_whatif_changed"), done, function (i) { return [i + 1, w.name(done[i].k), done[i].said.replace(/[:：]$/, "")]; }), shown]
    };
  };

  /** The list of a trial's gaps, or of what is to be checked, as a run of the trial would have it.
   * @param {App} app @param {string} key */
  gp.trialTable = function (app, key) {
    var w = app.whatIf, t = app.t, fault = key === "faults", list = w.trialGaps().filter(function (one) { return one.fault === fault; });
    return {
      key: key, kind: "trial", title: t(fault ? "ui_tab_faults" : "ui_tab_gaps"), n: list.length, empty: t("ui_empty_gaps"), note: fault ? t("ui_faults_note") : gp.seatsDiffer(w) ? t("ui_whatif_seats") : "",
      head: [fault ? "" : t("ui_col_letter"), t("ui_col_place"), t("ui_col_people_after")],
      cells: function (i) {
        var one = list[i];
        return [one.mark, [one.name, one.gap.cause === "no_site" ? "" : t("cause_" + one.gap.cause)], gp.people(one.gap.people)];
      },
      placed: function (i) { return !isNaN(w.covers().xy[2 * list[i].gap.lead]); },
      go: function (i) { w.go(list[i].gap.rows); }
    };
  };

  function settle(w) {
    w.moving = undefined;
    w.app.root.classList.remove("gp-whatif-moving");
    w.tell("");
  }

  function tables(app) {
    var open = app.group, level = app.picker && app.picker.value;
    gp.lists(app);
    if (open && app.order && app.order.indexOf(open) >= 0) { app.tab(open); }
    if (level) { app.level(level); }
  }

  /* what the page says of the plan, and of a trial in its stead */
  var SAID = ["ui_after", "ui_layer_gained", "ui_col_people_after", "ui_layer_gaps", "ui_preset_plan", "ui_preset_plan_long"];

  function pressedOf(app) {
    var button = app.parts.presets.querySelector("[aria-pressed=true]");
    return button && button.getAttribute("data-preset");
  }

  /* the choice stands in for the plan in everything that the map and its lists show */
  function show(w) {
    var app = w.app, m = app.model, head = app.data.headline, words = app.data.words, covers = w.covers(), counted = w.choice().count();
    if (!w.before) {
      w.before = {
        scenario: m.scenario, after: head.after, label: head.label_after, words: {}, pressed: pressedOf(app),
        later: m.demand && m.demand.later, gaps: m.gaps && m.gaps.d.after,
        levels: m.levels.map(function (one) { return [one.level.value_after, one.level.unserved_after]; })
      };
      m.scenario = "after";
      SAID.forEach(function (key) {
        w.before.words[key] = words[key];
        words[key] = app.t(key.replace("ui_", "ui_whatif_as_"));
      });
      app.renamed();
      head.label_after = head.label;
      m.whatif = w;
    }
    head.after = Object.assign({ share: counted.ledger.total ? counted.ledger.served / counted.ledger.total : null }, counted.ledger);
    if (m.demand && !m.demand.d.cell_m) {
      var ranks = w.ranks();
      m.demand.later = new Uint8Array(m.demand.now.length);
      for (var i = 0; i < covers.n; i++) { if (ranks.drawn[i] >= 0) { m.demand.later[ranks.drawn[i]] = counted.state[i]; } }
    }
    areas(w, counted);
    if (m.gaps && m.gaps.d.after) { m.gaps.d.after = left(w, counted); }
    m.trial = function () { return w.trialGaps(); };
    m.dropped = w.planned().map(function (k) { return !w.choice().open[k]; });
    m.ofPlan = w.ofPlan();
  }

  function hide(w) {
    var app = w.app, m = app.model, head = app.data.headline, was = w.before;
    m.scenario = was.scenario;
    head.after = was.after;
    head.label_after = was.label;
    Object.assign(app.data.words, was.words);
    if (m.demand) { m.demand.later = was.later; }
    if (m.gaps) { m.gaps.d.after = was.gaps; }
    m.levels.forEach(function (one, k) { one.level.value_after = was.levels[k][0]; one.level.unserved_after = was.levels[k][1]; });
    m.whatif = m.trial = m.dropped = m.ofPlan = null;
    w.before = null;
    settle(w);
  }

  function areas(w, counted) {
    var covers = w.covers(), m = w.app.model;
    w.meta.levels.forEach(function (key, k) {
      var entry = m.levels.find(function (one) { return one.level.level === key; });
      if (!entry || !entry.level.total) { return; }
      var n = entry.level.total.length, whole = new Float64Array(n), served = new Float64Array(n);
      for (var i = 0; i < covers.n; i++) {
        var at = covers.area[k][i];
        if (at >= 0) { whole[at] += covers.people[i]; served[at] += counted.served[i]; }
      }
      entry.level.value_after = Array.from(served, function (v, i2) { return whole[i2] > 0 ? v / whole[i2] : null; });
      entry.level.unserved_after = Array.from(served, function (v, i2) { return Math.round((whole[i2] - v) * 1e6) / 1e6; });
    });
  }

  /* people of today's gaps who are left; the page says which gap a row is in */
  function left(w, counted) {
    var covers = w.covers(), sums = new Float64Array(w.app.model.gaps.d.rank.length);
    for (var i = 0; i < covers.n; i++) { if (covers.home[i] >= 0) { sums[covers.home[i]] += covers.people[i] - counted.served[i]; } }
    return Array.from(sums, function (v) { return Math.round(v * 1e6) / 1e6; });
  }

  function latLng(w, k) { return L.latLng(w.covers().lat[k], gp.oneSide(w.covers().lon[k])); }

  /* the open or closed site, of today or new, under the pointer */
  function siteAt(w, point) {
    var map = w.app.map, c = w.choice(), best = 16, at = -1, planned = w.planned();
    for (var k = 0; k < w.covers().all; k++) {
      if (k >= w.meta.sites && !c.open[k] && planned.indexOf(k) < 0) { continue; }
      var far = map.latLngToContainerPoint(latLng(w, k)).distanceTo(point);
      if (far < best) { best = far; at = k; }
    }
    return at;
  }

  function card(w, place, content) {
    w.app.popup = null;
    w.app.popup = w.app.card(place, content);
    var first = content.querySelector("button");
    if (first) { first.focus({ preventScroll: true }); }
  }

  function act(w, text, what) {
    return el("button", { type: "button", "class": "gp-whatif-button", text: text, on: { click: function () { w.app.map.closePopup(); what(); } } });
  }

  /* people whom this site alone serves: what closing it costs, or what opening it adds */
  function alone(w, k) {
    var c = w.choice(), before = c.count().ledger.served, open = c.open[k];
    c.set(k, !open);
    var other = c.count().ledger.served;
    c.set(k, open);
    return Math.abs(other - before);
  }

  function ofSite(w, k) {
    var t = w.app.t, open = w.choice().open[k], n = gp.people(alone(w, k));
    return el("div", { "class": "gp-card" }, [
      el("h3", { text: w.name(k) }), el("p", { text: t(open ? "ui_whatif_lost" : k < w.meta.sites ? "ui_whatif_regain" : "ui_whatif_gain", { n: n }) }),
      act(w, t(open ? "ui_whatif_close_it" : k < w.meta.sites ? "ui_whatif_reopen_it" : "ui_whatif_open_it"), function () { w.set(k, !open); }),
      open ? act(w, t("ui_whatif_move_it"), function () { w.take(k); }) : null
    ]);
  }

  function ofCandidate(w, near) {
    var t = w.app.t, from = w.moving, k = near.k, money = w.covers().money, price = money ? money[k - w.meta.sites] : NaN;
    return el("div", { "class": "gp-card" }, [
      el("p", { "class": "gp-kicker", text: t("ui_whatif_nearest", { n: gp.people(Math.round(near.metres)) }) }), el("h3", { text: w.name(k) }),
      from === undefined ? el("p", { text: t("ui_whatif_gain", { n: gp.people(alone(w, k)) }) }) : null,
      isNaN(price) ? null : el("p", { text: t("ui_whatif_price", { money: gp.people(price), currency: w.meta.currency }) }),
      from === undefined ? act(w, t("ui_whatif_open_it"), function () { w.set(k, true); }) :
        act(w, t("ui_whatif_move_here"), function () { settle(w); w.move(from, k); })
    ]);
  }

  /* closed sites are crossed out, new ones stand out, and who loses service is ringed */
  function paint(w) {
    var before = gp.paint;
    gp.paint = function (m, view) {
      before(m, view);
      if (m.whatif === w && m.scenario === "after") { marks(w, view); }
    };
  }

  function marks(w, view) {
    var c = w.choice(), covers = w.covers(), ctx = view.ctx, planned = w.planned(), m = w.app.model, i;
    lostPlaces(w, view);
    for (i = 0; i < covers.all; i++) {
      var standing = i < w.meta.sites || planned.indexOf(i) >= 0;
      if (standing === !!c.open[i]) { continue; }
      var at = gp.toWorld(latLng(w, i)), x = at[0] * view.scale - view.left, y = at[1] * view.scale - view.top;
      if (x < -20 || y < -20 || x > view.width + 20 || y > view.height + 20) { continue; }
      // a suggested site that is not built has the cross at its number
      if (!standing) { plus(ctx, x, y); } else if (i < w.meta.sites || m.ofPlan && !m.on.suggested) { gp.cross(ctx, x, y); }
    }
    newGaps(w, view);
  }

  /* who had a site and has none: ringed, hatched as gaps are, and each new gap called so */
  function lostPlaces(w, view) {
    var m = w.app.model, ctx = view.ctx, found = [], ground = 250 / 40075016.7 * 256 * view.scale / Math.cos(m.data.bounds[0][0] * Math.PI / 180);
    if (!m.demand || m.demand.d.cell_m) { return; }
    for (var i = 0; i < m.demand.now.length; i++) {
      if (m.demand.now[i] || !m.demand.later[i]) { continue; }
      var at = gp.pixel(m.demand.xy, i, view), r = gp.radius(m, i, view.zoom) + 3;
      if (at[0] > -40 && at[1] > -40 && at[0] < view.width + 40 && at[1] < view.height + 40) { found.push([at[0], at[1], r, Math.max(r + 3, ground)]); }
    }
    function circles(k) {
      ctx.beginPath();
      found.forEach(function (one) { ctx.moveTo(one[0] + one[k], one[1]); ctx.arc(one[0], one[1], one[k], 0, 6.2832); });
    }
    if (m.on.gaps) {
      m.hatchNew = m.hatchNew || gp.hatch(ctx, gp.colours.gap, 5, 1);
      ctx.fillStyle = m.hatchNew;
      circles(3);
      ctx.fill("nonzero");
    }
    ctx.strokeStyle = gp.colours.gap;
    ctx.lineWidth = 2;
    circles(2);
    ctx.stroke();
  }

  /* the word "new" at the largest place of every new gap, the largest gaps first, where there is room */
  function newGaps(w, view) {
    var m = w.app.model, ranks = w.ranks(), taken = (m.taken || []).slice(), most = 30;
    if (!m.on.gaps || !m.demand || m.demand.d.cell_m) { return; }
    w.trialGaps().forEach(function (one) {
      var row = ranks.drawn[one.gap.lead];
      if (!one.fresh || one.fault || row < 0 || most < 0) { return; }
      var at = gp.pixel(m.demand.xy, row, view), x = at[0], y = at[1] - 16;
      if (x < 0 || y < 0 || x > view.width || y > view.height) { return; }
      var free = gp.roomFor(x, y, 13, 8.5, taken, false);
      if (!free) { return; }
      most -= 1;
      taken.push(free.box);
      gp.badge(view.ctx, free.x, free.y, one.mark);
    });
  }

  function ring(ctx, x, y) {
    ctx.strokeStyle = gp.colours.gap;
    ctx.lineWidth = 2.5;
    ctx.beginPath();
    ctx.arc(x, y, 8, 0, 6.2832);
    ctx.stroke();
  }

  function plus(ctx, x, y) {
    ctx.beginPath();
    ctx.arc(x, y, 11, 0, 6.2832);
    ctx.fillStyle = "#0b7a3b";
    ctx.strokeStyle = "#ffffff";
    ctx.lineWidth = 2;
    ctx.fill();
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - 6, y); ctx.lineTo(x + 6, y); ctx.moveTo(x, y - 6); ctx.lineTo(x, y + 6);
    ctx.stroke();
  }
})(window.geoplan);

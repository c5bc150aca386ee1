/* What a click tells: who is affected, and why there. */
(function (gp) {
  "use strict";
  var el = gp.el;

  function line(text, kind) { return text ? el("p", { "class": kind || "", text: text }) : null; }

  function pairs(rows) {
    var list = el("dl", { "class": "gp-pairs" });
    rows.forEach(function (row) {
      if (!row || row[1] === null || row[1] === "") { return; }
      list.appendChild(el("dt", { text: row[0] }));
      list.appendChild(row[1].nodeType ? el("dd", {}, [row[1]]) : el("dd", { text: row[1] }));
    });
    return list.childNodes.length ? list : null;
  }

  /* the largest demand rows of those given, with their people */
  function most(app, rows, people, title) {
    var m = app.model, names = m.demand && m.demand.d.names;
    if (!names || !rows.length) { return null; }
    rows.sort(function (a, b) { return people(b) - people(a) || a - b; });
    return el("div", { "class": "gp-most" }, [
      line(title, "gp-small"),
      el("ol", {}, rows.slice(0, 5).map(function (i) {
        return el("li", {}, [
          el("span", { text: names[i] || app.t("ui_journey_place") }), el("b", { text: gp.people(people(i)) })
        ]);
      }))
    ]);
  }

  function head(kicker, title) {
    return el("header", {}, [line(kicker, "gp-kicker"), title ? el("h3", { text: title }) : null]);
  }

  function link(app, text, kind, i) {
    return el("button", { type: "button", "class": "gp-link", text: text, on: { click: function () { app.select(kind, i, { go: true }); } } });
  }

  gp.cause = function (app, i) {
    var cause = app.model.gaps.d.cause[i];
    if (!cause) { return ""; }
    return app.t("cause_" + (app.model.spacing && cause === "no_site" ? "too_far_apart" : cause));
  };

  /* suggested markers that stand on a gap stretch */
  function within(m, shape) {
    var found = [], xy = m.suggested ? m.suggested.xy : [], metre = 256 / 40075016.7 * 1.25;
    for (var k = 0; shape && 2 * k < xy.length; k++) {
      if (gp.alongLine(shape, xy[2 * k], xy[2 * k + 1], 8 * metre)) { found.push(k); }
    }
    return found;
  }
  /* what stands between the numbers of a list */
  function markOf(app) { return app.data.lang === "en" ? ", " : "、"; }
  function ranksOf(m, found, mark) {
    var ranks = found.map(function (k) { return m.suggested.d.rank[k]; }).sort(function (a, b) { return a - b; });
    var run = ranks.length > 2 && ranks[ranks.length - 1] - ranks[0] === ranks.length - 1;
    return run ? ranks[0] + "–" + ranks[ranks.length - 1] : ranks.slice(0, 8).join(mark) + (ranks.length > 8 ? "…" : "");
  }

  function gapTitle(app, i) {
    return gp.isFault(app.model, i) ? app.t("ui_fault_title") : app.t("ui_gap_title", { letter: app.model.gaps.letter[i] });
  }

  /* who is without the service in what is shown, and the same in the other of today and the plan */
  function whoOfGap(app, i) {
    var m = app.model, g = m.gaps.d, t = app.t;
    if (!g.people) { return [g.length_m ? t("ui_gap_length", { n: gp.people(g.length_m[i]) }) : "", ""]; }
    if (g.people[i] === null) { return [t("ui_withheld"), ""]; }
    var now = t(g.members[i] === null ? "ui_gap_who_only" : "ui_gap_who", { n: gp.people(g.people[i]), members: gp.people(g.members[i]) });
    if (g.after[i] === null) { return [now, ""]; }
    var then = g.after[i] === 0 ? t("ui_gap_after_none") : t("ui_gap_after", { n: gp.people(g.after[i]) });
    return m.scenario === "after" ? [then, t("ui_gap_was", { n: gp.people(g.people[i]) })] : [now, then];
  }

  function ofGap(app, i) {
    var m = app.model, g = m.gaps.d, t = app.t, shape = m.gaps.shapes[i], inside = [];
    if (m.demand && shape && !m.demand.d.cell_m) {
      for (var k = 0; k < m.demand.now.length; k++) {
        if ((m.scenario === "after" ? m.demand.later : m.demand.now)[k] && gp.inside(shape, m.demand.xy[2 * k], m.demand.xy[2 * k + 1])) { inside.push(k); }
      }
    }
    var closing = g.closing[i] >= m.offset && m.suggested ? g.closing[i] - m.offset : -1, markers = m.spacing ? within(m, shape) : [];
    var told = whoOfGap(app, i);
    return [
      head(gapTitle(app, i), g.area[i]),
      line(told[0], "gp-strong"),
      pairs([
        [t("ui_why"), gp.cause(app, i)],
        [t("ui_what_to_do"), g.remedy[i] ? t("remedy_" + (m.spacing && g.remedy[i] === "add_site" ? "add_marker" : g.remedy[i])) : ""]
      ]),
      markers.length ? link(app, t("ui_closing_markers", { n: markers.length, ranks: ranksOf(m, markers, markOf(app)) }), "suggested", markers[0]) :
        closing >= 0 ? link(app, t("ui_closing", { rank: m.suggested.d.rank[closing] }), "suggested", closing) : null,
      line(told[1], "gp-small"),
      most(app, inside, function (row) { return (m.demand.d.people[row] || 0) - served(m, row); }, t("ui_most"))
    ];
  }

  function served(m, k) {
    var after = m.scenario === "after" && !!m.demand.d.after, part = (after && m.demand.d.after_part || m.demand.d.part)[k];
    if (part !== undefined) { return part; }
    return (after ? m.demand.later : m.demand.now)[k] === 0 ? m.demand.d.people[k] || 0 : 0;
  }

  function ofSuggested(app, i) {
    var m = app.model, s = m.suggested.d, t = app.t, gained = [], closes = [];
    var place = s.position[i], from = m.demand && m.demand.d.after_site;
    Object.keys(from || {}).forEach(function (k) { if (from[k] === place) { gained.push(+k); } });
    if (m.gaps) {
      m.gaps.d.closing.forEach(function (c, n) { if (c >= 0 && c === place) { closes.push(m.gaps.letter[n] || m.gaps.d.area[n]); } });
    }
    var where = s.area[i] && s.area[i] !== s.names[i] ? s.area[i] : "";
    return [
      head(t(m.spacing ? "ui_marker_title" : "ui_site_title", { rank: s.rank[i] }), s.names[i] || s.area[i]),
      where && s.names[i] ? line(where, "gp-small") : null,
      s.within && s.within[i] !== null ? line(t("ui_within", { n: gp.people(s.within[i]) })) : null,
      s.added[i] !== null ? line(t("ui_site_added", { n: gp.people(s.added[i]) }), "gp-strong") : null,
      s.line[i] ? line(t("ui_site_next_marker", { line: s.line[i], n: gp.people(s.chainage[i]) }), "gp-strong") : null,
      s.share[i] !== null ? line(t("ui_site_after", { share: gp.share(s.share[i]) })) : null,
      closes.length ? line(t("ui_site_closes", { ranks: closes.slice(0, 12).join(markOf(app)) })) : null,
      s.loss[i] !== null ? line(t(s.loss[i] < 0.5 ? "ui_site_next_same" : "ui_site_next", { n: gp.people(s.loss[i]) }), "gp-small") : null,
      s.chosen && s.chosen[i] !== null ? line(t("ui_site_chosen", { share: gp.share(s.chosen[i]) }), "gp-small") : null,
      most(app, gained, function (k) { return m.demand.d.gain[k] || 0; }, t("ui_site_from")),
      s.lon[i] !== null ? pairs([[t("ui_site_coords"), s.lon[i].toFixed(6) + ", " + s.lat[i].toFixed(6)]]) : null
    ];
  }

  function ofSite(app, i) {
    var s = app.model.sites.d, t = app.t, nearest = app.model.scenario === "after" && s.serves_after || s.serves;
    return [
      head(t(app.model.spacing ? "ui_existing_marker" : "ui_existing_title"), s.names[i]),
      gp.closings(app.model).indexOf(i) >= 0 ? line(t("ui_site_closing"), "gp-strong") : null,
      s.idle && s.idle[i] ? line(t("ui_idle"), "gp-strong") : s.within && s.within[i] !== null ? line(t("ui_within", { n: gp.people(s.within[i]) }), "gp-strong") : null,
      nearest && nearest[i] !== null && !(s.idle && s.idle[i]) ? line(t(app.data.meta.limited ? "ui_serves" : nearest[i] === 0 ? "ui_nearest_none" : "ui_nearest", { n: gp.people(nearest[i]) })) : null,
      pairs([
        s.tiers.length ? [t("ui_tier"), s.tier[i] < 0 ? t("ui_tier_none") : s.tiers[s.tier[i]]] : null,
        [t("ui_capacity"), s.capacity_text ? s.capacity_text[i] : s.capacity[i] === null ? "" : gp.plain(s.capacity[i])]
      ])
    ];
  }

  function siteName(m, place) {
    if (place < 0) { return ""; }
    if (m.sites && place < m.offset) { return m.sites.d.names[place]; }
    return m.suggested ? m.suggested.d.names[place - m.offset] || "" : "";
  }

  function ofDemand(app, i) {
    var m = app.model, d = m.demand.d, t = app.t;
    var state = m.scenario === "after" ? m.demand.later[i] : m.demand.now[i];
    var moved = m.scenario === "after" && d.after_site && d.after_site[i] !== undefined;
    var place = moved ? d.after_site[i] : d.site.length ? d.site[i] : -1, cost = d.cost.length && !moved ? d.cost[i] : null;
    var name = siteName(m, place);
    return [
      head(d.cell_m ? t("ui_cell") : t("state_" + gp.STATES[state]), d.names ? d.names[i] : ""),
      line(d.people[i] === null ? t("ui_withheld") : t("ui_demand_people", { n: gp.people(d.people[i]) }), "gp-strong"),
      d.part[i] !== undefined && m.scenario === "now" ? line(t("ui_demand_served_part", { n: gp.people(d.part[i]) })) : null,
      d.cell_m ? line(t("state_" + gp.STATES[state])) : null,
      name && cost !== null ? line(t("ui_demand_site", {
        name: name, cost: t(d.unit === "min" ? "ui_minutes" : "ui_metres", { n: gp.plain(cost) })
      })) : name ? line(name) : null
    ];
  }

  function ofArea(app, i, k) {
    var level = app.model.levels[k].level, t = app.t, rate = level.kind === "rate", value = level.value ? gp.valuesOf(app.model, level) : null;
    var unserved = level.unserved ? gp.unservedOf(app.model, level) : null;
    return [
      head(level.name, level.names[i]),
      value ? line((rate ? gp.plain(value[i]) : gp.share(value[i])) + " " +
        (rate ? t("ui_col_rate", { per: gp.plain(app.data.meta.per) }) : t("ui_col_share")), "gp-strong") : null,
      rate && level.low && level.low[i] !== null ? line(t("ui_interval", { low: gp.plain(level.low[i]), high: gp.plain(level.high[i]) }), "gp-small") : null,
      pairs([
        rate ? [t("ui_col_count"), gp.people(level.count[i])] : unserved ? [t("ui_col_unserved"), gp.people(unserved[i])] : null,
        level.total ? [t("ui_group_total"), gp.people(level.total[i])] : null
      ])
    ];
  }

  function ofInterval(app, i) {
    var s = app.model.spacing.d, t = app.t;
    return [
      head(t(s.covered[i] ? "ui_layer_line_covered" : "ui_layer_line_gaps"), s.line[i]),
      line(t("ui_chainage", { line: s.line[i], start: gp.people(s.start[i]), end: gp.people(s.end[i]) })),
      line(t("ui_gap_length", { n: gp.people(s.end[i] - s.start[i]) }), "gp-strong")
    ];
  }

  function ofRequired(app, i) {
    var r = app.model.required.d, t = app.t;
    return [
      head(t("ui_required_title"), t("kind_" + r.kind[i])),
      line(r.line[i]),
      line(t(r.marked[i] ? "ui_yes" : "ui_no"), "gp-strong")
    ];
  }

  var kinds = {
    gap: ofGap, suggested: ofSuggested, site: ofSite, demand: ofDemand, area: ofArea,
    interval: ofInterval, required: ofRequired
  };

  /* the card of one thing */
  gp.detail = function (app, kind, i, level) {
    return el("div", { "class": "gp-card" }, kinds[kind](app, i, level).concat(app.paired ? [] : [gp.journeyCard(app, kind, i)]));
  };

  /* its short name, for the pointer and for screen readers */
  gp.nameOf = function (app, kind, i, level) {
    var m = app.model, t = app.t;
    if (kind === "gap") { return gapTitle(app, i) + " " + m.gaps.d.area[i]; }
    if (kind === "suggested") { return t(m.spacing ? "ui_marker_title" : "ui_site_title", { rank: m.suggested.d.rank[i] }) + " " + m.suggested.d.names[i]; }
    if (kind === "site") { return m.sites.d.names[i]; }
    if (kind === "demand") { return m.demand.d.names ? m.demand.d.names[i] : t("ui_demand_people", { n: gp.people(m.demand.d.people[i]) }); }
    if (kind === "area") { return m.levels[level].level.names[i]; }
    if (kind === "interval") { return m.spacing.d.line[i]; }
    return t("kind_" + m.required.d.kind[i]);
  };

  gp.placeOf = function (app, kind, i, level) {
    var m = app.model, xy = { suggested: m.suggested, site: m.sites, demand: m.demand, required: m.required }[kind], at;
    if (xy) { at = [xy.xy[2 * i], xy.xy[2 * i + 1]]; }
    else {
      var shape = kind === "gap" ? m.gaps.shapes[i] : kind === "interval" ? m.spacing.shapes[i] :
        m.levels[level].shapes && m.levels[level].shapes[i];
      if (!shape) { return null; }
      at = gp.middle(shape, !!m.spacing && kind !== "area");
      return {
        latlng: gp.toLatLng(at[0], at[1]),
        bounds: L.latLngBounds(gp.toLatLng(shape.box[0], shape.box[3]), gp.toLatLng(shape.box[2], shape.box[1]))
      };
    }
    return { latlng: gp.toLatLng(at[0], at[1]) };
  };
})(window.geoplan);

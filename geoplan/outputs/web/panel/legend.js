/* The card of layers: one row each with its symbol, its n and a switch; classes under choropleths. */
(function (gp) {
  "use strict";
  var el = gp.el, C = gp.colours;

  function symbol(draw) {
    var canvas = el("canvas", { width: 44, height: 36, "aria-hidden": "true" }), ctx = canvas.getContext("2d");
    ctx.scale(2, 2);
    draw(ctx);
    return canvas;
  }
  function dot(colour, hollow) {
    return function (ctx) {
      ctx.beginPath();
      ctx.arc(11, 9, 4.6, 0, 6.2832);
      ctx.fillStyle = hollow ? C.paper : colour;
      ctx.strokeStyle = colour;
      ctx.lineWidth = 1.7;
      ctx.fill();
      if (hollow) { ctx.stroke(); }
    };
  }
  function stroke(colour, width, dash) {
    return function (ctx) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.setLineDash(dash || []);
      ctx.beginPath();
      ctx.moveTo(2, 9);
      ctx.lineTo(20, 9);
      ctx.stroke();
    };
  }
  function patch(colour, edge) {
    return function (ctx) {
      ctx.fillStyle = colour;
      ctx.strokeStyle = edge || "transparent";
      ctx.beginPath();
      ctx.roundRect(3, 3.5, 16, 11, 2);
      ctx.fill();
      ctx.stroke();
    };
  }
  /* hatched ground and the letter that stands on it */
  function hatched(ctx) {
    patch(gp.hatch(ctx, C.hatch, 5, 0.9))(ctx);
    patch("transparent", C.gap)(ctx);
    ctx.beginPath();
    ctx.arc(11, 9, 6, 0, 6.2832);
    ctx.fillStyle = C.paper;
    ctx.strokeStyle = C.gap;
    ctx.fill();
    ctx.stroke();
    letter(ctx, "A", C.gap);
  }
  function gold(ctx) {
    ctx.beginPath();
    ctx.arc(11, 9, 7, 0, 6.2832);
    ctx.fillStyle = C.suggested;
    ctx.strokeStyle = "#33280a";
    ctx.lineWidth = 1.2;
    ctx.fill();
    ctx.stroke();
    letter(ctx, "1", "#231b05");
  }
  function letter(ctx, text, colour) {
    ctx.fillStyle = colour;
    ctx.font = "700 9px " + gp.font;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(text, 11, 9.5);
  }
  function glyph(kind) {
    return function (ctx) {
      ctx.fillStyle = C.site;
      gp.glyph(ctx, kind, 11, 9, 5.4);
      ctx.fill();
    };
  }

  /* all switches: {key, text, n, draw, group, on, classes} */
  function rows(app) {
    var m = app.model, t = app.t, found = [], data = app.data;
    function add(group, key, text, n, draw, on, more) {
      var row = { group: group, key: key, text: text, n: n, draw: draw, on: on, more: more, auto: false };
      found.push(row);
      return row;
    }
    if (m.suggested) { add("result", "suggested", t(m.spacing ? "ui_layer_suggested_markers" : "ui_layer_suggested"), m.suggested.d.rank.length, gold, true).auto = m.crowded && gp.many(m); }
    if (gp.closesTold(m)) { add("result", "closes", t("ui_layer_closes"), gp.closings(m).length, gp.crossSign, true); }
    if (m.sites) {
      var d = m.sites.d, counts = {};
      d.tier.forEach(function (k) { counts[k] = (counts[k] || 0) + 1; });
      d.tiers.concat([null]).forEach(function (name, k) {
        var tier = name === null ? -1 : k;
        if (!counts[tier]) { return; }
        var text = d.tiers.length ? (name || t("ui_tier_none")) : t(m.spacing ? "ui_layer_markers" : "ui_layer_sites");
        add("result", "sites:" + tier, text, counts[tier], glyph(tier < 0 ? 0 : tier % 5), true).auto = m.crowded;
      });
    }
    if (m.spacing) {
      var good = m.spacing.d.covered.reduce(function (a, b) { return a + b; }, 0);
      add("result", "gaps", t("ui_layer_line_gaps"), m.gaps ? m.gaps.d.rank.length : m.spacing.d.covered.length - good, stroke(C.gap, 4), true);
      add("result", "line_covered", t("ui_layer_line_covered"), good, stroke(C.covered, 3), true);
      if (m.required) {
        var marked = m.required.d.marked.reduce(function (a, b) { return a + b; }, 0);
        add("result", "unmarked", t("ui_layer_unmarked"), m.required.d.marked.length - marked, dot(C.gap, true), true).auto = m.crowded;
        add("result", "marked", t("ui_layer_marked"), marked, dot(C.covered), true).auto = m.crowded;
      }
    } else if (m.gaps) {
      var faults = gp.countOpen(m, true);
      add("result", "gaps", t("ui_layer_gaps"), gp.countOpen(m, false), hatched, true);
      if (faults) { add("result", "faults", t("ui_tab_faults"), faults, stroke(C.muted, 1.6, [4, 3]), true).auto = m.crowded; }
    }
    if (m.reach.length) {
      var unit = data.demand && data.demand.unit === "min" ? "ui_within_min" : "ui_within_m";
      add("result", "reach", t("ui_layer_reach"), null, patch(C.reach[0], "#3f9aa3"), false, m.reach.map(function (band, k) {
        return { draw: patch(C.reach[Math.min(k, 2)], "#3f9aa3"), text: t(unit, { n: gp.plain(band.cutoff) }) };
      }));
    }
    if (m.demand) {
      var n = { served: 0, full: 0, missed: 0, gained: 0 };
      for (var i = 0; i < m.demand.now.length; i++) { n[gp.category(m, i)] += 1; }
      add("people", "served", t("ui_layer_served"), n.served, dot(C.served), true).auto = m.crowded;
      if (m.scenario === "after") { add("people", "gained", t("ui_layer_gained"), n.gained, dot(C.gained), true).auto = m.crowded; }
      if (m.demand.now.indexOf(1) >= 0) { add("people", "full", t("ui_layer_full"), n.full, dot(C.full), true).auto = m.crowded; }
      add("people", "missed", t("ui_layer_unserved"), n.missed, dot(C.missed, true), true).auto = m.crowded;
    }
    // a city of many points is told by its areas; so are gaps that are whole areas
    var main = m.crowded || (m.gaps && m.gaps.d.whole_areas) ? gp.mainLevel(m) : -1;
    m.levels.forEach(function (entry, k) {
      var level = entry.level;
      if (!entry.shapes || !level.value) { return; }
      var rate = level.kind === "rate";
      add("areas", "areas:" + k, t(rate ? "ui_layer_rate" : "ui_layer_choropleth", { level: level.name, per: gp.plain(data.meta.per), measure: data.meta.measure_name }),
        null, patch(rate ? C.classes[5][3] : C.shares[3]), rate ? k === 0 : k === main, classes(app, level));
    });
    if (m.levels.some(function (e) { return e.shapes; })) {
      add("background", "boundaries", t("ui_layer_boundaries"), null, stroke(C.boundary, 1.3), true);
    }
    if (m.roads.length) { add("background", "roads", t("ui_layer_roads"), null, stroke(C.road[1], 2.5), true); }
    Object.keys(m.shapes).forEach(function (name) {
      var known = name === "water" || name === "green";
      add("background", name, known ? t("ui_layer_" + name) : name, null, patch(known ? C[name] : C.other), true);
    });
    if (data.basemap) { add("background", "basemap", t("ui_layer_basemap"), null, patch("#dcdcdc", "#aaaaaa"), true); }
    return found;
  }

  gp.legendRows = rows;

  /** What a trial or a year of a programme draws besides.
   * @param {App} app @returns {{title: string, signs: Sign[]}} */
  gp.extraSigns = function (app) {
    var trial = gp.trialSigns ? gp.trialSigns(app) : [];
    if (trial.length || !gp.yearSigns) { return { title: app.t("ui_whatif_as_after"), signs: trial }; }
    return { title: app.t("ui_programme"), signs: gp.yearSigns(app) };
  };

  function classes(app, level) {
    var t = app.t, colours = gp.rampOf(level), rate = level.kind === "rate", out = /** @type {any} */ ([]);
    var values = gp.valuesOf(app.model, level), known = values.filter(function (v) { return v !== null; }), digits = gp.digitsOf(known);
    var low = Math.min.apply(null, known), high = Math.max.apply(null, known);
    function told(v) { return rate ? gp.number(v, digits) : gp.number(100 * v, 0); }
    colours.forEach(function (colour, c) {
      var n = values.filter(function (v) { return gp.classOf(v, level) === c; }).length;
      var from = c ? level.breaks[c - 1] : rate ? low : 0, to = c < level.breaks.length ? level.breaks[c] : rate ? high : 1;
      out.push({ colour: colour, draw: patch(colour + C.veil, C.faint), text: (told(from) === told(to) ? told(to) : told(from) + "–" + told(to)) + (rate ? "" : "%"), n: n });
    });
    var none = values.length - known.length;
    if (none) {
      out.push({ draw: function (ctx) { patch(gp.hatch(ctx, "#8d949c", 6, 0.8), "#8d949c")(ctx); }, text: t("ui_nodata"), n: none });
    }
    out.unit = t(rate ? "ui_unit_rate" : "ui_unit_share", { per: gp.plain(app.data.meta.per) });
    return out;
  }

  gp.legend = function (app) {
    var t = app.t, box = app.parts.legend, list = rows(app), group = null;
    list.forEach(function (row) {
      if (app.model.on[row.key] === undefined) {
        app.model.on[row.key] = row.on;
        app.model.auto[row.key] = row.auto;
      }
    });
    var far = app.toldFar = app.far();
    box.textContent = "";
    var extra = gp.extraSigns(app);
    extra.signs.forEach(function (sign, k) {
      if (!k) { box.appendChild(el("h3", { text: extra.title })); }
      box.appendChild(el("p", { "class": "gp-layer gp-sign" }, [symbol(sign.draw), el("span", { text: sign.text }), el("small", { text: gp.people(sign.n) })]));
    });
    list.forEach(function (row) {
      if (row.group !== group) {
        group = row.group;
        box.appendChild(el("h3", { text: group === "areas" ? t("ui_tab_areas") : t("ui_group_" + group) }));
      }
      var input = el("input", { type: "checkbox", "data-layer": row.key, on: { change: function () { app.toggle(row.key, input.checked); } } });
      var later = app.model.on[row.key] && !gp.shown(app.model, row.key, far);
      // half ticked: it appears by itself on a closer look, and at once when it is ticked
      input.checked = app.model.on[row.key] && !later;
      input.indeterminate = later;
      box.appendChild(el("label", { "class": later ? "gp-layer gp-later" : "gp-layer", title: later ? t("ui_later") : null }, [
        input, symbol(row.draw), el("span", { text: row.text }), row.n === null ? null : el("small", { text: gp.people(row.n) })
      ]));
      if (row.more && app.model.on[row.key]) {
        var sub = el("ul", { "class": "gp-classes" }, row.more.map(function (item) {
          return el("li", {}, [symbol(item.draw), el("span", { text: item.text }), item.n === undefined ? null : el("small", { text: t("ui_n_areas", { n: gp.people(item.n) }) })]);
        }));
        box.appendChild(sub);
        if (row.more.unit) { box.appendChild(el("p", { "class": "gp-small gp-unit", text: row.more.unit })); }
      }
    });
    strip(app, list);
    app.sizes = null;
    if (app.model.demand && gp.shown(app.model, "missed", far)) {
      app.sizes = el("div", { "class": "gp-sizes" });
      // its place is under the people, before the next group
      var heads = box.querySelectorAll("h3"), at = /** @type {Element | null} */ (null);
      heads.forEach(function (h) { if (h.textContent === t("ui_group_people")) { at = h; } });
      for (at = at && at.nextElementSibling; at && at.tagName !== "H3"; at = at.nextElementSibling) { /* next */ }
      box.insertBefore(app.sizes, at);
      gp.sizes(app);
    }
  };

  /* one line under the map of a phone, where the legend is closed: what the colours of the areas mean */
  function strip(app, list) {
    var box = app.parts.strip, row = list.filter(function (one) { return one.more && one.group === "areas" && app.model.on[one.key]; })[0];
    box.textContent = "";
    gp.extraSigns(app).signs.forEach(function (sign) { box.appendChild(el("span", {}, [symbol(sign.draw), el("span", { text: sign.text })])); });
    list.forEach(function (one) {
      if (["gaps", "suggested", "closes"].indexOf(one.key) >= 0 && gp.shown(app.model, one.key, app.far())) { box.appendChild(el("span", {}, [symbol(one.draw), el("span", { text: one.text })])); }
    });
    if (!row) { return; }
    box.appendChild(el("b", { text: row.text }));
    row.more.forEach(function (item) {
      var patchOf = el("i");
      patchOf.style.background = item.colour ? item.colour + C.veil : "none";
      box.appendChild(el("span", {}, [patchOf, el("span", { text: item.text })]));
    });
  }

  /* circles of three round numbers, as large as the map draws them now */
  gp.sizes = function (app) {
    if (!app.sizes) { return; }
    var m = app.model, zoom = app.map.getZoom(), step = Math.pow(10, Math.floor(Math.log10(Math.max(m.demand.large, 10))));
    var top = step * (m.demand.large / step >= 5 ? 5 : m.demand.large / step >= 2 ? 2 : 1);
    app.sizes.textContent = "";
    app.sizes.appendChild(el("span", { text: app.t("ui_unit_people") }));
    [top / 10, top / 2, top].forEach(function (n) {
      var r = gp.radiusOf(m, n, zoom), side = Math.ceil(2 * r + 3), c = el("canvas", { width: 2 * side, height: 2 * side, "aria-hidden": "true" }), ctx = c.getContext("2d");
      c.style.width = c.style.height = side + "px";
      ctx.scale(2, 2);
      ctx.beginPath();
      ctx.arc(side / 2, side / 2, r, 0, 6.2832);
      ctx.strokeStyle = C.muted;
      ctx.stroke();
      app.sizes.appendChild(el("b", {}, [c, el("span", { text: gp.people(n) })]));
    });
  };
})(window.geoplan);

/* Journeys by public transport: what a card says of them, and the one that is drawn. */
(function (gp) {
  "use strict";
  var el = gp.el;

  /** journeys told of one thing: from a place, from a gap, to a site
   * @param {Model} m @param {Kind} kind @param {number} i @returns {number[]} */
  gp.journeysOf = function (m, kind, i) {
    var site = kind === "site" ? i : kind === "suggested" ? m.offset + i : -1;
    return (m.journeys || []).map(function (one, k) { return k; }).filter(function (k) {
      var d = m.journeys[k].d;
      return kind === "demand" ? d.row === i && (d.site < m.offset || m.scenario === "after") : kind === "gap" ? d.gap > 0 && d.gap === m.gaps.d.rank[i] : site >= 0 && d.site === site && !d.gap;
    });
  };

  /* places and sites by name, as cards call them */
  function ends(app, d) {
    var m = app.model, place = m.demand.d.names && m.demand.d.names[d.row] || app.t("ui_journey_place");
    var site = d.site < m.offset || !m.suggested ? m.sites.d.names[d.site] : gp.nameOf(app, "suggested", d.site - m.offset);
    return { place: place, site: site, n: gp.people(Math.round(d.minutes)) };
  }

  /** What a card says of the journeys of one thing; the first is drawn, a button draws another and shows all of it.
   * @param {App} app @param {Kind} kind @param {number} i */
  gp.journeyCard = function (app, kind, i) {
    var m = app.model, found = gp.journeysOf(m, kind, i).filter(function (k, n, all) {  // the same way is told once
      return all.findIndex(function (other) { return m.journeys[other].d.row === m.journeys[k].d.row && m.journeys[other].d.site === m.journeys[k].d.site; }) === n;
    });
    if (!found.length || m.scenario === "after" && m.whatif) { m.journey = null; return null; }
    m.journey = { selected: m.selected, k: found[0] };
    return el("div", { "class": "gp-journeys" }, [el("h4", { text: app.t("ui_journey") })].concat(found.map(function (k) {
      var d = m.journeys[k].d, said = ends(app, d), about = kind === "demand" ? "gap" : d.about;
      return el("div", {}, [
        el("button", { type: "button", "class": "gp-link", text: app.t("ui_journey_" + about, said), on: { click: function () { show(app, k); } } }),
        el("p", { text: d.text || app.t("ui_journey_none", said) })
      ]);
    })));
  };

  function show(app, k) {
    var m = app.model, one = m.journeys[k], box = one.box;
    m.journey = { selected: m.selected, k: k };
    if (box) {
      var corner = gp.toLatLng(box[0], box[1]), other = gp.toLatLng(box[2], box[3]);
      var all = L.latLngBounds(corner, other), card = app.popup && app.popup.getElement(), high = card ? card.offsetHeight : 0;
      app.map.fitBounds(all, { maxZoom: 15, paddingTopLeft: [50, high + 30], paddingBottomRight: [50, 30], animate: false });
      // the card stands above the whole way, not on it
      if (app.popup) { app.popup.setLatLng(L.latLng(all.getNorth(), all.getCenter().lng)); }
    }
    app.scene.redraw();
  }

  /** decoded, with the box of all legs @param {any[]} list */
  gp.decodeJourneys = function (list) {
    return list.map(function (d) {
      var legs = d.legs.map(function (leg) { return { line: leg[0], shape: gp.shape(leg[1]) }; }).filter(function (leg) { return leg.shape; });
      var boxes = legs.map(function (leg) { return leg.shape.box; });
      return {
        d: d, legs: legs, box: boxes.length ? boxes.reduce(function (a, b) {
          return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
        }) : null
      };
    });
  };

  function stroke(view, shape, colour, width, dash) {
    var ctx = view.ctx;
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.lineJoin = ctx.lineCap = "round";
    ctx.setLineDash(dash);
    ctx.beginPath();
    gp.trace(view, shape, false);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  /** the journey of what is chosen: dots are walked, a line is ridden and called by its name
   * @param {Model} m @param {View} view */
  gp.drawJourney = function (m, view) {
    if (!m.journey || !m.selected || m.journey.selected !== m.selected) { return; }
    var C = gp.colours, legs = m.journeys[m.journey.k].legs;
    legs.forEach(function (leg) { stroke(view, leg.shape, C.paper, leg.line ? 8 : 6, []); });
    legs.forEach(function (leg) { stroke(view, leg.shape, leg.line ? C.ride : C.chosen, leg.line ? 4.5 : 3, leg.line ? [] : [0.5, 6]); });
    legs.forEach(function (leg) {
      if (!leg.line) { return; }
      var at = gp.pixel(gp.middle(leg.shape, true), 0, view), ctx = view.ctx;
      ctx.font = "700 11px " + gp.font;
      var half = ctx.measureText(leg.line).width / 2 + 6;
      ctx.beginPath();
      ctx.roundRect(at[0] - half, at[1] - 9, 2 * half, 18, 4);
      ctx.fillStyle = C.ride;
      ctx.strokeStyle = C.paper;
      ctx.lineWidth = 1.5;
      ctx.fill();
      ctx.stroke();
      ctx.fillStyle = C.paper;
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.fillText(leg.line, at[0], at[1] + 0.5);
      view.taken = (view.taken || []).concat([[at[0] - half, at[1] - 10, at[0] + half, at[1] + 10]]);
    });
  };
})(window.geoplan);

/* The model: decoded data, what is switched on, and what follows from both. */
(function (gp) {
  "use strict";

  function decodeAll(data) {
    var m = /** @type {Model} */ ({ data: data, on: {}, auto: {}, detail: -Infinity, scenario: "now", selected: null, shapes: {} });
    var back = data.background || {};
    gp.around = (data.bounds[0][1] + data.bounds[1][1]) / 2;
    m.roads = Object.keys(back.roads || {}).sort().reverse().map(function (k) {
      return { rank: +k, lines: back.roads[k].map(function (t) { return gp.shape([t]); }) };
    });
    Object.keys(back.shapes || {}).forEach(function (name) {
      var part = back.shapes[name];
      m.shapes[name] = {
        areas: part.areas.map(gp.shape), lines: part.lines.map(function (t) { return gp.shape([t]); })
      };
    });
    m.levels = (data.areas || []).map(function (level) {
      var shapes = level.rings ? level.rings.map(gp.shape) : null;
      var labels = shapes && shapes.length <= 60 ? shapes.map(function (s) { return s && gp.middle(s); }) : null;
      return { level: level, shapes: shapes, labels: labels };
    });
    ["demand", "sites", "suggested"].forEach(function (name) {
      m[name] = data[name] ? { xy: gp.decode(data[name].at), d: data[name] } : null;
    });
    if (m.demand) {
      var state = data.demand.state, after = data.demand.after || state, n = state.length;
      m.demand.now = new Uint8Array(n);
      m.demand.later = new Uint8Array(n);
      for (var i = 0; i < n; i++) {
        m.demand.now[i] = state.charCodeAt(i) - 48;
        m.demand.later[i] = after.charCodeAt(i) - 48;
      }
      // circles are sized by a large community, not by the one largest
      var sorted = data.demand.people.map(function (v) { return v || 0; }).sort(function (a, b) { return a - b; });
      m.demand.large = Math.max(1, sorted[Math.floor(0.95 * (n - 1))] || 0);
    }
    if (m.suggested && m.sites) { m.offset = m.sites.d.names.length; } else { m.offset = 0; }
    m.gaps = data.gaps ? { d: data.gaps, shapes: data.gaps.shape.map(gp.shape), letter: gp.lettered(data.gaps) } : null;
    m.gapPoints = 0;
    ((m.gaps && m.gaps.shapes) || []).forEach(function (s) { if (s) { s.paths.forEach(function (p) { m.gapPoints += p.length / 2; }); } });
    m.reach = (data.reach || []).map(function (band) { return { cutoff: band.cutoff, shape: gp.shape(band.rings) }; });
    if (data.spacing) {
      m.spacing = { d: data.spacing, shapes: data.spacing.path.map(gp.shape) };
      if (data.spacing.required) { m.required = { d: data.spacing.required, xy: gp.decode(data.spacing.required.at) }; }
    }
    m.journeys = data.journeys ? gp.decodeJourneys(data.journeys) : null;
    m.crowded = crowded(m);
    return m;
  }
  gp.model = decodeAll;

  /* the finest level whose shares a city-wide map can show; -1 for none */
  gp.mainLevel = function (m) {
    var best = -1;
    m.levels.forEach(function (entry, k) {
      if (entry.shapes && entry.level.value && entry.shapes.length <= 1200 && (best < 0 || entry.level.kind !== "rate")) { best = k; }
    });
    return best;
  };

  /* so many points that the whole city is told by its areas, and points appear as one zooms in */
  function crowded(m) {
    var n = (m.demand ? m.demand.now.length : 0) + (m.sites ? m.sites.d.names.length : 0);
    return n > 150 && (!!m.spacing || gp.mainLevel(m) >= 0);
  }

  /* markers by the hundred would hide the line that they stand on */
  gp.many = function (m) { return !!m.spacing && !!m.suggested && m.suggested.d.rank.length > 160; };

  /* is a layer drawn? One that only appears on a closer look is not when seen from afar. */
  gp.shown = function (m, key, far) { return !!m.on[key] && !(far && m.auto[key]); };

  /* served | full | missed | gained */
  gp.category = function (m, i) {
    var now = m.demand.now[i];
    if (m.scenario === "after") {
      var later = m.demand.later[i];
      if (later === 0) { return now === 0 ? "served" : "gained"; }
      return later === 1 ? "full" : "missed";
    }
    return now === 0 ? "served" : now === 1 ? "full" : "missed";
  };

  /* shares: a bound opens the next class; rates (natural classes): a bound closes its class */
  gp.classOf = function (value, level) {
    if (value === null || value === undefined) { return -1; }
    for (var k = 0; k < level.breaks.length; k++) {
      if (level.kind === "rate" ? value <= level.breaks[k] : value < level.breaks[k]) { return k; }
    }
    return level.breaks.length;
  };

  /* the colours of a level's classes: shares from bad to good, rates from low to high */
  gp.rampOf = function (level) { return level.kind === "rate" ? gp.colours.classes[level.breaks.length + 1] : gp.colours.shares; };

  /* what an area level shows in the scenario: its figures today or with the plan */
  gp.valuesOf = function (m, level) { return m.scenario === "after" && level.value_after ? level.value_after : level.value; };
  gp.unservedOf = function (m, level) { return m.scenario === "after" && level.unserved_after ? level.unserved_after : level.unserved; };

  function basis(zoom) { return Math.max(2.2, Math.min(11, 2.2 + (zoom - 9.5) * 1.15)); }

  gp.radiusOf = function (m, people, zoom) {
    return Math.max(0.9, basis(zoom) * Math.min(2, Math.sqrt(people / m.demand.large)));
  };
  gp.radius = function (m, i, zoom) { return gp.radiusOf(m, m.demand.d.people[i] || 0, zoom); };

  gp.tierKind = function (m, i) {
    var tier = m.sites.d.tier[i];
    return tier < 0 ? 0 : tier % 5;
  };
  gp.siteSize = function (m, zoom) {
    // markers stand close on their line: from afar they are dots that leave it seen
    if (m.spacing) { return Math.max(1.2, Math.min(7.5, 1.2 + (zoom - 9.5) * 1.1)); }
    var crowd = m.sites.d.names.length > 1500 ? 0.72 : 1;
    return crowd * Math.max(2.6, Math.min(7.5, 3 + (zoom - 10) * 0.75));
  };
})(window.geoplan);

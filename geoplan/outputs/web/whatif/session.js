/* What-if: the session of one map: choices, variants, undo, and `window.geoplan.whatIf`. */
(function (gp) {
  "use strict";

  /** @param {App} app @returns {WhatIf} */
  gp.whatIfOf = function (app) {
    var w = /** @type {WhatIf} */ (/** @type {any} */ ({ app: app, meta: app.data.whatif, past: [], variants: [], touched: false }));
    w.covers = function () {
      if (!w.read) {
        w.read = gp.readCovers(w.meta);
        if (w.meta.limited) { w.read.today = today(w); }
      }
      return w.read;
    };
    w.choice = function () { return w.chosen || (w.chosen = start(w)); };
    w.planned = function () { return w.meta.planned.map(function (j) { return w.meta.sites + j; }); };
    /* is this a trial of the plan? Most of its sites stand, so that one that does not is a change. */
    w.ofPlan = function () {
      var planned = w.planned(), built = planned.filter(function (k) { return w.choice().open[k]; }).length;
      return built > 0 && planned.length - built < built;
    };
    w.hasPlan = function () { return w.meta.planned.length + w.meta.closes.length > 0; };
    w.from = function (name) {
      var list = [];
      for (var k = 0; k < w.meta.sites; k++) { list.push(k); }
      return name === "plan" ? list.filter(function (site) { return w.meta.closes.indexOf(site) < 0; }).concat(w.planned()) : list;
    };
    changes(w);
    names(w);
    return w;
  };

  /* people served today, per row, where capacity limits and the page draws every row; else null */
  function today(w) {
    var demand = w.app.model.demand;
    if (!demand || demand.d.cell_m) { return null; }
    return Float64Array.from(w.read.people, function (people, i) {
      var at = w.ranks().drawn[i], part = at < 0 ? 0 : demand.d.part[at];
      return at < 0 ? 0 : part !== undefined ? part : demand.now[at] === 0 ? people : 0;
    });
  }

  function start(w) {
    var c = gp.choice(w.covers());
    c.setAll(w.from("now"));
    return c;
  }

  /* every change goes through here: what was open before can be had back */
  function changes(w) {
    function step(list) {
      w.past.push(w.choice().list());
      w.touched = true;
      w.choice().setAll(list);
      w.changed();
    }
    w.changed = function () { if (w.refresh) { w.refresh(); } };
    w.set = function (k, on) {
      if (!!w.choice().open[k] === on) { return; }
      var list = w.choice().list();
      step(on ? list.concat(k) : list.filter(function (other) { return other !== k; }));
    };
    w.move = function (from, to) {
      step(w.choice().list().filter(function (k) { return k !== from; }).concat(to));
    };
    w.reset = function (name) { step(w.from(name || "now")); };
    w.undo = function () {
      if (!w.past.length) { return; }
      w.choice().setAll(w.past.pop());
      w.changed();
    };
    w.keep = function (name) {
      w.variants.push({ name: name, open: w.choice().list() });
      w.changed();
    };
    w.recall = function (k) { step(w.variants[k].open); };
    w.drop = function (k) { w.variants.splice(k, 1); w.changed(); };
    /* the ledger of any list of open sites */
    w.ledgerOf = function (list) {
      var other = gp.choice(w.covers());
      other.setAll(list);
      return other.count().ledger;
    };
    /* money of what a list opens; null where a price is missing */
    w.moneyOf = function (list) {
      var money = w.covers().money;
      return !money ? null : list.reduce(function (sum, k) { return k < w.meta.sites ? sum : sum + money[k - w.meta.sites]; }, 0);
    };
  }

  function names(w) {
    var app = w.app, known = null;
    /* existing sites in service among all that the map draws */
    w.drawn = function (k) {
      known = known || (app.model.sites ? app.model.sites.d.idle : []).map(function (idle, i) { return idle ? -1 : i; }).filter(function (i) { return i >= 0; });
      return known[k];
    };
    w.name = function (k) {
      if (k < w.meta.sites) { return app.model.sites.d.names[w.drawn(k)] || w.covers().ids[k]; }
      var j = k - w.meta.sites, rank = w.meta.planned.indexOf(j), told = rank < 0 || !app.model.suggested ? "" : app.model.suggested.d.names[rank];
      var near = told || w.covers().names[j] || nearest(w, j);
      return rank < 0 ? near : app.t("ui_site_title", { rank: rank + 1 }) + " " + near;
    };
    /* name of demand row i */
    w.rowName = function (i) {
      var covers = w.covers(), d = app.model.demand && app.model.demand.d;
      var said = isNaN(covers.xy[2 * i]) ? covers.lost[w.ranks().lost[i]] : d && d.names && !d.cell_m ? d.names[w.ranks().drawn[i]] : "";
      return gp.isName(said || "") ? said : "";
    };
    w.trialGaps = function () { return gp.trialGaps(w); };
    /* where row i is, by the candidate nearest to it */
    w.nearRow = function (i) {
      var covers = w.covers(), best = Infinity, at = -1;
      for (var j = 0; j < w.meta.candidates; j++) {
        var far = Math.hypot(covers.xy[2 * i] - covers.place[2 * j], covers.xy[2 * i + 1] - covers.place[2 * j + 1]);
        if (far < best) { best = far; at = j; }
      }
      return at < 0 ? "" : covers.names[at] || degrees(w, w.meta.sites + at);
    };
    /* positions of rows among those drawn, and among those without a place */
    w.ranks = function () {
      if (w.ranked) { return w.ranked; }
      var covers = w.covers(), drawn = new Int32Array(covers.n), lost = new Int32Array(covers.n), n = 0, m = 0;
      for (var i = 0; i < covers.n; i++) {
        if (isNaN(covers.xy[2 * i])) { lost[i] = m++; drawn[i] = -1; } else { drawn[i] = n++; lost[i] = -1; }
      }
      return (w.ranked = { drawn: drawn, lost: lost });
    };
  }

  function nearest(w, j) {
    var covers = w.covers(), best = Infinity, at = -1;
    for (var i = 0; i < covers.n; i++) {
      var far = Math.hypot(covers.xy[2 * i] - covers.place[2 * j], covers.xy[2 * i + 1] - covers.place[2 * j + 1]);
      if (far < best) { best = far; at = i; }
    }
    var name = at < 0 ? "" : w.rowName(at);
    return name ? w.app.t("ui_whatif_near", { name: name }) : degrees(w, w.meta.sites + j);
  }

  /* where nothing has a name, longitude and latitude say where it is: never the label of a node */
  function degrees(w, k) {
    return w.app.t("ui_degrees", { lon: w.covers().lon[k].toFixed(4), lat: w.covers().lat[k].toFixed(4) });
  }

  /** The candidate nearest to a place, and how far it is, in metres.
   * @param {WhatIf} w @param {number} lat @param {number} lng */
  gp.nearestCandidate = function (w, lat, lng) {
    var covers = w.covers(), wide = Math.cos(lat * Math.PI / 180), best = Infinity, at = -1;
    for (var k = covers.existing; k < covers.all; k++) {
      if (w.choice().open[k]) { continue; }
      var far = Math.hypot((gp.oneSide(covers.lon[k]) - lng) * wide, covers.lat[k] - lat);
      if (far < best) { best = far; at = k; }
    }
    return { k: at, metres: best * 111195 };
  };

  /** What programs may ask of the page: `window.geoplan.whatIf`.
   * @param {WhatIf} w */
  gp.whatIfApi = function (w) {
    function at(id) {
      var k = w.covers().index.get(String(id));
      if (k === undefined) { throw new Error("geoplan: neither a site nor a candidate: " + id); }
      return k;
    }
    function described(first, last) {
      var covers = w.covers(), found = [];
      for (var k = first; k < last; k++) {
        found.push({ id: covers.ids[k], name: w.name(k), lon: covers.lon[k], lat: covers.lat[k], open: !!w.choice().open[k], suggested: k >= covers.existing && w.meta.planned.indexOf(k - covers.existing) >= 0 });
      }
      return found;
    }
    return {
      service: w.meta.key,
      sites: function () { return described(0, w.covers().existing); },
      candidates: function () { return described(w.covers().existing, w.covers().all); },
      open: function (id) { w.set(at(id), true); return w.choice().count().ledger; },
      close: function (id) { w.set(at(id), false); return w.choice().count().ledger; },
      move: function (id, to) { var from = at(id), there = at(to); w.move(from, there); return w.choice().count().ledger; },
      reset: function (from) { w.reset(from); return w.choice().count().ledger; },
      undo: function () { w.undo(); return w.choice().count().ledger; },
      ledger: function () { return Object.assign({}, w.choice().count().ledger); },
      gaps: function () {
        return w.trialGaps().map(function (one) { return { people: one.gap.people, cause: one.gap.cause, members: one.gap.rows.length, area: one.name }; })
          .sort(function (a, b) { return b.people - a.people || (a.cause < b.cause ? -1 : a.cause > b.cause ? 1 : a.area < b.area ? -1 : +(a.area > b.area)); });
      },
      best: function () {
        var found = gp.bestNext(w.choice());
        return { people: found.people, ids: found.sites.map(function (k) { return w.covers().ids[k]; }) };
      },
      overlay: function () { return gp.overlayOf(w.choice(), { name: w.name, t: w.app.t }); }
    };
  };

  /** Ties the what-if to its map; the page calls it where it carries covers.
   * @param {App} app */
  gp.whatIfMount = function (app) {
    var w = gp.whatIfOf(app);
    app.whatIf = w;
    gp.whatIf = gp.whatIfApi(w);
    gp.whatIfPanel(w);
    gp.whatIfMap(w);
  };
})(window.geoplan);

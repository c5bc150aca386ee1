/* What-if: the gaps of a choice, joined, collected and named as coverage/gap_merging.py and gaps.py do. */
(function (gp) {
  "use strict";
  var CAUSES = ["", "full", "no_site", "cut_off", "off_network", "no_data", "no_service"], CUT_OFF = 3, NO_SERVICE = 6;
  /* the order in which a run goes through the states */
  var TURN = [0, 1, 0, 2, 3, 4, 2];

  /* why rows are unserved: their states, but who could walk and has no service is not cut off by the streets */
  function whyOf(c) {
    var counted = c.count();
    if (!c.covers.meta.timed) { return counted.state; }
    if (!counted.why) {
      var foot = gp.pathsOf(c, 0);
      counted.why = counted.state.map(function (state, i) { return state === CUT_OFF && foot[c.covers.zone[i]] ? NO_SERVICE : state; });
    }
    return counted.why;
  }

  /** Gaps as a run lists them: rows with the same cause that are neighbours within a gap's extent, most
   * people first; beyond a run's largest number of gaps those of one cause and area are one entry.
   * @param {Choice} c @param {(gap: WhatIfGap) => string} [name] for gaps with the same people and cause
   * @returns {WhatIfGap[]} */
  gp.whatIfGaps = function (c, name) {
    var counted = c.count(), need = counted.served.map(function (served, i) { return c.covers.people[i] - served; });
    return ranked(collected(c, ranked(joined(c, need)), need), name);
  };

  /* neighbours that are unserved for the same cause, the nearest first */
  function joined(c, need) {
    var covers = c.covers, state = whyOf(c), n = covers.n, parent = new Int32Array(n), box = new Float64Array(4 * n), i;
    for (i = 0; i < n; i++) {
      parent[i] = i;
      box[4 * i] = box[4 * i + 2] = covers.xy[2 * i];
      box[4 * i + 1] = box[4 * i + 3] = covers.xy[2 * i + 1];
    }
    function root(a) {
      while (parent[a] !== a) { parent[a] = parent[parent[a]]; a = parent[a]; }
      return a;
    }
    function join(p, q) {
      if (p === q) { return; }
      var x = 4 * p, y = 4 * q;
      var west = Math.min(box[x], box[y]), south = Math.min(box[x + 1], box[y + 1]);
      var east = Math.max(box[x + 2], box[y + 2]), north = Math.max(box[x + 3], box[y + 3]);
      if (Math.hypot(east - west, north - south) > covers.meta.extent) { return; }
      parent[q] = p;
      box[x] = west; box[x + 1] = south; box[x + 2] = east; box[x + 3] = north;
    }
    var first = covers.pairs[0], second = covers.pairs[1], within = covers.meta.within;
    for (i = 0; i < first.length; i++) {
      var a = first[i], b = second[i];
      if (need[a] > 0 && need[b] > 0 && state[a] === state[b]) { join(root(a), root(b)); }
    }
    // people without a location: one gap per area
    return gathered(c, need, Array.from(covers.rank, function (r, k) { return k; }), function (k) {
      return isNaN(covers.xy[2 * k]) ? "w" + state[k] + " " + areaOf(covers, within, k) : root(k);
    });
  }

  function areaOf(covers, level, row) { return level < 0 ? "" : covers.area[level][row]; }

  /* rows with people in need as gaps, in the order in which a run numbers them */
  function gathered(c, need, rows, key) {
    var rank = c.covers.rank, state = whyOf(c), gaps = new Map();
    rows.forEach(function (i) {
      if (!(need[i] > 0)) { return; }
      var at = key(i), gap = gaps.get(at);
      if (!gap) { gaps.set(at, gap = { people: 0, cause: CAUSES[state[i]], rows: [], lead: i, held: 1, first: Infinity }); }
      gap.people += need[i];
      gap.rows.push(i);
      gap.first = Math.min(gap.first, TURN[state[i]] * c.covers.n + rank[i]);
      if (need[i] > need[gap.lead] || (need[i] === need[gap.lead] && rank[i] < rank[gap.lead])) { gap.lead = i; }
    });
    return Array.from(gaps.values()).sort(function (a, b) { return a.first - b.first; });
  }

  /* those beyond the largest, together by cause and the finest areas that make few enough of them */
  function collected(c, gaps, need) {
    var keep = c.covers.meta.keep, covers = c.covers, levels = covers.meta.within < 0 ? [-1] : [-1].concat(covers.meta.named);
    if (!keep || gaps.length <= keep) { return gaps; }
    var rows = [], gapOf = new Map(), together;
    gaps.slice(keep).forEach(function (gap) { gap.rows.forEach(function (i) { rows.push(i); gapOf.set(i, gap); }); });
    function keyAt(level) { return function (i) { return gapOf.get(i).cause + " " + areaOf(covers, level, i); }; }
    do { together = gathered(c, need, rows, keyAt(levels.pop())); } while (together.length > keep && levels.length);
    together = together.map(function (group) {
      group.held = new Set(group.rows.map(function (i) { return gapOf.get(i); })).size;
      return group.held > 1 ? group : gapOf.get(group.lead);  // one alone stays as it is
    });
    return gaps.slice(0, keep).concat(together).sort(function (a, b) {
      return +(a.held > 1) - +(b.held > 1) || a.first - b.first;
    });
  }

  /** Areas, and the place with most people; of many small gaps the areas that hold all of them.
   * @param {WhatIf} w @param {WhatIfGap} gap */
  gp.whatIfGapName = function (w, gap) {
    var covers = w.covers(), t = w.app.t, m = w.app.model, parts = [], own = w.rowName(gap.lead), home = covers.home[gap.lead];
    var levels = w.meta.named.map(function (k) {
      var level = m.levels.find(function (one) { return one.level.level === w.meta.levels[k]; });
      return function (row) {
        var at = covers.area[k][row];
        return level && at >= 0 && at < w.meta.known[k] ? level.level.names[at] : "";
      };
    });
    if (gap.held > 1) {
      levels.every(function (nameOf) {
        var there = new Set(gap.rows.map(nameOf));
        if (there.size === 1 && nameOf(gap.lead)) { parts.push(nameOf(gap.lead)); }
        return there.size === 1;
      });
      return parts.concat(t("ui_whatif_gap_scattered", { n: gap.held })).join(" ");
    }
    parts = levels.map(function (nameOf) { return nameOf(gap.lead); }).filter(Boolean);
    if (own && parts.indexOf(own) < 0) {
      parts.push(gap.rows.length > 1 ? t("ui_whatif_gap_more", { name: own, all: gap.rows.length, more: gap.rows.length - 1 }) :
        parts.length || isNaN(covers.xy[2 * gap.lead]) ? own : t("ui_whatif_gap_around", { name: own }));
    }
    return parts.join(" ") || m.gaps && home >= 0 && m.gaps.d.area[home] || !isNaN(covers.xy[2 * gap.lead]) && w.nearRow(gap.lead) || t("ui_whatif_gap_unknown");
  };

  /** The gaps of the choice as the page lists them: under the letter of today's gap where most of their people
   * are, or as new ones. Where today's gap A falls apart its pieces are A1, A2, …, most people first.
   * @param {WhatIf} w @returns {TrialGap[]} */
  gp.trialGaps = function (w) {
    var c = w.choice(), counted = c.count(), covers = w.covers(), letters = w.app.model.gaps ? w.app.model.gaps.letter : [];
    if (w.trialHeld && w.trialHeld.of === counted) { return w.trialHeld.list; }
    var list = gp.whatIfGaps(c, function (gap) { return gp.whatIfGapName(w, gap); }).map(function (gap) {
      var fault = gp.isFaultCause(gap.cause), letter = fault ? "" : letters[homeOf(covers, counted, gap)] || "";
      return { gap: gap, fault: fault, fresh: !fault && !letter, get name() { return gp.whatIfGapName(w, gap); }, mark: letter };
    });
    // as the map's own list: collected ones last
    list.sort(function (a, b) { return +(a.gap.held > 1) - +(b.gap.held > 1); });
    mark(list, w.app.t("ui_whatif_new_gap"));
    w.trialHeld = { of: counted, list: list };
    return list;
  };

  /* today's gap where most of a gap's people are; -1 where they had a site */
  function homeOf(covers, counted, gap) {
    var people = new Map(), most = -1;
    gap.rows.forEach(function (i) {
      var home = covers.home[i];
      people.set(home, (people.get(home) || 0) + covers.people[i] - counted.served[i]);
    });
    people.forEach(function (n, home) { if (n > (people.get(most) || 0)) { most = home; } });
    return most;
  }

  /* no mark stands for two gaps, but for the word of new ones */
  function mark(list, fresh) {
    var pieces = new Map(), told = new Map();
    list.forEach(function (one) { if (one.mark) { pieces.set(one.mark, (pieces.get(one.mark) || 0) + 1); } });
    list.forEach(function (one) {
      var letter = one.mark;
      if (one.fresh) { one.mark = fresh; }
      if (!letter || pieces.get(letter) === 1) { return; }
      told.set(letter, (told.get(letter) || 0) + 1);
      one.mark = letter + told.get(letter);
    });
  }

  /* most people first; names are asked for only where they decide */
  function ranked(gaps, name) {
    var named = new Map();
    gaps.forEach(function (gap) { gap.people = Math.round(gap.people * 1e6) / 1e6; });
    function later(a, b) { return a < b ? -1 : a > b ? 1 : 0; }
    function nameOf(gap) {
      if (!named.has(gap)) { named.set(gap, name(gap)); }
      return named.get(gap);
    }
    return gaps.slice().sort(function (a, b) {
      return b.people - a.people || name && (later(a.cause, b.cause) || later(nameOf(a), nameOf(b))) || 0;
    });
  }
})(window.geoplan);

/* The panel beside the map: headline, ledger, ranked tables; and the card of layers with legend. */
(function (gp) {
  "use strict";
  var el = gp.el, C = gp.colours;
  var STEP = 60;
  function colourOf(state) {
    return {
      served: C.served, gained: C.gained, full: C.full, beyond: C.missed, cut_off: "#8f3410",
      off_network: "#e79a76", unlocated: "#b4bac1"
    }[state];
  }

  function ledgerNow(app) {
    var head = app.data.headline;
    return app.model.scenario === "after" && head.after ? head.after : head.ledger;
  }

  function bar(parts) {
    var holder = el("div", { "class": "gp-bar", role: "presentation" });
    parts.forEach(function (part) {
      if (part[1] > 0) {
        var piece = el("i", { title: part[2] });
        piece.style.width = 100 * part[1] + "%";
        piece.style.background = part[0];
        holder.appendChild(piece);
      }
    });
    return holder;
  }

  function big(value, label, small) {
    return el("p", { "class": "gp-big" }, [
      el("strong", { text: value }), el("span", {}, [el("span", { text: label }), small ? el("small", { text: small }) : null])
    ]);
  }

  gp.headline = function (app) {
    var head = app.data.headline, t = app.t, parts = [], box = app.parts.numbers;
    box.textContent = "";
    if (head.ledger) {
      var l = ledgerNow(app), gained = app.model.scenario === "after" ? l.served - head.ledger.served : 0;
      if (head.after) { box.appendChild(switcher(app)); }
      var label = app.model.scenario === "after" && head.label_after || head.label;
      box.appendChild(big(gp.share(l.share), label, gp.people(l.served) + " / " + t("ui_people_n", { n: gp.people(l.total) })));
      if (l.total) {
        gp.STATES.forEach(function (state) {
          if (state === "served" && gained > 0) {
            parts.push([colourOf("served"), (l.served - gained) / l.total, t("state_served")]);
            parts.push([colourOf("gained"), gained / l.total, t("ui_layer_gained")]);
          } else { parts.push([colourOf(state), l[state] / l.total, t("state_" + state)]); }
        });
        box.appendChild(bar(parts));
      }
      var list = el("dl", { "class": "gp-ledger" });
      gp.STATES.forEach(function (state) {
        var dot = el("i");
        dot.style.background = colourOf(state);
        list.appendChild(el("div", { "class": l[state] ? "" : "gp-zero", "data-state": state }, [
          el("dt", {}, [dot, el("span", { text: t("state_" + state) })]), el("dd", { text: gp.people(l[state]) })
        ]));
      });
      box.appendChild(list);
    } else if (head.length) {
      var n = head.length, covered = n.total ? n.covered / n.total : null;
      box.appendChild(big(gp.share(covered), head.label, t("ui_km_of", { part: gp.number(n.covered / 1000, 1), whole: gp.number(n.total / 1000, 1) })));
      box.appendChild(bar([[C.covered, covered || 0, t("ui_layer_line_covered")], [C.gap, covered === null ? 0 : 1 - covered, t("ui_layer_line_gaps")]]));
    } else if (head.rate !== undefined && head.rate !== null) {
      box.appendChild(big(gp.plain(head.rate), head.label));
    } else if (head.text) {
      box.appendChild(big(head.text, head.label));
    }
    var facts = el("dl", { "class": "gp-facts" });
    head.facts.concat(gapFacts(app)).forEach(function (fact) {
      facts.appendChild(el("div", {}, [fact[0] ? el("dt", { text: fact[0] }) : null, el("dd", { text: fact[1] })]));
    });
    box.appendChild(facts);
  };

  /* the same numbers as the lists and the legend have, today or with the plan */
  function gapFacts(app) {
    var m = app.model, faults = m.gaps && !m.spacing ? gp.countOpen(m, true) : 0;
    if (!m.gaps || m.spacing) { return []; }
    return [[app.t("ui_tab_gaps"), gp.people(gp.countOpen(m, false))]].concat(faults ? [[app.t("ui_tab_faults"), gp.people(faults)]] : []);
  }

  function switcher(app) {
    var t = app.t, box = el("div", { "class": "gp-switch", role: "radiogroup", "aria-label": t("ui_scenario") });
    ["now", "after"].forEach(function (name) {
      var id = app.id + "_scenario_" + name, input = el("input", {
        type: "radio", name: app.id + "_scenario", id: id, value: name, on: { change: function () { app.scenario(name); } }
      });
      input.checked = app.model.scenario === name;
      box.appendChild(input);
      var shares = app.data.headline[name === "now" ? "ledger" : "after"];
      box.appendChild(el("label", { "for": id }, [el("span", { text: t("ui_" + name) }), shares ? el("b", { text: gp.share(shares.share) }) : null]));
    });
    return box;
  }

  /* tables: {key, title, kind, level, head, rows: n, cells(i), place(i)} */
  gp.tables = function (app) {
    var m = app.model, t = app.t, found = [];
    var trial = m.trial && m.scenario === "after";
    if (m.gaps) { found.push(trial ? gp.trialTable(app, "gaps") : gapTable(app, gp.gapList(m), "gaps")); }
    if (m.suggested) {
      var s = m.suggested.d, none = function (v) { return v === null; };
      var marker = !!m.spacing, shares = !s.share.every(none);
      found.push({
        key: "suggested", kind: "suggested", title: t(m.spacing ? "ui_tab_markers" : "ui_tab_sites"), n: s.rank.length, curve: app.data.curve,
        head: marker ? [t("ui_col_rank"), t("ui_col_place"), t("ui_col_marker")] :
          [t("ui_col_rank"), t("ui_col_place"), t("ui_col_added")].concat(shares ? t("ui_col_share_after") : []),
        cells: function (i) {
          var name = s.names[i] || s.line[i] || s.area[i] || gp.MISSING, where = [name, name.indexOf(s.area[i]) === 0 ? "" : s.area[i]];
          return marker ? [s.rank[i], where, gp.people(s.chainage[i])] :
            [s.rank[i], where, s.added[i] === null ? gp.MISSING : "+" + gp.people(s.added[i])].concat(shares ? gp.share(s.share[i]) : []);
        },
        placed: function () { return true; }
      });
    }
    if (gp.closesTold(m)) { found.push(gp.closingsTable(app)); }
    m.levels.forEach(function (entry, k) {
      var level = entry.level;
      if (!level.value) { return; }
      var order = level.value.map(function (v, i) { return i; }), rate = level.kind === "rate";
      var value = gp.valuesOf(m, level), unserved = gp.unservedOf(m, level), key = rate ? value : unserved;
      var digits = rate ? gp.digitsOf(value) : 0;
      order.sort(function (a, b) {
        return +(key[a] === null) - +(key[b] === null) || (rate ? key[a] - key[b] : key[b] - key[a]) || a - b;
      });
      found.push({
        key: "areas:" + k, kind: "area", level: k, rate: rate, title: t("ui_tab_areas"), n: order.length, order: order,
        head: rate ? [t("ui_col_area"), t("ui_col_count"), t("ui_col_rate", { per: gp.plain(app.data.meta.per) })] :
          [t("ui_col_area"), t("ui_col_unserved"), t("ui_col_share")],
        cells: function (i) {
          var name = [level.names[i] || gp.MISSING, ""];
          return rate ? [name, gp.people(level.count[i]), gp.number(value[i], digits)] :
            [name, gp.people(unserved[i]), { share: value[i] }];
        },
        placed: function (i) { return !!(entry.shapes && entry.shapes[i]); }
      });
    });
    var faults = gp.faultList(m);
    if (trial && gp.countOpen(m, true)) { found.push(gp.trialTable(app, "faults")); } else if (!trial && faults.length) { found.push(gapTable(app, faults, "faults")); }
    return found;
  };

  /* gaps of the service by their letters, or what is to be checked in data and road network */
  function gapTable(app, order, key) {
    var m = app.model, g = m.gaps.d, t = app.t, fault = key === "faults";
    var causes = {};
    order.slice(0, 10).forEach(function (i) { causes[g.cause[i]] = true; });
    var one = !fault && Object.keys(causes).length === 1;  // said once above, not in every row
    return {
      key: key, kind: "gap", title: t(fault ? "ui_tab_faults" : "ui_tab_gaps"), order: order, n: order.length,
      told: order.filter(function (i) { return gp.open(m, i); }).length,
      empty: t("ui_empty_gaps"), note: fault ? t("ui_faults_note") : one ? t("ui_gaps_note", { cause: gp.cause(app, order[0]) }) : "",
      head: [fault ? "" : t("ui_col_letter"), t("ui_col_place"), t(g.people ? (m.scenario === "after" ? "ui_col_people_after" : "ui_col_people") : "ui_col_length")],
      cells: function (i) {
        var n = gp.gapPeople(m, i), now = g.people && g.people[i], open = gp.open(m, i);
        var small = !open ? t("ui_gap_closed") : m.scenario === "after" && now !== null && now !== n ? t("ui_gap_was", { n: gp.people(now) }) : one ? "" : gp.cause(app, i);
        return [m.gaps.letter[i], [g.area[i] || gp.MISSING, small], g.people || g.length_m ? (n === null ? t("ui_withheld") : gp.people(n)) : gp.MISSING];
      },
      placed: function (i) { return !!m.gaps.shapes[i]; },
      done: function (i) { return !gp.open(m, i); }
    };
  }

  gp.lists = function (app) {
    var t = app.t, tables = gp.tables(app), box = app.parts.lists;
    app.tables = {};
    box.textContent = "";
    if (!tables.length) {
      box.appendChild(el("p", { "class": "gp-small gp-empty", text: t("ui_no_figures") }));
      return;
    }
    var tabs = el("div", { "class": "gp-tabs", role: "tablist" }), seen = {}, order = [];
    tables.forEach(function (table) {
      var group = table.key.split(":")[0];
      app.tables[table.key] = table;
      if (!seen[group]) { seen[group] = []; order.push(group); }
      seen[group].push(table);
    });
    app.groups = seen;
    box.appendChild(tabs);
    order.forEach(function (group, k) {
      var first = seen[group][0], many = seen[group].length > 1, id = app.id + "_tab_" + group;
      tabs.appendChild(el("button", {
        type: "button", role: "tab", id: id, "aria-controls": id + "_panel", "aria-selected": String(k === 0),
        tabindex: k ? "-1" : "0", "data-group": group, on: {
          click: function () { app.tab(group); },
          keydown: function (e) {
            var step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
            if (!step) { return; }
            e.preventDefault();
            var to = order[(k + step + order.length) % order.length];
            app.tab(to);
            document.getElementById(app.id + "_tab_" + to).focus();
          }
        }
      }, [el("span", { text: first.title }), many ? null : el("small", { text: gp.people(first.told === undefined ? first.n : first.told) })]));
      var panel = el("div", { "class": "gp-tabpanel", role: "tabpanel", id: id + "_panel", "aria-labelledby": id });
      panel.hidden = k > 0;
      if (many) { panel.appendChild(levelPicker(app, group, seen[group])); }
      if (first.note) { panel.appendChild(el("p", { "class": "gp-small gp-note", text: first.note })); }
      if (first.curve) { panel.appendChild(curve(app, first.curve)); }
      seen[group].forEach(function (table, n) {
        var holder = el("div", { "class": "gp-tableholder", "data-key": table.key });
        holder.hidden = n > 0;
        holder.appendChild(tableOf(app, table));
        panel.appendChild(holder);
      });
      box.appendChild(panel);
    });
    app.order = order;
    var titles = order.map(function (group) { return seen[group][0].title; }).join(app.data.lang === "en" ? ", " : "、");
    app.root.querySelector("[data-part=fold] span").textContent = t("ui_lists", { lists: app.data.lang === "en" ? titles.toLowerCase() : titles });
  };

  function levelPicker(app, group, tables) {
    var pick = el("select", { "aria-label": app.t("ui_level"), on: { change: function () { app.level(tables[pick.selectedIndex].key); } } },
      tables.map(function (table) {
        return el("option", { value: table.key, text: app.model.levels[table.level].level.name + " (" + gp.people(table.n) + ")" });
      }));
    app.picker = pick;
    return el("div", { "class": "gp-pick" }, [pick]);
  }

  function tableOf(app, table) {
    if (!table.n) { return el("p", { "class": "gp-small gp-empty", text: table.empty || "" }); }
    var body = el("tbody"), shown = 0, node = el("table", { "class": "gp-table gp-" + table.kind }, [
      el("thead", {}, [el("tr", {}, table.head.map(function (text, k) {
        return el("th", { scope: "col", "class": place(table, k), text: text });
      }))]), body
    ]);
    var more = el("button", { type: "button", "class": "gp-more", on: { click: function () { fill(STEP * 5); } } });
    table.rows = {};
    function fill(step) {
      var end = Math.min(table.n, shown + step);
      for (; shown < end; shown++) { body.appendChild(row(app, table, table.order ? table.order[shown] : shown)); }
      enter(body, body.querySelector('button[tabindex="0"]') || body.querySelector("button"));
      more.hidden = shown >= table.n;
      more.textContent = app.t("ui_more", { n: gp.people(Math.min(STEP * 5, table.n - shown)) });
    }
    table.show = function (i) {
      while (!table.rows[i] && shown < table.n) { fill(STEP * 5); }
      return table.rows[i];
    };
    body.addEventListener("focusin", function (e) { if (e.target.tagName === "BUTTON") { enter(body, e.target); } });
    body.addEventListener("keydown", function (e) { walk(e, body, function () { if (shown < table.n) { fill(STEP * 5); } }); });
    fill(STEP);
    return el("div", {}, [node, more]);
  }

  /* a table is one stop for the Tab key: its rows are walked by the arrow keys */
  function enter(body, button) {
    body.querySelectorAll('button[tabindex="0"]').forEach(function (other) { other.tabIndex = -1; });
    if (button) { button.tabIndex = 0; }
  }
  function walk(e, body, more) {
    var step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -1e9, End: 1e9 }[e.key];
    if (!step || e.altKey || e.ctrlKey || e.metaKey) { return; }
    e.preventDefault();
    var all = body.querySelectorAll("button"), at = Array.prototype.indexOf.call(all, document.activeElement);
    if (at + step >= all.length && step < 1e9) { more(); all = body.querySelectorAll("button"); }
    all[Math.max(0, Math.min(all.length - 1, at + step))].focus();
  }

  function place(table, k) {
    var text = table.kind === "area" ? 0 : 1;
    return k === text ? "gp-place" : k < text ? "gp-rank" : "gp-num";
  }

  function row(app, table, i) {
    var node = el("tr", { "data-kind": table.kind, "data-i": i, "class": table.done && table.done(i) ? "gp-done" : null });
    table.cells(i).forEach(function (cell, k) {
      var kind = place(table, k), td = el("td", { "class": kind });
      if (kind === "gp-place") {
        var open = table.placed(i);
        var name = el(open ? "button" : "span", open ? {
          type: "button", tabindex: "-1", text: cell[0], on: { click: function () { if (table.go) { table.go(i); } else { app.select(table.kind, i, { level: table.level, go: true }); } } }
        } : { text: cell[0] });
        td.appendChild(name);
        if (cell[1]) { td.appendChild(el("small", { text: cell[1] })); }
        if (!open) { td.appendChild(el("small", { text: app.t("ui_no_place") })); }
      } else if (cell && cell.share !== undefined) {
        var meter = el("i", { "class": "gp-meter" }), inner = el("i");
        inner.style.width = 100 * (cell.share || 0) + "%";
        meter.appendChild(inner);
        td.appendChild(el("span", { text: gp.share(cell.share) }));
        td.appendChild(meter);
      } else { td.textContent = String(cell === null ? gp.MISSING : cell); }
      node.appendChild(td);
    });
    table.rows[i] = node;
    return node;
  }

  /* a small chart: people covered by number of new sites, and the bound above it */
  function curve(app, data) {
    var w = 340, h = 84, left = 6, top = 8, n = data.sites.length;
    var known = data.value.concat(data.bound).filter(function (v) { return v !== null; });
    var low = Math.min.apply(null, known), high = Math.max.apply(null, known), most = data.sites[n - 1] || 1, least = data.sites[0];
    function x(v) { return left + (w - 2 * left) * (v - least) / Math.max(1, most - least); }
    function y(v) { return top + (h - 2 * top - 12) * (1 - (v - low) / Math.max(1e-9, high - low)); }
    function path(values) {
      return values.map(function (v, k) { return v === null ? "" : (k ? "L" : "M") + x(data.sites[k]).toFixed(1) + " " + y(v).toFixed(1); }).join("");
    }
    var chosen = app.model.suggested ? app.model.suggested.d.rank.length : null, at = data.sites.indexOf(chosen);
    var parts = [
      gp.svg("path", { d: path(data.value) + "L" + x(most) + " " + (h - 16) + "L" + x(least) + " " + (h - 16) + "Z", "class": "gp-under" }),
      gp.svg("path", { d: path(data.bound), "class": "gp-bound" }), gp.svg("path", { d: path(data.value), "class": "gp-value" })
    ];
    if (at >= 0) { parts.push(gp.svg("circle", { cx: x(chosen), cy: y(data.value[at]), r: 4 })); }
    [[least, "start"], [most, "end"]].forEach(function (end) {
      var text = gp.svg("text", { x: x(end[0]), y: h - 3, "text-anchor": end[1] });
      text.textContent = end[0];
      parts.push(text);
    });
    return el("figure", { "class": "gp-curve" }, [
      el("figcaption", {}, [el("span", { text: app.t("ui_curve") }), el("small", { text: app.t("ui_curve_bound") })]),
      gp.svg("svg", { viewBox: "0 0 " + w + " " + h, role: "img", "aria-label": app.t("ui_curve") }, parts)
    ]);
  }
})(window.geoplan);

/* What-if: its panel beside the map. Numbers side by side, what was changed, the largest gaps, saving. */
(function (gp) {
  "use strict";
  var el = gp.el, MOST_GAPS = 8, MOST_FOUND = 6;

  /** @param {WhatIf} w */
  gp.whatIfPanel = function (w) {
    var app = w.app, t = app.t, id = app.id + "_whatif";
    var lists = app.parts.lists, search = app.parts.search, stage = app.root.querySelector(".gp-stage"), box = el("section", { "class": "gp-whatif", id: id, "aria-label": t("ui_whatif_title") });
    var start = el("button", { type: "button", "class": "gp-whatif-start", "aria-expanded": "false", "aria-controls": id, on: { click: function () { w.show(box.hidden); } } }, [
      el("b", { text: t("ui_whatif_title") }), el("span", { text: t("ui_whatif_ask") })
    ]);
    box.hidden = true;
    w.box = box;
    /* above the lists; where those are folded away under the map, beside the search and beside the map */
    w.place = function () {
      if (app.compact) {
        search.parentNode.insertBefore(start, search.nextSibling);
        stage.parentNode.insertBefore(box, stage.nextSibling);
      } else {
        lists.parentNode.insertBefore(start, lists);
        lists.parentNode.insertBefore(box, lists);
      }
    };
    w.place();
    w.show = function (on) {
      box.hidden = !on;
      start.setAttribute("aria-expanded", String(on));
      app.root.classList.toggle("gp-whatif-on", on);
      if (!on) { w.leave(); return; }
      app.today();
      if (!w.built) { build(w); }
      if (!w.touched && w.hasPlan()) { w.choice().setAll(w.from("plan")); }
      w.changed();
      if (!app.compact) { start.scrollIntoView({ block: "start" }); return; }
      app.openCard(false);
      // under the map of a phone: the panel's head and most of the map in sight at once
      var below = box.getBoundingClientRect().top - 0.62 * window.innerHeight;
      if (below > 0) { window.scrollBy(0, below); }
    };
    w.refreshPanel = function () {
      if (!w.built || box.hidden) { return; }
      numbers(w);
      changed(w);
      gaps(w);
      w.parts.best.textContent = "";  // it was the best of what is no longer so
      look(w, w.parts.find.value);
      w.parts.undo.disabled = !w.past.length;
    };
  };

  function button(label, act, kind) {
    return el("button", { type: "button", "class": kind || "gp-whatif-button", text: label, on: { click: act } });
  }

  function build(w) {
    var t = w.app.t, p = w.parts = /** @type {any} */ ({}), planned = w.hasPlan();
    ["numbers", "changed", "best", "found", "gaps", "told"].forEach(function (name) { p[name] = el("div", { "class": "gp-whatif-" + name }); });
    p.told.setAttribute("aria-live", "polite");
    p.undo = button(t("ui_whatif_undo"), function () { w.undo(); });
    w.tell = function (said) { p.told.textContent = said; };
    var find = p.find = el("input", { type: "search", placeholder: t("ui_whatif_find"), "aria-label": t("ui_whatif_find"), on: { input: function () { look(w, find.value); } } });
    var name = el("input", { type: "text", placeholder: t("ui_whatif_name"), "aria-label": t("ui_whatif_name") });
    var save = function () { download(w, name.value); }, copy = function () { copied(w, name.value); };
    var keep = function () { w.keep(name.value.trim() || t("ui_whatif_variant", { n: w.variants.length + 1 })); name.value = ""; };
    [
      el("p", { "class": "gp-whatif-how", text: t("ui_whatif_how") }),
      el("div", { "class": "gp-whatif-row" }, [
        button(t("ui_whatif_from_now"), function () { w.reset("now"); }),
        planned ? button(t("ui_whatif_from_plan"), function () { w.reset("plan"); }) : null, p.undo
      ]),
      p.numbers, p.told, el("h2", { text: t("ui_whatif_changed") }), p.changed,
      el("div", { "class": "gp-whatif-row" }, [
        button(t("ui_whatif_best"), function () { best(w); }), button(t("ui_whatif_centre"), function () { w.offer(w.app.map.getCenter()); })
      ]), p.best, find, p.found,
      el("h2", { text: t("ui_whatif_gaps") }), p.gaps,
      el("h2", { text: t("ui_whatif_keep") }),
      el("div", { "class": "gp-whatif-row" }, [name, button(t("ui_whatif_keep_it"), keep)]),
      el("div", { "class": "gp-whatif-row" }, [button(t("ui_whatif_save"), save, "gp-whatif-button gp-whatif-main"), button(t("ui_whatif_copy"), copy)]),
      p.text = el("textarea", { readonly: "", rows: "8", "aria-label": t("ui_whatif_save"), spellcheck: "false" }),
      el("p", { "class": "gp-small", text: t("ui_whatif_run") })
    ].concat(notes(w)).forEach(function (node) { w.box.appendChild(node); });
    p.text.hidden = true;
    w.built = true;
  }

  function notes(w) {
    var t = w.app.t, said = [];
    if (w.meta.offered > w.meta.candidates) { said.push(t("ui_whatif_thinned", { kept: gp.people(w.meta.candidates), all: gp.people(w.meta.offered) })); }
    return said.map(function (one) { return el("p", { "class": "gp-small", text: one }); });
  }

  /* today, the plan, what was kept, and the choice as it is: the six numbers side by side */
  function numbers(w) {
    var t = w.app.t, columns = [{ name: t("ui_now"), open: w.from("now") }];
    if (w.hasPlan()) { columns.push({ name: t("ui_whatif_plan"), open: w.from("plan") }); }
    columns = /** @type {any[]} */ (columns).concat(w.variants, { name: t("ui_whatif_this"), open: w.choice().list(), own: true });
    columns.forEach(function (one) {
      one.ledger = one.own ? w.choice().count().ledger : one.ledger || (one.ledger = w.ledgerOf(one.open));
      one.money = w.moneyOf(one.open);
    });
    var head = el("tr", {}, [el("td")].concat(columns.map(function (one) {
      var kept = w.variants.indexOf(one);
      return el("th", { scope: "col", "class": one.own ? "gp-whatif-own" : null }, [
        kept < 0 ? el("span", { text: one.name }) : button(one.name, function () { w.recall(kept); }, "gp-link"),
        kept < 0 ? null : el("button", { type: "button", "class": "gp-link", text: "×", "aria-label": t("ui_whatif_drop", { name: one.name }), on: { click: function () { w.drop(kept); } } })
      ]);
    })));
    function row(label, value, strong) {
      return el("tr", { "class": strong ? "gp-strong" : null }, [el("th", { scope: "row", text: label })].concat(columns.map(function (one) {
        return el("td", { "class": one.own ? "gp-num gp-whatif-own" : "gp-num", text: value(one) });
      })));
    }
    var rows = [
      row(t("ui_whatif_share"), function (one) { return gp.share(one.ledger.total ? one.ledger.served / one.ledger.total : null); }, true),
      row(t("ui_whatif_open"), function (one) { return gp.people(one.open.length); })
    ];
    gp.STATES.forEach(function (state) {
      if (columns.some(function (one) { return one.ledger[state]; })) { rows.push(row(t("state_" + state), function (one) { return gp.people(one.ledger[state]); })); }
    });
    if (w.meta.priced) { rows.push(row(t("ui_whatif_money", { currency: w.meta.currency }), function (one) { return one.money === null || isNaN(one.money) ? gp.MISSING : gp.people(one.money); })); }
    w.parts.numbers.textContent = "";
    w.parts.numbers.appendChild(el("div", { "class": "gp-whatif-scroll", tabindex: "0", role: "region", "aria-label": t("ui_whatif_numbers") }, [
      el("table", { "class": "gp-whatif-table" }, [el("thead", {}, [head]), el("tbody", {}, rows)])
    ]));
  }

  /** What differs from today's sites and the suggested ones.
   * @param {WhatIf} w @returns {{k: number, said: string, back: string, on: boolean}[]} */
  gp.whatIfChanges = function (w) {
    var t = w.app.t, open = w.choice().open, found = [];
    function add(k, said, back, on) { found.push({ k: k, said: t("ui_whatif_" + said), back: t("ui_whatif_" + back), on: on }); }
    var planned = w.planned(), whole = w.ofPlan();
    for (var k = 0; k < w.meta.sites; k++) { if (!open[k]) { add(k, "closed", "reopen", true); } }
    for (; k < w.covers().all; k++) {
      var suggested = planned.indexOf(k) >= 0;
      if (suggested && whole && !open[k]) { add(k, "dropped", "take", true); }
      if (open[k] && !(suggested && whole)) { add(k, "new", "take_out", false); }
    }
    return found;
  };

  function changed(w) {
    var box = w.parts.changed, found = gp.whatIfChanges(w);
    box.textContent = "";
    found.forEach(function (one) {
      box.appendChild(el("div", { "class": "gp-whatif-line" }, [
        el("span", {}, [el("b", { text: one.said }), el("span", { text: " " + w.name(one.k) })]), button(one.back, opener(w, one.k, one.on), "gp-link")
      ]));
    });
    if (!found.length) { box.appendChild(el("p", { "class": "gp-small", text: w.app.t("ui_whatif_none") })); }
  }
  function opener(w, k, on) { return function () { w.set(k, on); }; }

  /* the largest gaps of the service, by their letters; what is to be checked is told apart from them */
  function gaps(w) {
    var t = w.app.t, box = w.parts.gaps, all = w.trialGaps();
    var found = all.filter(function (one) { return !one.fault; }), faults = all.filter(function (one) { return one.fault; });
    function sum(list) { return gp.people(list.reduce(function (people, one) { return people + one.gap.people; }, 0)); }
    box.textContent = "";
    box.appendChild(el("p", { "class": "gp-small", text: t("ui_whatif_gaps_count", { n: gp.people(found.length), people: sum(found) }) }));
    box.appendChild(el("ol", {}, found.slice(0, MOST_GAPS).map(function (one) {
      var gap = one.gap, lost = isNaN(w.covers().xy[2 * gap.lead]);
      return el("li", {}, [
        el("i", { "class": one.fresh ? "gp-whatif-mark gp-whatif-fresh" : "gp-whatif-mark", text: one.mark }),
        lost ? el("span", { text: one.name }) : button(one.name, function () { w.go(gap.rows); }, "gp-link"),
        el("b", { text: gp.people(gap.people) }), gap.cause === "no_site" ? null : el("small", { text: t("cause_" + gap.cause) })
      ]);
    })));
    if (found.length > MOST_GAPS) {
      var rest = found.slice(MOST_GAPS);
      box.appendChild(el("p", { "class": "gp-small", text: t("ui_whatif_gaps_more", { n: gp.people(rest.length), people: sum(rest) }) }));
    }
    if (!found.length) { box.appendChild(el("p", { "class": "gp-small", text: t("ui_empty_gaps") })); }
    if (gp.seatsDiffer(w)) { box.appendChild(el("p", { "class": "gp-small", text: t("ui_whatif_seats") })); }
    if (faults.length) { box.appendChild(el("p", { "class": "gp-small", text: t("ui_whatif_gaps_faults", { n: gp.people(faults.length), people: sum(faults) }) })); }
  }

  function best(w) {
    var t = w.app.t, found = gp.bestNext(w.choice()), box = w.parts.best;
    box.textContent = "";
    if (!found.sites.length) { box.appendChild(el("p", { "class": "gp-small", text: t("ui_whatif_best_none") })); return; }
    var k = found.sites[0], ties = found.sites.length - 1;
    box.appendChild(el("p", { text: t("ui_whatif_best_is", { name: w.name(k), n: gp.people(found.people) }) + (ties ? " " + t("ui_whatif_ties", { n: gp.people(ties) }) : "") }));
    box.appendChild(button(t("ui_whatif_open_it"), function () { w.set(k, true); }));
    w.show_at(k);
  }

  /* sites by name: whoever has no mouse closes and opens them here */
  function look(w, typed) {
    var t = w.app.t, box = w.parts.found, open = w.choice().open, want = typed.trim().toLowerCase(), shown = 0;
    box.textContent = "";
    if (!want) { return; }
    var planned = w.planned(), all = w.from("now").concat(w.choice().list().filter(function (k) { return k >= w.meta.sites; }), planned);
    all.filter(function (k, n) { return all.indexOf(k) === n; }).forEach(function (k) {
      if (shown >= MOST_FOUND || w.name(k).toLowerCase().indexOf(want) < 0) { return; }
      shown++;
      box.appendChild(el("div", { "class": "gp-whatif-line" }, [
        button(w.name(k), function () { w.show_at(k); }, "gp-link"),
        button(t(open[k] ? "ui_whatif_close_it" : k < w.meta.sites ? "ui_whatif_reopen_it" : "ui_whatif_open_it"), function () { w.set(k, !open[k]); }, "gp-link"),
        open[k] ? button(t("ui_whatif_move_it"), function () { w.take(k); }, "gp-link") : null
      ]));
    });
    if (!shown) { box.appendChild(el("p", { "class": "gp-small", text: t("ui_whatif_not_found") })); }
  }

  function written(w, title) { return gp.overlayOf(w.choice(), { name: w.name, t: w.app.t }, title.trim()); }

  function download(w, title) {
    var address = URL.createObjectURL(new Blob([written(w, title)], { type: "application/toml" }));
    var link = el("a", { href: address, download: "what-if-" + w.meta.key + ".toml" });
    document.body.appendChild(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(address); }, 10000);
    w.tell(w.app.t("ui_whatif_saved", { file: "what-if-" + w.meta.key + ".toml" }));
  }

  /* the text stands there too, for browsers that give a file no clipboard */
  function copied(w, title) {
    var area = w.parts.text;
    area.hidden = false;
    area.value = written(w, title);
    area.select();
    var done = document.execCommand && document.execCommand("copy");
    w.tell(w.app.t(done ? "ui_whatif_copied" : "ui_whatif_copy_self"));
  }
})(window.geoplan);

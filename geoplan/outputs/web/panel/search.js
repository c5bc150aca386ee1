/* Find a facility, community or area by name: a combobox that the keyboard can work. */
(function (gp) {
  "use strict";
  var el = gp.el, MOST = 12;

  function fold(text) { return text.normalize("NFKC").toLowerCase().replace(/\s+/g, ""); }

  function entries(app) {
    var m = app.model, t = app.t, all = [];
    function add(kind, names, label, level) {
      (names || []).forEach(function (name, i) {
        if (name) { all.push({ kind: kind, i: i, level: level, name: name, folded: fold(name), label: label }); }
      });
    }
    add("site", m.sites && m.sites.d.names, t("ui_kind_site"));
    add("suggested", m.suggested && m.suggested.d.names, t("ui_kind_suggested"));
    m.levels.forEach(function (entry, k) {
      if (entry.shapes) {
        add("area", entry.level.names.map(function (name, i) { return entry.shapes[i] ? name : ""; }), entry.level.name, k);
      }
    });
    if (m.gaps) { add("gap", m.gaps.d.area.map(function (area, i) { return m.gaps.shapes[i] ? area : ""; }), t("ui_tab_gaps")); }
    add("demand", m.demand && m.demand.d.names, t("ui_kind_demand"));
    return all;
  }

  gp.search = function (app) {
    var t = app.t, id = app.id + "_found", all = null, readings = null, found = [], at = -1;
    var input = el("input", {
      type: "search", role: "combobox", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list",
      "aria-label": t("ui_search"), placeholder: t(app.root.clientWidth < 760 ? "ui_search_short" : "ui_search"), autocomplete: "off", spellcheck: "false"
    });
    var list = el("ul", { id: id, role: "listbox", "class": "gp-found", "aria-label": t("ui_search") });
    list.hidden = true;

    function close() {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }
    function mark() {
      Array.prototype.forEach.call(list.children, function (item, k) { item.setAttribute("aria-selected", String(k === at)); });
      if (at >= 0) {
        input.setAttribute("aria-activedescendant", id + "_" + at);
        list.children[at].scrollIntoView({ block: "nearest" });
      }
    }
    function take(k) {
      var entry = found[k];
      if (!entry) { return; }
      input.value = entry.name;
      close();
      app.select(entry.kind, entry.i, { level: entry.level, go: true });
    }
    function look() {
      var wanted = fold(input.value).replace(/['’]/g, "");
      readings = readings || gp.readings(app.data.pinyin);
      list.textContent = "";
      at = -1;
      if (!wanted) { close(); return; }
      all = all || entries(app);
      var first = [], later = [];
      for (var k = 0; k < all.length && first.length < MOST; k++) {
        var where = all[k].folded.indexOf(wanted);
        if (where < 0) { where = gp.soundsLike(all[k].folded, wanted, readings); }
        if (where === 0) { first.push(all[k]); } else if (where > 0 && later.length < MOST) { later.push(all[k]); }
      }
      found = first.concat(later).slice(0, MOST);
      found.forEach(function (entry, n) {
        list.appendChild(el("li", {
          role: "option", id: id + "_" + n, "aria-selected": "false",
          on: { mousedown: function (e) { e.preventDefault(); take(n); } }
        }, [el("span", { text: entry.name }), el("small", { text: entry.label })]));
      });
      if (!found.length) { list.appendChild(el("li", { "class": "gp-none", text: t("ui_search_none") })); }
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      app.tell(t("ui_search_count", { n: found.length }));
    }
    input.addEventListener("input", look);
    input.addEventListener("focus", function () { if (input.value) { look(); } });
    input.addEventListener("blur", function () { setTimeout(close, 120); });
    input.addEventListener("keydown", function (e) {
      if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        e.preventDefault();
        if (found.length) { at = e.key === "ArrowDown" ? (at + 1) % found.length : (at < 0 ? found.length : at + found.length) - 1; at %= found.length; mark(); }
      } else if (e.key === "Enter") { e.preventDefault(); take(at < 0 ? 0 : at); }
      else if (e.key === "Escape") { close(); }
    });
    app.parts.search.appendChild(input);
    app.parts.search.appendChild(list);
  };
})(window.geoplan);

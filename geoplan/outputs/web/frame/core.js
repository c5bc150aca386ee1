/* geoplan map page: words, numbers, decoding, elements. Names from data become text nodes only. */
(function (gp) {
  "use strict";

  gp.colours = {
    ink: "#1b2530", muted: "#687482", land: "#f7f5f0", paper: "#ffffff", halo: "rgba(255,255,255,.92)", edge: "#ffffff", chosen: "#111820", around: "#ffffff",
    faint: "#b9b9b8", other: "#d5d2ca", veil: "d0", water: "#cbdfeb", green: "#e3ebd9",
    road: { 1: "#b9ab93", 2: "#ccc2b1", 3: "#d8d1c4" },
    boundary: "#8d8f94", label: "#4d5661",
    served: "#3d82b4", gained: "#0a3a6b", full: "#e0a030", missed: "#cf4f17", none: "#9aa2ab",
    site: "#16324f", suggested: "#ffd23f", lead: "#33280a", crossed: "#c4261d", ride: "#5b2d9e", gap: "#b8481c", gapTint: "#f6d9c9", hatch: "#dd9574", covered: "#2c7fb8",
    reach: ["#bfe3e0", "#8ecfcf", "#5cb8bf"],
    shares: ["#d9603b", "#f4ab7c", "#f7ecc8", "#a6cfe3", "#3d82b4"],
    classes: {
      1: ["#2c7fb8"],
      2: ["#c7e9b4", "#2c7fb8"],
      3: ["#edf8b1", "#7fcdbb", "#2c7fb8"],
      4: ["#ffffd9", "#c7e9b4", "#7fcdbb", "#2c7fb8"],
      5: ["#ffffd9", "#c7e9b4", "#7fcdbb", "#41b6c4", "#2c7fb8"]
    }
  };
  gp.MISSING = "—";  // as words.text_format has it
  gp.STATES = ["served", "full", "beyond", "cut_off", "off_network", "unlocated"];

  /* a word with {values} put in */
  gp.say = function (words, key, values) {
    var text = words[key] === undefined ? key : words[key];
    return text.replace(/\{(\w+)\}/g, function (whole, name) {
      return values && values[name] !== undefined ? String(values[name]) : whole;
    });
  };

  gp.number = function (value, digits) {
    if (value === null || value === undefined) { return gp.MISSING; }
    return Number(value).toLocaleString("en-US", {
      minimumFractionDigits: digits || 0, maximumFractionDigits: digits || 0
    });
  };
  gp.people = function (value) { return gp.number(value, 0); };
  gp.share = function (value) {
    return value === null || value === undefined ? gp.MISSING : gp.number(100 * value, 1) + "%";
  };
  gp.plain = function (value) {
    return value === null || value === undefined ? gp.MISSING :
      Number(value).toLocaleString("en-US", { maximumFractionDigits: 2 });
  };

  /* decimals that tell a column of rates apart, the same for all its rows */
  gp.digitsOf = function (values) {
    var most = Math.max.apply(null, values.filter(function (v) { return v !== null; }).map(Math.abs).concat([0]));
    return most >= 100 ? 1 : most >= 1 ? 2 : 3;
  };

  /* does a text name something? Not a number, not the label of a node, as words/naming.py has it */
  gp.isName = function (text) {
    var said = text.trim();
    return said !== "" && !/^([\d\s.,/_-]+|[a-z]{1,3}[_-]?\d{3,}|(node|way|relation|osm|id|row)[\s/_-]*\d+|[-—]|nan|none|null|无|无名|无名路|未命名|unnamed|noname|no name)$/i.test(said);
  };

  /* el("p", {class: "x", text: "..."}, [children]) */
  gp.el = function (tag, attributes, children) {
    var node = document.createElement(tag), name;
    for (name in attributes || {}) {
      if (attributes[name] === null || attributes[name] === undefined) { continue; }
      if (name === "text") { node.textContent = attributes[name]; }
      else if (name === "on") {
        for (var event in attributes.on) { node.addEventListener(event, attributes.on[event]); }
      } else { node.setAttribute(name, attributes[name]); }
    }
    (children || []).forEach(function (child) { if (child) { node.appendChild(child); } });
    return node;
  };
  gp.svg = function (tag, attributes, children) {
    var node = document.createElementNS("http://www.w3.org/2000/svg", tag), name;
    for (name in attributes || {}) { node.setAttribute(name, attributes[name]); }
    (children || []).forEach(function (child) { node.appendChild(child); });
    return node;
  };

  /* A longitude on the side of the study's middle: 179.999 and 180.002, not -179.998 */
  gp.around = 0;
  gp.oneSide = function (lon) { return lon - 360 * Math.round((lon - gp.around) / 360); };

  /* A path of text to world coordinates (Web Mercator, 256 wide): [x0, y0, x1, y1, ...] */
  gp.decode = function (text) {
    var out = [], lon = 0, lat = 0, at = 0;
    function next() {
      var result = 0, factor = 1, chunk;
      do {
        chunk = text.charCodeAt(at++) - 63;
        result += (chunk & 31) * factor;
        factor *= 32;
      } while (chunk >= 32);
      return result % 2 ? -(result + 1) / 2 : result / 2;
    }
    while (at < text.length) {
      lon += next();
      lat += next();
      var sine = Math.sin(lat / 1e5 * Math.PI / 180);
      out.push((gp.oneSide(lon / 1e5) + 180) / 360 * 256,
        (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * 256);
    }
    return Float64Array.from(out);
  };

  gp.box = function (paths) {
    var box = [Infinity, Infinity, -Infinity, -Infinity];
    paths.forEach(function (path) {
      for (var i = 0; i < path.length; i += 2) {
        if (path[i] < box[0]) { box[0] = path[i]; }
        if (path[i] > box[2]) { box[2] = path[i]; }
        if (path[i + 1] < box[1]) { box[1] = path[i + 1]; }
        if (path[i + 1] > box[3]) { box[3] = path[i + 1]; }
      }
    });
    return box;
  };

  /* a shape: paths with their box */
  gp.shape = function (texts) {
    if (!texts) { return null; }
    var paths = texts.map(gp.decode);
    return { paths: paths, box: gp.box(paths) };
  };

  /* even-odd: is the world point inside the rings? */
  gp.inside = function (shape, x, y) {
    var odd = false, box = shape.box;
    if (x < box[0] || x > box[2] || y < box[1] || y > box[3]) { return false; }
    shape.paths.forEach(function (p) {
      for (var i = 0, j = p.length - 2; i < p.length; j = i, i += 2) {
        if ((p[i + 1] > y) !== (p[j + 1] > y) &&
            x < (p[j] - p[i]) * (y - p[i + 1]) / (p[j + 1] - p[i + 1]) + p[i]) { odd = !odd; }
      }
    });
    return odd;
  };

  function halfway(p) {
    var total = 0, i, step;
    for (i = 2; i < p.length; i += 2) { total += Math.hypot(p[i] - p[i - 2], p[i + 1] - p[i - 1]); }
    var left = total / 2;
    for (i = 2; i < p.length; i += 2) {
      step = Math.hypot(p[i] - p[i - 2], p[i + 1] - p[i - 1]);
      if (step >= left && step > 0) {
        return [p[i - 2] + (p[i] - p[i - 2]) * left / step, p[i - 1] + (p[i + 1] - p[i - 1]) * left / step];
      }
      left -= step;
    }
    return [p[0], p[1]];
  }

  /* middle of the largest ring (area-weighted), or of a line's box */
  gp.middle = function (shape, line) {
    var best = 0, at = [(shape.box[0] + shape.box[2]) / 2, (shape.box[1] + shape.box[3]) / 2];
    if (line) { return halfway(shape.paths[0]); }
    shape.paths.forEach(function (p) {
      var area = 0, x = 0, y = 0, x0 = p[0], y0 = p[1];
      for (var i = 0; i + 3 < p.length; i += 2) {
        var a = p[i] - x0, b = p[i + 1] - y0, c = p[i + 2] - x0, d = p[i + 3] - y0;
        var cross = a * d - c * b;
        area += cross; x += (a + c) * cross; y += (b + d) * cross;
      }
      if (Math.abs(area) > best) {
        best = Math.abs(area);
        at = [x0 + x / (3 * area), y0 + y / (3 * area)];
      }
    });
    return at;
  };

  gp.toLatLng = function (x, y) {
    var n = Math.PI * (1 - 2 * y / 256);
    return L.latLng(180 / Math.PI * Math.atan(Math.sinh(n)), x / 256 * 360 - 180);
  };
  gp.toWorld = function (latlng) {
    var sine = Math.sin(latlng.lat * Math.PI / 180);
    return [(latlng.lng + 180) / 360 * 256,
      (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * 256];
  };

  /* Leaflet's marker pictures, for markers that a user adds; and what folium's popups call jQuery for */
  gp.icons = function (pictures) {
    delete (/** @type {any} */ (L.Icon.Default.prototype))._getIconUrl;
    L.Icon.Default.mergeOptions({
      iconUrl: pictures[0], iconRetinaUrl: pictures[0], shadowUrl: pictures[1]
    });
    if (!window.$) {
      window.$ = function (markup) {
        var holder = document.createElement("template");
        holder.innerHTML = String(markup).trim();
        return [holder.content.firstChild];
      };
    }
  };
})(window.geoplan = window.geoplan || /** @type {Geoplan} */ ({}));

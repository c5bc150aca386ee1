/* What-if: people, covers, zones and neighbours, read from the bytes that outputs/maps/covers wrote. */
(function (gp) {
  "use strict";

  function reader(bytes) {
    var at = 0;
    function one() {
      var value = 0, factor = 1, byte;
      do {
        byte = bytes[at++];
        value += (byte & 127) * factor;
        factor *= 128;
      } while (byte >= 128);
      return value;
    }
    function fold(value) { return value % 2 ? -(value + 1) / 2 : value / 2; }
    return {
      one: one,
      many: function (n, less) {
        var out = new Int32Array(n);
        for (var i = 0; i < n; i++) { out[i] = one() - (less || 0); }
        return out;
      },
      steps: function (n) {
        var out = new Float64Array(n), sum = 0;
        for (var i = 0; i < n; i++) { sum += fold(one()); out[i] = sum; }
        return out;
      },
      floats: function (n) {
        var copy = bytes.slice(at, at + 8 * n);
        at += 8 * n;
        return new Float64Array(copy.buffer);
      },
      text: function (n) {
        at += n;
        return JSON.parse(new TextDecoder().decode(bytes.subarray(at - n, at)));
      }
    };
  }

  /* sets of numbers: each by its runs, or by those of its difference from the one before */
  function sets(read, n) {
    var found = [], before = new Int32Array(0);
    for (var k = 0; k < n; k++) {
      var head = read.one(), differs = head % 2, count = (head - differs) / 2, part = [], place = 0;
      for (var r = 0; r < count; r++) {
        place += read.one();
        for (var left = read.one() + 1; left > 0; left--) { part.push(place++); }
      }
      before = differs ? either(before, part) : Int32Array.from(part);
      found.push(before);
    }
    return found;
  }

  /* what is in one of two sorted sets but not in both */
  function either(a, b) {
    var out = [], i = 0, j = 0;
    while (i < a.length || j < b.length) {
      if (j >= b.length || a[i] < b[j]) { out.push(a[i++]); }
      else if (i >= a.length || b[j] < a[i]) { out.push(b[j++]); }
      else { i++; j++; }
    }
    return Int32Array.from(out);
  }

  /** What the page holds for what-ifs, decoded.
   * @param {any} d @returns {Covers} */
  gp.readCovers = function (d) {
    var read = reader(gp.inflate(gp.bytesOf(d.z))), n = d.rows, all = d.sites + d.candidates;
    var c = /** @type {Covers} */ ({ meta: d, n: n, existing: d.sites, all: all });
    c.people = d.whole ? Float64Array.from(read.many(n)) : read.floats(n);
    c.fixed = read.many(n);
    c.zone = read.many(n, 1);
    c.xy = read.floats(2 * n);
    c.area = d.levels.map(function () { return read.many(n, 1); });
    var a = read.steps(d.pairs), b = read.many(d.pairs);
    c.pairs = [Int32Array.from(a), b.map(function (step, i) { return a[i] + step; })];
    c.rank = new Int32Array(n);
    read.steps(n).forEach(function (row, place) { c.rank[row] = place; });
    c.home = read.many(n, 1);
    var order = read.steps(n);
    c.lon = read.steps(all).map(degree);
    c.lat = read.steps(all).map(degree);
    c.classOf = read.many(all, 1);
    c.ways = [{ zone: c.zone, classOf: c.classOf, zones: sets(read, d.classes) }];
    // by public transport: who has service where, beside who could walk
    if (d.timed) { c.ways.push({ zone: read.many(n, 1), classOf: read.many(all, 1), zones: sets(read, d.runs) }); }
    c.place = read.floats(2 * d.candidates);
    c.capacity = d.limited ? read.floats(all) : null;
    c.money = d.priced ? read.floats(d.candidates) : null;
    var sites = read.steps(all);
    c.cover = [];
    sets(read, all).forEach(function (ranks, k) {
      c.cover[sites[k]] = ranks.map(function (rank) { return order[rank]; });
    });
    c.ids = read.text(d.texts[0]);
    c.names = read.text(d.texts[1]);
    c.lost = read.text(d.texts[2]);
    c.index = new Map(c.ids.map(function (id, k) { return [id, k]; }));
    nearestFirst(c);
    return c;
  };

  function degree(value) { return value / 1e6; }

  /* pairs of neighbours, the nearest first; of equals that of the rows that come first by name */
  function nearestFirst(c) {
    var far = new Float64Array(c.pairs[0].length), order = new Uint32Array(far.length), k;
    function first(at) { return Math.min(c.rank[c.pairs[0][at]], c.rank[c.pairs[1][at]]); }
    function second(at) { return Math.max(c.rank[c.pairs[0][at]], c.rank[c.pairs[1][at]]); }
    for (k = 0; k < far.length; k++) {
      var a = c.pairs[0][k], b = c.pairs[1][k];
      far[k] = Math.round(Math.hypot(c.xy[2 * a] - c.xy[2 * b], c.xy[2 * a + 1] - c.xy[2 * b + 1]) * 1e6);
      order[k] = k;
    }
    order.sort(function (p, q) { return far[p] - far[q] || first(p) - first(q) || second(p) - second(q); });
    c.pairs = c.pairs.map(function (side) { return Int32Array.from(order, function (at) { return side[at]; }); });
  }
})(window.geoplan);

/* What-if: bytes out of the page. Inflates RFC 1951 itself, so that browsers of any age can. */
(function (gp) {
  "use strict";

  var EXTRA_LENGTH = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
  var EXTRA_DISTANCE = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
  var ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  var BASE_LENGTH = bases(EXTRA_LENGTH, 3), BASE_DISTANCE = bases(EXTRA_DISTANCE, 1);
  BASE_LENGTH[28] = 258;

  function bases(extra, first) {
    return extra.map(function (bits) { var at = first; first += 1 << bits; return at; });
  }

  /* a canonical Huffman code as counts by length and symbols in order */
  function codes(lengths) {
    var count = new Uint16Array(16), offset = new Uint16Array(16), symbol = new Uint16Array(lengths.length), i;
    for (i = 0; i < lengths.length; i++) { count[lengths[i]]++; }
    count[0] = 0;
    for (i = 1; i < 16; i++) { offset[i] = offset[i - 1] + count[i - 1]; }
    for (i = 0; i < lengths.length; i++) { if (lengths[i]) { symbol[offset[lengths[i]]++] = i; } }
    return { count: count, symbol: symbol };
  }

  function fixed() {
    var lengths = new Uint8Array(288), distances = new Uint8Array(30).fill(5);
    lengths.fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280, 288);
    return [codes(lengths), codes(distances)];
  }

  /** @param {Uint8Array} source @returns {Uint8Array} */
  gp.inflate = function (source) {
    var out = new Uint8Array(source.length * 4 + 1024), size = 0, at = 0, hold = 0, held = 0;
    function bits(n) {
      while (held < n) { hold |= source[at++] << held; held += 8; }
      var value = hold & ((1 << n) - 1);
      hold >>>= n;
      held -= n;
      return value;
    }
    function next(code) {
      var value = 0, first = 0, index = 0;
      for (var length = 1; length < 16; length++) {
        if (!held) { hold = source[at++]; held = 8; }
        value |= hold & 1;
        hold >>>= 1;
        held--;
        var count = code.count[length];
        if (value - count < first) { return code.symbol[index + value - first]; }
        index += count;
        first = (first + count) << 1;
        value <<= 1;
      }
      throw new Error("damaged covers");
    }
    function room(n) {
      if (size + n <= out.length) { return; }
      var larger = new Uint8Array(Math.max(out.length * 2, size + n));
      larger.set(out);
      out = larger;
    }
    function dynamic() {
      var literals = bits(5) + 257, distances = bits(5) + 1, kinds = bits(4) + 4, i = 0;
      var lengths = new Uint8Array(320), some = new Uint8Array(19);
      for (; i < kinds; i++) { some[ORDER[i]] = bits(3); }
      var code = codes(some);
      for (i = 0; i < literals + distances;) {
        var symbol = next(code), repeat = 0, value = 0;
        if (symbol < 16) { lengths[i++] = symbol; continue; }
        if (symbol === 16) { value = lengths[i - 1]; repeat = 3 + bits(2); }
        else { repeat = symbol === 17 ? 3 + bits(3) : 11 + bits(7); }
        while (repeat--) { lengths[i++] = value; }
      }
      return [codes(lengths.subarray(0, literals)), codes(lengths.subarray(literals, literals + distances))];
    }
    function block(pair) {
      for (;;) {
        var symbol = next(pair[0]);
        if (symbol === 256) { return; }
        room(258);
        if (symbol < 256) { out[size++] = symbol; continue; }
        var length = BASE_LENGTH[symbol - 257] + bits(EXTRA_LENGTH[symbol - 257]);
        var which = next(pair[1]), from = size - BASE_DISTANCE[which] - bits(EXTRA_DISTANCE[which]);
        while (length--) { out[size++] = out[from++]; }
      }
    }
    function stored() {
      hold = held = 0;
      var length = source[at] | source[at + 1] << 8;
      at += 4;
      room(length);
      out.set(source.subarray(at, at + length), size);
      at += length;
      size += length;
    }
    var last = 0, kind = 0;
    while (!last) {
      last = bits(1);
      kind = bits(2);
      if (kind === 0) { stored(); } else { block(kind === 1 ? fixed() : dynamic()); }
    }
    return out.subarray(0, size);
  };

  gp.bytesOf = function (text) {
    var raw = atob(text), out = new Uint8Array(raw.length);
    for (var i = 0; i < raw.length; i++) { out[i] = raw.charCodeAt(i); }
    return out;
  };
})(window.geoplan);

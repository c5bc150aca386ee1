/* The mark in a PNG that says how many dots make an inch: without it Word takes 96 and the sheet is three pages wide. */
(function (gp) {
  "use strict";
  /* the eight bytes of the signature, then IHDR: length, name, 13 bytes, checksum */
  var AFTER_HEAD = 8 + 4 + 4 + 13 + 4;

  /* CRC-32 as PNG and zip use it (ISO 3309), bit by bit: the chunk has thirteen bytes */
  function checksum(bytes) {
    var c = 0xffffffff;
    bytes.forEach(function (byte) {
      c ^= byte;
      for (var k = 0; k < 8; k++) { c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1; }
    });
    return (c ^ 0xffffffff) >>> 0;
  }

  /** The bytes of a PNG with its resolution (a pHYs chunk, dots per metre, before the picture itself).
   * @param {Uint8Array} png @param {number} dpi @returns {Uint8Array<ArrayBuffer>} */
  gp.withDpi = function (png, dpi) {
    var chunk = new Uint8Array(4 + 4 + 9 + 4), view = new DataView(chunk.buffer), dots = Math.round(dpi / 0.0254);
    view.setUint32(0, 9);
    chunk.set([112, 72, 89, 115], 4);  // pHYs
    view.setUint32(8, dots);
    view.setUint32(12, dots);
    chunk[16] = 1;  // per metre
    view.setUint32(17, checksum(chunk.subarray(4, 17)));
    var out = new Uint8Array(png.length + chunk.length);
    out.set(png.subarray(0, AFTER_HEAD));
    out.set(chunk, AFTER_HEAD);
    out.set(png.subarray(AFTER_HEAD), AFTER_HEAD + chunk.length);
    return out;
  };
})(window.geoplan);

"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const zlib = require("node:zlib");
const { page } = require("./page.js");

const gp = page("frame/core.js", "frame/png.js");

/* a chunk as the standard has it: length, name, data, checksum of both (gzip ends in the same one) */
function chunk(name, data) {
  const named = Buffer.concat([Buffer.from(name, "latin1"), data]), out = Buffer.alloc(named.length + 8);
  out.writeUInt32BE(data.length, 0);
  named.copy(out, 4);
  out.writeUInt32BE(zlib.gzipSync(named).readUInt32LE(zlib.gzipSync(named).length - 8), named.length + 4);
  return out;
}

test("a picture says its dots per inch right after its head, and nothing else changes", () => {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(1, 0);
  head.writeUInt32BE(1, 4);
  head.set([8, 0, 0, 0, 0], 8);
  const front = Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", head)]);
  const rest = Buffer.concat([chunk("IDAT", zlib.deflateSync(Buffer.from([0, 255]))), chunk("IEND", Buffer.alloc(0))]);
  for (const dpi of [300, 96]) {
    const said = Buffer.alloc(9), dots = Math.round(dpi / 0.0254);
    said.writeUInt32BE(dots, 0);
    said.writeUInt32BE(dots, 4);
    said[8] = 1;
    const found = Buffer.from(gp.withDpi(new Uint8Array(Buffer.concat([front, rest])), dpi));
    assert.deepEqual(found, Buffer.concat([front, chunk("pHYs", said), rest]));
  }
});

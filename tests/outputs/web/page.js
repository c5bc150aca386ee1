// The page's scripts, loaded without a browser: what needs no document can be asked directly.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const WEB = path.join(__dirname, "..", "..", "..", "geoplan", "outputs", "web");

/** `geoplan` of the page after the named scripts have run */
function page(...names) {
  const window = { devicePixelRatio: 1 };
  const L = { latLng: (lat, lng) => ({ lat, lng }), Renderer: { extend: (own) => own } };
  const world = vm.createContext({ window, L, Promise, URLSearchParams, decodeURIComponent, encodeURIComponent, Float64Array, Uint8Array, DataView, Math, console });
  for (const name of names) {
    vm.runInContext(fs.readFileSync(path.join(WEB, name), "utf8"), world, { filename: name });
  }
  return window.geoplan;
}

/** Coordinates (longitude, latitude) in the page's text, written the slow way */
function encode(points) {
  let text = "", before = [0, 0];
  for (const point of points) {
    const now = point.map((v) => Math.round(v * 1e5));
    for (const k of [0, 1]) {
      const step = now[k] - before[k];
      let value = step < 0 ? -2 * step - 1 : 2 * step;
      do {
        const chunk = value % 32;
        value = Math.floor(value / 32);
        text += String.fromCharCode(63 + chunk + (value ? 32 : 0));
      } while (value);
    }
    before = now;
  }
  return text;
}

module.exports = { page, encode, WEB };

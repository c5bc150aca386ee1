"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { page, encode } = require("./page.js");

const gp = page("frame/core.js");

test("numbers read as people write them, and what is not known is a dash", () => {
  assert.equal(gp.people(1234567.4), "1,234,567");
  assert.equal(gp.share(0.4567), "45.7%");
  assert.equal(gp.plain(1000.5), "1,000.5");
  for (const none of [null, undefined]) {
    assert.equal(gp.people(none), gp.MISSING);
    assert.equal(gp.share(none), gp.MISSING);
  }
  assert.equal(gp.people(0), "0");
});

test("words keep what no value was given for", () => {
  const words = { a: "{n} of {whole}" };
  assert.equal(gp.say(words, "a", { n: 0, whole: 3 }), "0 of 3");
  assert.equal(gp.say(words, "a", { n: 1 }), "1 of {whole}");
  assert.equal(gp.say(words, "not-there"), "not-there");
});

test("paths come back to a metre, whatever their sign", () => {
  const points = [[117.02, 36.66], [117.025, 36.655], [-120.2, -38.5], [0, 0], [179.99, 84.9]];
  gp.around = 0;
  const found = gp.decode(encode(points));
  assert.equal(found.length, 2 * points.length);
  points.forEach(([lon, lat], i) => {
    const at = gp.toLatLng(found[2 * i], found[2 * i + 1]);
    assert.ok(Math.abs(at.lng - lon) < 1e-5 && Math.abs(at.lat - lat) < 1e-5, `${lon} ${lat}`);
  });
});

test("a study across 180 degrees lies on one side", () => {
  gp.around = 180.01;
  const found = gp.decode(encode([[179.9, -17], [-179.9, -17]]));
  assert.ok(Math.abs(found[2] - found[0] - 256 * 0.2 / 360) < 1e-4);
  gp.around = 0;
});

test("world and degrees are inverse to one another", () => {
  for (const [lat, lng] of [[36.6, 117], [-80, -179], [0, 0], [84, 179]]) {
    const [x, y] = gp.toWorld({ lat, lng });
    const back = gp.toLatLng(x, y);
    assert.ok(Math.abs(back.lat - lat) < 1e-9 && Math.abs(back.lng - lng) < 1e-9);
  }
});

test("inside is even-odd: a hole is outside, an island in it is inside", () => {
  const ring = (r) => Float64Array.from([-r, -r, r, -r, r, r, -r, r, -r, -r]);
  const paths = [ring(3), ring(2), ring(1)];
  const shape = { paths, box: gp.box(paths) };
  assert.equal(gp.inside(shape, 2.5, 0), true);
  assert.equal(gp.inside(shape, 1.5, 0), false);
  assert.equal(gp.inside(shape, 0.5, 0), true);
  assert.equal(gp.inside(shape, 3.5, 0), false);
});

test("the middle is that of the largest ring, and half way along a line", () => {
  const square = (x, r) => Float64Array.from([x - r, -r, x + r, -r, x + r, r, x - r, r, x - r, -r]);
  const paths = [square(0, 1), square(10, 2)];
  const [x, y] = gp.middle({ paths, box: gp.box(paths) });
  assert.ok(Math.abs(x - 10) < 1e-9 && Math.abs(y) < 1e-9);
  const line = [Float64Array.from([0, 0, 4, 0, 4, 2])];
  assert.deepEqual([...gp.middle({ paths: line, box: gp.box(line) }, true)], [3, 0]);
});

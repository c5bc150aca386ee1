"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { page, encode } = require("./page.js");

const gp = page("frame/core.js", "map/scene.js", "map/model.js", "map/gaps.js", "map/badges.js", "map/hit.js");

/** A square of `r` degrees around a place */
const square = (lon, lat, r) =>
  encode([[lon - r, lat - r], [lon + r, lat - r], [lon + r, lat + r], [lon - r, lat + r], [lon - r, lat - r]]);

function data() {
  return {
    bounds: [[36, 117], [37, 118]],
    areas: [{
      level: "district", name: "区", names: ["东", "西"], kind: "share", breaks: [0.2, 0.4, 0.6, 0.8],
      value: [0.2, null], value_after: [0.9, null], unserved: [80, null], unserved_after: [10, null],
      rings: [[square(117.5, 36.5, 0.2)], null],
    }],
    demand: {
      at: encode([[117.5, 36.5], [117.6, 36.5], [117.9, 36.9]]), people: [10, 100, 50], state: "022", after: "002",
      site: [0, -1, -1], cost: [], part: {}, names: ["甲", "乙", "丙"], after_site: { 1: 1 }, gain: { 1: 100 },
    },
    sites: { at: encode([[117.5, 36.5]]), names: ["站"], tier: [-1], tiers: [] },
    suggested: { at: encode([[117.6, 36.5]]), rank: [1], names: ["新"], area: [""] },
    gaps: { rank: [1, 2], people: [100, 50], cause: ["no_site", "no_site"], area: ["甲", "丙"], after: [0, 50], shape: [[square(117.6, 36.5, 0.02)], [square(117.9, 36.9, 0.02)]] },
  };
}

test("a community is covered today, newly covered, or missed, by what is shown", () => {
  const m = gp.model(data());
  assert.deepEqual([0, 1, 2].map((i) => gp.category(m, i)), ["served", "missed", "missed"]);
  m.scenario = "after";
  assert.deepEqual([0, 1, 2].map((i) => gp.category(m, i)), ["served", "gained", "missed"]);
});

test("with the plan, areas and gaps are those with the plan", () => {
  const m = gp.model(data());
  const level = m.levels[0].level;
  assert.equal(gp.valuesOf(m, level)[0], 0.2);
  assert.deepEqual([gp.open(m, 0), gp.open(m, 1)], [true, true]);
  m.scenario = "after";
  assert.equal(gp.valuesOf(m, level)[0], 0.9);
  assert.equal(gp.unservedOf(m, level)[0], 10);
  assert.deepEqual([gp.open(m, 0), gp.open(m, 1)], [false, true]);
});

test("a bound opens the next class of shares and closes one of rates; none has no class", () => {
  const share = { kind: "share", breaks: [0.2, 0.4] }, rate = { kind: "rate", breaks: [0.2, 0.4] };
  assert.deepEqual([0.1, 0.2, 0.4, 1].map((v) => gp.classOf(v, share)), [0, 1, 2, 2]);
  assert.deepEqual([0.1, 0.2, 0.4, 1].map((v) => gp.classOf(v, rate)), [0, 0, 1, 2]);
  assert.equal(gp.classOf(null, share), -1);
});

test("the pointer finds what is on top, and nothing that is switched off", () => {
  const m = gp.model(data());
  const at = (lng, lat) => gp.toWorld({ lng, lat });
  Object.assign(m.on, { suggested: true, gaps: true, "sites:-1": true, served: true, missed: true, "areas:0": true });
  assert.deepEqual({ ...gp.hit(m, ...at(117.6, 36.5), 11, 2) }, { kind: "suggested", i: 0 });
  m.on.suggested = false;
  assert.deepEqual({ ...gp.hit(m, ...at(117.61, 36.51), 14, 2) }, { kind: "gap", i: 0 });
  m.on.gaps = false;
  assert.deepEqual({ ...gp.hit(m, ...at(117.61, 36.51), 14, 2) }, { kind: "area", i: 0, level: 0 });
  assert.equal(gp.hit(m, ...at(117.1, 36.1), 14, 2), null);
});

"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { page, encode } = require("./page.js");

const gp = page("frame/core.js", "map/scene.js", "map/model.js", "map/gaps.js", "frame/views.js", "comparison/difference.js");

const square = (lon, lat, r) =>
  encode([[lon - r, lat - r], [lon + r, lat - r], [lon + r, lat + r], [lon - r, lat + r], [lon - r, lat - r]]);

/** Four gaps, the largest of which is a community off the road */
function model(scenario = "now") {
  const m = gp.model({
    bounds: [[36, 117], [37, 118]],
    gaps: {
      rank: [1, 2, 3, 4], people: [900, 500, 400, 300], after: [900, 20, 300, 0],
      cause: ["off_network", "no_site", "full", "no_site"], area: ["甲", "乙", "丙", "丁"],
      shape: [[square(117.1, 36.1, 0.01)], [square(117.2, 36.2, 0.01)], [square(117.3, 36.3, 0.01)], [square(117.4, 36.4, 0.01)]],
    },
    suggested: { at: encode([[117.2, 36.2], [117.3, 36.3]]), rank: [1, 2], ids: ["n8", "1"], names: ["", ""], area: ["", ""] },
    sites: { at: encode([[117.5, 36.5]]), names: ["站"], tier: [-1], tiers: [], ids: ["2"] },
  });
  m.scenario = scenario;
  m.on = { gaps: true, faults: true };
  return m;
}

test("letters go on as columns of a sheet do", () => {
  assert.deepEqual([0, 25, 26, 51, 52, 701, 702].map(gp.letter), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
});

test("a fault of data has no letter and is no gap of the service", () => {
  const m = model();
  assert.deepEqual([...m.gaps.letter], ["", "A", "B", "C"]);
  assert.deepEqual([...gp.gapList(m)], [1, 2, 3]);
  assert.deepEqual([...gp.faultList(m)], [0]);
  assert.deepEqual([...gp.topGaps(m)], [1, 2, 3]);
});

test("after the plan the list is ordered by who remains, under the same letters; counts agree", () => {
  const m = model("after");
  assert.deepEqual([...gp.gapList(m)], [2, 1, 3]);
  assert.deepEqual(gp.gapList(m).map((i) => gp.gapPeople(m, i)), [300, 20, 0]);
  assert.equal(gp.countOpen(m, false), 2);
  assert.equal(gp.countOpen(m, true), 1);
  assert.equal(gp.drawnGaps(m, false).length, gp.countOpen(m, false));
  assert.deepEqual([...m.gaps.letter], ["", "A", "B", "C"]);
});

test("what the public edition does not know stays as it is today", () => {
  const m = model("after");
  m.gaps.d.after = [null, null, null, null];
  assert.deepEqual(gp.gapList(m).map((i) => gp.gapPeople(m, i)), [500, 400, 300]);
  assert.equal(gp.countOpen(m, false), 3);
});

test("a few people who are left are withheld, and their gap is not closed", () => {
  const m = model("after");
  m.gaps.d.after = [900, null, 300, 0];
  assert.deepEqual(gp.gapList(m).map((i) => gp.gapPeople(m, i)), [300, null, 0]);
  assert.equal(gp.countOpen(m, false), 2);
});

test("from afar the ten largest, and points only on a closer look", () => {
  const m = model();
  m.on["sites:-1"] = true;
  assert.equal(gp.shown(m, "sites:-1", true), true);
  m.auto["sites:-1"] = true;
  assert.equal(gp.shown(m, "sites:-1", true), false);
  assert.equal(gp.shown(m, "sites:-1", false), true);
});

test("links name a gap by its rank or letter, a site by its id, then by its number", () => {
  const m = model(), at = (hash) => { const hit = gp.linked(m, hash); return hit && [hit.kind, hit.i]; };
  assert.deepEqual(at("#gap=2"), ["gap", 1]);
  assert.deepEqual(at("#gap=b"), ["gap", 2]);
  assert.deepEqual(at("#site=n8"), ["suggested", 0]);
  assert.deepEqual(at("#site=1"), ["suggested", 1]);
  assert.deepEqual(at("#site=2"), ["site", 0]);
  for (const none of ["", "#", "#gap=99", "#site=%E0%A4%A", "#other=1", "#gap="]) { assert.equal(at(none), null, none); }
  assert.equal(gp.linkOf(m, "gap", 1), "gap=2");
  assert.equal(gp.linkOf(m, "suggested", 0), "site=n8");
});

test("who gains and who loses between two runs, by place and name", () => {
  const run = (state, names = ["甲", "乙", "丙"]) => gp.model({
    bounds: [[36, 117], [37, 118]],
    demand: { at: encode([[117.5, 36.5], [117.6, 36.5], [117.9, 36.9]]), people: [10, 100, 50], state, part: {}, names },
  });
  const a = run("022"), b = run("202"), found = gp.difference(a, b, gp.matched(a, b).both);
  assert.deepEqual([found.gained, found.lost], [100, 10]);
  assert.deepEqual([...gp.differenceList(a, found)].map((g) => [g.name, g.gained, g.lost]), [["乙", 100, 0], ["甲", 0, 10]]);
  assert.equal(gp.matched(a, run("022", ["x", "y", "z"])), null);
});

test("without names and areas a difference is called after a gap of either run, or by longitude and latitude", () => {
  const run = (state, gap) => gp.model({
    bounds: [[36, 117], [37, 118]],
    demand: { at: encode([[117.5, 36.5], [117.501, 36.5], [117.9, 36.9]]), people: [10, 100, 50], state, part: {}, names: ["n780", "", ""] },
    gaps: gap && { rank: [1], people: [110], after: [110], cause: ["no_site"], area: [gap], shape: [[square(117.5, 36.5, 0.01)]] },
  });
  const a = run("222", "near Elm Road"), b = run("002", null);
  const list = (one, other) => [...gp.differenceList(one, gp.difference(one, other, gp.matched(one, other).both), other, (at) => at.lat.toFixed(1) + " " + at.lng.toFixed(1))];
  assert.deepEqual(list(a, b).map((g) => [g.name, g.gained, g.lost]), [["near Elm Road", 110, 0]]);
  assert.deepEqual(list(b, a).map((g) => [g.name, g.gained, g.lost]), [["near Elm Road", 0, 110]]);
  assert.deepEqual(list(run("222", null), run("220", null)).map((g) => g.name), ["36.9 117.9"]);
});

test("withheld people are told and are no zeros; places of one run only are told apart", () => {
  const run = (people, state, names) => gp.model({
    bounds: [[36, 117], [37, 118]],
    demand: { at: encode(names.map((name) => [117.1 + name.charCodeAt(0) / 1000, 36.5])), people, state, part: {}, names },
  });
  const a = run([10, null, 50, 7], "0220", ["a", "b", "c", "d"]), b = run([10, 30, 50, 9, 4], "20020", ["a", "b", "c", "x", "y"]);
  const rows = gp.matched(a, b), found = gp.difference(a, b, rows.both);
  assert.deepEqual([found.gained, found.lost, found.withheld], [50, 10, 1]);
  assert.deepEqual({ ...gp.aloneRows(a, rows.a) }, { n: 1, people: 7, served: 7 });
  assert.deepEqual({ ...gp.aloneRows(b, rows.b) }, { n: 2, people: 13, served: 4 });
  assert.deepEqual({ ...gp.aloneRows(a, [0, 1]) }, { n: 2, people: null, served: null });
});

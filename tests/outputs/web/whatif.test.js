"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const zlib = require("node:zlib");
const { page } = require("./page.js");

const gp = page("frame/core.js", "map/gaps.js", "whatif/inflate.js", "whatif/count.js", "whatif/seats.js", "whatif/gaps.js", "whatif/toml.js");

/* numbers that follow from a seed */
function dice(seed) {
  let state = seed + 1;
  return (n) => {
    state = (state * 48271) % 2147483647;
    return state % n;
  };
}

test("what zlib deflates is inflated, stored, fixed and dynamic blocks alike", () => {
  const roll = dice(3);
  const sources = [
    Buffer.alloc(0), Buffer.from("a"), Buffer.from("what if ".repeat(500)),
    Buffer.from(Array.from({ length: 70000 }, () => roll(256))),
    Buffer.from(Array.from({ length: 200000 }, (_, i) => (i % 7) * roll(3))),
    Buffer.alloc(100000)
  ];
  for (const source of sources) {
    for (const options of [{ level: 0 }, { level: 1 }, { level: 9 }, { strategy: zlib.constants.Z_FIXED }, { strategy: zlib.constants.Z_HUFFMAN_ONLY }]) {
      const out = gp.inflate(new Uint8Array(zlib.deflateRawSync(source, options)));
      assert.ok(Buffer.from(out).equals(source), JSON.stringify(options) + source.length);
    }
  }
});

/* covers of rows in a line: site k reaches the rows in cover[k] */
function covers(people, cover, more) {
  const n = people.length, zone = new Int32Array(n), classOf = new Int32Array(cover.length);
  return Object.assign({
    meta: { whole: true, extent: 1e9, within: -1 }, n, existing: 0, all: cover.length,
    people: Float64Array.from(people), fixed: new Int32Array(n), zone, ways: [{ zone, classOf, zones: [[0]] }],
    xy: Float64Array.from(people.flatMap((_, i) => [100 * i, 0])), area: [], pairs: [[], []],
    rank: Int32Array.from(people.keys()), home: new Int32Array(n).fill(-1),
    classOf, capacity: null, cover: cover.map((rows) => Int32Array.from(rows))
  }, more);
}
function opened(c, sites) {
  const choice = gp.choice(c);
  choice.setAll(sites);
  return choice;
}
function numbers(choice) {
  const { total, served, full, beyond, cut_off } = choice.count().ledger;
  return { total, served, full, beyond, cut_off };
}

test("rows are served, beyond or cut off, by covers and paths", () => {
  const c = covers([10, 20, 30], [[0], [1]], {
    meta: { whole: true }, ways: [{ zone: Int32Array.from([0, 0, 1]), classOf: Int32Array.from([0, 1]), zones: [[0], [0, 1]] }]
  });
  assert.deepEqual(numbers(opened(c, [])), { total: 60, served: 0, full: 0, beyond: 60, cut_off: 0 });
  assert.deepEqual(numbers(opened(c, [0])), { total: 60, served: 10, full: 0, beyond: 20, cut_off: 30 });
  assert.deepEqual(numbers(opened(c, [1])), { total: 60, served: 20, full: 0, beyond: 40, cut_off: 0 });
});

test("by public transport who could walk and has no service is cut off, and that is no fault of the streets", () => {
  const foot = { zone: Int32Array.from([0, 0, 0, 1]), classOf: Int32Array.from([0, 0]), zones: [[0]] };
  const bus = { zone: Int32Array.from([0, 1, 2, 3]), classOf: Int32Array.from([0, 1]), zones: [[0, 1], [0]] };
  const c = covers([10, 20, 30, 40], [[0], []], {
    meta: { whole: true, extent: 1e9, within: -1, timed: true }, zone: foot.zone, ways: [foot, bus], classOf: foot.classOf
  });
  assert.deepEqual(numbers(opened(c, [0])), { total: 100, served: 10, full: 0, beyond: 20, cut_off: 70 });
  assert.deepEqual(numbers(opened(c, [1])), { total: 100, served: 0, full: 0, beyond: 10, cut_off: 90 });
  const causes = gp.whatIfGaps(opened(c, [0])).map((gap) => [gap.cause, gap.people]);
  assert.deepEqual([...causes].map((x) => [...x]).sort(), [["cut_off", 40], ["no_service", 30], ["no_site", 20]]);
});

test("opening and closing again leaves every number as it was", () => {
  const roll = dice(11), people = Array.from({ length: 40 }, () => roll(50));
  const c = covers(people, Array.from({ length: 12 }, () => people.map((_, i) => i).filter(() => roll(4) === 0)));
  const choice = opened(c, [1, 5]), before = JSON.stringify(choice.count().ledger);
  for (let k = 0; k < 200; k++) { const site = roll(12); choice.set(site, !choice.open[site]); }
  choice.setAll([1, 5]);
  assert.equal(JSON.stringify(choice.count().ledger), before);
});

/* the most people served, the slow way: augmenting paths of one person each */
function most(people, cover, seats) {
  const held = cover.map(() => []);
  let served = 0;
  function place(row, seen) {
    for (let k = 0; k < cover.length; k++) {
      if (!cover[k].includes(row) || seen.has(k)) { continue; }
      seen.add(k);
      if (held[k].length < seats[k]) { held[k].push(row); return true; }
      for (let h = 0; h < held[k].length; h++) {
        if (place(held[k][h], seen)) { held[k][h] = row; return true; }
      }
    }
    return false;
  }
  people.forEach((count, row) => { for (let p = 0; p < count; p++) { served += place(row, new Set()) ? 1 : 0; } });
  return served;
}

test("capacity serves as many people as there can be", () => {
  for (let seed = 0; seed < 60; seed++) {
    const roll = dice(seed * 7 + 1), rows = 1 + roll(7), sites = 1 + roll(6);
    const people = Array.from({ length: rows }, () => roll(7));
    const cover = Array.from({ length: sites }, () => people.map((_, i) => i).filter(() => roll(2)));
    const seats = cover.map(() => [0, roll(9), roll(9) + 0.5, NaN, Infinity][roll(5)]);
    const choice = opened(covers(people, cover, { capacity: Float64Array.from(seats) }), cover.map((_, k) => k));
    const whole = seats.map((v) => (Number.isNaN(v) ? 0 : v === Infinity ? 1000 : Math.floor(v)));
    const { ledger, served } = choice.count();
    assert.equal(ledger.served, most(people, cover, whole), `seed ${seed}`);
    assert.equal(ledger.total, people.reduce((a, b) => a + b, 0));
    people.forEach((n, i) => assert.ok(served[i] >= 0 && served[i] <= n));
  }
});

test("whoever has a seat today keeps it where as many people can be served with it", () => {
  for (let seed = 0; seed < 60; seed++) {
    const roll = dice(seed * 13 + 5), rows = 2 + roll(7), sites = 1 + roll(5);
    const people = Array.from({ length: rows }, () => roll(9));
    const cover = Array.from({ length: sites }, () => people.map((_, i) => i).filter(() => roll(2)));
    const capacity = Float64Array.from(cover, () => roll(12));
    const all = cover.map((_, k) => k), backwards = [...people.keys()].reverse();
    // today: any answer that serves as many as can be, here one that fills from the last row
    const turned = covers(backwards.map((i) => people[i]), cover.map((list) => list.map((i) => rows - 1 - i).sort((a, b) => a - b)), { capacity });
    const today = Float64Array.from(opened(turned, all).count().served).reverse();
    const same = opened(covers(people, cover, { capacity, today }), all).count();
    assert.deepEqual([...same.served], [...today], `seed ${seed}`);
    // a site more: as many as without the preference, and nobody of today's loses
    const wider = cover.concat([people.map((_, i) => i)]), seats = Float64Array.from([...capacity, 5]);
    const more = opened(covers(people, wider, { capacity: seats, today }), all.concat(sites)).count();
    assert.equal(more.ledger.served, opened(covers(people, wider, { capacity: seats }), all.concat(sites)).count().ledger.served);
    more.served.forEach((n, i) => assert.ok(n >= today[i] - 1e-9, `seed ${seed}`));
  }
});

test("the next best candidate is the one that covers most people whom nobody covers, ties told", () => {
  const c = covers([10, 20, 30, 5], [[0], [1, 0], [2], [3, 1, 0]], { fixed: Int32Array.from([0, 0, 0, 4]) });
  const choice = opened(c, [0]);
  assert.deepEqual(JSON.parse(JSON.stringify(gp.bestNext(choice))), { people: 30, sites: [2] });
  choice.set(2, true);
  assert.deepEqual(JSON.parse(JSON.stringify(gp.bestNext(choice))), { people: 20, sites: [1, 3] });
  choice.set(1, true);
  assert.deepEqual(JSON.parse(JSON.stringify(gp.bestNext(choice))), { people: 0, sites: [] });
});

test("neighbours with the same cause are one gap, as wide as a gap may be", () => {
  const pairs = [[0, 1, 2, 3], [1, 2, 3, 4]];
  const wide = covers([1, 2, 3, 4, 5], [[2]], { pairs });
  const sizes = (choice) => gp.whatIfGaps(choice).map((g) => g.people);
  assert.deepEqual(Array.from(sizes(opened(wide, []))), [15]);
  assert.deepEqual(Array.from(sizes(opened(wide, [0]))), [9, 3]);
  const narrow = covers([1, 2, 3, 4, 5], [[2]], { pairs, meta: { classes: 1, zones: 1, whole: true, extent: 200, within: -1 } });
  assert.deepEqual(Array.from(sizes(opened(narrow, []))), [9, 6]);
});

test("beyond the largest, small gaps of one cause and area are one entry, where that makes few enough", () => {
  const meta = { classes: 1, zones: 1, whole: true, extent: 1e9, within: 1, named: [0, 1], keep: 2 };
  const area = [Int32Array.from([0, 0, 0, 0, 1, 1]), Int32Array.from([0, 0, 1, 1, 2, 2])];
  const c = covers([60, 50, 40, 30, 20, 10], [[]], { meta, area });
  const list = () => Array.from(gp.whatIfGaps(opened(c, [])), (g) => [g.people, g.rows.length, g.held]);
  // streets: [40, 30] and [20, 10] are two entries, as many as may be
  assert.deepEqual(list(), [[70, 2, 2], [60, 1, 1], [50, 1, 1], [30, 2, 2]]);
  meta.keep = 1;
  // streets would be three, districts two: all are one
  assert.deepEqual(list(), [[150, 5, 5], [60, 1, 1]]);
  meta.keep = 5;
  assert.deepEqual(list(), [[60, 1, 1], [50, 1, 1], [40, 1, 1], [30, 1, 1], [20, 1, 1], [10, 1, 1]]);
});

/* the page's list of a choice's gaps; today's gaps have the letters A, B, … in the order of `home` */
function listed(choice, letters) {
  return gp.trialGaps({ choice: () => choice, covers: () => choice.covers, app: { t: (key) => key, model: { gaps: { letter: letters } } } });
}

test("no letter stands for two gaps: pieces of today's gap are numbered, most people first", () => {
  // today site 0 is shut and rows 0..4 are one gap A; row 5 a gap B, row 6 a fault, row 7 has a site
  const c = covers([1, 2, 3, 9, 5, 6, 7, 8], [[2], [7], [3, 4]], {
    pairs: [[0, 1, 2, 3, 6], [1, 2, 3, 4, 7]], home: Int32Array.from([0, 0, 0, 0, 0, 1, 2, -1])
  });
  const marks = (sites) => Array.from(listed(opened(c, sites), ["A", "B", ""]), (one) => [one.mark, one.gap.people, one.fresh]);
  assert.deepEqual(marks([1]), [["A", 20, false], ["ui_whatif_new_gap", 7, true], ["B", 6, false]]);
  assert.deepEqual(marks([0, 1]), [["A1", 14, false], ["ui_whatif_new_gap", 7, true], ["B", 6, false], ["A2", 3, false]]);
  // who loses the site joins what was to be checked: nobody's letter, so a new gap
  assert.deepEqual(marks([0, 2]), [["ui_whatif_new_gap", 15, true], ["B", 6, false], ["A", 3, false]]);
});

test("numbers and labels of nodes name nothing", () => {
  const names = ["解放路", "1st Street", "Block 12", "A4", "n6904", "00123", "way/45", " ", "无名路"];
  const core = page("frame/core.js");
  assert.deepEqual(names.map(core.isName), [true, true, true, true, false, false, false, false, false]);
});

test("names get into TOML and nothing gets out of them", () => {
  assert.equal(gp.tomlText('a"b\\c\nd\u007f中'), '"a\\"b\\\\c\\u000ad\\u007f中"');
  assert.equal(gp.tomlKey("meal_station"), "meal_station");
  assert.equal(gp.tomlKey("助餐.点"), '"助餐.点"');
  assert.deepEqual([500000, 0.1, -3, 1.5e-7].map(gp.tomlNumber), ["500000.0", "0.1", "-3.0", "1.5e-7"]);
});

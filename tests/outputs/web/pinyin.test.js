"use strict";
const test = require("node:test");
const assert = require("node:assert/strict");
const { page } = require("./page.js");

const gp = page("frame/core.js", "panel/pinyin.js");
const readings = gp.readings({ li: "历", xia: "下", qu: "区", ou: "区", chang: "长", zhang: "长", qing: "清", chong: "重", zhong: "重" });
const at = (name, wanted) => gp.soundsLike(name, wanted, readings);

test("whole syllables, initials, both mixed, and the beginning of a syllable", () => {
  for (const wanted of ["lixiaqu", "lxq", "lixq", "lxqu", "lixi", "l", "li"]) { assert.equal(at("历下区", wanted), 0, wanted); }
  assert.equal(at("历下区", "xq"), 1);
  for (const wanted of ["lq", "lixiaquu", "ilxq", "xl"]) { assert.equal(at("历下区", wanted), -1, wanted); }
});

test("every reading of a character counts, and zh, ch, sh are initials too", () => {
  for (const wanted of ["changqing", "zhangqing", "chq", "cq", "zq", "zhqing"]) { assert.equal(at("长清", wanted), 0, wanted); }
});

test("digits and letters in names are taken as they are; other text is not pinyin", () => {
  assert.equal(at("历下3号", "lx3"), 0);
  assert.equal(at("历下", "历"), -1);
  assert.equal(at("west", "we"), -1);
});

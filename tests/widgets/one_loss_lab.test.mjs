// What the picture says of a record, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  along,
  caption,
  costRows,
  landing,
  share,
  stateOf,
  times,
} from "../../ganflow/widgets/one_loss_lab/view.js";

const f32 = (values) => new DataView(new Float32Array(values).buffer);
const record = {
  // three schemes, one loss that the last cannot serve, one that it can
  schemes: ["two steps", "alternating", "reversal"],
  losses: ["hinge", "Wasserstein"],
  optimizers: ["SGD"],
  lambdas: [1, 10],
  ticks: [1, 20],
  says: ["a", "b", "c"],
  why: [
    ["", ""],
    ["", ""],
    ["Reversal cannot.", ""],
  ],
  names: ["G forward", "D forward"],
  passes: [
    [1, 3],
    [1, 3],
    [1, 2],
  ],
  flops: [200, 200, 168],
  saved: [2e6, 2e6, 1e6],
};
// Of one scheme and loss, for both lambdas: G and D after 1 tick, G and D after 20.
const usual = [2, 4, 20, 40, 20, 4, 100, 80];
const served = [1, 1, 1, 1, 10, 1, 10, 1];
const none = Array(8).fill(NaN);
const moved = [...usual, ...served, ...usual, ...served, ...none, ...served];
const apart = [
  ...Array(16).fill(0),
  ...Array(4).fill([0.3, 0, 0.02, 0.001]).flat(),
  ...none,
  ...Array(8).fill(1e-15),
];
const traits = (changes = {}) => {
  const all = {
    record_: record,
    moved: f32(moved),
    apart: f32(apart),
    scheme: 1,
    loss: 0,
    optimizer: 0,
    lam: 1,
    ...changes,
  };
  return (name) => all[name];
};

test("lengths are told in those of the first scheme with lambda 1, tick by tick", () => {
  const s = stateOf(traits());
  assert.deepEqual(s.lengths[1], [
    [10, 1],
    [5, 2],
  ]);
  assert.deepEqual(s.lengths[0], [
    [1, 1],
    [1, 1],
  ]);
});

test("a DataView that starts inside a larger buffer is read from its own start", () => {
  const all = new Float32Array([9, 9, ...moved]);
  assert.deepEqual(stateOf(traits({ moved: new DataView(all.buffer, 8) })).lengths[1], [
    [10, 1],
    [5, 2],
  ]);
});

test("the places are those after the last tick, of every scheme that serves the loss", () => {
  const [first, second, third] = stateOf(traits()).places;
  assert.deepEqual(first, [0, 0]);
  assert.deepEqual(
    second.map((v) => Number(v.toPrecision(3))),
    [0.02, 0.001],
  );
  assert.equal(third, null);
});

test("the caption tells both players' ways and where they land", () => {
  assert.equal(
    caption(stateOf(traits())),
    "alternating, hinge loss, SGD, λ = 10: after 1 tick G 10 ×, D 1 ×; " +
      "after 20 ticks G 5 ×, D 2 × as far as two steps with λ = 1. " +
      "They do not land where two steps take them: G is 2 % of its way off, D 0.1 %.",
  );
  assert.match(
    landing(stateOf(traits({ scheme: 2, loss: 1 }))),
    /up to rounding \(1e−15 of the way\)/,
  );
  assert.match(landing(stateOf(traits({ scheme: 0 }))), /compared with/);
  const same = { apart: f32(Array(48).fill(0)) };
  assert.match(landing(stateOf(traits(same))), /to the last digit/);
  assert.match(landing(stateOf(traits({ apart: f32(Array(48).fill(NaN)) }))), /Too far out/);
});

test("a loss that a scheme cannot serve is said in words, and no number stands for it", () => {
  const s = stateOf(traits({ scheme: 2 }));
  assert.equal(caption(s), "Reversal cannot.");
  assert.deepEqual(
    costRows(s).map((row) => row[2]),
    ["–", "–", "–", "–"],
  );
});

test("what was not recorded is said in words", () => {
  for (const lacking of [{ scheme: 3 }, { lam: -1 }, { optimizer: 7 }])
    assert.match(caption(stateOf(traits(lacking))), /Nothing was recorded/);
});

test("costs stand beside those of the first scheme", () => {
  assert.deepEqual(costRows(stateOf(traits({ scheme: 2, loss: 1 }))), [
    ["G forward", "1", "1"],
    ["D forward", "3", "2"],
    ["FLOPs", "1 ×", "0.84 ×"],
    ["saved for backward", "2.00 MB", "1.00 MB"],
  ]);
});

test("a logarithmic place, and its ends", () => {
  assert.equal(along(1, -2, 2), 0.5);
  assert.equal(along(0, -16, 0), 0);
  assert.equal(along(1e9, -2, 2), 1);
  assert.ok(Math.abs(along(10, -2, 2) - 0.75) < 1e-12);
});

test("numbers are short and say when they are none", () => {
  assert.deepEqual([1, 0.0103, 371.61, 2.3e7, NaN, Infinity].map(times), [
    "1 ×",
    "0.0103 ×",
    "372 ×",
    "2e7 ×",
    "no finite length",
    "no finite length",
  ]);
  assert.deepEqual([0, 4e-16, 0.0123, 1.14, NaN].map(share), [
    "0",
    "4e−16",
    "1.2 %",
    "110 %",
    "not finite",
  ]);
});

// The arithmetic of the picture, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  caption,
  lengthsOf,
  median,
  onLogAxis,
  sampleLine,
  share,
  stateOf,
} from "../../ganflow/widgets/loss_arrows/view.js";

const f32 = (...values) => new DataView(new Float32Array(values).buffer);
const traits = (changes = {}) => {
  const all = {
    losses: ["saturating", "hinge"],
    steps: [0, 10, 30],
    loss: 1,
    step: 2,
    log: 0,
    lowest: [0, 0, 0, 0, 0, 0],
    fake: f32(1, 2, 3, 4),
    score: f32(...Array(10).fill(0), -2, 4),
    arrows: f32(...Array(20).fill(0), 3, 4, 0, 10),
    ...changes,
  };
  return (name) => all[name];
};

test("the state shown is the one of the chosen loss and step", () => {
  const s = stateOf(traits());
  assert.deepEqual(s.lengths, [5, 10]);
  assert.deepEqual([...s.score], [-2, 4]);
  assert.equal(s.at, 5);
});

test("a DataView that starts inside a larger buffer is read from its own start", () => {
  const all = new Float32Array([9, 9, 1, 2, 3, 4]);
  const fake = new DataView(all.buffer, 8, 16);
  assert.equal(stateOf(traits({ fake })).lengths.length, 2);
});

test("what was not recorded is said in words", () => {
  for (const lacking of [{ step: 3 }, { loss: 2 }, { fake: f32() }])
    assert.match(stateOf(traits(lacking)).message, /Nothing was recorded/);
});

test("what is not finite is said in words, with the state's name", () => {
  const arrows = f32(...Array(20).fill(0), NaN, 0, 0, 0);
  assert.match(stateOf(traits({ arrows })).message, /^hinge, D after 30 .* not finite/);
  assert.match(stateOf(traits({ lowest: Array(6).fill(null) })).message, /not finite/);
});

test("true lengths are proportional, and cut at 4", () => {
  assert.equal(share(2, 0), 2 * share(1, 0));
  assert.equal(share(40, 0), share(4, 0));
  assert.equal(share(0, 0), 0);
});

test("logarithmic lengths grow by one step for each factor of ten", () => {
  const step = share(10, 1) - share(1, 1);
  assert.ok(Math.abs(share(1, 1) - share(0.1, 1) - step) < 1e-12);
  assert.equal(share(1e-4, 1), 0);
  assert.equal(share(0, 1), 0);
  assert.equal(onLogAxis(1e9), 1);
});

test("the median of an odd and an even number of values", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
});

test("the caption tells the numbers, and how many arrows are cut short", () => {
  const s = stateOf(traits());
  assert.equal(
    caption(s),
    "hinge, D after 30 updates: the fakes score 1 (median); " +
      "arrows from 5 to 10, median 7.5; 2 are drawn shorter, at 4.",
  );
  assert.ok(caption(stateOf(traits({ log: 1 }))).endsWith("median 7.5."));
});

test("one sample is read out, or how to choose one", () => {
  const s = stateOf(traits());
  assert.equal(sampleLine(s, 1, [1, 2, 3, 4]), "Fake 2 at (3, 4): score 4, arrow 10.");
  assert.match(sampleLine(s, -1, []), /arrow keys/);
});

test("lengths of pairs", () => assert.deepEqual(lengthsOf([3, 4, 0, 0]), [5, 0]));

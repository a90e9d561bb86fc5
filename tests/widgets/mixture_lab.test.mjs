// The arithmetic of the mixture lab's picture, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  caption,
  open,
  rangeLine,
  stateOf,
  titleOf,
} from "../../ganflow/widgets/mixture_lab/view.js";

const RECORD = {
  schedule: ["alternating"],
  rate: ["¼", "4"],
  penalty: ["none", "R1"],
  seed: ["0"],
  ticks: [0, 20, 40],
  drawn: 2,
  side: 2,
  centres: [
    [1, 0],
    [0, 1],
  ],
  extent: 2,
  radius: 0.3,
};
const STATES = 1 * 2 * 2 * 1 * 3;

function packed(changes = {}) {
  // state k: share k / 100, distance k, scores -k to k, its samples and levels all k
  const numbers = Float32Array.from({ length: 4 * STATES }, (_, i) => {
    const k = Math.floor(i / 4);
    return changes[k] ?? [k / 100, k, -k, k][i % 4];
  });
  const bytes = new Uint8Array(STATES * (16 + 4 + 4 + 2));
  bytes.set(new Uint8Array(numbers.buffer));
  for (let k = 0; k < STATES; k++) {
    bytes.fill(k, 16 * STATES + 4 * k, 16 * STATES + 4 * k + 4);
    bytes.fill(k, 20 * STATES + 4 * k, 20 * STATES + 4 * k + 4);
    bytes.set([1, k % 2], 24 * STATES + 2 * k);
  }
  return bytes;
}
const film = (changes) => open(RECORD, packed(changes));

test("the state shown is the one of the chosen setting and tick, the one before with it", () => {
  const s = stateOf(film(), [0, 1, 0, 0], 2);
  const k = 2 * 3 + 2; // the third of four runs
  assert.deepEqual([...s.xy], [k, k, k, k]);
  assert.deepEqual([...s.before], Array(4).fill(k - 1));
  assert.deepEqual([...s.levels], [k, k, k, k]);
  assert.deepEqual([...s.captured], [1, 0]);
  assert.deepEqual([s.modes, s.distance, s.low, s.high], [1, k, -k, k]);
  assert.deepEqual(s.curves[0], [1, 2, 1]);
  assert.deepEqual(s.curves[2], [6, 7, 8]);
  assert.equal(s.message, undefined);
});

test("before the first move a fake has no other place", () => {
  const s = stateOf(film(), [0, 1, 0, 0], 0);
  assert.deepEqual([...s.before], [...s.xy]);
});

test("what was not recorded is said in words", () => {
  for (const choice of [
    [1, 0, 0, 0],
    [0, 2, 0, 0],
    [0, 0, -1, 0],
  ])
    assert.match(stateOf(film(), choice, 0).message, /Nothing was recorded/);
  assert.equal(
    stateOf(film(), [0, 0, 0, 0], 3).message,
    "Not trained this far: the last tick is 40.",
  );
});

test("a run that diverged says when, from then on, and draws until then", () => {
  const gone = film({ 4: NaN }); // the second tick of the second run
  assert.equal(stateOf(gone, [0, 0, 1, 0], 0).message, undefined);
  for (const step of [1, 2, 9])
    assert.match(stateOf(gone, [0, 0, 1, 0], step).message, /^Diverged: at tick 20 /);
  assert.deepEqual(stateOf(gone, [0, 0, 1, 0], 0).curves[0], [2, NaN, 2]);
});

test("fakes on the edge are counted once each", () => {
  const bytes = packed();
  bytes.set([127, 129, 0, 5], 16 * STATES); // as int8: 127, -127, 0, 5
  const s = stateOf(open(RECORD, bytes), [0, 0, 0, 0], 0);
  assert.equal(s.outside, 1);
  assert.match(rangeLine(s), / 1 of 2 fakes outside/);
});

test("the title and the caption name all that is seen", () => {
  assert.equal(titleOf(RECORD, [0, 0, 1, 0]), "alternating, critic’s rate × ¼, R1, seed 0");
  assert.equal(titleOf(RECORD, [0, 1, 0, 7]), "alternating, critic’s rate × 4, no penalty, seed ?");
  assert.equal(
    caption("B", { modes: 7, share: 0.416, distance: 0.2049 }, 8),
    "B: 7 of 8 modes captured, 42 % of the fakes of high quality, sliced Wasserstein distance 0.2.",
  );
  assert.equal(caption("A", { message: "Gone." }, 8), "A: Gone.");
});

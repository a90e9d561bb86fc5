// What the schedule lab computes in the browser, without one.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  caption,
  legs,
  pathOf,
  power,
  rowOf,
  short,
  stateOf,
  stepped,
} from "../../ganflow/widgets/schedule_lab/view.js";

// Whole decades, eighths of a turn.
const SCALE = { decades: 12, radii: 24, angles: 8, gone: 65535 };
const bytesOf = (...series) => {
  // each series of levels as differences: low bytes, then high ones
  const steps = series.flatMap((levels) =>
    levels.map((v, i) => (v - (levels[i - 1] ?? 0) + 65536) % 65536),
  );
  return Uint8Array.from([...steps.map((v) => v & 255), ...steps.map((v) => v >> 8)]);
};
const told = (text, ...turns) => ({ text, turns, tick: turns.join(", then ") });
const record = {
  loss: ["saturating"],
  schedule: ["alternating"],
  step: [0.2],
  rule: ["Adam"],
  penalty: ["none", "clipping"],
  told: [told("D G", "D reads G0", "G reads D1")],
  grows: ["first", "second"],
  why: [["because", ""]],
  bounds: [null, 0.5],
  extents: [0.5, 2, 50],
  ticks: 3,
  fine: 1,
  length: 5,
  ...SCALE,
};
const none = Array(8).fill(NaN);
const data = {
  live: null,
  roots: new Float32Array([...none, 0.6, 0.8, ...none.slice(2)]),
  paths: bytesOf([12, 12, 12, 12, 12], [0, 0, 0, 0, 0], [12, 12, 13, 15, 65535], [0, 2, 2, 2, 2]),
};
const get = (changes) => (name) =>
  ({ record_: record, loss: 0, schedule: 0, step: 0, rule: 0, penalty: 1, tick: 0, ...changes })[
    name
  ];

test("a path is its radius and angle, with the differences undone", () => {
  const { r, x, y } = pathOf(data.paths, 1, 5, SCALE);
  assert.deepEqual(
    r.map((v) => Number(v.toFixed(6))),
    [1, 1, 10, 1000, NaN],
  );
  assert.ok(Math.abs(x[1]) < 1e-12 && y[1] === 1 && x[0] === 1);
});

test("the first ticks have a row for each turn, later ones a row for each tick", () => {
  assert.deepEqual(
    [
      [0, 0],
      [0, 1],
      [1, 0],
      [2, 0],
      [3, 0],
    ].map(([t, k]) => rowOf(t, k, 2, 1)),
    [0, 1, 2, 3, 4],
  );
});

test("one move on and one move back are inverse, and stop at the ends", () => {
  const seen = [[0, 0]];
  for (let k = 0; k < 9; k++) seen.push(stepped(...seen.at(-1), 1, 3, 2, 4));
  assert.deepEqual(seen.slice(0, 9), [
    [0, 0],
    [0, 1],
    [0, 2],
    [1, 0],
    [1, 1],
    [1, 2],
    [2, 0],
    [3, 0],
    [4, 0],
  ]);
  assert.deepEqual(seen[9], [4, 0]);
  for (let k = 8; k > 0; k--) assert.deepEqual(stepped(...seen[k], -1, 3, 2, 4), seen[k - 1]);
  assert.deepEqual(stepped(0, 0, -1, 3, 2, 4), [0, 0]);
});

test("G moves along theta, D along psi, in the order of the schedule", () => {
  assert.deepEqual(legs([0, 0], [1, 2], ["D", "G"]), [
    ["D", 0, 0, 0, 2],
    ["G", 0, 2, 1, 2],
  ]);
  assert.deepEqual(legs([0, 0], [1, 2], ["G", "D"]), [
    ["G", 0, 0, 1, 0],
    ["D", 1, 0, 1, 2],
  ]);
  assert.deepEqual(legs([0, 0], [0, 2], ["D"]), [["D", 0, 0, 0, 2]]);
  assert.deepEqual(legs([0, 0], [1, 2], ["DG"]), [
    ["G", 0, 0, 1, 0],
    ["D", 0, 0, 0, 2],
    ["ink", 0, 0, 1, 2],
  ]);
});

test("what is left of rounding is 0", () => {
  assert.deepEqual([0, -0.123456, 5.4e-7, 123456, 12].map(short), [
    "0",
    "−0.123",
    "5.4e−7",
    "1.2e+5",
    "12",
  ]);
  assert.deepEqual([power(-12), power(0), power(3)], ["10⁻¹²", "10⁰", "10³"]);
});

test("the caption says which version each move read", () => {
  const said = (tick, turn) => caption(stateOf(get({ penalty: 0, tick }), data, turn));
  assert.equal(said(0, 0), "Before the first move. Now θ = 1, ψ = 0.");
  assert.equal(said(0, 1), "Tick 1, turn 1 of 2: D reads G0. Now θ = 1, ψ = 0.");
  assert.equal(said(1, 0), "Tick 1, turn 2 of 2: G reads D1. Now θ = 1, ψ = 0.");
  assert.equal(said(2, 1), "Tick 2: D reads G0, then G reads D1. Now θ = 1, ψ = 0.");
});

test("the state shown is the one of the choice", () => {
  const s = stateOf(get({ tick: 1 }), data);
  assert.equal(s.grows, "second");
  assert.equal(s.bound, 0.5);
  assert.equal(Math.fround(Math.hypot(...s.roots[0])), 1);
  assert.equal(s.zoom, 2); // a radius of 10 needs the widest plane
  assert.equal(stateOf(get({ penalty: 0 }), data).notes[1], "because");
});

test("what was not recorded, has left the plane or diverged is said in words", () => {
  assert.match(stateOf(get({ penalty: 2 }), data).message, /Nothing was recorded/);
  assert.match(stateOf(get({ tick: undefined }), data).message, /Nothing was recorded/);
  assert.match(stateOf(get({ tick: 2 }), data).notes[0], /Outside the plane: the radius is 1000/);
  assert.match(
    stateOf(get({ tick: 3 }), data).notes[0],
    /Diverged: farther than 10¹² after tick 2/,
  );
  assert.equal(caption(stateOf(get({ tick: 3 }), data)), "Tick 3: D reads G0, then G reads D1.");
});

test("the kernel's answer is shown for the choice it was asked for only", () => {
  const live = {
    chosen: [0, 0, 0, 0, 1],
    told: told("D D G", "D reads G0", "D reads G0", "G reads D2"),
    grows: "live",
    length: 6,
    bytes: bytesOf([13, 13, 13, 13, 13, 13], [0, 0, 0, 0, 0, 0]),
    roots: new Float32Array([0.5, 0]),
  };
  const s = stateOf(get({}), { ...data, live });
  assert.deepEqual(
    [s.grows, Math.round(s.path.r[0]), s.roots, s.told.text],
    ["live", 10, [[0.5, 0]], "D D G"],
  );
  assert.equal(stateOf(get({ penalty: 0 }), { ...data, live }).grows, "first");
  const refused = { chosen: live.chosen, message: "D and G must both move." };
  assert.equal(stateOf(get({}), { ...data, live: refused }).message, "D and G must both move.");
});

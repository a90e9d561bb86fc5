// How a run goes through its schedule, with a program of two numbers written by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Run } from "../../ganflow/live/program.js";

const KNOWN = { rules: ["step"], losses: ["bilinear"], penalties: ["none", "clipping"] };
const NAMES = ["step_size_G", "step_size_D", "beta", "beta1", "beta2", "strength"];
const OF_GAME = ["target", "scale", "theta", "psi"];
const PLACES = ["G0", "D0", "next G", "next D", "step_size_G", "step_size_D"];
const layout = {
  kind: "game",
  at: Object.fromEntries(PLACES.map((name, i) => [name, [8 * i, "f64", 1]])),
  table: Object.fromEntries(
    [
      "derive G bilinear none",
      "derive D bilinear none",
      "project D none",
      "derive G bilinear clipping",
      "derive D bilinear clipping",
      "project D clipping",
    ].map((name, i) => [name, i]),
  ),
  state: { G: [0, 8], D: [8, 16] },
  next: { G: [16, 24], D: [24, 32] },
  limits: Object.fromEntries([...NAMES, ...OF_GAME].map((name) => [name, {}])),
  ...KNOWN,
};
const setting = (schedule, changes = {}) => ({
  ...Object.fromEntries([...NAMES, ...OF_GAME].map((name) => [name, 1])),
  schedule,
  rule: "step",
  loss: "bilinear",
  penalty: "none",
  step_size_G: 0.5,
  step_size_D: 0.25,
  theta: 2,
  psi: 3,
  ...changes,
});

// G's number goes down by its rate times D's, D's up by its rate times G's.
function made() {
  const memory = { buffer: new ArrayBuffer(8 * PLACES.length) };
  const at = new Float64Array(memory.buffer);
  const calls = [];
  const exports = {
    memory,
    "move G step": (number, ...places) => {
      calls.push(["G", number, ...places]);
      at[2] = at[0] - at[4] * at[1];
    },
    "move D step": (number, ...places) => {
      calls.push(["D", number, ...places]);
      at[3] = at[1] + at[5] * at[0];
    },
    "commit G": () => {
      at[0] = at[2];
    },
    "commit D": () => {
      at[1] = at[3];
    },
  };
  const run = new Run(exports, layout);
  const now = () => [run.view("G0")[0], run.view("D0")[0]];
  return { run, calls, now };
}

test("both players of one turn read its start, and are taken over when it ends", () => {
  const { run, now } = made();
  run.start(setting(["DG"]));
  assert.deepEqual(run.move(), { player: "D", reads: "D reads G0", turn: 0, ends: false });
  assert.deepEqual(now(), [2, 3]);
  assert.deepEqual(
    [run.at, run.moves],
    [
      { tick: 0, turn: 0, move: 1 },
      { G: 0, D: 0 },
    ],
  );
  assert.deepEqual(run.move(), { player: "G", reads: "G reads D0", turn: 0, ends: true });
  assert.deepEqual(now(), [0.5, 3.5]);
  assert.deepEqual(
    [run.at, run.moves],
    [
      { tick: 1, turn: 0, move: 0 },
      { G: 1, D: 1 },
    ],
  );
});

test("a player of a later turn reads what an earlier one made, each tick anew", () => {
  const { run, calls, now } = made();
  run.start(setting(["D", "DG", "G"]));
  const reads = () => Array.from({ length: 4 }, () => run.move().reads);
  const told = ["D reads G0", "D reads G0", "G reads D1", "G reads D2"];
  assert.deepEqual([reads(), reads()], [told, told]);
  const numbers = ["D0", "D1", "G0", "G1", "D2", "D3", "G2", "G3"];
  assert.deepEqual(
    calls.map(([player, number]) => player + number),
    numbers,
  );
  run.start(setting(["D", "G"]));
  assert.deepEqual(now(), [2, 3]);
  run.tick();
  assert.deepEqual(now(), [2 - 0.5 * 3.5, 3.5]);
  assert.deepEqual(run.moves, { G: 1, D: 1 });
});

test("the rest of a turn or of a tick is what one more of it makes", () => {
  const { run } = made();
  run.start(setting(["DG", "D", "G"]));
  run.move();
  run.turn();
  assert.deepEqual(run.at, { tick: 0, turn: 1, move: 0 });
  run.turn();
  assert.deepEqual(run.at, { tick: 0, turn: 2, move: 0 });
  run.tick();
  assert.deepEqual(run.at, { tick: 1, turn: 0, move: 0 });
  run.move();
  run.tick();
  assert.deepEqual([run.at.tick, run.moves], [2, { G: 4, D: 4 }]);
});

test("another setting counts from the next move on, its schedule from the next tick", () => {
  const { run, calls, now } = made();
  run.start(setting(["D", "G", "G"]));
  run.move();
  run.follow(setting(["D", "G"], { step_size_G: 0, theta: 9, penalty: "clipping" }));
  run.tick();
  assert.deepEqual(run.moves, { G: 2, D: 1 });
  assert.equal(now()[0], 2);
  run.tick();
  assert.deepEqual(run.moves, { G: 3, D: 2 });
  assert.deepEqual(calls[0].slice(2), [0, 1, 2]);
  assert.deepEqual(calls[1].slice(2), [3, 4, 5]);
});

test("a wrong setting is refused and changes nothing", () => {
  const { run, now } = made();
  run.start(setting(["D", "G"]));
  run.move();
  const wrong = setting(["D", "G"], { rule: "jump" });
  for (const act of ["start", "follow"]) {
    assert.throws(() => run[act](wrong), { message: 'rule is "jump"; expected one of step' });
  }
  assert.deepEqual([run.at.turn, now()], [1, [2, 3.5]]);
});

test("a run comes back to what was saved, also within a turn", () => {
  const { run, now } = made();
  run.start(setting(["DG", "G"]));
  run.move();
  const saved = run.save();
  run.tick();
  const [end, at] = [now(), run.at];
  run.tick();
  run.restore(saved);
  assert.deepEqual(
    [run.at, run.moves],
    [
      { tick: 0, turn: 0, move: 1 },
      { G: 0, D: 0 },
    ],
  );
  run.tick();
  assert.deepEqual([now(), run.at], [end, at]);
});

test("a weight without a finite number is seen", () => {
  const { run } = made();
  run.start(setting(["D", "G"]));
  for (const value of [NaN, Infinity, -Infinity]) {
    assert.ok(run.finite());
    run.view("D0")[0] = value;
    assert.ok(!run.finite());
    run.view("D0")[0] = 1e300;
  }
});

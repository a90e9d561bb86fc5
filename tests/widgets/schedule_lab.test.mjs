// What the schedule lab computes in the browser, without one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { turnsOf } from "../../ganflow/live/schedule.js";
import {
  growthOf,
  hintOn,
  legs,
  measured,
  pathOf,
  stepped,
  toldOf,
  verdictOf,
  whyNone,
} from "../../ganflow/widgets/schedule_lab/path.js";
import {
  adviceOn,
  changesOf,
  hashOf,
  settingOf,
} from "../../ganflow/widgets/schedule_lab/settings.js";
import {
  caption,
  placeOf,
  playedOf,
  power,
  short,
} from "../../ganflow/widgets/schedule_lab/view.js";

const offers = {
  loss: ["saturating", "hinge"],
  rule: ["gradient descent", "momentum"],
  penalty: ["none", "R1"],
  limits: {
    step: [0.01, 10],
    times: [0.1, 10],
    beta: [-0.95, 0.95],
    strength: [0, 4],
    theta: [-100, 100],
    psi: [-100, 100],
    tick: [0, 100],
  },
  fixed: { beta1: 0.5, beta2: 0.999, target: 1, scale: 1 },
};
const plain = (words) => words.replaceAll("\u00a0", " ");
const traits = {
  schedule: "d d g",
  loss: 1,
  rule: 1,
  penalty: 1,
  step: 10 ** -0.3,
  times: 4,
  beta: -0.5,
  strength: 0.30000000000000004,
  theta: 1,
  psi: -0.5,
  tick: 40,
};
const get = (changes) => (name) => ({ ...traits, ...changes })[name];
const setting = (changes) => settingOf(get(changes), offers, turnsOf);
const path = (...places) =>
  pathOf(
    places.map(([x]) => x),
    places.map(([, y]) => y),
  );

test("the controls make a setting, with the digits that a slider shows", () => {
  assert.deepEqual(setting({}), {
    loss: "hinge",
    schedule: ["D", "D", "G"],
    rule: "momentum",
    penalty: "R1",
    strength: 0.3,
    step_size_G: 0.501,
    step_size_D: 2.004,
    beta: -0.5,
    beta1: 0.5,
    beta2: 0.999,
    target: 1,
    scale: 1,
    theta: 1,
    psi: -0.5,
  });
});

test("what is no setting is refused in a sentence that names it", () => {
  const refused = [
    [{ schedule: "D D" }, /^D D: D and G must both move in a tick/],
    [{ schedule: "" }, /^empty: D and G must both move/],
    [{ schedule: "D X" }, /a turn is \('D',\), \('G',\) or \('D', 'G'\)/],
    [{ schedule: `${"D ".repeat(12)}G` }, /has 13 turns; expected at most 12/],
    [{ step: 1e9 }, /^step size is 1000000000; expected a number from 0.01 to 10$/],
    [{ step: NaN }, /^step size is NaN/],
    [{ times: 0 }, /^D’s step, × is 0; expected a number from 0.1 to 10$/],
    [{ beta: 1 }, /^β is 1; expected a number from -0.95 to 0.95$/],
    [{ strength: -1 }, /^strength is -1/],
    [{ theta: null }, /^θ at the start is empty/],
    [{ psi: "x" }, /^ψ at the start is x/],
    [{ loss: 9 }, /^loss is at place 9; expected one from 0 to 1$/],
  ];
  for (const [changes, words] of refused) {
    assert.throws(() => setting(changes), { message: words });
  }
});

test("an address gives back the traits that it was made of", () => {
  const hash = hashOf(get({}), offers);
  assert.match(hash, /^#lab=schedule&schedule=d\+d\+g&loss=hinge&/);
  assert.deepEqual(changesOf(hash, offers), {
    changes: { ...traits, step: 0.501, strength: 0.3 },
    wrong: [],
  });
  assert.deepEqual(changesOf("#lab=schedule&schedule=D+D+G&step=0.5", offers).changes, {
    schedule: "D D G",
    step: 0.5,
  });
  for (const other of ["", "#try-it", "#lab=mixture&step=0.5", "#schedule=D+G"]) {
    assert.equal(changesOf(other, offers), null);
  }
});

test("what is wrong in an address is said, and the rest of it is taken", () => {
  const told = (asked) => changesOf(`#lab=schedule&psi=2&${asked}`, offers);
  const cases = [
    ["step=fast", "step size is fast; expected a number from 0.01 to 10"],
    ["step=", "step size is empty; expected a number from 0.01 to 10"],
    ["step=1e9", "step size is 1000000000; expected a number from 0.01 to 10"],
    ["tick=1.5", "tick is 1.5; expected a whole number from 0 to 100"],
    ["loss=cross", "loss is cross; expected one of saturating, hinge"],
    ["penalty=", "penalty is empty; expected one of none, R1"],
  ];
  for (const [asked, words] of cases) {
    assert.deepEqual(told(asked), { changes: { psi: 2 }, wrong: [words] });
  }
  assert.match(told("constructor=1").wrong[0], /^there is no constructor here; expected one of s/);
});

test("one turn on and one turn back are inverse, and stop at the ends", () => {
  const seen = [[0, 0]];
  for (let k = 0; k < 7; k++) seen.push(stepped(...seen.at(-1), 1, 3, 2));
  assert.deepEqual(seen, [
    [0, 0],
    [0, 1],
    [0, 2],
    [1, 0],
    [1, 1],
    [1, 2],
    [2, 0],
    [2, 0],
  ]);
  for (let k = 6; k > 0; k--) assert.deepEqual(stepped(...seen[k], -1, 3, 2), seen[k - 1]);
  assert.deepEqual(stepped(0, 0, -1, 3, 2), [0, 0]);
});

test("G moves along theta, D along psi", () => {
  assert.deepEqual(legs([0, 0], [1, 0], "G"), [["G", 0, 0, 1, 0]]);
  assert.deepEqual(legs([0, 0], [0, 2], "D"), [["D", 0, 0, 0, 2]]);
  assert.deepEqual(legs([0, 0], [1, 2], "DG"), [
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

test("equal turns in a row are told once", () => {
  const read = ["D reads G0"];
  assert.deepEqual(toldOf([read, read, ["G reads D2"]]), {
    turns: ["D reads G0", "D reads G0", "G reads D2"],
    tick: "D reads G0 (2 times), then G reads D2",
  });
  assert.equal(toldOf([["D reads G0", "G reads D0"]]).tick, "D reads G0 and G reads D0");
});

test("measured growth is the closed form", () => {
  const spiral = Array.from({ length: 151 }, (_, t) => [
    1.01 ** t * Math.cos(0.2 * t),
    1.01 ** t * Math.sin(0.2 * t),
  ]);
  assert.ok(Math.abs(measured(path(...spiral)).factor - 1.01) < 1e-12);
  const ellipse = spiral.map((_, t) => [Math.cos(0.2 * t), 0.8 * Math.sin(0.2 * t)]);
  assert.ok(Math.abs(measured(path(...ellipse)).factor - 1) < 1e-3);
  assert.equal(measured(path(...spiral.slice(0, 8))), null);
  const far = spiral.map(([x, y], t) => [x, t < 20 ? y : 1e13]);
  assert.equal(measured(path(...far)).to, 19);
});

test("the growth is told as predicted and as measured, or why it is not", () => {
  assert.equal(
    growthOf([[0.6, 0.8]], { from: 40, to: 100, factor: 1.0016 }),
    "Radius in a tick: ×\u00a01.0000 predicted near (0,\u00a00); " +
      "×\u00a01.002 measured over ticks 40 to 100.",
  );
  assert.match(
    growthOf([], null),
    /: nothing predicted, see the circle; the path is too short to measure\.$/,
  );
  assert.match(whyNone({ rule: "Adam", penalty: "WGAN-GP" }), /^Adam has none here/);
  assert.match(whyNone({ rule: "momentum", penalty: "WGAN-GP" }), /^WGAN-GP has none here/);
  assert.match(whyNone({ rule: "momentum", penalty: "clipping" }), /no derivative/);
  assert.equal(playedOf(setting({}), 0, path([1, 0]), [[1, 0]]).why, "");
});

test("a verdict says the eigenvalue, and only what it decides", () => {
  const said = (loss, ...roots) => plain(verdictOf(loss, roots)).replaceAll("\u2060", "");
  const pair = [0.98, Math.sqrt(1 - 0.98 ** 2)];
  assert.equal(
    said("saturating", [1, 0.1]),
    "λ = 1.00 ± 0.10i, |λ| = 1.0050. Near (0, 0) the path leaves.",
  );
  assert.equal(said("hinge", [-0.5, 0]), "λ = −0.50, |λ| = 0.5000. Near (0, 0) the path arrives.");
  assert.match(
    said("saturating", [1 - 1e-5, 0]),
    /^λ = 1.00, \|λ\| = 0.999990. Near \(0, 0\) the path arrives/,
  );
  assert.match(
    said("Wasserstein", pair),
    /^λ = 0.98 ± 0.20i, \|λ\| = 1.0000. Near \(0, 0\) the path turns/,
  );
  for (const [loss, root] of [
    ["saturating", pair],
    ["non-saturating", pair],
    ["Wasserstein", [-1, 0]],
  ]) {
    assert.match(said(loss, root), /Near \(0, 0\): on the circle, eigenvalues decide nothing\.$/);
  }
  assert.equal(said("hinge"), "");
});

test("a refused schedule is told with what to type", () => {
  assert.equal(adviceOn("dddddg"), "Put spaces between turns: D D D D D G");
  assert.equal(adviceOn("DG DDG"), "Put spaces between turns: DG D D G");
  for (const text of ["", "D D", "DD", "DDX G"]) {
    assert.equal(adviceOn(text), "Type turns such as D D G");
  }
  assert.throws(() => setting({ schedule: "DDG" }), { message: /^DDG: a turn is .*\. Put spaces/ });
});

test("the critical strength is told of R1 alone", () => {
  assert.match(hintOn("R1"), /^R1 is critical at strength 1/);
  assert.equal(hintOn("WGAN-GP"), "");
});

// Two ticks of D G from (1, 0); the last place is lost.
const run = (...places) => playedOf(setting({ schedule: "D G" }), 2, path(...places), [[1, 0]]);
const SHORT = [
  [1, 0],
  [1, 2],
  [3, 2],
  [3, 300],
];

test("the caption says which version each move read, and where it led", () => {
  const played = run(...SHORT, [4, 300]);
  const said = (tick, turn) => plain(caption(played, placeOf(played, tick, turn)));
  assert.equal(said(0, null), "Before the first move. Now θ = 1, ψ = 0.");
  assert.equal(said(0, 1), "Tick 1, turn 1 of 2: D reads G0. Now θ = 1, ψ = 2.");
  assert.equal(said(1, 0), "Tick 1, turn 2 of 2: G reads D1. Now θ = 3, ψ = 2.");
  assert.equal(said(1, null), "Tick 1: D reads G0, then G reads D1. Now θ = 3, ψ = 2.");
  assert.equal(said(99, 1), "Tick 2, turn 2 of 2: G reads D1. Now θ = 4, ψ = 300.");
});

test("the plane fits the path, unless it is held", () => {
  const played = run(...SHORT, [4, 300]);
  assert.deepEqual([placeOf(played, 0, null).size, placeOf(played, 1, null).size], [2, 5]);
  assert.equal(placeOf(played, 1, null, 20).size, 20);
  assert.equal(placeOf(played, 2, null).note, "Outside the picture: the radius is 300.");
});

test("a run that is lost says since when, and has no place from there on", () => {
  const played = run(...SHORT, [2e12, 300]);
  assert.deepEqual(played.path.x.map(Number.isNaN), [false, false, false, false, true]);
  const place = placeOf(played, 2, null);
  assert.equal(place.note, "Diverged: farther than 10¹² after tick 1.");
  assert.equal(caption(played, place), "Tick 2: D reads G0, then G reads D1.");
  assert.ok(run([1, 0], [NaN, 0], [1, 0], [1, 0], [1, 0]).path.r.slice(1).every(Number.isNaN));
});

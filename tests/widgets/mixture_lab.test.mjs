// The mixture lab's words, settings and small pieces of work, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { median } from "../../ganflow/widgets/mixture_lab/pictures.js";
import {
  addressOf,
  fromAddress,
  pythonOf,
  settingOf,
  traitsOf,
  unknownIn,
} from "../../ganflow/widgets/mixture_lab/settings.js";
import { moved, next, slowly } from "../../ganflow/widgets/mixture_lab/training.js";
import {
  caption,
  progressLine,
  rangeLine,
  spreadLine,
  titleOf,
} from "../../ganflow/widgets/mixture_lab/words.js";

const BASE = {
  schedule: "D G",
  step_size_D: 0.001,
  step_size_G: 0.001,
  penalty: "none",
  strength: 0,
  seed: 0,
  rule: "Adam",
  beta1: 0.9,
  beta2: 0.999,
  beta: 0.9,
  loss: "hinge",
  batch: 64,
  data: "ring of 8",
};
const CHOICES = {
  penalty: ["none", "R1"],
  rule: ["Adam", "momentum", "gradient descent"],
  loss: ["hinge", "saturating"],
  batch: [16, 64],
  data: ["ring of 8", "moons"],
};
const READS = { Adam: ["beta1", "beta2"], momentum: ["beta"], "gradient descent": [] };
const KNOWN = { base: BASE, choices: CHOICES, reads: READS };
const other = { ...BASE, schedule: "D DG", penalty: "R1", strength: 0.1, seed: 7, batch: 16 };

test("a setting goes to the view's traits and back", () => {
  const traits = traitsOf(other, "b", KNOWN);
  assert.equal(traits.b_penalty, 1);
  assert.equal(traits.b_batch, 0);
  assert.deepEqual(
    settingOf((name) => traits[name], "b", KNOWN),
    other,
  );
});

test("what no control can take is not given to one", () => {
  const traits = traitsOf({ ...BASE, seed: "x", batch: 17, beta1: "" }, "a", KNOWN);
  for (const name of ["a_seed", "a_batch", "a_beta1"]) assert.ok(!(name in traits), name);
});

test("an address says what differs, and is read back as it was", () => {
  const address = addressOf({ a: BASE, b: other }, KNOWN);
  const said = "b.schedule=D+DG&b.penalty=R1&b.strength=0.1&b.seed=7&b.batch=16";
  assert.equal(address, `#lab=mixture&${said}`);
  assert.deepEqual(fromAddress(address, KNOWN), { a: BASE, b: other });
  assert.equal(fromAddress("#try-it", KNOWN), null);
  assert.equal(fromAddress("", KNOWN), null);
});

test("a number that is none stays as it was written, and an empty one too", () => {
  const { a } = fromAddress("#lab=mixture&a.seed=1e&a.beta1=&a.strength=.5", KNOWN);
  assert.deepEqual([a.seed, a.beta1, a.strength], ["1e", "", 0.5]);
});

test("what an address says of nothing here is told, beside the run it names", () => {
  const told = (hash) => {
    const { a, b } = fromAddress(`#lab=mixture&${hash}`, KNOWN);
    return [a, b].map((setting) => unknownIn(setting, KNOWN).split(";")[0]);
  };
  assert.deepEqual(told("b.sed=3&b.seed=3"), ["", "there is no sed here"]);
  for (const key of ["seed", "c.seed"]) {
    assert.deepEqual(told(`${key}=3`), [`there is no ${key} without a. or b. before it here`, ""]);
  }
});

test("a choice that is not offered is refused in the package's words", () => {
  assert.equal(unknownIn(other, KNOWN), "");
  assert.equal(
    unknownIn({ ...BASE, loss: "Hinge" }, KNOWN),
    "loss is 'Hinge'; expected one of hinge, saturating",
  );
  assert.equal(unknownIn({ ...BASE, batch: 17 }, KNOWN), "batch is 17; expected one of 16, 64");
});

test("a title has schedule, rates, penalty and seed, and what is not usual", () => {
  assert.equal(titleOf(BASE, KNOWN), "D G, rates D 0.001, G 0.001, no penalty, seed 0");
  const changed = { ...other, rule: "momentum", beta: -0.3, data: "moons", step_size_D: 2e-3 };
  assert.equal(
    titleOf(changed, KNOWN),
    "D DG, rates D 0.002, G 0.001, R1 0.1, beta -0.3, momentum, batch 16, moons, seed 7",
  );
});

test("the lines for a notebook give each number that the rule reads, and no other", () => {
  const data = { "ring of 8": { call: "ring()" }, moons: { call: "moons()" } };
  const how = { ticks: 40, reads: READS, fixed: { width: 64, shown: 500 }, data };
  const lines = pythonOf({ a: BASE, b: { ...other, rule: "gradient descent" } }, how);
  const [, a, b] = lines.split("GanSetting(\n");
  assert.match(lines, /^from ganflow import GanSetting, sweep\nfrom ganflow.data import ring\n/);
  assert.match(a, / {4}beta1=0.9,\n {4}beta2=0.999,\n/);
  assert.doesNotMatch(b, /beta/);
  assert.match(b, / {4}width=64,\n {4}shown=500,\n {4}seed=7,\n {4}data=ring\(\),\n\)/);
  assert.match(lines, /sweep\(\[a, b\], ticks=40, record_every=100\)/);
});

const MARK = { tick: 100, modes: 7, share: 0.416, distance: 0.2049, captured: [] };

test("a caption says when it was measured, if that is not now", () => {
  const words = "B: 7 of 8 modes captured, 42 % of the fakes of high quality, ";
  assert.equal(
    caption("B", MARK, { modes: 8, tick: 100 }),
    `${words}sliced Wasserstein distance 0.2.`,
  );
  assert.equal(
    caption("B", MARK, { modes: 0, tick: 120 }),
    "B: sliced Wasserstein distance 0.2 (at tick 100).",
  );
  assert.equal(caption("A", null, { modes: 8, tick: 0 }), "");
});

test("fakes outside the picture are counted, also such as are no number", () => {
  const shown = { samples: [0, 0, 3, 0, 0, -3, Number.NaN, 0], scores: [-1, 2] };
  assert.equal(rangeLine(shown, 2), "D’s score: −1 to 2. 3 of 4 fakes lie outside.");
  assert.equal(rangeLine({ samples: [0, 0], scores: [1] }, 2), "D’s score: 1 to 1.");
});

test("the seeds are told by their median, their least and their greatest", () => {
  const kept = [2, 8, 5].map((modes) => [{ ...MARK, modes, tick: 400 }]);
  assert.equal(
    spreadLine({ name: "A", kept: [...kept, [MARK]], seedless: "" }, 400),
    "A, median of 3 seeds, from least to greatest: modes captured 5 (2 to 8), " +
      "high-quality share 42 % (42 to 42 %), sliced Wasserstein distance 0.2 (0.2 to 0.2).",
  );
  const plain = [[{ ...MARK, modes: Number.NaN, share: Number.NaN }]];
  assert.equal(
    spreadLine({ name: "B", kept: plain, seedless: "" }, 100),
    "B, median of 1 seed, from least to greatest: sliced Wasserstein distance 0.2 (0.2 to 0.2).",
  );
  const early = { name: "A", kept: [[MARK]], seedless: "" };
  assert.equal(spreadLine(early, 400), "A: no seed has come to tick 400 yet.");
  const none = { ...early, kept: [], seedless: "seed is 2; expected less." };
  assert.equal(spreadLine(none, 400), "A: no seeds, seed is 2; expected less.");
});

test("a dozen seeds tell which is trained, and for about how long", () => {
  const at = (tick) => [
    { ...MARK, tick: 0 },
    { ...MARK, tick },
  ];
  const all = { seeds: 12, until: 400 };
  assert.equal(progressLine([[[]], []], all, 0), "Seed 1 of 12.");
  // Two of A and of B are done, and half of A's third: 4.5 of 24 in 9 s.
  const both = [
    [at(400), at(100), at(200)],
    [at(400), at(400)],
  ];
  assert.equal(progressLine(both, all, 9), "Seed 3 of 12, about 39 s left.");
  assert.equal(
    progressLine([[at(400)]], { seeds: 1, until: 400 }, 9),
    "Seed 1 of 1, about 0 s left.",
  );
});

test("the median leaves out what is no number", () => {
  assert.equal(median([3, Number.NaN, 1]), 2);
  assert.equal(median([3, 1, 2]), 2);
  assert.ok(Number.isNaN(median([])));
});

// A run of so many moves a tick, whose weights are no numbers from one move on.
function fake(moves, lostAt = Infinity) {
  let made = 0;
  const run = {
    at: { tick: 0, turn: 0, move: 0 },
    move() {
      made++;
      run.at = { tick: Math.floor(made / moves), turn: made % moves, move: 0 };
      return { player: "D", reads: `move ${made}` };
    },
    finite: () => made < lostAt,
  };
  return { run, data: {}, marks: [], mark: null, lost: null };
}

test("who is behind by a tick moves first", () => {
  const [a, b] = [fake(1), fake(3)];
  moved(a);
  assert.deepEqual(next([a, b]), [b]);
  for (let k = 0; k < 3; k++) moved(b);
  assert.deepEqual(next([a, b]), [a, b]);
});

test("a run that is lost holds up no other, and says in which tick", () => {
  const [a, b] = [fake(2, 3), fake(2)];
  const told = [];
  const plan = { every: 1000, counted: 1, directions: 1 };
  for (const _ of slowly([a, b], 3, plan, (side) => told.push(side === a ? "a" : "b")));
  assert.equal(a.lost, 2); // its third move is the first of the second tick
  assert.equal(told.join(""), "ababab" + "bbb");
});

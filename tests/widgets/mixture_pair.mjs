// The mixture lab's two runs without a page: what a test calls from Python.
import { makePair } from "../../ganflow/widgets/mixture_lab/pair.js";
import { slowly, spreading, training } from "../../ganflow/widgets/mixture_lab/training.js";

const revive = (_, v) =>
  v?.base64 === undefined
    ? v
    : new DataView(new Uint8Array(Buffer.from(v.base64, "base64")).buffer);

const pairOf = (text, changes) => {
  const traits = { ...JSON.parse(text, revive), ...changes };
  return makePair((name) => traits[name], traits.lab);
};

// A view's traits, with changes: the faults, and after some ticks what is seen of each run.
export async function trained(text, changes, ticks) {
  const pair = pairOf(text, changes);
  pair.judge();
  await pair.restart();
  for (const _ of training(pair.active(), ticks, pair.plan));
  return pair.halves.map(({ fault, side }) => {
    if (!side) return { fault };
    const { samples, scores, push } = side.run.look();
    const seen = { samples: [...samples], scores: [...scores], push: [...push] };
    return { fault, lost: side.lost, marks: side.marks, tick: side.run.at.tick, ...seen };
  });
}

// The marks of each seed of both runs.
export async function spread(text, changes, seeds, ticks) {
  const pair = pairOf(text, changes);
  pair.judge();
  for (const _ of spreading(await pair.spread(seeds), seeds, ticks, pair.plan));
  return pair.halves.map(({ kept }) => kept);
}

// What each slow step says that it moved, for each run.
export async function stepped(text, changes, ticks) {
  const pair = pairOf(text, changes);
  pair.judge();
  await pair.restart();
  const told = { A: [], B: [] };
  const tell = (side, made) => {
    const { name } = pair.halves.find((half) => half.side === side);
    told[name].push(made.reads);
  };
  let steps = 0;
  for (const _ of slowly(pair.active(), ticks, pair.plan, tell)) steps++;
  return { ...told, steps };
}

// Runs of compiled programs, by name, for the tests of program.js and measures.js.
import { readFileSync } from "node:fs";
import { eigenvalues, tickJacobian } from "../../ganflow/live/measures.js";
import { compile, Run } from "../../ganflow/live/program.js";

const programs = new Map();
const runs = new Map();

/** Compile the module of a file. */
export async function load(name, path, layout) {
  programs.set(name, await compile(readFileSync(path), layout));
}

/** A new run of a program, at the start of a setting. */
export async function start(name, program, setting) {
  const run = await Run.of(programs.get(program));
  run.start(setting);
  runs.set(name, run);
}

/** Begin the same run anew, by another setting. */
export function again(name, setting) {
  runs.get(name).start(setting);
}

/** Go on by another setting. */
export function follow(name, setting) {
  runs.get(name).follow(setting);
}

/** Go on by a number of "tick", "turn" or "move"; what the last one gave. */
export function go(name, kind, times) {
  let last = null;
  for (let k = 0; k < times; k++) last = runs.get(name)[kind]();
  return last;
}

/** How many ticks there are until a weight is no finite number. */
export function lasts(name, most) {
  const run = runs.get(name);
  while (run.finite() && run.at.tick < most) run.tick();
  return run.at.tick;
}

/** The numbers of some names. */
export const read = (name, names) => names.map((one) => runs.get(name).view(one));

/** Where a run is. */
export const place = (name) => [runs.get(name).at, runs.get(name).moves];

/** What a picture shows of a run. */
export const look = (name) => runs.get(name).look();

/** The derivative of a tick at a point, and its eigenvalues; null where it has none. */
export function derivative(name, point) {
  const matrix = tickJacobian(runs.get(name), point);
  return matrix && { matrix, values: eigenvalues(matrix) };
}

const kept = new Map();

/** Keep what a run is now; go back to it. */
export const save = (name, key) => void kept.set(key, runs.get(name).save());
export const restore = (name, key) => runs.get(name).restore(kept.get(key));

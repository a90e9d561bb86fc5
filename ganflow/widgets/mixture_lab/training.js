// Training in small pieces, so that a frame can stop between any two: ticks, measures, seeds.
import { capturedModes, highQualityShare, slicedWasserstein } from "../../live/measures.js";

/**
 * What was measured of a run at a tick.
 *
 * @typedef {object} Mark
 * @property {number} tick
 * @property {number} modes how many are captured, NaN where the data have none
 * @property {number} share of high quality, likewise
 * @property {number} distance sliced Wasserstein, to as many real points
 * @property {boolean[]} captured which modes are
 */
/**
 * A run and what is known of it.
 *
 * @typedef {object} Side
 * @property {any} run a Run of program.js
 * @property {any} data what it learns, see `Setting` of program.js
 * @property {Mark[]} marks at whole ticks, in order
 * @property {Mark | null} mark of the present state
 * @property {number | null} lost the tick in which a weight became no finite number
 */
/**
 * @typedef {object} Plan
 * @property {number} every ticks between marks
 * @property {number} counted fakes and real points that a mark is made of
 * @property {number} directions of the distance
 */

const FAR = 2 ** 40; // batches that no move reads: a mark's fakes come from these numbers on

/**
 * A side before its first move.
 *
 * @param {any} run
 * @param {any} data
 * @returns {Side}
 */
export const sideOf = (run, data) => ({ run, data, marks: [], mark: null, lost: null });

// Noise and real points of a mark, from the seed alone: draws of as many as the program takes.
function drawn(run, counted) {
  const size = Math.min(counted, run.view("z G").length / 2);
  const noise = new Float32Array(2 * counted);
  const real = new Float32Array(2 * counted);
  for (let from = 0; from < counted; from += size) {
    run.exports.draw(0, BigInt(FAR + from / size), size); // as a batch of G
    const n = 2 * Math.min(size, counted - from);
    noise.set(run.view("z G").subarray(0, n), 2 * from);
    real.set(run.view("x G").subarray(0, n), 2 * from);
  }
  return { noise, real };
}

// Fakes of some noise; the picture's own noise is back when this is done.
function fakesOf(run, noise) {
  const place = run.view("noise");
  const own = place.slice();
  place.set(noise);
  const fakes = run.look().samples.slice(0, noise.length);
  place.set(own);
  return fakes;
}

/**
 * Measure the present state, and keep it as the side's mark.
 *
 * @param {Side} side
 * @param {Plan} plan
 */
export function* measuring(side, { counted, directions }) {
  const { run, data } = side;
  const { tick } = run.at;
  const { noise, real } = drawn(run, counted);
  const fakes = new Float32Array(noise.length);
  const size = run.view("noise").length;
  for (let from = 0; from < fakes.length; from += size) {
    fakes.set(fakesOf(run, noise.subarray(from, from + size)), from);
    yield;
  }
  const { centres = [], spread } = data;
  const has = (centre) => capturedModes(fakes, { centres: [centre], spread }) === 1;
  const captured = centres.map(has);
  const counts = centres.length > 0;
  const modes = counts ? capturedModes(fakes, data) : NaN;
  const share = counts ? highQualityShare(fakes, data) : NaN;
  yield;
  const distance = slicedWasserstein(fakes, real, directions);
  side.mark = { tick, modes, share, distance, captured };
  if (whole(run) && side.marks.at(-1)?.tick !== tick) side.marks.push(side.mark);
  yield;
}

/**
 * One move of a run; a weight that is no finite number is noted.
 *
 * @param {Side} side
 * @returns what `Run.move` says of it
 */
export function moved(side) {
  const made = side.run.move();
  side.mark = null;
  if (!side.run.finite()) side.lost = side.run.at.tick + (whole(side.run) ? 0 : 1);
  return made;
}

const whole = ({ at }) => !at.turn && !at.move;
const due = ({ run, lost }, { every }) => lost === null && whole(run) && run.at.tick % every === 0;

/**
 * The runs that move next: those with the fewest ticks, so that none gets ahead by a whole
 * one.
 *
 * @param {Side[]} sides
 */
export function next(sides) {
  const going = sides.filter(({ lost }) => lost === null);
  const least = Math.min(...going.map(({ run }) => run.at.tick));
  return going.filter(({ run }) => run.at.tick === least);
}

/**
 * The rest of a tick that was begun, or a whole one.
 *
 * @param {Side} side
 */
export function ticked(side) {
  const { tick } = side.run.at;
  while (side.lost === null && side.run.at.tick === tick) moved(side);
}

/**
 * Train some runs side by side up to a tick, marked every so many; each piece is a tick of
 * one of them or a part of a mark.
 *
 * @param {Side[]} sides
 * @param {number} until
 * @param {Plan} plan
 */
export function* training(sides, until, plan) {
  for (;;) {
    const going = next(sides).filter(({ run }) => run.at.tick < until);
    if (!going.length) return;
    for (const side of going) {
      ticked(side);
      yield;
      if (due(side, plan)) yield* measuring(side, plan);
    }
  }
}

/**
 * As `training`, with one move of each run for a piece.
 *
 * @param {Side[]} sides
 * @param {number} until
 * @param {Plan} plan
 * @param {(side: Side, made: any) => void} told what moved
 */
export function* slowly(sides, until, plan, told) {
  for (;;) {
    const going = next(sides).filter(({ run }) => run.at.tick < until);
    if (!going.length) return;
    for (const side of going) {
      told(side, moved(side));
      if (due(side, plan)) for (const _ of measuring(side, plan));
    }
    yield;
  }
}

/**
 * Train settings from several seeds, one run after the other.
 *
 * @param {{ side: Side, start: (k: number) => void, kept: Mark[][] }[]} both each with what
 *   starts its k-th seed, and where the marks of each seed are kept
 * @param {number} seeds
 * @param {number} until
 * @param {Plan} plan
 */
export function* spreading(both, seeds, until, plan) {
  for (let k = 0; k < seeds; k++) {
    for (const { side, start, kept } of both) {
      start(k);
      Object.assign(side, { marks: [], mark: null, lost: null });
      kept.push(side.marks);
      yield* measuring(side, plan);
      yield* training([side], until, plan);
    }
  }
}

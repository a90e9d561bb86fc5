// What the pictures show, in words.
import { brief } from "../kit.js";
import { CURVES, median } from "./pictures.js";

/** @import { Shown } from "./pictures.js" */
/** @import { Known, Setting } from "./settings.js" */
/** @import { Mark } from "./training.js" */

// A rate with the digits that its slider shows.
const rate = (/** @type {number} */ v) => Number(v.toPrecision(3));

/**
 * What is not as in the base, in a line: the schedule, both rates, the seed in any case.
 *
 * @param {Setting} setting
 * @param {Known} known
 */
export function titleOf(setting, { base, reads }) {
  const { schedule, step_size_D, step_size_G, penalty, strength, seed, rule } = setting;
  const numbers = reads[rule].filter((name) => setting[name] !== base[name]);
  const others = ["rule", "loss", "batch", "data"].filter((name) => setting[name] !== base[name]);
  return [
    schedule.trim().toUpperCase() || "no schedule",
    `rates D ${rate(step_size_D)}, G ${rate(step_size_G)}`,
    penalty === "none" ? "no penalty" : `${penalty} ${strength}`,
    ...numbers.map((name) => `${name} ${setting[name]}`),
    ...others.map((name) => (name === "batch" ? `batch ${setting[name]}` : setting[name])),
    `seed ${seed}`,
  ].join(", ");
}

/**
 * What was measured of a run, and when, if that is not now.
 *
 * @param {string} name of the run
 * @param {Mark | null} mark
 * @param {{ modes: number, tick: number }} now how many modes the data have, and the tick
 */
export function caption(name, mark, { modes, tick }) {
  if (!mark) return "";
  const when = mark.tick === tick ? "" : ` (at tick ${mark.tick})`;
  const found = `${mark.modes} of ${modes} modes captured, `;
  const share = `${Math.round(100 * mark.share)} % of the fakes of high quality, `;
  const counts = modes ? found + share : "";
  return `${name}: ${counts}sliced Wasserstein distance ${brief(mark.distance)}${when}.`;
}

/**
 * The lowest and the highest of D's scores, and how many fakes are not in the picture.
 *
 * @param {Shown} shown
 * @param {number} reach half the picture's width
 */
export function rangeLine({ samples, scores }, reach) {
  const all = Array.from(scores);
  let outside = 0;
  for (let i = 0; i < samples.length; i += 2) {
    if (!(Math.max(Math.abs(samples[i]), Math.abs(samples[i + 1])) <= reach)) outside++;
  }
  const some = outside ? ` ${outside} of ${samples.length / 2} fakes lie outside.` : "";
  return `D’s score: ${brief(Math.min(...all))} to ${brief(Math.max(...all))}.${some}`;
}

/**
 * What a dozen seeds came to, in a sentence.
 *
 * @param {{ name: string, kept: Mark[][], seedless: string }} half
 * @param {number} until
 */
export function spreadLine({ name, kept, seedless }, until) {
  if (seedless) return `${name}: no seeds, ${seedless}`;
  const ends = kept.map((marks) => marks.at(-1)).filter((mark) => mark?.tick === until);
  if (!ends.length) return `${name}: no seed has come to tick ${until} yet.`;
  const told = CURVES.map(({ name: of, words }) => {
    const values = ends.map((mark) => mark?.[of]);
    if (values.some(Number.isNaN)) return "";
    const [as, unit] = of === "share" ? [(v) => String(Math.round(100 * v)), " %"] : [brief, ""];
    const range = `${as(Math.min(...values))} to ${as(Math.max(...values))}${unit}`;
    return `${words} ${as(median(values))}${unit} (${range})`;
  });
  const seeds = `${ends.length} seed${ends.length > 1 ? "s" : ""}`;
  return `${name}, median of ${seeds}, from least to greatest: ${told.filter(Boolean).join(", ")}.`;
}

/**
 * How far a dozen seeds have come, and for about how long they still train.
 *
 * @param {Mark[][][]} both the marks of each seed so far, of each run that is trained
 * @param {{ seeds: number, until: number }} all
 * @param {number} spent seconds of training so far
 */
export function progressLine(both, { seeds, until }, spent) {
  const shareOf = (marks, isLast) => (isLast ? (marks.at(-1)?.tick ?? 0) / until : 1);
  const done = both.flatMap((kept) =>
    kept.map((marks, k) => shareOf(marks, k === kept.length - 1)),
  );
  const share = done.reduce((sum, one) => sum + one, 0) / (seeds * both.length);
  const seed = Math.max(1, ...both.map((kept) => kept.length));
  const left = Math.ceil((spent / share) * (1 - share));
  const about = share >= 0.5 / seeds ? `, about ${left} s left` : "";
  return `Seed ${seed} of ${seeds}${about}.`;
}

// What a run of two numbers tells: its moves in words, and by how much its radius grows.

/** @typedef {{ turns: string[], tick: string }} Told each turn, and a whole tick in one line */
/**
 * The places of a run at every turn; NaN from where it is lost.
 *
 * @typedef {object} Path
 * @property {number[]} x theta
 * @property {number[]} y psi
 * @property {number[]} r the radius
 */

export const DECADES = 12; // a path is followed as far as 10 to this
const LEAST = 8; // ticks from which a growth is measured
const ON_CIRCLE = 1e-6; // how near to 1 the size of an eigenvalue counts as 1
const LINEAR = ["Wasserstein", "hinge"]; // whose field is linear around (0, 0)
const CRITICAL = "R1 is critical at strength 1, under hinge and Wasserstein at 2.";
export const WHY_THESE =
  "At the first and the last of these ticks (0, 0) lies in the same or in the opposite " +
  "direction, so that a round on an ellipse counts as growth 1.";

/**
 * What the moves of a tick read, in words.
 *
 * @param {string[][]} reads by turn, such as [["D reads G0"], ["G reads D1"]]
 * @returns {Told}
 */
export function toldOf(reads) {
  const turns = reads.map((moves) => moves.join(" and "));
  const parts = [];
  for (const text of turns) {
    if (parts.at(-1)?.text === text) parts.at(-1).times++;
    else parts.push({ text, times: 1 });
  }
  const words = parts.map(({ text, times }) => text + (times > 1 ? ` (${times} times)` : ""));
  return { turns, tick: words.join(", then ") };
}

/**
 * A path as far as it can be followed.
 *
 * @param {number[]} theta
 * @param {number[]} psi
 * @returns {Path}
 */
export function pathOf(theta, psi) {
  let lost = false;
  const r = theta.map((v, i) => {
    const radius = Math.hypot(v, psi[i]);
    lost ||= !(radius <= 10 ** DECADES);
    return lost ? NaN : radius;
  });
  const kept = (values) => values.map((v, i) => (Number.isNaN(r[i]) ? NaN : v));
  return { x: kept(theta), y: kept(psi), r };
}

/**
 * By how much the radius grows in a tick, and between which ticks.
 *
 * The two ticks see (0, 0) from one direction or from opposite ones, so that an ellipse
 * counts as growth 1. The last is the latest with a radius between 3e-12 and 1e12.
 *
 * @param {Path} path one place for each whole tick
 * @returns {{ from: number, to: number, factor: number } | null} null if it is too short
 */
export function measured({ x, y, r }) {
  const end = r.findIndex((v) => !(v > 3 * 10 ** -DECADES));
  const to = (end < 0 ? r.length : end) - 1;
  if (to < LEAST) return null;
  let [from, least] = [0, Infinity];
  for (let i = Math.floor(to / 4); i <= Math.floor((3 * to) / 4); i++) {
    const off = Math.abs(x[i] * y[to] - y[i] * x[to]) / (r[i] * r[to]);
    const level = Math.round(off * 1e4);
    if (level < least) [from, least] = [i, level];
  }
  return { from, to, factor: (r[to] / r[from]) ** (1 / (to - from)) };
}

/**
 * The growth of the radius, as predicted and as measured, in one line.
 *
 * @param {number[][]} roots eigenvalues, the largest first
 * @param {ReturnType<typeof measured>} found
 */
export function growthOf(roots, found) {
  const said = roots.length
    ? `×\u00a0${Math.hypot(...roots[0]).toFixed(4)} predicted near (0,\u00a00)`
    : "nothing predicted, see the circle";
  const seen = found
    ? `×\u00a0${found.factor.toFixed(3)} measured over ticks ${found.from} to ${found.to}`
    : "the path is too short to measure";
  return `Radius in a tick: ${said}; ${seen}.`;
}

/**
 * Where a path goes near (0, 0), as far as the eigenvalues there say it.
 *
 * On the circle they decide only where the tick is linear around (0, 0), and then only
 * a pair that is not real: a real eigenvalue may be a double one, and its path grow.
 *
 * @param {string} loss
 * @param {number[][]} roots eigenvalues, the largest first; none gives ""
 */
export function verdictOf(loss, roots) {
  if (!roots.length) return "";
  const [[re, im]] = roots;
  const size = Math.hypot(re, im);
  const onCircle = Math.abs(size - 1) < ON_CIRCLE;
  const digits = !onCircle && size.toFixed(4) === "1.0000" ? 6 : 4;
  const turns = Math.abs(im) > 1e-4;
  const root = turns ? `${signed(re)} ± ${Math.abs(im).toFixed(2)}\u2060i` : signed(re);
  const parts = `λ = ${root}`.replaceAll(" ", "\u00a0");
  const value = `${parts}, |\u2060λ\u2060|\u00a0=\u00a0${size.toFixed(digits)}.`;
  const near = "Near (0,\u00a00)";
  if (!onCircle) return `${value} ${near} the path ${size > 1 ? "leaves" : "arrives"}.`;
  if (LINEAR.includes(loss) && turns) return `${value} ${near} the path turns.`;
  return `${value} ${near}: on the circle, eigenvalues decide nothing.`;
}

const signed = (v) => v.toFixed(2).replace("-", "−");

/**
 * What is worth knowing of a penalty's strength.
 *
 * @param {string} penalty
 */
export const hintOn = (penalty) => (penalty === "R1" ? CRITICAL : "");

/**
 * The tick and turn one turn on (by 1) or back (by -1).
 *
 * @param {number} tick
 * @param {number} turn
 * @param {1 | -1} by
 * @param {number} turns
 * @param {number} ticks
 */
export function stepped(tick, turn, by, turns, ticks) {
  const row = Math.min(ticks * turns, Math.max(0, tick * turns + turn + by));
  return [Math.floor(row / turns), row % turns];
}

/**
 * Who moved what in a turn: theta is G's number, psi is D's.
 *
 * @param {number[]} from
 * @param {number[]} to
 * @param {string} turn "D", "G", or "DG" where both moved at once
 * @returns {[string, number, number, number, number][]} who, from where, to where
 */
export function legs([x0, y0], [x1, y1], turn) {
  /** @type {[string, number, number, number, number]} */
  const both = ["ink", x0, y0, x1, y1];
  if (turn === "G") return [["G", x0, y0, x1, y0]];
  if (turn === "D") return [["D", x0, y0, x0, y1]];
  return [...legs([x0, y0], [x1, y0], "G"), ...legs([x0, y0], [x0, y1], "D"), both];
}

/**
 * Why a tick has no eigenvalues at (0, 0).
 *
 * @param {{ rule: string, penalty: string }} setting
 */
export function whyNone({ rule, penalty }) {
  if (rule === "Adam") {
    return (
      "Adam has none here: it divides by the root of an average of squared derivatives, " +
      "and at (0,\u00a00) that average is 0."
    );
  }
  if (penalty === "WGAN-GP") {
    return (
      "WGAN-GP has none here: its pull on D jumps from one side of ψ = 0 to the other, " +
      "so the game has no resting point."
    );
  }
  return "There are none here: at (0,\u00a00) the tick has no derivative.";
}

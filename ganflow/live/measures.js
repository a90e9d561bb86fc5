// Numbers about samples of the plane, as ganflow.metrics counts them, and about a game's tick.

/** @import { Run } from "./program.js" */
/** @typedef {ArrayLike<number>} Points x and y of each, one after the other */
/**
 * Round Gaussians of one spread: see ganflow.data.Mixture.
 *
 * @typedef {object} Mixture
 * @property {number[][]} centres (k, 2)
 * @property {number} spread
 */
/** @typedef {[number, number]} Complex its real and its imaginary part */
/** @typedef {number[]} State theta, psi, then what the rule remembers of G and of D */

const STUCK = 10; // QR steps without an eigenvalue, after which the shift is another
const LONG = 1e9; // moves after which no rule is in its beginning any more
const APART = 1e-5; // of the places of a central difference, from the middle
const NEAR = 1e-6; // of the places in which a tick is looked at from either side
const ALIKE = 1e-3; // of derivatives that are one, beside the largest

/**
 * The number of modes that are nearest to at least one sample within `within` spreads.
 *
 * @param {Points} samples
 * @param {Mixture} mixture
 * @param {number} [within]
 * @returns {number} NaN where a sample is not finite
 */
export function capturedModes(samples, mixture, within = 3) {
  const modes = nearModes(samples, mixture, within);
  return modes ? new Set(modes.filter((k) => k >= 0)).size : NaN;
}

/**
 * The share of samples within `within` spreads of the nearest mode.
 *
 * @param {Points} samples
 * @param {Mixture} mixture
 * @param {number} [within]
 * @returns {number} NaN where a sample is not finite
 */
export function highQualityShare(samples, mixture, within = 3) {
  const modes = nearModes(samples, mixture, within);
  return modes ? modes.filter((k) => k >= 0).length / modes.length : NaN;
}

/**
 * The Wasserstein-1 distance of two clouds of one size, averaged over directions.
 *
 * @param {Points} x
 * @param {Points} y
 * @param {number} [directions]
 * @returns {number} NaN where a sample is not finite
 */
export function slicedWasserstein(x, y, directions = 64) {
  const finite = [check("x", x), check("y", y)].every(Boolean);
  if (x.length !== y.length) {
    throw new Error(`y has ${y.length / 2} samples; expected as many as x has, ${x.length / 2}`);
  }
  if (!finite) return NaN;
  let total = 0;
  for (let j = 0; j < directions; j++) {
    const angle = (Math.PI * j) / directions;
    const a = along(x, angle);
    const b = along(y, angle);
    total += a.reduce((sum, v, i) => sum + Math.abs(v - b[i]), 0) / a.length;
  }
  return total / directions;
}

/**
 * Eigenvalues of a small matrix, largest modulus first, then largest imaginary part: by QR
 * steps with shifts, each of which is unitary, so that nothing is lost of double ones.
 *
 * @param {number[][]} matrix (n, n), real
 * @returns {Complex[]}
 * @throws {Error} if an entry is not finite
 */
export function eigenvalues(matrix) {
  if (!matrix.flat().every(Number.isFinite)) {
    throw new Error("the matrix has a NaN or inf; expected finite numbers only");
  }
  const a = matrix.map((row) => row.map((v) => /** @type {Complex} */ ([v, 0])));
  reduce(a);
  const least = Number.EPSILON * Math.hypot(...matrix.flat());
  /** @type {Complex[]} */
  const found = [];
  for (let n = a.length, since = 0; n; since++) {
    if (n === 1 || Math.hypot(...a[n - 1][n - 2]) <= least) {
      found.push(a[--n][n]);
      since = -1;
    } else {
      if (since > STUCK * STUCK) throw new Error(`no eigenvalue after ${since} steps`);
      const other = since % STUCK === STUCK - 1;
      step(a, n, other ? /** @type {Complex} */ ([least / Number.EPSILON, 0]) : shiftOf(a, n));
    }
  }
  const round = (/** @type {Complex} */ v) => Number(Math.hypot(...v).toFixed(12));
  return found
    .map(([re, im]) => /** @type {Complex} */ ([re, Math.abs(im) <= 8 * least ? 0 : im]))
    .sort((v, w) => round(w) - round(v) || w[1] - v[1]);
}

/**
 * The derivative of a game's tick by its beginning, memory of the rule included, as
 * ganflow.dynamics.tick_jacobian: the rule remembers what it does after a long rest at the
 * point. By central differences; the run itself stays where it is.
 *
 * @param {Run} run of a game, after its `start`
 * @param {{ theta: number, psi: number }} point
 * @returns {number[][] | null} null where the tick has no derivative: there its two
 *   sides differ, or the difference grows as the places come closer
 */
export function tickJacobian(run, point) {
  const { setting } = run;
  const saved = run.save();
  const names = numbersOf(run);
  run.start({ ...setting, ...point });
  const counts = Object.values(run.layout.counts[setting.rule] ?? {});
  for (const name of counts) run.view(name)[0] = LONG;
  const rest = run.save();
  const tick = (/** @type {State} */ from) => {
    run.restore(rest);
    for (const [i, name] of names.entries()) run.view(name)[0] = from[i];
    run.tick();
    return names.map((name) => run.view(name)[0]);
  };
  const at = names.map((name) => run.view(name)[0]);
  const columns = at.map((_, i) => slopes(tick, at, i));
  run.restore(saved);
  if (columns.includes(null)) return null;
  return at.map((_, row) => columns.map((column) => /** @type {State} */ (column)[row]));
}

// The numbers of a state that are not counts, in the order of ganflow.dynamics.tick_jacobian.
function numbersOf(/** @type {Run} */ { layout, setting }) {
  const counts = Object.values(layout.counts[setting.rule] ?? {});
  const kept = Object.keys(layout.at).filter((name) => name.startsWith(`${setting.rule} `));
  const memory = kept.filter((name) => !counts.includes(name));
  const own = ["G0", "D0"].flatMap((end) => memory.filter((name) => name.endsWith(` ${end}`)));
  return ["G0", "D0", ...own];
}

// The derivative of `tick` by the number at one place; null where it has none.
function slopes(
  /** @type {(from: State) => State} */ tick,
  /** @type {State} */ at,
  /** @type {number} */ place,
) {
  const scale = Math.max(1, Math.abs(at[place]));
  const moved = (/** @type {number} */ by) =>
    tick(at.map((v, i) => (i === place ? v + by * scale : v)));
  const between = (/** @type {number} */ from, /** @type {number} */ to) => {
    const [low, high] = [moved(from), moved(to)];
    return low.map((v, row) => (high[row] - v) / ((to - from) * scale));
  };
  const slope = between(-APART, APART);
  const sides = [-NEAR, -NEAR / 2, NEAR / 2, NEAR].map((to) => between(0, to));
  const size = Math.max(1, ...slope.map(Math.abs));
  const agree = sides.every((side) =>
    side.every((v, row) => Math.abs(v - slope[row]) <= ALIKE * size),
  );
  return agree ? slope : null; // NaN agrees with nothing
}

// The mode of each sample, -1 where none is near; null if a sample is not finite.
function nearModes(
  /** @type {Points} */ samples,
  /** @type {Mixture} */ { centres, spread },
  /** @type {number} */ within,
) {
  if (!check("samples", samples)) return null;
  const middles = centres.map(([cx, cy]) => (cx * cx + cy * cy) / 2);
  return Array.from({ length: samples.length / 2 }, (_, i) => {
    const x = samples[2 * i];
    const y = samples[2 * i + 1];
    let nearest = 0;
    let most = -Infinity;
    centres.forEach(([cx, cy], k) => {
      const score = x * cx + y * cy - middles[k];
      if (score > most) [nearest, most] = [k, score];
    });
    const [cx, cy] = centres[nearest];
    return Math.hypot(x - cx, y - cy) <= within * spread ? nearest : -1;
  });
}

// Refuse what is no batch of points; say whether all are finite.
function check(/** @type {string} */ name, /** @type {Points} */ points) {
  if (!points.length || points.length % 2) {
    throw new Error(
      `${name} has ${points.length} numbers; expected points of the plane, at least one, ` +
        "as x and y of each",
    );
  }
  return Array.prototype.every.call(points, Number.isFinite);
}

// Where the points lie along a direction, in order.
function along(/** @type {Points} */ points, /** @type {number} */ angle) {
  const [ux, uy] = [Math.cos(angle), Math.sin(angle)];
  const places = new Float64Array(points.length / 2);
  for (let i = 0; i < places.length; i++) places[i] = points[2 * i] * ux + points[2 * i + 1] * uy;
  return places.sort();
}

/** @type {(a: Complex, b: Complex) => Complex} */
const plus = ([a, b], [c, d]) => [a + c, b + d];
/** @type {(a: Complex, b: Complex) => Complex} */
const minus = ([a, b], [c, d]) => [a - c, b - d];
/** @type {(a: Complex, b: Complex) => Complex} */
const times = ([a, b], [c, d]) => [a * c - b * d, a * d + b * c];
/** @type {(a: Complex) => Complex} */
const conjugate = ([a, b]) => [a, -b];
/** @type {(a: Complex) => Complex} the root with a real part >= 0 */
function root([a, b]) {
  const size = Math.hypot(a, b);
  const re = Math.sqrt((size + Math.abs(a)) / 2);
  const im = re && b / (2 * re);
  return a >= 0 ? [re, im] : [Math.abs(im), b < 0 ? -re : re];
}

// The rotation that puts all of (a, b) into the first of two places.
function rotation(/** @type {Complex} */ a, /** @type {Complex} */ b) {
  const size = Math.hypot(...a, ...b);
  if (!size)
    return /** @type {[Complex, Complex]} */ ([
      [1, 0],
      [0, 0],
    ]);
  return /** @type {[Complex, Complex]} */ ([a, b].map(([re, im]) => [re / size, im / size]));
}

// Rotate rows i and j; or, by the other, columns i and j the other way.
function rotateRows(/** @type {Complex[][]} */ a, i, j, /** @type {[Complex, Complex]} */ [c, s]) {
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [a[i][k], a[j][k]];
    a[i][k] = plus(times(conjugate(c), x), times(conjugate(s), y));
    a[j][k] = minus(times(c, y), times(s, x));
  }
}

function rotateColumns(
  /** @type {Complex[][]} */ a,
  i,
  j,
  /** @type {[Complex, Complex]} */ [c, s],
) {
  for (const row of a) {
    const [x, y] = [row[i], row[j]];
    row[i] = plus(times(x, c), times(y, s));
    row[j] = minus(times(y, conjugate(c)), times(x, conjugate(s)));
  }
}

// To zeros below the first subdiagonal, the eigenvalues kept.
function reduce(/** @type {Complex[][]} */ a) {
  for (let k = 0; k < a.length - 2; k++) {
    for (let i = k + 2; i < a.length; i++) {
      const by = rotation(a[k + 1][k], a[i][k]);
      rotateRows(a, k + 1, i, by);
      rotateColumns(a, k + 1, i, by);
    }
  }
}

// The eigenvalue of the last two rows and columns that is nearer to the last entry.
function shiftOf(/** @type {Complex[][]} */ a, /** @type {number} */ n) {
  const [[p, q], [r, s]] = [n - 2, n - 1].map((i) => [a[i][n - 2], a[i][n - 1]]);
  const half = times(minus(p, s), [0.5, 0]);
  const gap = root(plus(times(half, half), times(q, r)));
  const both = [plus(half, gap), minus(half, gap)];
  const nearer = Math.hypot(...both[0]) < Math.hypot(...both[1]) ? both[0] : both[1];
  return plus(s, nearer);
}

// One QR step of the first n rows and columns.
function step(/** @type {Complex[][]} */ a, /** @type {number} */ n, /** @type {Complex} */ shift) {
  for (let k = 0; k < n; k++) a[k][k] = minus(a[k][k], shift);
  /** @type {[Complex, Complex][]} */
  const turns = [];
  for (let k = 0; k < n - 1; k++) {
    turns.push(rotation(a[k][k], a[k + 1][k]));
    rotateRows(a, k, k + 1, turns[k]);
  }
  turns.forEach((turn, k) => {
    rotateColumns(a, k, k + 1, turn);
  });
  for (let k = 0; k < n; k++) a[k][k] = plus(a[k][k], shift);
}

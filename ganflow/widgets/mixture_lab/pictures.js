// Paints a GAN of the plane, its curves and those of a dozen seeds.
import { apart, brief, dot, line, lines, paintSurface, stroke, write } from "../kit.js";

/**
 * What a picture shows of a run.
 *
 * @typedef {object} Shown
 * @property {ArrayLike<number>} samples
 * @property {ArrayLike<number>} scores
 * @property {ArrayLike<number>} push
 * @property {boolean[]} captured
 */

export const CURVES = [
  { name: "modes", words: "modes captured" },
  { name: "share", words: "high-quality share" },
  { name: "distance", words: "sliced Wasserstein distance" },
];
const LEVELS = 63; // of the surface; ten bands are drawn

/**
 * The middle of some numbers, without those that are none; NaN of none.
 *
 * @param {number[]} values
 */
export function median(values) {
  const known = values.filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
  const half = known.length / 2;
  return known.length ? (known[Math.floor(half - 0.5)] + known[Math.floor(half)]) / 2 : NaN;
}

// A surface's levels, 0 to LEVELS from its lowest to its highest score.
function levelsOf(scores) {
  let low = Infinity;
  let high = -Infinity;
  for (const v of scores) {
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  return Float32Array.from(scores, (v) => ((v - low) / (high - low || 1)) * LEVELS);
}

// The ring of each mode: whole if it is captured, dashed if not; or the real points.
function paintData(pen, { centres, points, spread }, captured, { at, scale }, css) {
  const edge = css["D-text"];
  centres?.forEach((centre, k) => {
    const around = Math.max(3 * spread * scale, 4);
    const circle = () => pen.arc(...at(centre), around, 0, 2 * Math.PI);
    if (captured[k]) {
      stroke(pen, { color: css.paper, width: 5 }, circle);
      stroke(pen, { color: edge, width: 2.5 }, circle);
    } else stroke(pen, { color: edge, width: 1.6, dash: [3, 4] }, circle);
  });
  pen.fillStyle = edge;
  pen.globalAlpha = 0.35;
  for (const point of points ?? []) {
    const [x, y] = at(point);
    pen.fillRect(x - 0.8, y - 0.8, 1.6, 1.6);
  }
  pen.globalAlpha = 1;
}

// From each fake the way in which it is pushed; the typical one is 12 px long.
function paintPushes(pen, { samples, push }, at, css) {
  let total = 0;
  for (const v of push) total += v * v;
  const by = 12 / Math.sqrt(total / (push.length / 2) || 1);
  const ways = [];
  for (let i = 0; i < push.length; i += 4) {
    const [x, y] = at([samples[i], samples[i + 1]]);
    const [dx, dy] = [by * push[i], by * push[i + 1]];
    const shorter = Math.min(1, 30 / Math.hypot(dx, dy));
    ways.push([
      [x, y],
      [x + shorter * dx, y - shorter * dy],
    ]);
  }
  pen.globalAlpha = 0.6;
  lines(pen, { color: css.ink, width: 1 }, ways);
  pen.globalAlpha = 1;
}

// `small` is a canvas for the surface, before it is drawn in the size of the plane.
export function paintPlane(pen, size, shown, data, css, { reach, small, pushes }) {
  const scale = size / 2 / reach;
  const at = ([x, y]) => [(x + reach) * scale, (reach - y) * scale];
  const levels = levelsOf(shown.scores);
  paintSurface(small, css.D, { levels, side: Math.sqrt(levels.length), top: LEVELS, faintest: 8 });
  pen.drawImage(small, 0, 0, size, size);
  paintData(pen, data, shown.captured, { at, scale }, css);
  if (pushes) paintPushes(pen, shown, at, css);
  pen.fillStyle = css.G;
  pen.beginPath();
  const { samples } = shown;
  for (let i = 0; i < samples.length; i += 2) {
    const [x, y] = at([samples[i], samples[i + 1]]);
    pen.moveTo(x, y);
    pen.arc(x, y, 2.2, 0, 2 * Math.PI);
  }
  pen.fill();
}

// Where a tick and a value lie in a chart; with its lines and numbers, below `words`.
function paintFrame(pen, { left, right, top, base }, scale, css) {
  const { ends, most, percent, words = "tick", beside = false } = scale;
  const x = (tick) => left + (tick / ends) * (right - left);
  const y = (v) => base - (Math.min(v, most) / most) * (base - top);
  const soft = { color: css.soft, ground: css.paper };
  for (const v of [0, most / 2, most]) {
    const told = percent ? `${100 * v} %` : brief(v);
    if (!beside) write(pen, told, [left - 5, y(v) + 4], { ...soft, align: "right" });
    line(pen, { color: css.line, width: 1 }, [left, y(v)], [right, y(v)]);
  }
  for (const tick of [0, ends]) {
    write(pen, `${tick}`, [x(tick), base + 16], { ...soft, align: tick ? "right" : "left" });
  }
  write(pen, words, [x(ends / 2), base + 16], soft);
  return { x, y };
}

const mostOf = (curve, all, modes) => {
  if (curve !== "distance") return curve === "modes" ? Math.max(modes, 1) : 1;
  const far = all.flat().map((mark) => mark.distance);
  return Math.max(1, Math.ceil(2 * Math.max(...far.filter(Number.isFinite))) / 2);
};

const pathOf = (marks, name, { x, y }) => marks.map((mark) => [x(mark.tick), y(mark[name])]);

// One of CURVES: A solid, B dashed.
export function paintCurve(pen, { width, height }, both, { name }, { ends, modes }, css) {
  const most = mostOf(name, both, modes);
  const box = { left: 42, right: width - 20, top: 10, base: height - 20 };
  const place = paintFrame(pen, box, { ends, most, percent: name === "share" }, css);
  const paths = both.map((marks) => pathOf(marks, name, place).filter(([, v]) => !Number.isNaN(v)));
  const lasts = paths.map((points) => points.at(-1)?.[1] ?? box.base);
  const spaced = apart(/** @type {[number, number]} */ (lasts), 13);
  const below = Math.max(0, Math.max(...spaced) + 4 - box.base); // on the numbers of the axis
  const heights = spaced.map((y) => y - below);
  paths.forEach((points, k) => {
    const look = k ? { width: 1.6, dash: [5, 4] } : { width: 2.2 };
    lines(pen, { color: css.ink, ...look }, [points]);
    const last = points.at(-1);
    if (!last) return;
    dot(pen, { fill: k ? css.paper : css.ink, edge: css.ink, width: 2 }, last, 4);
    const where = [last[0] + 7, heights[k] + 4];
    write(pen, "AB"[k], where, { color: css.ink, align: "left", ground: css.paper });
  });
}

// One of CURVES, A beside B: each seed a thin line, their median a thick one.
export function paintSpread(pen, { width, height }, both, { name }, { ends, modes }, css) {
  const most = mostOf(name, both.flat(), modes);
  const half = (width - 42 - 16) / 2;
  both.forEach((kept, k) => {
    const left = 42 + k * (half + 16);
    const box = { left, right: left + half - 4, top: 10, base: height - 20 };
    const words = `tick of ${"AB"[k]}`;
    const scale = { ends, most, percent: name === "share", words, beside: k > 0 };
    const place = paintFrame(pen, box, scale, css);
    pen.globalAlpha = 0.55;
    lines(
      pen,
      { color: css.ink, width: 1 },
      kept.map((marks) => pathOf(marks, name, place)),
    );
    pen.globalAlpha = 1;
    for (const marks of kept) {
      const mark = marks.at(-1);
      if (mark && !Number.isNaN(mark[name])) {
        const at = [place.x(mark.tick), place.y(mark[name])];
        dot(pen, { fill: css.ink, edge: css.paper, width: 1 }, at, 3);
      }
    }
    const known = kept.filter((marks) => marks.length > 1);
    const longest = known.reduce((most, marks) => (marks.length > most.length ? marks : most), []);
    const middle = longest.map(({ tick }) => {
      const values = known.flatMap((marks) => marks.filter((mark) => mark.tick === tick));
      return { tick, [name]: median(values.map((mark) => mark[name])) };
    });
    lines(pen, { color: css.G, width: 3 }, [pathOf(middle, name, place)]);
  });
}

/**
 * What a recorded picture packs in bytes, as `Run.look` gives it.
 *
 * @param {Record<string, any>} packed
 * @param {number} reach half the picture's width
 * @returns {Shown}
 */
export function shownOf({ samples, push, scores, low, high, mark }, reach) {
  const typed = ({ buffer, byteOffset, byteLength }, Kind) =>
    new Kind(buffer, byteOffset, byteLength);
  return {
    captured: mark.captured,
    samples: Float32Array.from(typed(samples, Int8Array), (v) => (v / 127) * reach),
    push: Float32Array.from(typed(push, Int8Array)),
    scores: Float32Array.from(typed(scores, Uint8Array), (v) => low + (v / 255) * (high - low)),
  };
}

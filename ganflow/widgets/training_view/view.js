// Shows one snapshot of a recorded or running training: pictures, curves, slopes. Trains nothing.
import {
  apart,
  brief,
  bufferOf,
  line,
  lines,
  listen,
  make,
  makeJoins,
  makeVoice,
  paint,
  propertiesOf,
  redrawn,
  write,
} from "../kit.js";

/** @import { Model } from "../kit.js" */
/**
 * @typedef {object} RunRecord
 * @property {string} title
 * @property {number[]} ticks of the snapshots
 * @property {number[]} seconds of training till then
 * @property {[number, number, number]} shape of a picture: height, width, channels
 * @property {number[]} points the ticks of the curves
 * @property {string[]} curves
 * @property {number[]} levels the quantiles of the slopes
 * @property {number | null} center the slope that a penalty asks for
 */
/**
 * @typedef {object} Film
 * @property {Record<string, Float32Array>} curves
 * @property {Float32Array[]} slopes one row of quantiles a snapshot
 * @property {(k: number) => Uint8Array} pictures of a snapshot; the real ones come after the last
 */

const SIDE = 5; // pictures in a row, and rows
const GAP = 2; // px between them
const CHARTS = [
  {
    words: "losses",
    curves: [
      { name: "loss_D", says: "D", who: "D" },
      { name: "loss_G", says: "G", who: "G" },
    ],
  },
  {
    words: "mean scores of D",
    curves: [
      { name: "score_real", says: "real", who: "D" },
      { name: "score_fake", says: "fake", who: "G" },
    ],
  },
  { words: "slope of D between real and fake", curves: [] },
];
const NAMES = ["G", "D", "G-text", "D-text", "ink", "soft", "line", "paper", "sans"];

/**
 * The arrays of a film, in the order in which they were packed.
 *
 * @param {RunRecord} record
 * @param {ArrayBufferView} bytes
 * @returns {Film}
 */
export function open({ curves, points, ticks, levels, shape }, bytes) {
  const data = bufferOf(bytes);
  const length = curves.length * points.length + ticks.length * levels.length;
  const numbers = new Float32Array(data, 0, length);
  const pixels = new Uint8Array(data, numbers.byteLength);
  const one = SIDE ** 2 * shape.reduce((a, b) => a * b, 1);
  const rows = (from, size, k) => numbers.subarray(from + k * size, from + (k + 1) * size);
  const after = curves.length * points.length;
  return {
    curves: Object.fromEntries(curves.map((name, k) => [name, rows(0, points.length, k)])),
    slopes: ticks.map((_, k) => rows(after, levels.length, k)),
    pictures: (k) => pixels.subarray(k * one, (k + 1) * one),
  };
}

/**
 * The lowest and the highest finite value, never the same.
 *
 * @param {Iterable<number>} values
 */
export function range(values) {
  const finite = [...values].filter(Number.isFinite);
  if (!finite.length) return [0, 1];
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

const shareOf = (span) => {
  if (span < 2) return 0.5;
  return span < 5 ? 1 : 2;
};

/**
 * Two to six round values between two ends.
 *
 * @param {number[]} ends
 */
export function marks([low, high]) {
  const ten = 10 ** Math.floor(Math.log10(high - low));
  const span = (high - low) / ten;
  const step = ten * shareOf(span);
  const [first, last] = [Math.ceil(low / step), Math.floor(high / step)];
  return Array.from({ length: last - first + 1 }, (_, k) => (first + k) * step);
}

/** @param {number} v */
export const number = (v) => (Number.isFinite(v) ? brief(v) : "no number");

/**
 * How many points of a curve lie at or before a tick.
 *
 * @param {number[]} points
 * @param {number} tick
 */
export const seen = (points, tick) => points.filter((point) => point <= tick).length;

/**
 * @param {RunRecord} record
 * @param {Film} film
 * @param {number} at which snapshot
 */
export function caption(record, film, at) {
  const tick = record.ticks[at];
  const last = seen(record.points, tick) - 1;
  const told = Object.entries(film.curves).map(([name, curve]) => {
    return `${name.replace("_", " ")} ${number(curve[last])}`;
  });
  return (
    `Tick ${tick}, after ${number(record.seconds[at])} s of training. ` +
    (last < 0 ? "" : `${told.join(", ")}. `) +
    `Median slope ${number(film.slopes[at][2])}.`
  );
}

/**
 * 25 pictures as one image, see-through between them.
 *
 * @param {ArrayLike<number>} pixels
 * @param {[number, number, number]} shape of a picture: height, width, channels
 */
export function rgba(pixels, [high, wide, channels]) {
  const width = SIDE * (wide + GAP) - GAP;
  const height = SIDE * (high + GAP) - GAP;
  const data = new Uint8ClampedArray(4 * width * height);
  let from = 0;
  for (let k = 0; k < SIDE ** 2; k++) {
    const top = Math.floor(k / SIDE) * (high + GAP);
    const left = (k % SIDE) * (wide + GAP);
    for (let r = 0; r < high; r++) {
      for (let c = 0; c < wide; c++, from += channels) {
        const to = 4 * ((top + r) * width + left + c);
        for (let i = 0; i < 3; i++) data[to + i] = pixels[from + (channels === 3 ? i : 0)];
        data[to + 3] = 255;
      }
    }
  }
  return { data, width, height };
}

// The slopes: their median, and bands between the outer and the inner quantiles.
function paintSlopes(pen, record, film, { x, y, left, right }, css) {
  const level = (i) => film.slopes.map((slopes, k) => [x(record.ticks[k]), y(slopes[i])]);
  Object.assign(pen, { globalAlpha: 0.25, fillStyle: css.D });
  for (const [from, to] of [
    [0, 4],
    [1, 3],
  ]) {
    pen.beginPath();
    for (const [u, v] of [...level(to), ...level(from).reverse()]) pen.lineTo(u, v);
    pen.fill();
  }
  pen.globalAlpha = 1;
  if (record.center !== null) {
    const v = y(record.center);
    line(pen, { color: css.soft, width: 1, dash: [2, 3] }, [left, v], [right, v]);
  }
  lines(pen, { color: css.D, width: 2 }, [level(2)]);
}

// One of the curves, the second one dashed, with a word at its end.
function paintCurves(pen, record, film, curves, { x, y, right, base }, css) {
  const paths = curves.map(({ name }) => {
    return [...film.curves[name]].map((v, i) => [x(record.points[i]), y(v)]);
  });
  paths.forEach((points, k) => {
    const look = { color: css[curves[k].who], width: 1.8, dash: k ? [5, 4] : [] };
    lines(pen, look, [points]);
  });
  const ends = paths.map((points) => points.at(-1)?.[1] ?? base);
  const heights = ends.length === 2 ? apart(ends, 13) : ends;
  curves.forEach(({ says, who }, k) => {
    const look = { color: css[`${who}-text`], ground: css.paper };
    write(pen, says, [right + 5, heights[k] + 4], { ...look, align: "left" });
  });
}

function paintChart(pen, { width, height }, chart, record, film, at, css) {
  const ends = Math.max(record.ticks.at(-1), 1);
  const [left, right, top, base] = [50, width - 34, 10, height - 34];
  const slope = !chart.curves.length;
  const curves = chart.curves.filter(({ name }) => film.curves[name]);
  const values = slope
    ? [...film.slopes.flatMap((slopes) => [...slopes]), record.center ?? NaN]
    : curves.flatMap(({ name }) => [...film.curves[name]]);
  const [low, high] = range(values);
  const x = (tick) => left + (tick / ends) * (right - left);
  const y = (v) => base - ((v - low) / (high - low)) * (base - top);
  const soft = { color: css.soft, ground: css.paper };
  const thin = { color: css.line, width: 1 };
  line(pen, thin, [left, base], [right, base]);
  for (const v of marks([low, high])) {
    line(pen, thin, [left, y(v)], [right, y(v)]);
    write(pen, number(v), [left - 5, y(v) + 4], { ...soft, align: "right" });
  }
  write(pen, "0", [x(0), base + 16], soft);
  write(pen, String(ends), [x(ends), base + 16], soft);
  write(pen, "tick", [x(ends / 2), height - 4], soft);
  const scale = { x, y, left, right, base };
  if (slope) paintSlopes(pen, record, film, scale, css);
  paintCurves(pen, record, film, curves, scale, css);
  const now = x(record.ticks[at]);
  line(pen, { color: css.ink, width: 1.2 }, [now, top - 6], [now, base]);
}

/** @param {{ model: Model, el: HTMLElement }} view */
function render({ model, el }) {
  const picture = (words) => make("canvas", { role: "img", "aria-label": words });
  const title = make("p", { class: "title" });
  const says = make("p", { class: "says" });
  const voice = makeVoice();
  const grids = ["made by G", "real"].map((words) => ({ words, canvas: picture(words) }));
  const charts = CHARTS.map((chart) => ({ ...chart, canvas: picture(chart.words) }));
  const under = ({ words, canvas }) => {
    return make("div", {}, make("p", { class: "words" }, words), canvas);
  };
  el.classList.add("gf-widget", "gf-training");
  el.append(title, make("div", { class: "grids" }, ...grids.map(under)), says, voice.element);
  el.append(make("div", { class: "charts" }, ...charts.map(under)));

  let film;
  let opened; // the bytes that `film` is of
  const drawGrid = (canvas, words, pixels, shape) => {
    const { data, width, height } = rgba(pixels, shape);
    Object.assign(canvas, { width, height, ariaLabel: words });
    canvas.getContext("2d").putImageData(new ImageData(data, width, height), 0, 0);
  };
  const drawChart = (chart, record, at, css) => {
    const { canvas, words } = chart;
    const { clientWidth: width, clientHeight: height } = canvas;
    canvas.ariaLabel = `${words} against ticks. ${says.textContent}`;
    const font = `12px ${css.sans}`;
    paint(canvas, { width, height, font }, (pen) => {
      if (width) paintChart(pen, { width, height }, chart, record, film, at, css);
    });
  };
  const draw = () => {
    const record = model.get("record_");
    const bytes = model.get("film");
    if (!record.ticks?.length) {
      says.textContent = "No picture yet: the training has not begun.";
      return;
    }
    const at = Math.min(model.get("at"), record.ticks.length - 1); // the slider may be ahead
    if (opened !== bytes) {
      film = open(record, bytes);
      opened = bytes;
    }
    title.textContent = record.title;
    says.textContent = caption(record, film, at);
    voice.say(says.textContent);
    const [made, real] = grids;
    const words = `25 images ${made.words} after tick ${record.ticks[at]}`;
    drawGrid(made.canvas, words, film.pictures(at), record.shape);
    drawGrid(real.canvas, "25 real images", film.pictures(record.ticks.length), record.shape);
    const css = propertiesOf(el, NAMES);
    for (const chart of charts) drawChart(chart, record, at, css);
  };
  const deaf = listen(model, { at: draw, film: draw });
  const { stop } = redrawn([el], draw);
  draw();
  return () => {
    deaf();
    stop();
    voice.stop();
  };
}
export default { initialize: makeJoins, render };

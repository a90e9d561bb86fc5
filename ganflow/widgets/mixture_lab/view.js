// Draws two recorded GANs of the plane at one tick, side by side, and their curves.
import {
  apart,
  brief,
  dot,
  inflate,
  line,
  lines,
  listen,
  make,
  makeVoice,
  paint,
  paintSurface,
  propertiesOf,
  redrawn,
  stroke,
  write,
} from "../kit.js";

/** @import { Model } from "../kit.js" */
/**
 * The settings that a lab has, and what its pictures need to be drawn.
 *
 * @typedef {object} LabRecord
 * @property {string[]} schedule
 * @property {string[]} rate
 * @property {string[]} penalty
 * @property {string[]} seed
 * @property {number[]} ticks
 * @property {number} drawn fakes in a picture
 * @property {number} side points of D's surface along a side
 * @property {number[][]} centres
 * @property {number} extent
 * @property {number} radius
 */
/**
 * The record's arrays, by the number of the state.
 *
 * @typedef {object} Film
 * @property {LabRecord} record
 * @property {(state: number) => Float32Array} numbers share, distance, lowest, highest score
 * @property {(state: number) => Int8Array} samples
 * @property {(state: number) => Uint8Array} surface
 * @property {(state: number) => Uint8Array} captured
 */
/** @typedef {{ message: string, curves?: number[][] }} Nothing why no picture is shown */
/**
 * What is shown of one run.
 *
 * @typedef {object} State
 * @property {undefined} [message]
 * @property {number[][]} curves
 * @property {Int8Array} xy
 * @property {Int8Array} before where the fakes were at the tick before
 * @property {Uint8Array} levels
 * @property {Uint8Array} captured
 * @property {number} low
 * @property {number} high
 * @property {number} modes
 * @property {number} share
 * @property {number} distance
 * @property {number} outside fakes on the picture's edge
 */

/** @type {("schedule" | "rate" | "penalty" | "seed")[]} */
export const CHOICES = ["schedule", "rate", "penalty", "seed"];
const CURVES = ["modes captured", "high-quality share", "sliced Wasserstein distance"];
const NAMES = ["G", "D", "D-text", "ink", "soft", "line", "paper", "sans"];
const FINE = 200; // px of the surface along a side
const LEVELS = 63; // as the record packs its surfaces ...
const STEPS = 127; // ... and its samples

/**
 * The arrays of a film, in the order in which they were packed.
 *
 * @param {LabRecord} record
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Film}
 */
export function open(record, { buffer }) {
  const states = CHOICES.reduce((n, name) => n * record[name].length, record.ticks.length);
  let from = 0;
  const next = (Kind, size) => {
    const all = new Kind(buffer, from, size * states);
    from += all.byteLength;
    return (state) => all.subarray(state * size, (state + 1) * size);
  };
  return {
    record,
    numbers: next(Float32Array, 4),
    samples: next(Int8Array, 2 * record.drawn),
    surface: next(Uint8Array, record.side ** 2),
    captured: next(Uint8Array, record.centres.length),
  };
}

// The curves of a run whose states begin at number `first`.
function curvesOf(film, first) {
  const all = film.record.ticks.map((_, k) => {
    const [share, distance] = film.numbers(first + k);
    const modes = film.captured(first + k).reduce((a, b) => a + b, 0);
    return [share >= 0 ? modes : NaN, share, distance];
  });
  return CURVES.map((_, i) => all.map((row) => row[i]));
}

// How many fakes were clipped to the edge of the picture.
function clipped(xy) {
  let found = 0;
  for (let i = 0; i < xy.length; i += 2) {
    if (Math.max(Math.abs(xy[i]), Math.abs(xy[i + 1])) >= STEPS) found++;
  }
  return found;
}

/**
 * @param {Film} film
 * @param {number[]} choice the place of each setting
 * @param {number} step the place of the tick
 * @returns {State | Nothing}
 */
export function stateOf(film, choice, step) {
  const { record } = film;
  const { ticks } = record;
  if (CHOICES.some((name, i) => record[name][choice[i]] === undefined) || !(step >= 0)) {
    return { message: "Nothing was recorded for this choice: turn a control back." };
  }
  const run = CHOICES.reduce((sum, name, i) => sum * record[name].length + choice[i], 0);
  const first = ticks.length * run;
  const curves = curvesOf(film, first);
  const lost = curves[1].findIndex(Number.isNaN);
  if (lost >= 0 && step >= lost) {
    const when = `at tick ${ticks[lost]} a fake or a score is no finite number`;
    return { curves, message: `Diverged: ${when}.` };
  }
  if (step >= ticks.length) {
    return { curves, message: `Not trained this far: the last tick is ${ticks.at(-1)}.` };
  }
  const at = first + step;
  const [share, distance, low, high] = film.numbers(at);
  const xy = film.samples(at);
  return {
    curves,
    xy,
    before: film.samples(step ? at - 1 : at),
    levels: film.surface(at),
    captured: film.captured(at),
    low,
    high,
    modes: curves[0][step],
    share,
    distance,
    outside: clipped(xy),
  };
}

/**
 * @param {Pick<LabRecord, "schedule" | "rate" | "penalty" | "seed">} record
 * @param {number[]} choice
 */
export function titleOf(record, choice) {
  const [schedule, rate, penalty, seed] = CHOICES.map((name, i) => record[name][choice[i]] ?? "?");
  const held = penalty === "none" ? "no penalty" : penalty;
  return `${schedule}, critic’s rate × ${rate}, ${held}, seed ${seed}`;
}

/**
 * @param {string} name of the run
 * @param {State | Nothing} s
 * @param {number} of how many modes
 */
export function caption(name, s, of) {
  if (s.message !== undefined) return `${name}: ${s.message}`;
  return (
    `${name}: ${s.modes} of ${of} modes captured, ` +
    `${Math.round(100 * s.share)} % of the fakes of high quality, ` +
    `sliced Wasserstein distance ${brief(s.distance)}.`
  );
}

/** @param {State | Nothing} s */
export function rangeLine(s) {
  if (s.message !== undefined) return "";
  const edge = ` ${s.outside} of ${s.xy.length / 2} fakes outside, on the edge.`;
  return `D’s score: ${brief(s.low)} to ${brief(s.high)}.${s.outside ? edge : ""}`;
}

// `small` is a canvas for the surface, before it is drawn in the size of the plane.
function paintPlane(pen, size, s, record, css, small) {
  const { extent, centres, radius, side } = record;
  const px = (v) => ((v + 1) / 2) * size;
  const py = (v) => ((1 - v) / 2) * size;
  paintSurface(small, css.D, { levels: s.levels, side, top: LEVELS, faintest: 8 });
  pen.drawImage(small, 0, 0, size, size);
  centres.forEach(([x, y], k) => {
    const around = (radius / extent / 2) * size;
    const circle = () => pen.arc(px(x / extent), py(y / extent), around, 0, 2 * Math.PI);
    const edge = css["D-text"];
    if (s.captured[k]) {
      stroke(pen, { color: css.paper, width: 5 }, circle);
      stroke(pen, { color: edge, width: 2.5 }, circle);
    } else stroke(pen, { color: edge, width: 1.6, dash: [3, 4] }, circle);
  });
  const spot = (xy, i) => [px(xy[2 * i] / STEPS), py(xy[2 * i + 1] / STEPS)];
  const fakes = Array.from({ length: s.xy.length / 2 }, (_, i) => i);
  const ways = fakes.map((i) => [spot(s.before, i), spot(s.xy, i)]);
  pen.globalAlpha = 0.45;
  lines(pen, { color: css.G, width: 1 }, ways);
  pen.globalAlpha = 1;
  pen.fillStyle = css.G;
  pen.beginPath();
  for (const [, [x, y]] of ways) {
    pen.moveTo(x, y);
    pen.arc(x, y, 2.7, 0, 2 * Math.PI);
  }
  pen.fill();
}

// One of CURVES: A solid, B dashed, and a marker at the tick.
function paintCurve(pen, { width, height }, both, i, record, step, css) {
  const ends = record.ticks.at(-1);
  const [left, right, top, base] = [42, width - 20, 10, height - 34];
  const far = both.flatMap((s) => s.curves?.[2] ?? []).filter(Number.isFinite);
  const most = [record.centres.length, 1, Math.max(1, Math.ceil(Math.max(...far)))][i];
  const x = (tick) => left + (tick / ends) * (right - left);
  const y = (v) => base - (v / most) * (base - top);
  const soft = { color: css.soft, ground: css.paper };
  for (const v of [0, most / 2, most]) {
    const words = i === 1 ? `${100 * v} %` : brief(v);
    write(pen, words, [left - 5, y(v) + 4], { ...soft, align: "right" });
    line(pen, { color: css.line, width: 1 }, [left, y(v)], [right, y(v)]);
  }
  for (const tick of [0, ends / 2, ends]) write(pen, `${tick}`, [x(tick), base + 16], soft);
  write(pen, "tick", [x(ends / 2), height - 3], soft);
  const now = x(record.ticks[step]);
  line(pen, { color: css.soft, width: 1 }, [now, top - 6], [now, base]);

  const paths = both.map((s) =>
    (s.curves?.[i] ?? [])
      .map((v, t) => [x(record.ticks[t]), y(v)])
      .filter(([, v]) => Number.isFinite(v)),
  );
  const [a, b] = paths.map((points) => points.at(-1)?.[1] ?? base);
  const heights = apart([a, b], 13);
  paths.forEach((points, k) => {
    const look = k ? { width: 1.6, dash: [5, 4] } : { width: 2.2 };
    lines(pen, { color: css.ink, ...look }, [points]);
    if (!points.length) return;
    const place = [points.at(-1)[0] + 6, heights[k] + 4];
    write(pen, "AB"[k], place, { color: css.ink, align: "left", ground: css.paper });
    const fill = k ? css.paper : css.ink;
    if (points[step]) dot(pen, { fill, edge: css.ink, width: 2 }, points[step], 4.5);
  });
}

/** @param {{ model: Model, el: HTMLElement }} view */
async function render({ model, el }) {
  const get = (name) => model.get(name);
  const record = get("record_");
  const picture = (words) => make("canvas", { role: "img", "aria-label": words });
  const small = make("canvas", { width: FINE, height: FINE });
  const says = make("p", { class: "says" });
  const voice = makeVoice();
  const panels = ["A", "B"].map((name) => ({
    name,
    title: make("p", { class: "title" }),
    message: make("p", { class: "message" }),
    range: make("p", { class: "range" }),
    canvas: picture(`run ${name}`),
  }));
  const charts = CURVES.map((words) => ({ words, canvas: picture(words) }));
  const pair = panels.map(({ title, canvas, message, range }) => {
    return make("div", {}, title, make("div", { class: "stage" }, canvas, message), range);
  });
  const below = charts.map(({ words, canvas }) => {
    return make("div", {}, make("p", { class: "words" }, words), canvas);
  });
  el.classList.add("gf-widget", "gf-mixture");
  el.append(make("div", { class: "pair" }, ...pair), says, voice.element);
  el.append(make("div", { class: "charts" }, ...below));

  const recorded = open(record, await inflate(get("film")));
  /** @type {Film | null} */
  let live = null;
  const fill = (canvas, words, css, picture) => {
    const { clientWidth: width, clientHeight: height } = canvas;
    canvas.ariaLabel = words;
    paint(
      canvas,
      { width, height, font: `12px ${css.sans}` },
      (pen) => width && picture(pen, { width, height }),
    );
  };
  const drawRun = ({ name, title, message, range, canvas }, step, css) => {
    const own = name === "B" && live;
    const film = own || recorded;
    const choice = CHOICES.map((of) => (own ? 0 : get(`${name.toLowerCase()}_${of}`)));
    const s = stateOf(film, choice, step);
    const words = `${own ? "trained now: " : ""}${titleOf(film.record, choice)}`;
    title.replaceChildren(make("b", {}, name), ` ${words}`);
    message.textContent = s.message ?? "";
    range.textContent = rangeLine(s);
    fill(canvas, `${words}. ${caption(name, s, record.centres.length)}`, css, (pen, { width }) => {
      if (s.message === undefined) paintPlane(pen, width, s, film.record, css, small);
    });
    return s;
  };
  const draw = () => {
    const begun = performance.now();
    const css = propertiesOf(el, NAMES);
    const step = get("time");
    const shown = panels.map((panel) => drawRun(panel, step, css));
    const captions = shown.map((s, k) => caption("AB"[k], s, record.centres.length));
    const tick = `Tick ${record.ticks[step] ?? "?"} of ${record.ticks.at(-1)}.`;
    says.textContent = [tick, ...captions].join("\n");
    voice.say(says.textContent);
    charts.forEach(({ words, canvas }, i) => {
      fill(canvas, `${words} against ticks. ${says.textContent}`, css, (pen, size) => {
        paintCurve(pen, size, shown, i, record, step, css);
      });
    });
    performance.measure("gf-mixture", { start: begun });
  };
  const answered = async () => {
    const told = get("live");
    const film = told.film ? open(told, await inflate(told.film)) : null;
    if (told !== get("live")) return; // an answer that came later wins
    live = film;
    draw();
  };

  const acts = Object.fromEntries(
    CHOICES.flatMap((name) => [`a_${name}`, `b_${name}`]).map((name) => [name, draw]),
  );
  const deaf = listen(model, { ...acts, time: draw, live: answered });
  const { stop } = redrawn([el], draw);
  await answered();
  model.set("ping", String(Math.random())); // a kernel answers by controls of its own
  model.save_changes();
  return () => {
    deaf();
    stop();
    voice.stop();
  };
}
export default { render };

// Draws one recorded state: D's surface in ten bands, G's samples, an arrow on each.
import {
  bufferOf,
  floats,
  listen,
  make,
  makeJoins,
  number,
  paint,
  paintSurface,
  propertiesOf,
  redrawn,
} from "../kit.js";

/** @import { Model } from "../kit.js" */
/** @typedef {(name: string) => any} Get */
/**
 * What is shown; in its place a message says why nothing is.
 *
 * @typedef {object} State
 * @property {undefined} [message]
 * @property {number} at which of the recorded states
 * @property {boolean | number} log
 * @property {Float32Array} arrows x and y of each
 * @property {number[]} lengths
 * @property {Float32Array} score
 * @property {string} name of the loss
 * @property {number} updates that D had had
 */

const CAP = 0.19; // the longest arrow, as a share of the picture's width
const UNIT = 4; // true scale: the length that is drawn at CAP
const FLOOR = -4; // logarithmic scale: 10^FLOOR is a dot ...
const TOP = 2; // ... and 10^TOP is CAP
const FINE = 360; // px of the surface along a side
const STRIP = 82; // px below the plane, where the lengths are

/** @param {number} v */
const inside = (v) => Math.min(1, Math.max(0, v));

/** @param {number} length */
export const onLogAxis = (length) => inside((Math.log10(length) - FLOOR) / (TOP - FLOOR));

/**
 * How long an arrow is drawn, in widths of the picture.
 *
 * @param {number} length
 * @param {boolean | number} log
 */
export const share = (length, log) => CAP * (log ? onLogAxis(length) : inside(length / UNIT));

/** @param {Iterable<number>} values */
export function median(values) {
  const v = [...values].sort((a, b) => a - b);
  return (v[(v.length - 1) >> 1] + v[v.length >> 1]) / 2;
}

/** @param {ArrayLike<number>} xy pairs, one after the other */
export const lengthsOf = (xy) =>
  Array.from({ length: xy.length / 2 }, (_, i) => Math.hypot(xy[2 * i], xy[2 * i + 1]));

/**
 * @param {Get} get
 * @returns {State | { message: string }}
 */
export function stateOf(get) {
  const [losses, steps, loss, step, log] = ["losses", "steps", "loss", "step", "log"].map(get);
  const at = loss * steps.length + step;
  const m = get("fake").byteLength / 8;
  const [name, updates] = [losses[loss], steps[step]];
  if (name === undefined || updates === undefined || !m) {
    return { message: "Nothing was recorded for this choice: turn a control back." };
  }
  const arrows = floats(get("arrows")).subarray(2 * at * m, 2 * (at + 1) * m);
  const score = floats(get("score")).subarray(at * m, (at + 1) * m);
  if (get("lowest")[at] == null || ![...arrows, ...score].every(Number.isFinite)) {
    const what = "a score or an arrow is not finite, so there is nothing to draw";
    return { message: `${name}, D after ${updates} updates: ${what}.` };
  }
  return { at, log, arrows, lengths: lengthsOf(arrows), score, name, updates };
}

/** @param {State} s */
export function caption({ name, updates, score, lengths, log }) {
  const ends = [Math.min(...lengths), Math.max(...lengths)].map((v) => number(v, 2)).join(" to ");
  const cut = log ? 0 : lengths.filter((v) => v > UNIT).length;
  return (
    `${name}, D after ${updates} updates: ` +
    `the fakes score ${number(median(score), 2)} (median); ` +
    `arrows from ${ends}, median ${number(median(lengths), 2)}` +
    `${cut ? `; ${cut} are drawn shorter, at ${UNIT}` : ""}.`
  );
}

/**
 * @param {State} s
 * @param {number} i which fake; -1 for none
 * @param {ArrayLike<number>} fake
 */
export function sampleLine(s, i, fake) {
  if (i < 0) {
    return "Point at a fake, or focus the picture and use the arrow keys, to read one sample.";
  }
  const [x, y, score, arrow] = [fake[2 * i], fake[2 * i + 1], s.score[i], s.lengths[i]].map((v) =>
    number(v, 2),
  );
  return `Fake ${i + 1} at (${x}, ${y}): score ${score}, arrow ${arrow}.`;
}

function paintArrow(pen, from, way) {
  const [[x, y], [dx, dy]] = [from, way];
  const [tx, ty] = [x + dx, y + dy];
  const head = Math.min(7, Math.hypot(dx, dy) / 2);
  const along = Math.atan2(dy, dx);
  const barb = (turn) => [tx + head * Math.cos(along + turn), ty + head * Math.sin(along + turn)];
  const [[ax, ay], [bx, by]] = [barb(2.6), barb(-2.6)];
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(tx, ty);
  pen.moveTo(ax, ay);
  pen.lineTo(tx, ty);
  pen.lineTo(bx, by);
  pen.stroke();
}

function fillDot(pen, place, radius) {
  pen.beginPath();
  pen.arc(place[0], place[1], radius, 0, 2 * Math.PI);
  pen.fill();
}

// Every arrow's length on one axis, below the plane.
function paintStrip(pen, s, size, css) {
  const at = (v) => size * (0.08 + 0.84 * onLogAxis(v));
  Object.assign(pen, { fillStyle: css.ink, textAlign: "center" });
  const words = `lengths of the ${s.lengths.length} arrows, dot at the median`;
  pen.fillText(words, size / 2, size + 22);
  pen.fillRect(at(10 ** FLOOR), size + 54, at(10 ** TOP) - at(10 ** FLOOR), 1);
  for (let e = FLOOR; e <= TOP; e++) {
    pen.fillRect(at(10 ** e), size + 51, 1, 7);
    pen.fillText(String(10 ** e), at(10 ** e), size + 73);
  }
  Object.assign(pen, { fillStyle: css.G, globalAlpha: 0.4 });
  for (const v of s.lengths) pen.fillRect(at(v) - 1, size + 34, 2, 16);
  pen.globalAlpha = 1;
  fillDot(pen, [at(median(s.lengths)), size + 42], 6);
}

// `place` turns a coordinate into px from the left, or from below.
function paintPlane(pen, s, size, css, { surface, real, fake, sample, place }) {
  const spot = (xy, i) => [place(xy[2 * i]), size - place(xy[2 * i + 1])];
  const long = (length) => share(length, s.log) * size;
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, size, size);
  pen.clip();
  pen.drawImage(surface, 0, 0, size, size);
  for (let i = 0; i < real.length / 2; i++) {
    const [x, y] = spot(real, i);
    pen.strokeRect(x - 2.5, y - 2.5, 5, 5);
  }
  pen.fillText("an arrow of length 1", 20 + long(1), size - 11);
  Object.assign(pen, {
    fillStyle: css.G,
    strokeStyle: css.G,
    lineWidth: 1.8,
    lineCap: "round",
  });
  paintArrow(pen, [12, size - 15], [long(1), 0]);
  s.lengths.forEach((length, i) => {
    const grow = long(length);
    const [dx, dy] = [s.arrows[2 * i], -s.arrows[2 * i + 1]].map((v) => (grow / length) * v);
    fillDot(pen, spot(fake, i), i === sample ? 6.5 : 2.8);
    if (grow > 2) paintArrow(pen, spot(fake, i), [dx, dy]);
  });
  pen.restore();
}

/** @param {{ model: Model, el: HTMLElement }} view */
function render({ model, el }) {
  const get = (name) => model.get(name);
  const [fake, real] = [floats(get("fake")), floats(get("real"))];
  const look = { tabindex: 0, role: "img", "aria-label": "the pull on each fake" };
  const canvas = make("canvas", look);
  const surface = make("canvas", { width: FINE, height: FINE });
  const says = make("p", { class: "gf-caption", "aria-live": "polite" });
  const picked = make("p", { class: "gf-sample", "aria-live": "polite" });
  el.classList.add("gf-arrows");
  el.append(canvas, says, picked);
  let sample = -1;

  const place = (v, size) => ((v / get("extent") + 1) / 2) * size;
  const paintAll = (pen, s, size, css) => {
    Object.assign(pen, { fillStyle: css.ink, strokeStyle: css.ink });
    if (s.message !== undefined) {
      pen.fillText("nothing to draw", 20, size / 2);
      return;
    }
    const side = get("side");
    const all = new Uint16Array(bufferOf(get("surface")));
    const levels = all.subarray(side ** 2 * s.at, side ** 2 * (s.at + 1));
    paintSurface(surface, css.D, { levels, side, top: 65536, faintest: 10 });
    const points = { surface, real, fake, sample, place: (v) => place(v, size) };
    paintPlane(pen, s, size, css, points);
    paintStrip(pen, s, size, css);
  };
  const draw = () => {
    const s = stateOf(get);
    const shown = s.message === undefined;
    says.textContent = shown ? caption(s) : s.message;
    picked.textContent = shown ? sampleLine(s, sample, fake) : "";
    canvas.ariaLabel = says.textContent;
    const size = canvas.clientWidth;
    if (!size) return;
    const css = propertiesOf(el, ["ink", "G", "D", "sans"]);
    const paper = { width: size, height: size + STRIP, font: `13px ${css.sans}` };
    paint(canvas, paper, (pen) => paintAll(pen, s, size, css));
  };

  const { later, stop } = redrawn([canvas], draw);
  canvas.onkeydown = (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const m = fake.length / 2;
    sample = (Math.max(sample, by < 0 ? 0 : -1) + by + m) % m;
    draw();
  };
  canvas.onpointermove = (event) => {
    const size = canvas.clientWidth;
    const here = [event.offsetX, size - event.offsetY];
    const far = lengthsOf(fake.map((v, i) => place(v, size) - here[i % 2]));
    const i = far.indexOf(Math.min(...far));
    if (i === sample || far[i] >= 20) return;
    sample = i;
    later();
  };
  const deaf = listen(model, { loss: draw, step: draw, log: draw });
  draw();
  return () => {
    deaf();
    stop();
  };
}
export default { initialize: makeJoins, render };

// Draws one run of a game of two numbers: its path, a tick's eigenvalues, its radius.
import {
  dot,
  inflate,
  line,
  lines,
  listen,
  make,
  makeVoice,
  number,
  paint,
  propertiesOf,
  redrawn,
  stroke,
  superscript,
  write,
} from "../kit.js";

/** @import { Model } from "../kit.js" */
/**
 * The levels of the codec in which paths are sent.
 *
 * @typedef {object} Scale
 * @property {number} decades of radii, on either side of 1
 * @property {number} radii levels of the radius
 * @property {number} angles levels of a turn
 * @property {number} gone the level of a radius that is no number
 */
/** @typedef {{ r: number[], x: number[], y: number[] }} Path */
/** @typedef {{ text: string, turns: string[], tick: string }} Told a schedule in words */
/** @typedef {{ message: string }} Nothing why no picture is shown */
/**
 * What is shown of one run.
 *
 * @typedef {object} State
 * @property {undefined} [message]
 * @property {number} tick
 * @property {number} turn
 * @property {number} row of the path, at this tick and turn
 * @property {number[]} at the row of each whole tick
 * @property {Told} told
 * @property {Path} path
 * @property {number} fine how many ticks are recorded turn by turn
 * @property {number} ticks
 * @property {number[][]} roots eigenvalues, each with its real and its imaginary part
 * @property {string[]} notes what is said on each of the three pictures
 * @property {string} grows
 * @property {number | null} bound within which D's number is kept
 * @property {number} zoom the place of the plane's half width
 * @property {number} plane the number of its field
 */

const CHOICES = ["loss", "schedule", "step", "rule", "penalty"];
const TITLES = ["path over the field", "eigenvalues of one tick", "radius, dashed as predicted"];
const NAMES = ["G", "D", "ink", "soft", "line", "cut", "paper", "shade", "arrow", "faint", "sans"];
const RECENT = 12; // rows that are drawn in the players' colours
const WINDOW = 60; // ticks that must fit the plane
const LEFT = 46; // px around the plane in its canvas
const TOP = 6;
const SPARE = LEFT + 16;
const TAU = 2 * Math.PI;

/**
 * A path out of its levels, which were sent as differences: low bytes, then high ones.
 *
 * @param {Uint8Array} bytes of all runs, each with its radii and its angles
 * @param {number} run
 * @param {number} length of the path
 * @param {Scale} scale
 * @returns {Path}
 */
export function pathOf(bytes, run, length, { decades, radii, angles, gone }) {
  const high = bytes.length / 2;
  const levels = (series) => {
    let sum = 0;
    return Array.from({ length }, (_, i) => {
      const at = series * length + i;
      sum = (sum + bytes[at] + 256 * bytes[high + at]) & 65535;
      return sum;
    });
  };
  const r = levels(2 * run).map((v) =>
    v === gone ? NaN : 10 ** ((2 * (v / radii) - 1) * decades),
  );
  const turn = levels(2 * run + 1).map((v) => (v / angles) * TAU);
  return {
    r,
    x: r.map((v, i) => v * Math.cos(turn[i])),
    y: r.map((v, i) => v * Math.sin(turn[i])),
  };
}

/**
 * The row of a tick and turn: the first `fine` ticks have a row for each turn.
 *
 * @param {number} tick
 * @param {number} turn
 * @param {number} turns
 * @param {number} fine
 */
export const rowOf = (tick, turn, turns, fine) =>
  tick < fine ? tick * turns + turn : fine * turns + tick - fine;

/**
 * The tick and turn one move on (by 1) or back (by -1).
 *
 * @param {number} tick
 * @param {number} turn
 * @param {1 | -1} by
 * @param {number} turns
 * @param {number} fine
 * @param {number} ticks
 */
export function stepped(tick, turn, by, turns, fine, ticks) {
  if (by > 0 && tick >= ticks) return [tick, 0];
  if (by > 0) return tick < fine && turn + 1 < turns ? [tick, turn + 1] : [tick + 1, 0];
  if (turn || !tick) return [tick, Math.max(0, turn - 1)];
  return [tick - 1, tick <= fine ? turns - 1 : 0];
}

/**
 * Who moved what between two places: theta is G's number, psi is D's.
 *
 * @param {number[]} from
 * @param {number[]} to
 * @param {string[]} turns such as ["D", "G"], or ["DG"] where both moved at once
 */
export function legs([x0, y0], [x1, y1], turns) {
  const G = (y) => ["G", x0, y, x1, y];
  const D = (x) => ["D", x, y0, x, y1];
  const who = turns.join("");
  if (turns[0].length === 2 && turns.length === 1) {
    return [G(y0), D(x0), ["ink", x0, y0, x1, y1]];
  }
  if (!who.includes("D")) return [G(y0)];
  if (!who.includes("G")) return [D(x0)];
  return who[0] === "D" ? [D(x0), G(y1)] : [G(y0), D(x1)];
}

/**
 * A coordinate or a radius, in words; what is left of rounding is 0.
 *
 * @param {number} v
 */
export const short = (v) => number(Math.abs(v) < 1e-12 ? 0 : v, 3);

/** @param {number} e */
export const power = (e) => `10${superscript(e)}`;

/** @param {State} s */
export function caption({ tick, turn, told, fine, path, row }) {
  const place = `θ = ${short(path.x[row])}, ψ = ${short(path.y[row])}`;
  const now = Number.isFinite(path.r[row]) ? ` Now ${place}.` : "";
  if (!tick && !turn) return `Before the first move.${now}`;
  if (!turn && tick > fine) return `Tick ${tick}: ${told.tick}.${now}`;
  const n = told.turns.length;
  const k = turn || n;
  return `Tick ${turn ? tick + 1 : tick}, turn ${k} of ${n}: ${told.turns[k - 1]}.${now}`;
}

/**
 * @param {(name: string) => any} get
 * @param {any} data bytes of paths and fields, roots, and what a kernel answered
 * @param {number} asked the turn, where the tick has one
 * @returns {State | Nothing}
 */
export function stateOf(get, data, asked = 0) {
  const record = get("record_");
  const choice = CHOICES.map(get);
  const { fine, ticks, extents } = record;
  const live = String(data.live?.chosen) === String(choice) ? data.live : null;
  if (live?.message) return { message: live.message };
  const known = choice.every((at, i) => record[CHOICES[i]][at] !== undefined);
  if (!known || !(get("tick") >= 0)) {
    return { message: "Nothing was recorded for this choice: turn a control back." };
  }
  const run = choice.reduce((sum, at, i) => sum * record[CHOICES[i]].length + at, 0);
  const [loss, schedule, , rule, penalty] = choice;
  const told = live?.told ?? record.told[schedule];
  const turns = told.turns.length;
  const tick = Math.min(get("tick"), ticks);
  const turn = tick < fine ? asked : 0;
  const row = rowOf(tick, turn, turns, fine);
  const path = live
    ? pathOf(live.bytes, 0, live.length, record)
    : pathOf(data.paths, run, record.length, record);
  const at = Array.from({ length: ticks + 1 }, (_, i) => rowOf(i, 0, turns, fine));
  const pairs = live?.roots ?? data.roots.subarray(8 * run, 8 * run + 8);
  const roots = [0, 2, 4, 6]
    .map((i) => [pairs[i], pairs[i + 1]])
    .filter(([re]) => Number.isFinite(re));
  const shown = path.r.slice(at[Math.max(0, tick - WINDOW)], row + 1);
  const farthest = Math.max(...shown.filter(Number.isFinite));
  const zoom = extents.findIndex((size) => size > 1.1 * farthest);
  const note = noteOf(record, path, at, row, zoom);
  return {
    tick,
    turn,
    row,
    at,
    told,
    path,
    fine,
    ticks,
    roots,
    notes: [note, roots.length ? "" : record.why[rule][penalty], ""],
    grows: live?.grows ?? record.grows[run],
    bound: record.bounds[penalty],
    zoom: zoom < 0 ? extents.length - 1 : zoom,
    plane: loss * record.penalty.length + penalty,
  };
}

// Why the last place of a path is not to be seen; "" if it is.
function noteOf(record, path, at, row, zoom) {
  const end = path.r.findIndex(Number.isNaN);
  if (end >= 0 && end <= row) {
    const last = at.filter((i) => i < end).length - 1;
    return `Diverged: farther than ${power(record.decades)} after tick ${last}.`;
  }
  return zoom < 0 ? `Outside the plane: the radius is ${short(path.r[row])}.` : "";
}

function clipTo(pen, x, y, width, height) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width, height);
  pen.clip();
}

// From numbers to px in the plane's canvas.
function planeOf(width, size) {
  const wide = width - SPARE;
  return {
    wide,
    base: TOP + wide,
    px: (v) => LEFT + ((v / size + 1) / 2) * wide,
    py: (v) => TOP + ((1 - v / size) / 2) * wide,
  };
}

function paintScales(pen, { px, py, base }, size, css, height) {
  for (const v of [-1, -0.5, 0, 0.5, 1].map((share) => share * size)) {
    write(pen, short(v), [px(v), base + 17], { color: css.soft });
    write(pen, short(v), [LEFT - 6, py(v) + 4], { color: css.soft, align: "right" });
  }
  write(pen, "θ, where G puts its fakes", [px(0), height - 4], { color: css.G });
  pen.save();
  pen.rotate(-Math.PI / 2);
  write(pen, "ψ, the slope of D", [-py(0), 13], { color: css.D });
  pen.restore();
}

// The field's direction in a grid of places: 255 levels of a turn, 255 where it is zero.
function paintField(pen, levels, side, { wide, base }, css) {
  const cell = wide / side;
  const arrows = [];
  levels.forEach((level, k) => {
    if (level === 255) return;
    const a = (-level / 255) * TAU;
    const x = LEFT + ((k % side) + 0.5) * cell;
    const y = base - (Math.floor(k / side) + 0.5) * cell;
    const at = (turn, far) => [
      x + cell * far * Math.cos(a + turn),
      y + cell * far * Math.sin(a + turn),
    ];
    const tip = at(0, 0.32);
    arrows.push([at(Math.PI, 0.3), tip, at(0.8, 0.17), tip, at(-0.8, 0.17)]);
  });
  lines(pen, { color: css.arrow, width: 1 }, arrows);
}

// The path so far, its last moves in the colours of who made them.
function paintPath(pen, s, { px, py }, css) {
  const place = (i) => [px(s.path.x[i]), py(s.path.y[i])];
  const known = s.path.r.slice(0, s.row + 1).filter(Number.isFinite).length;
  const places = Array.from({ length: known }, (_, i) => place(i));
  lines(pen, { color: css.ink, width: 1 }, [places]);
  const turns = s.told.text.split(" ");
  const n = turns.length;
  for (let i = Math.max(1, s.row - RECENT + 1); i < known; i++) {
    pen.globalAlpha = 1 - (0.8 * (s.row - i)) / RECENT;
    const made = i <= s.fine * n ? [turns[(i - 1) % n]] : turns;
    for (const [who, x0, y0, x1, y1] of legs(place(i - 1), place(i), made)) {
      line(pen, { color: css[who], width: who === "ink" ? 1 : 2.8 }, [x0, y0], [x1, y1]);
    }
  }
  pen.globalAlpha = 1;
  dot(pen, { fill: css.paper, edge: css.ink }, place(0), 5);
  if (known > s.row) dot(pen, { fill: css.ink, edge: css.paper }, place(s.row), 5.5);
}

function paintPlane(pen, s, css, { width, height }, { extents, side }, { field }) {
  const size = extents[s.zoom];
  const plane = planeOf(width, size);
  const { px, py, wide, base } = plane;
  const thin = { color: css.line, width: 1 };
  paintScales(pen, plane, size, css, height);
  clipTo(pen, LEFT, TOP, wide, wide);
  line(pen, thin, [px(0), 0], [px(0), base]);
  line(pen, thin, [LEFT, py(0)], [width, py(0)]);
  const from = (s.plane * extents.length + s.zoom) * side ** 2;
  paintField(pen, field.subarray(from, from + side ** 2), side, plane, css);
  for (const v of s.bound == null ? [] : [-s.bound, s.bound]) {
    line(pen, { color: css.D, width: 1, dash: [6, 4] }, [LEFT, py(v)], [width, py(v)]);
  }
  paintPath(pen, s, plane, css);
  pen.restore();
  stroke(pen, thin, () => pen.rect(LEFT, TOP, wide, wide));
}

function paintCircle(pen, s, css, { width, height }) {
  const sizes = s.roots.map((root) => Math.hypot(...root));
  const [x, y] = [width / 2, height / 2];
  const unit = (y - 4) / Math.max(1.25, ...sizes.map((v) => 1.12 * v));
  const thin = { color: css.line, width: 1 };
  dot(pen, { fill: css.shade, edge: css.cut }, [x, y], unit);
  line(pen, thin, [x - y, y], [x + y, y]);
  line(pen, thin, [x, 0], [x, height]);
  write(pen, "1", [x + unit + 5, y + 16], { color: css.soft, align: "left" });
  write(pen, "i", [x + 6, y - unit - 5], { color: css.soft, align: "left" });
  for (const [re, im] of s.roots) {
    dot(pen, { fill: css.ink, edge: css.paper }, [x + unit * re, y - unit * im], 6);
  }
}

// Powers of ten between two of them, or round values within one.
function marksOf(low, high) {
  if (high === low + 1) return [1, 2, 5, 10].map((v) => low + Math.log10(v));
  const by = Math.ceil((high - low) / 5);
  return Array.from({ length: Math.floor((high - low) / by) + 1 }, (_, k) => low + k * by);
}

function paintRadius(pen, s, css, { width, height }) {
  const logs = s.at.map((i) => Math.log10(s.path.r[i])).filter(Number.isFinite);
  const [right, base] = [width - 12, height - 38];
  const low = Math.floor(Math.min(...logs));
  const high = Math.max(low + 1, Math.ceil(Math.max(...logs)));
  const x = (t) => LEFT + (t / s.ticks) * (right - LEFT);
  const y = (e) => base + ((low - e) / (high - low)) * (base - 8);
  for (const e of marksOf(low, high)) {
    const plain = high === low + 1 && low >= -3;
    line(pen, { color: css.line, width: 1 }, [LEFT, y(e)], [right, y(e)]);
    const words = plain ? short(10 ** e) : power(Math.round(e));
    write(pen, words, [LEFT - 6, y(e) + 4], { color: css.soft, align: "right" });
  }
  for (const t of [0, 1 / 3, 2 / 3, 1].map((share) => share * s.ticks)) {
    write(pen, String(Math.round(t)), [x(t), base + 17], { color: css.soft });
  }
  write(pen, "tick", [(LEFT + width) / 2, height - 4], { color: css.soft });
  clipTo(pen, LEFT, 0, width, base + 4);
  const points = logs.map((e, t) => [x(t), y(e)]);
  if (s.roots.length) {
    const grows = Math.log10(Math.hypot(...s.roots[0]) + 1e-30);
    const [from, to] = [0, s.ticks].map((t) => [x(t), y(logs[0] + t * grows)]);
    line(pen, { color: css.cut, width: 1.5, dash: [6, 4] }, from, to);
  }
  lines(pen, { color: css.faint, width: 2 }, [points]);
  lines(pen, { color: css.ink, width: 2.2 }, [points.slice(0, s.tick + 1)]);
  if (points[s.tick]) dot(pen, { fill: css.ink, edge: css.paper }, points[s.tick], 5);
  pen.restore();
}

/** @param {{ model: Model, el: HTMLElement }} view */
async function render({ model, el }) {
  const get = (name) => model.get(name);
  const record = get("record_");
  const nonce = String(Math.random());
  const panels = [paintPlane, paintCircle, paintRadius].map((painted, i) => {
    const canvas = make("canvas", { role: "img", "aria-label": TITLES[i] });
    const note = make("p", { class: "note", "aria-live": "polite" });
    const title = make("p", { class: "title" }, TITLES[i]);
    const stage = make("div", { class: "stage" }, canvas, note);
    return { painted, canvas, note, box: make("div", { class: "panel" }, title, stage) };
  });
  const button = (words) => make("button", { type: "button" }, words);
  const [back, on, reset] = ["‹ one move", "one move ›", "recorded start"].map(button);
  const handle = make("button", { class: "start", type: "button", hidden: "" });
  const says = make("p", { class: "says" });
  const grows = make("p", { class: "grows" });
  const voice = makeVoice();
  const plane = panels[0].canvas;
  plane.after(handle);
  el.classList.add("gf-widget", "gf-lab");
  el.append(
    make("div", { class: "sheet" }, ...panels.map(({ box }) => box)),
    make("div", { class: "steps" }, back, on, reset),
    says,
    grows,
    voice.element,
  );

  const packed = ["paths", "eigenvalues", "field"].map((name) => inflate(record[name]));
  const [paths, roots, field] = await Promise.all(packed);
  const data = { paths, field, roots: new Float32Array(roots.buffer), live: null };
  let turn = 0;
  let own = false; // whether the tick is being set by the two buttons
  let alive = false; // whether a kernel answers
  let shown; // the state

  const halfWidth = () => record.extents[shown.zoom];
  const putHandle = () => {
    const { px, py } = planeOf(plane.clientWidth, halfWidth());
    const [x, y] = get("start");
    const where = `start at θ = ${short(x)}, ψ = ${short(y)}`;
    handle.hidden = !alive || Math.max(Math.abs(x), Math.abs(y)) > halfWidth();
    handle.ariaLabel = `${where}: drag it, or use the arrow keys`;
    Object.assign(handle.style, { left: `${px(x)}px`, top: `${py(y)}px` });
  };
  const draw = () => {
    const css = propertiesOf(el, NAMES);
    shown = stateOf(get, data, turn);
    const { message } = shown;
    says.textContent = message ?? caption(shown);
    grows.textContent = shown.grows ?? "";
    voice.say(says.textContent);
    reset.hidden = !alive || String(get("start")) === String(record.start);
    const notes = message === undefined ? shown.notes : [message, "", ""];
    panels.forEach(({ canvas, note, painted }, i) => {
      const size = { width: canvas.clientWidth, height: canvas.clientHeight };
      note.textContent = notes[i];
      canvas.ariaLabel = `${TITLES[i]}: ${says.textContent}`;
      paint(canvas, { ...size, font: `13px ${css.sans}` }, (pen) => {
        if (size.width && message === undefined) painted(pen, shown, css, size, record, data);
      });
    });
    if (message === undefined) putHandle();
  };
  const step = (by) => {
    if (shown.message !== undefined) return;
    const turns = shown.told.turns.length;
    const [tick, next] = stepped(shown.tick, shown.turn, by, turns, record.fine, record.ticks);
    turn = next;
    own = true;
    model.set("tick", tick); // its own control follows
    model.save_changes();
    own = false;
    draw();
  };
  const begin = (x, y) => {
    const inside = (v) => Math.min(halfWidth(), Math.max(-halfWidth(), v));
    const start = [x, y].map((v) => Number(inside(v).toFixed(6)));
    model.set("start", start);
    model.save_changes(); // a kernel answers by `live`
  };

  back.onclick = () => step(-1);
  on.onclick = () => step(1);
  reset.onclick = () => {
    const [x, y] = record.start;
    begin(x, y);
    handle.focus();
  };
  handle.onkeydown = (event) => {
    const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (!(event.key in ways)) return;
    event.preventDefault();
    const [dx, dy] = ways[event.key].map((way) => (way * halfWidth()) / 20);
    const [x, y] = get("start");
    begin(x + dx, y + dy);
  };
  handle.onpointerdown = (event) => handle.setPointerCapture(event.pointerId);
  handle.onpointermove = ({ pointerId, clientX, clientY }) => {
    if (!handle.hasPointerCapture(pointerId)) return;
    const box = plane.getBoundingClientRect();
    const wide = box.width - SPARE;
    const right = (clientX - box.x - LEFT) / wide;
    const down = (clientY - box.y - TOP) / wide;
    begin((2 * right - 1) * halfWidth(), (1 - 2 * down) * halfWidth());
  };

  const heard = () => {
    alive ||= get("pong") === nonce;
    draw();
  };
  const answered = async () => {
    const told = get("live");
    const live = told.chosen ? { ...told } : null;
    if (live?.paths) {
      live.bytes = await inflate(live.paths);
      live.roots = new Float32Array((await inflate(live.eigenvalues)).buffer);
    }
    if (told !== get("live")) return; // an answer that came later wins
    data.live = live;
    draw();
  };
  const chosen = () => {
    turn = 0;
    draw();
  };
  const deaf = listen(model, {
    ...Object.fromEntries(CHOICES.map((name) => [name, chosen])),
    tick: () => own || chosen(),
    start: draw,
    pong: heard,
    live: answered,
  });
  const { stop } = redrawn(
    panels.map(({ canvas }) => canvas),
    draw,
  );
  await answered();
  model.set("ping", nonce);
  model.save_changes();
  return () => {
    deaf();
    stop();
    voice.stop();
  };
}
export default { render };

// Plays a game of two numbers: its path, a tick's eigenvalues, its radius.
import { eigenvalues, tickJacobian } from "../../live/measures.js";
import { compile, Run } from "../../live/program.js";
import { movesOf, readsOf, turnsOf } from "../../live/schedule.js";
import {
  button,
  dot,
  inBook,
  inflate,
  line,
  lines,
  listen,
  make,
  makeCopy,
  makeJoins,
  makeVoice,
  number,
  paint,
  propertiesOf,
  redrawn,
  sayCannot,
  set,
  stroke,
  superscript,
  write,
} from "../kit.js";
import {
  DECADES,
  growthOf,
  hintOn,
  legs,
  measured,
  pathOf,
  stepped,
  toldOf,
  verdictOf,
  WHY_THESE,
  whyNone,
} from "./path.js";
import { changesOf, hashOf, pythonOf, settingOf } from "./settings.js";

/** @import { Model } from "../kit.js" */
/** @import { Path, Told } from "./path.js" */
/** @import { Setting } from "../../live/program.js" */
/** @import { Get } from "./settings.js" */
/**
 * A run that was played, all of it.
 *
 * @typedef {object} Played
 * @property {Setting} setting
 * @property {string[]} turns such as "D" and "DG"
 * @property {number} ticks
 * @property {Told} told
 * @property {Path} path a place after each turn
 * @property {Path} whole a place after each tick
 * @property {number[][]} roots eigenvalues, each with its real and its imaginary part
 * @property {string} why why there are none
 * @property {string} growth
 * @property {string} verdict where the eigenvalues say that it goes
 */
/**
 * What is shown of a run.
 *
 * @typedef {object} Place
 * @property {number} tick
 * @property {number | null} turn null where a whole tick is looked at
 * @property {number} row of the path, at this tick and turn
 * @property {number} size half the width of the plane
 * @property {string} note why the last place is not to be seen; "" if it is
 */

const TRAITS = [
  "schedule",
  "loss",
  "rule",
  "penalty",
  "step",
  "times",
  "beta",
  "strength",
  "theta",
  "psi",
];
const TITLES = ["path over the field", "eigenvalues of one tick", "radius, dashed as predicted"];
const NAMES = ["G", "D", "ink", "soft", "line", "cut", "paper", "shade", "arrow", "faint", "sans"];
const EXTENTS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]; // half widths of the plane
const SIDE = 14; // arrows of the field along a side; even, so that none lies on an axis
const RECENT = 12; // turns that are drawn in the players' colours
const WINDOW = 60; // ticks that must fit the plane
const LEFT = 46; // px around the plane in its canvas
const TOP = 6;
const SPARE = LEFT + 16;

/**
 * A coordinate or a radius, in words; what is left of rounding is 0.
 *
 * @param {number} v
 */
export const short = (v) => number(Math.abs(v) < 1e-12 ? 0 : v, 3);

/** @param {number} e */
export const power = (e) => `10${superscript(e)}`;

/**
 * What a path and a tick's eigenvalues say, whoever played them.
 *
 * @param {Setting} setting
 * @param {number} ticks
 * @param {Path} path a place after each turn
 * @param {number[][]} roots
 * @returns {Played}
 */
export function playedOf(setting, ticks, path, roots) {
  const turns = setting.schedule;
  const moves = movesOf(turns);
  const reads = turns.map((_, turn) => moves.filter((m) => m.turn === turn).map(readsOf));
  const every = (values) => values.filter((_, row) => row % turns.length === 0);
  const whole = { x: every(path.x), y: every(path.y), r: every(path.r) };
  const [told, why] = [toldOf(reads), roots.length ? "" : whyNone(setting)];
  return {
    setting,
    turns,
    ticks,
    told,
    path,
    whole,
    roots,
    why,
    growth: growthOf(roots, measured(whole)),
    verdict: verdictOf(setting.loss, roots),
  };
}

/**
 * Play a setting from its start to the last tick.
 *
 * @param {Run} run
 * @param {Setting} setting
 * @param {number} ticks
 */
export function play(run, setting, ticks) {
  run.start(setting);
  const jacobian = tickJacobian(run, { theta: 0, psi: 0 });
  const roots = jacobian ? eigenvalues(jacobian) : [];
  const [theta, psi] = [[run.view("G0")[0]], [run.view("D0")[0]]];
  for (let row = ticks * setting.schedule.length; row > 0; row--) {
    run.turn();
    theta.push(run.view("G0")[0]);
    psi.push(run.view("D0")[0]);
  }
  return playedOf(setting, ticks, pathOf(theta, psi), roots);
}

/**
 * The directions of the field in a grid of places, from the lowest on; NaN where it is zero.
 *
 * @param {Run} run
 * @param {Setting} setting which it has played
 * @param {number} size half the width of the plane
 */
function fieldOf(run, { loss, penalty }, size) {
  const [G, D] = ["G", "D"].map(
    (player) => run.layout.table[`derive ${player} ${loss} ${penalty}`],
  );
  const centres = Array.from({ length: SIDE }, (_, i) => size * ((2 * i + 1) / SIDE - 1));
  return centres.flatMap((psi) =>
    centres.map((theta) => {
      run.view("seen G0")[0] = theta;
      run.view("seen D0")[0] = psi;
      run.exports.derive(G);
      run.exports.derive(D);
      const [x, y] = [-run.view("slope G0")[0], -run.view("slope D0")[0]];
      return x || y ? Math.atan2(y, x) : Number.NaN;
    }),
  );
}

/**
 * The place to show, and the plane that it fits.
 *
 * @param {Played} run
 * @param {number} asked the tick
 * @param {number | null} turn of it; null where a whole tick is looked at
 * @param {number} [held] half the width of a plane that must stay
 * @returns {Place}
 */
export function placeOf({ ticks, turns, path, whole }, asked, turn, held) {
  const n = turns.length;
  const tick = Math.min(ticks, Math.max(0, asked));
  const row = Math.min(ticks * n, tick * n + (turn ?? 0));
  const shown = path.r.slice(Math.max(0, tick - WINDOW) * n, row + 1);
  const farthest = Math.max(...shown.filter(Number.isFinite));
  const fits = EXTENTS.find((size) => size > 1.1 * farthest);
  const size = held ?? fits ?? EXTENTS[EXTENTS.length - 1];
  const at = { tick, turn: turn === null ? null : row - tick * n, row, size };
  const end = path.r.findIndex(Number.isNaN);
  if (end >= 0 && end <= row) {
    const last = whole.r.findIndex(Number.isNaN) - 1;
    return { ...at, note: `Diverged: farther than ${power(DECADES)} after tick ${last}.` };
  }
  const note = fits ? "" : `Outside the picture: the radius is ${short(path.r[row])}.`;
  return { ...at, note };
}

/**
 * @param {Played} run
 * @param {Place} place
 */
export function caption({ turns, told, path }, { tick, turn, row }) {
  const where = [`θ = ${short(path.x[row])}`, `ψ = ${short(path.y[row])}`];
  const kept = where.map((words) => words.replaceAll(" ", "\u00a0")).join(", ");
  const now = Number.isFinite(path.r[row]) ? ` Now ${kept}.` : "";
  if (!row) return `Before the first move.${now}`;
  if (turn === null) return `Tick ${tick}: ${told.tick}.${now}`;
  const n = turns.length;
  const k = turn || n;
  return `Tick ${turn ? tick + 1 : tick}, turn ${k} of ${n}: ${told.turns[k - 1]}.${now}`;
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

// The field's direction in a grid of places; NaN where it is zero.
function paintField(pen, angles, { wide, base }, css) {
  const cell = wide / SIDE;
  const arrows = [];
  angles.forEach((angle, k) => {
    const x = LEFT + ((k % SIDE) + 0.5) * cell;
    const y = base - (Math.floor(k / SIDE) + 0.5) * cell;
    const at = (turn, far) => [
      x + cell * far * Math.cos(turn - angle),
      y + cell * far * Math.sin(turn - angle),
    ];
    const tip = at(0, 0.32);
    arrows.push([at(Math.PI, 0.3), tip, at(0.8, 0.17), tip, at(-0.8, 0.17)]);
  });
  lines(pen, { color: css.arrow, width: 1 }, arrows);
}

// The path so far, its last moves in the colours of who made them.
function paintPath(pen, { path, turns }, { row }, { px, py }, css) {
  const known = path.r.slice(0, row + 1).filter(Number.isFinite).length;
  const place = (i) => [px(path.x[i]), py(path.y[i])];
  const places = Array.from({ length: known }, (_, i) => place(i));
  lines(pen, { color: css.ink, width: 1 }, [places]);
  for (let i = Math.max(1, row - RECENT + 1); i < known; i++) {
    pen.globalAlpha = 1 - (0.8 * (row - i)) / RECENT;
    const turn = turns[(i - 1) % turns.length];
    for (const [who, x0, y0, x1, y1] of legs(places[i - 1], places[i], turn)) {
      line(pen, { color: css[who], width: who === "ink" ? 1 : 2.8 }, [x0, y0], [x1, y1]);
    }
  }
  pen.globalAlpha = 1;
  dot(pen, { fill: css.paper, edge: css.ink }, place(0), 5);
  if (known > row) dot(pen, { fill: css.ink, edge: css.paper }, place(row), 5.5);
}

function paintPlane(pen, { run, place, field }, css, { width, height }) {
  const { size } = place;
  const plane = planeOf(width, size);
  const { px, py, wide, base } = plane;
  const thin = { color: css.line, width: 1 };
  paintScales(pen, plane, size, css, height);
  clipTo(pen, LEFT, TOP, wide, wide);
  line(pen, thin, [px(0), 0], [px(0), base]);
  line(pen, thin, [LEFT, py(0)], [width, py(0)]);
  paintField(pen, field, plane, css);
  const { penalty, strength } = run.setting;
  for (const v of penalty === "clipping" ? [-strength, strength] : []) {
    line(pen, { color: css.D, width: 1, dash: [6, 4] }, [LEFT, py(v)], [width, py(v)]);
  }
  paintPath(pen, run, place, plane, css);
  pen.restore();
  stroke(pen, thin, () => pen.rect(LEFT, TOP, wide, wide));
}

function paintCircle(pen, { run: { roots } }, css, { width, height }) {
  const sizes = roots.map((root) => Math.hypot(...root));
  const [x, y] = [width / 2, height / 2];
  const unit = (y - 4) / Math.max(1.25, ...sizes.map((v) => 1.12 * v));
  const thin = { color: css.line, width: 1 };
  dot(pen, { fill: css.shade, edge: css.cut }, [x, y], unit);
  line(pen, thin, [x - y, y], [x + y, y]);
  line(pen, thin, [x, 0], [x, height]);
  write(pen, "1", [x + unit + 5, y + 16], { color: css.soft, align: "left" });
  write(pen, "i", [x + 6, y - unit - 5], { color: css.soft, align: "left" });
  for (const [re, im] of roots) {
    dot(pen, { fill: css.ink, edge: css.paper }, [x + unit * re, y - unit * im], 6);
  }
}

// Powers of ten between two of them, or round values within one.
function marksOf(low, high) {
  if (high === low + 1) return [1, 2, 5, 10].map((v) => low + Math.log10(v));
  const by = Math.ceil((high - low) / 5);
  return Array.from({ length: Math.floor((high - low) / by) + 1 }, (_, k) => low + k * by);
}

function paintRadius(pen, { run, place }, css, { width, height }) {
  const { ticks, roots } = run;
  const logs = run.whole.r.map((r) => Math.log10(Math.max(r, 10 ** -DECADES)));
  const finite = logs.filter(Number.isFinite);
  const [right, base] = [width - 12, height - 38];
  const low = Math.floor(Math.min(...finite));
  const high = Math.max(low + 1, Math.ceil(Math.max(...finite)));
  const x = (t) => LEFT + (t / ticks) * (right - LEFT);
  const y = (e) => base + ((low - e) / (high - low)) * (base - 8);
  for (const e of marksOf(low, high)) {
    const plain = high === low + 1 && low >= -3;
    line(pen, { color: css.line, width: 1 }, [LEFT, y(e)], [right, y(e)]);
    const words = plain ? short(10 ** e) : power(Math.round(e));
    write(pen, words, [LEFT - 6, y(e) + 4], { color: css.soft, align: "right" });
  }
  for (const t of [0, 1 / 2, 1].map((share) => share * ticks)) {
    write(pen, String(Math.round(t)), [x(t), base + 17], { color: css.soft });
  }
  write(pen, "tick", [(LEFT + width) / 2, height - 4], { color: css.soft });
  clipTo(pen, LEFT, 0, width, base + 4);
  const points = logs.map((e, t) => [x(t), y(e)]);
  if (roots.length) {
    const grows = Math.log10(Math.hypot(...roots[0]) + 1e-30);
    const [from, to] = [0, ticks].map((t) => [x(t), y(logs[0] + t * grows)]);
    line(pen, { color: css.cut, width: 1.5, dash: [6, 4] }, from, to);
  }
  lines(pen, { color: css.faint, width: 2 }, [points]);
  lines(pen, { color: css.ink, width: 2.2 }, [points.slice(0, place.tick + 1)]);
  const [, now] = points[place.tick];
  if (Number.isFinite(now)) dot(pen, { fill: css.ink, edge: css.paper }, points[place.tick], 5);
  pen.restore();
}

// What stands in the view, from its buttons to its words.
function makeParts(schedules) {
  const panels = [paintPlane, paintCircle, paintRadius].map((painted, i) => {
    const canvas = make("canvas", { role: "img", "aria-label": TITLES[i] });
    const note = make("p", { class: "note", "aria-live": "polite" });
    const title = make("p", { class: "title" }, TITLES[i]);
    const stage = make("div", { class: "stage" }, canvas, note);
    return { painted, canvas, note, box: make("div", { class: "panel" }, title, stage) };
  });
  const keys = schedules.map(([name]) => button(name));
  const known = make("div", { class: "known", role: "group", "aria-label": "schedules" });
  known.append(...keys);
  const handle = make("button", { class: "start", type: "button" });
  panels[0].canvas.after(handle);
  const [wrong, hint, verdict, says, grows] = ["wrong", "hint", "verdict", "says", "grows"].map(
    (name) => make("p", { class: name }),
  );
  set(wrong, { role: "status" });
  set(grows, { title: WHY_THESE });
  panels[1].box.append(verdict);
  const sheet = make("div", { class: "sheet" }, ...panels.map(({ box }) => box));
  const words = ["‹ one move", "one move ›", "back to the start", "copy as Python", "copy link"];
  const [back, on, reset, python, link] = words.map((word) => button(word));
  const steps = make("div", { class: "steps" }, back, on, reset, python, link);
  const [voice, copy] = [makeVoice(), makeCopy()];
  const all = [known, wrong, hint, sheet, steps, says, grows, copy.element, voice.element];
  return {
    all,
    panels,
    keys,
    handle,
    wrong,
    hint,
    verdict,
    says,
    grows,
    sheet,
    back,
    on,
    reset,
    python,
    link,
    voice,
    copy,
  };
}

/**
 * Let a handle on the plane be dragged, and be moved by the arrow keys.
 *
 * @param {HTMLButtonElement} handle
 * @param {HTMLCanvasElement} plane
 * @param {object} acts
 * @param {() => number} acts.size half the width of the plane
 * @param {() => number[]} acts.from where the handle is
 * @param {(x: number, y: number) => void} acts.begin
 * @param {(size?: number) => void} acts.hold keep the plane of this size, or let it go
 */
function movable(handle, plane, { size, from, begin, hold }) {
  handle.onkeydown = (event) => {
    const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (!(event.key in ways)) return;
    event.preventDefault();
    const [dx, dy] = ways[event.key].map((way) => (way * size()) / 20);
    const [x, y] = from();
    begin(x + dx, y + dy);
  };
  handle.onpointerdown = (event) => {
    handle.setPointerCapture(event.pointerId);
    hold(size());
  };
  handle.onpointermove = ({ pointerId, clientX, clientY }) => {
    if (!handle.hasPointerCapture(pointerId)) return;
    const box = plane.getBoundingClientRect();
    const wide = box.width - SPARE;
    const right = (clientX - box.x - LEFT) / wide;
    const down = (clientY - box.y - TOP) / wide;
    begin((2 * right - 1) * size(), (1 - 2 * down) * size());
  };
  handle.onlostpointercapture = () => hold();
}

/** @param {{ model: Model, el: HTMLElement }} view */
async function render({ model, el }) {
  /** @type {Get} */
  const get = (name) => model.get(name);
  const offers = get("offers");
  const [, ticks] = offers.limits.tick;
  const opening = get("opening");
  const parts = makeParts(offers.schedules);
  const { panels, handle, voice, copy } = parts;
  const plane = panels[0].canvas;
  el.classList.add("gf-widget", "gf-lab");
  let machine;
  try {
    machine = await Run.of(await compile(await inflate(get("program")), get("places")));
  } catch (error) {
    sayCannot(el, `${/** @type {Error} */ (error).message}.`);
    return () => {};
  }
  el.append(...parts.all);

  let run = play(machine, opening, ticks);
  let place = placeOf(run, get("tick"), null);
  /** @type {number | null} */
  let turn = null; // the turn of the tick that was stepped to, none if it was slid to
  let own = false; // whether the tick is being set by the two buttons
  let held; // half the width of the plane while the start is dragged
  let [problem, misled] = ["", ""]; // what is wrong with the setting, and with the address

  const choose = (changes) => {
    for (const [name, value] of Object.entries(changes)) {
      if (get(name) !== value) model.set(name, value); // its own control follows
    }
    model.save_changes();
  };
  const putHandle = () => {
    const { px, py } = planeOf(plane.clientWidth, place.size);
    const [x, y] = [get("theta"), get("psi")];
    const where = `start at θ = ${short(x)}, ψ = ${short(y)}`;
    handle.hidden = !(Math.max(Math.abs(x), Math.abs(y)) <= place.size);
    handle.ariaLabel = `${where}: drag it, or use the arrow keys`;
    Object.assign(handle.style, { left: `${px(x)}px`, top: `${py(y)}px` });
    const same = x === opening.theta && y === opening.psi;
    parts.reset.disabled = same;
  };
  const tell = () => {
    const wrong = [problem && `${problem}.`, misled].filter(Boolean).join(" ");
    parts.wrong.textContent = wrong;
    parts.sheet.classList.toggle("stale", Boolean(problem));
    parts.says.textContent = caption(run, place);
    parts.grows.textContent = run.growth;
    parts.verdict.textContent = run.verdict;
    parts.hint.textContent = hintOn(run.setting.penalty);
    voice.say(wrong || parts.says.textContent);
    offers.schedules.forEach(([, text], i) => {
      parts.keys[i].ariaPressed = String(!problem && text === run.setting.schedule.join(" "));
    });
  };
  const draw = () => {
    const css = propertiesOf(el, NAMES);
    place = placeOf(run, get("tick"), turn, held);
    tell();
    const field = fieldOf(machine, run.setting, place.size);
    const notes = [place.note, run.why, ""];
    panels.forEach(({ canvas, note, painted }, i) => {
      const size = { width: canvas.clientWidth, height: canvas.clientHeight };
      note.textContent = notes[i];
      canvas.ariaLabel = `${TITLES[i]}: ${parts.says.textContent}`;
      paint(canvas, { ...size, font: `13px ${css.sans}` }, (pen) => {
        if (size.width) painted(pen, { run, place, field }, css, size);
      });
    });
    putHandle();
    copy.renew();
  };
  const { later, stop } = redrawn(
    panels.map(({ canvas }) => canvas),
    draw,
  );

  const replay = () => {
    try {
      const setting = settingOf(get, offers, turnsOf);
      problem = "";
      run = play(machine, setting, ticks);
    } catch (error) {
      problem = /** @type {Error} */ (error).message;
    }
  };
  const changed = () => {
    [turn, misled] = [null, ""];
    replay();
    const idle = { beta: offers.rule[get("rule")] !== "momentum" };
    idle.strength = offers.penalty[get("penalty")] === "none";
    choose({ beta_idle: idle.beta, strength_idle: idle.strength });
    later();
  };
  const step = (by) => {
    const [tick, next] = stepped(get("tick"), turn ?? 0, by, run.turns.length, ticks);
    turn = next;
    own = true;
    choose({ tick });
    own = false;
    draw();
  };
  const begin = (x, y) => {
    const inside = (v) => Math.min(place.size, Math.max(-place.size, v));
    const [theta, psi] = [x, y].map((v) => Number(inside(v).toPrecision(3)));
    choose({ theta, psi });
  };
  const ask = () => {
    const asked = changesOf(location.hash, offers);
    if (!asked) return false;
    choose(asked.changes);
    misled = asked.wrong.map((words) => `In the address ${words}.`).join(" ");
    later();
    return true;
  };

  parts.keys.forEach((key, i) => {
    key.onclick = () => choose({ schedule: offers.schedules[i][1] });
  });
  parts.back.onclick = () => step(-1);
  parts.on.onclick = () => step(1);
  parts.reset.onclick = () => {
    choose({ theta: opening.theta, psi: opening.psi });
    handle.focus();
  };
  parts.python.onclick = () =>
    copy.open("The run in Python", () => {
      const { tick } = place;
      const seen = { tick, theta: run.whole.x[tick], psi: run.whole.y[tick] };
      return pythonOf(run.setting, ticks, seen, machine.layout.reads);
    });
  parts.link.onclick = () => {
    copy.open("The link", () => new URL(hashOf(get, offers), location.href).href);
    history.replaceState(history.state, "", hashOf(get, offers));
  };
  parts.link.hidden = !inBook();
  movable(handle, plane, {
    size: () => place.size,
    from: () => [get("theta"), get("psi")],
    begin,
    hold: (size) => {
      held = size; // else the plane would slip away under the pointer
      later();
    },
  });

  const slid = () => {
    if (own) return;
    turn = null;
    later();
  };
  const deaf = listen(model, {
    ...Object.fromEntries(TRAITS.map((name) => [name, changed])),
    tick: slid,
  });
  if (inBook()) addEventListener("hashchange", ask);
  changed();
  if (ask() && inBook()) (el.closest(".gf-lab-all") ?? el).scrollIntoView();
  draw();
  return () => {
    removeEventListener("hashchange", ask);
    deaf();
    stop();
    voice.stop();
  };
}
export default { initialize: makeJoins, render };

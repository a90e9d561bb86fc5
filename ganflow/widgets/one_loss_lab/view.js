// Shows how far one recorded scheme moves G and D, where every scheme lands, what it costs.
import { floats, listen, make, makeJoins, rounded, superscript } from "../kit.js";

/** @import { Model } from "../kit.js" */
/**
 * @typedef {object} LabRecord
 * @property {string[]} schemes the first is the one that the others are compared with
 * @property {string[]} losses
 * @property {string[]} optimizers
 * @property {number[]} lambdas
 * @property {number[]} ticks
 * @property {string[]} says each scheme in one sentence
 * @property {string[][]} why by scheme and loss: why there is no such run, or ""
 * @property {string[]} names of the passes
 * @property {number[][]} passes by scheme
 * @property {number[]} flops by scheme
 * @property {number[]} saved bytes by scheme
 */
/** @typedef {{ message: string }} Nothing why no picture is shown */
/**
 * What is shown of one choice. Pairs are G's number and D's.
 *
 * @typedef {object} State
 * @property {undefined} [message]
 * @property {LabRecord} r
 * @property {number} scheme
 * @property {number} lam
 * @property {(string | number)[]} names what is chosen, in words
 * @property {string} why there is no such run, or ""
 * @property {number[][][]} lengths by lambda and tick, in those of two steps with lambda 1
 * @property {any[]} places by scheme, in shares of the way of two steps; null for no run
 */

const CHOICES = ["scheme", "loss", "optimizer", "lam"];
/** @type {("schemes" | "losses" | "optimizers" | "lambdas")[]} */
const LISTS = ["schemes", "losses", "optimizers", "lambdas"];
const PLAYERS = ["G", "D"];
const [NEAR, FAR] = [-3, 3]; // powers of ten on the scale of lengths
const [SAME, AWAY] = [-16, 0]; // and on that of places
const ROUNDING = 1e-5; // nearer than this is the same place: what is left is rounding

/**
 * @param {(name: string) => any} get
 * @returns {State | Nothing}
 */
export function stateOf(get) {
  /** @type {LabRecord} */
  const r = get("record_");
  const choice = CHOICES.map(get);
  const sizes = LISTS.map((name) => r[name].length);
  if (choice.some((at, i) => r[LISTS[i]][at] === undefined)) {
    return { message: "Nothing was recorded for this choice: turn a control back." };
  }
  const [scheme, loss, optimizer, lam] = choice;
  const [moved, apart] = [floats(get("moved")), floats(get("apart"))];
  const pairsOf = (array, s, k) => {
    const run = [s, loss, optimizer, k].reduce((at, v, i) => at * sizes[i] + v, 0);
    return r.ticks.map((_, t) => {
      const from = 2 * (run * r.ticks.length + t);
      return [...array.subarray(from, from + 2)];
    });
  };
  const unit = pairsOf(moved, 0, r.lambdas.indexOf(1));
  const inUnits = (pair, t) => pair.map((v, i) => v / unit[t][i]);
  return {
    r,
    scheme,
    lam,
    names: choice.map((at, i) => r[LISTS[i]][at]),
    why: r.why[scheme][loss],
    lengths: r.lambdas.map((_, k) => pairsOf(moved, scheme, k).map(inUnits)),
    places: r.schemes.map((_, s) => (r.why[s][loss] ? null : pairsOf(apart, s, lam).at(-1))),
  };
}

/**
 * Where a number lies on a logarithmic scale between two powers of ten, 0 to 1.
 *
 * @param {number} v
 * @param {number} low
 * @param {number} high
 */
export const along = (v, low, high) =>
  Math.min(1, Math.max(0, (Math.log10(v) - low) / (high - low)));

/** @param {number} v */
export function times(v) {
  if (!Number.isFinite(v)) return "no finite length";
  return `${v >= 1e4 ? v.toExponential(0).replace("+", "") : rounded(v, 3)} ×`;
}

/**
 * A share of the way, in per cent.
 *
 * @param {number} v
 */
export function share(v) {
  if (!Number.isFinite(v)) return "not finite";
  if (v === 0) return "0";
  return v < 1e-4 ? v.toExponential(0).replaceAll("-", "−") : `${rounded(100 * v, 2)} %`;
}

/**
 * Where the chosen scheme ends, against the first one.
 *
 * @param {State} s
 */
export function landing({ r, scheme, places }) {
  const [first] = r.schemes;
  const [G, D] = places[scheme];
  const worst = Math.max(G, D);
  if (scheme === 0) return "It is what the others are compared with.";
  if (!Number.isFinite(worst)) return `Too far out to compare with ${first}.`;
  if (worst < ROUNDING) {
    const off = worst ? `, up to rounding (${share(worst)} of the way)` : ", to the last digit";
    return `Both land where ${first} take them${off}.`;
  }
  const off = `G is ${share(G)} of its way off, D ${share(D)}`;
  return `They do not land where ${first} take them: ${off}.`;
}

const ticksOf = (n) => `${n} tick${n > 1 ? "s" : ""}`;

/** @param {State | Nothing} s */
export function caption(s) {
  if (s.message !== undefined) return s.message;
  if (s.why) return s.why;
  const [scheme, loss, optimizer, lam] = s.names;
  const ways = s.lengths[s.lam].map(([G, D], t) => {
    return `after ${ticksOf(s.r.ticks[t])} G ${times(G)}, D ${times(D)}`;
  });
  return (
    `${scheme}, ${loss} loss, ${optimizer}, λ = ${rounded(Number(lam), 3)}: ` +
    `${ways.join("; ")} as far as ${s.r.schemes[0]} with λ = 1. ${landing(s)}`
  );
}

/**
 * Rows of a name, the first scheme's cost and the chosen one's, or a dash for no run.
 *
 * @param {State} s
 */
export function costRows({ r, scheme, why }) {
  const both = (write) => [write(0), why ? "–" : write(scheme)];
  return [
    ...r.names.map((name, i) => [name, ...both((k) => rounded(r.passes[k][i], 3))]),
    ["FLOPs", ...both((k) => `${rounded(r.flops[k] / r.flops[0], 3)} ×`)],
    ["saved for backward", ...both((k) => `${(r.saved[k] / 1e6).toFixed(2)} MB`)],
  ];
}

// A part of a track, at a share of its width.
function put(kind, at, ...words) {
  const part = make("i", { class: kind }, ...words);
  part.style.left = `${100 * at}%`;
  return part;
}

// The theme has styles of its own for .row and .mark: hence .entry and .spot.
function row(kind, name, track, words) {
  return make(
    "div",
    { class: `entry ${kind}` },
    make("span", { class: "name" }, name),
    make("div", { class: "track" }, ...track),
    make("span", { class: "number" }, words),
  );
}

function axis(powers, low, high, words) {
  const marks = powers.map((e) => put("", along(10 ** e, low, high), words(e)));
  return row("axis", "", marks, "");
}

const grid = (powers, low, high) =>
  powers.map((e) => put(e ? "line" : "line unit", along(10 ** e, low, high)));

// A bar from 1 to where a player is at a tick, hollow marks for the other lambdas.
function drawLength(s, t, i) {
  const lengths = s.lengths.map((ticks) => ticks[t][i]);
  const mark = (kind, length) => put(kind, along(length, NEAR, FAR));
  const others = lengths.filter((length, k) => k !== s.lam && Number.isFinite(length));
  const marks = others.map((length) => mark("spot other", length));
  const own = lengths[s.lam];
  if (Number.isFinite(own)) {
    const here = along(own, NEAR, FAR);
    const bar = put("bar", Math.min(here, 0.5));
    bar.style.width = `${100 * Math.abs(here - 0.5)}%`;
    marks.unshift(bar);
    marks.push(mark("spot", own));
  }
  const name = `${PLAYERS[i]}, ${ticksOf(s.r.ticks[t])}`;
  const track = [...grid([-2, -1, 0, 1, 2], NEAR, FAR), ...marks];
  return row(PLAYERS[i], name, track, times(own));
}

function drawLengths(s) {
  if (s.why) return [make("p", { class: "message" }, "There is no such run.")];
  const rows = s.r.ticks.flatMap((_, t) => PLAYERS.map((_, i) => drawLength(s, t, i)));
  return [...rows, axis([-2, 0, 2], NEAR, FAR, (e) => String(10 ** e))];
}

// Every scheme's end, as a share of the way from where the first one ends.
function drawPlaces(s) {
  const rows = s.places.map((place, k) => {
    const known = place?.every(Number.isFinite) ? ["D", "G"] : [];
    const marks = known.map((who) => {
      return put(`spot ${who}`, along(place[PLAYERS.indexOf(who)], SAME, AWAY));
    });
    const track = [...grid([-16, -12, -8, -4, 0], SAME, AWAY), ...marks];
    const words = place ? share(Math.max(...place)) : "cannot";
    return row(k === s.scheme ? "chosen" : "", s.r.schemes[k], track, words);
  });
  const words = (e) => (e ? `10${superscript(e)}` : "1");
  return [...rows, axis([-16, -8, 0], SAME, AWAY, words)];
}

function drawCosts(s) {
  const [first] = s.r.schemes;
  const alone = s.scheme === 0;
  const heads = ["in one step", first, ...(alone ? [] : [s.r.schemes[s.scheme]])];
  const body = costRows(s).map(([name, its, mine]) => {
    const named = make("th", { scope: "row" }, name);
    const other = make("td", { class: its === mine ? "" : "differs" }, mine);
    return make("tr", {}, named, make("td", {}, its), ...(alone ? [] : [other]));
  });
  const top = make("tr", {}, ...heads.map((words) => make("th", {}, words)));
  return make("table", {}, make("thead", {}, top), make("tbody", {}, ...body));
}

function panel(words, ...inside) {
  return make("section", {}, make("p", { class: "words" }, words), ...inside);
}

function drawPanels(s) {
  const [first] = s.r.schemes;
  const lengths = `How far G and D move, in lengths of ${first} with λ\u00a0=\u00a01`;
  const last = ticksOf(s.r.ticks.at(-1));
  const places = `How far from where ${first} take them in ${last}, as a share of the way`;
  const ways = [panel(lengths, ...drawLengths(s)), panel(places, ...drawPlaces(s))];
  const costs = panel(`${s.names[0]}: ${s.r.says[s.scheme]}`, drawCosts(s));
  return [make("div", { class: "ways" }, ...ways), costs];
}

/** @param {{ model: Model, el: HTMLElement }} view */
function render({ model, el }) {
  const says = make("p", { class: "says", "aria-live": "polite" });
  const picture = make("div", { class: "picture" });
  el.classList.add("gf-widget", "gf-one-loss");
  el.append(says, picture);
  const draw = () => {
    const s = stateOf((name) => model.get(name));
    says.textContent = caption(s);
    picture.replaceChildren(...(s.message === undefined ? drawPanels(s) : []));
  };
  draw();
  return listen(model, Object.fromEntries(CHOICES.map((name) => [name, draw])));
}
export default { initialize: makeJoins, render };

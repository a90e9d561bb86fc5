// Shows where one recorded loss goes under a cut and a freeze; computes nothing.
import { listen, make, makeJoins, shape } from "../kit.js";

/** @import { Model } from "../kit.js" */
/** @typedef {"G" | "D"} Who */
/** @typedef {["live" | "cut" | "beyond", string]} Link what comes back to a value; its norm */
/** @typedef {{ does: string, grad: string, fate: string }} Player */
/**
 * @typedef {object} State
 * @property {string} loss
 * @property {Who} own the player whose step follows
 * @property {string} verdict
 * @property {string} why
 * @property {boolean} raises
 * @property {[string, boolean][]} code lines, and whether the cut or the freeze wrote them
 * @property {Record<string, Link>} links
 * @property {Record<string, Player>} players
 */

/** @type {Record<string, number>} height of the two passes through D */
const Y = { fake: 42, real: 88 };
/** @type {Record<string, [number, number, number]>} x from and to which a gradient goes; y */
const PLACES = {
  score_fake: [320, 239, Y.fake],
  score_real: [320, 239, Y.real],
  x_fake: [165, 84, Y.fake],
};
/** @type {Record<string, number>} */
const CENTRES = { G: 52, D: 202 };
const LEGEND =
  "Arrows: the gradient on its way back, and its norm by each value and each player’s weights.";

/**
 * The state that the buttons choose, or words that say why there is none.
 *
 * @param {(name: string) => any} get
 */
export function stateOf(get) {
  const name = ["loss", "cut", "freeze"].map(get).join(",");
  const nothing = {
    verdict: "Nothing was recorded for this choice:",
    why: "turn a control back.",
  };
  return get("record_")[name] ?? nothing;
}

/**
 * The picture in words.
 *
 * @param {Pick<State, "loss" | "links" | "players">} state
 */
export function spoken({ loss, links, players }) {
  const ways = Object.entries(links).map(([name, [how, norm]]) => {
    return `${name} ${{ live: norm, cut: "cut", beyond: "nothing" }[how]}`;
  });
  const ends = Object.entries(players).map(([who, { does, grad, fate }]) => {
    return `${who} ${does}, its gradient is ${grad || "None"}${fate && `, ${fate}`}`;
  });
  return `The gradient of ${loss} on its way: ${ways.join(", ")}. ${ends.join("; ")}.`;
}

/**
 * The tip of an arrow to the left (side -1) or downwards (side 0).
 *
 * @param {number} x
 * @param {number} y
 * @param {-1 | 0} side
 */
export const head = (x, y, side) => (side ? `M${x} ${y}l9 -5v10z` : `M${x} ${y}l-5 -9h10z`);

/**
 * Whether the gradient goes through D: it arrives on both of its sides.
 *
 * @param {Pick<State, "links">} state
 */
export const passes = ({ links }) => links.score_fake[0] === "live" && links.x_fake[0] === "live";

const path = (name, d) => shape("path", { class: name, d });

const text = (x, y, name, words) => shape("text", { x, y, class: name }, words);

function drawLink(name, [how, norm]) {
  const [from, to, y] = PLACES[name];
  const middle = (from + to) / 2 + 3;
  const cut = how === "cut";
  const live = how === "live";
  const way = `M${from} ${y}H${to + (live ? 6 : 0)}`;
  const parts = [
    path("line", way),
    text(middle, y - (cut ? 12 : 9), "", name),
    text(middle, y + (cut ? 19 : 15), "norm", cut ? "cut" : norm),
  ];
  if (live) parts.push(path("run", way), path("tip", head(to, y, -1)));
  if (cut) parts.push(path("cross", `M${middle - 6} ${y - 6}l12 12m0 -12l-12 12`));
  return shape("g", { class: how }, ...parts);
}

function fillOf(who, moves, hatch) {
  if (!moves) return "fill:var(--paper)";
  return who === "D" ? `fill:url(#${hatch})` : "fill:var(--G)";
}

function drawPlayer(who, { does, grad, fate }, hatch) {
  const x = CENTRES[who];
  const style = fillOf(who, does === "moves", hatch);
  const body =
    who === "G"
      ? [shape("circle", { cx: x, cy: 60, r: 36, style })]
      : [
          shape("rect", { x: x - 36, y: 24, width: 72, height: 72, style }),
          shape("rect", { x: x - 26, y: 34, width: 52, height: 53, class: "plate" }),
        ];
  const tray = { x: x - 38, y: 132, width: 76, height: 26, rx: who === "D" ? 0 : 13 };
  return shape(
    "g",
    { class: `player ${who} ${does}` },
    ...body,
    text(x, 69, "name", who),
    text(x, 83, "does", does),
    ...(grad ? [path("line", `M${x} 98V124`), path("tip", head(x, 131, 0))] : []),
    shape("rect", { ...tray, class: grad ? "tray" : "tray empty" }),
    text(x + 8, 117, "unit", ".grad"),
    text(x, 150, "grad", grad || "None"),
    text(x, 174, "fate", fate),
  );
}

function drawLoss(loss, raises) {
  return shape(
    "g",
    { class: raises ? "loss raises" : "loss" },
    shape("rect", { x: 323, y: 24, width: 72, height: 72, rx: 8 }),
    text(359, 65, "norm", loss),
    ...(raises ? [text(359, 114, "norm", "raises")] : []),
  );
}

function drawHatch(id) {
  const stripe = shape("rect", { width: 3, height: 7, class: "hatch" });
  const tile = { id, width: 7, height: 7, patternUnits: "userSpaceOnUse" };
  return shape("pattern", { ...tile, patternTransform: "rotate(45)" }, stripe);
}

function drawPicture(state, hatch) {
  return shape(
    "svg",
    {
      viewBox: "0 0 398 182",
      role: "img",
      "aria-label": spoken(state),
      class: `from-${state.own}`,
    },
    shape("defs", {}, drawHatch(hatch)),
    ...Object.entries(state.players).map(([who, player]) => drawPlayer(who, player, hatch)),
    ...(passes(state) ? [path("through", `M236 ${Y.fake}H168`)] : []),
    ...Object.entries(state.links).map(([name, link]) => drawLink(name, link)),
    drawLoss(state.loss, state.raises),
  );
}

function drawCode({ code, raises }) {
  const lines = code.map(([line, changed], n) => {
    const last = raises ? (["raises", "never"][n - code.length + 2] ?? "") : "";
    return make("span", { class: `${changed ? "changed " : ""}${last}` }, line);
  });
  return make("div", { class: "code", role: "group", "aria-label": "the program" }, ...lines);
}

/** @param {{ model: Model, el: HTMLElement }} view */
function render({ model, el }) {
  const hatch = `gf${Math.random().toString(36).slice(2)}`;
  const says = make("p", { class: "says", "aria-live": "polite" });
  const sheet = make("div", { class: "sheet" });
  el.classList.add("gf-widget", "gf-picture");
  el.append(says, sheet, make("p", { class: "legend" }, LEGEND));
  const draw = () => {
    const state = stateOf((name) => model.get(name));
    says.replaceChildren(make("strong", {}, state.verdict), ` ${state.why}`);
    sheet.replaceChildren(...(state.code ? [drawPicture(state, hatch), drawCode(state)] : []));
  };
  draw();
  return listen(model, { loss: draw, cut: draw, freeze: draw });
}
export default { initialize: makeJoins, render };

// Shows one recorded state of a derivative trace; computes nothing.
import { listen, make, makeJoins, set, shape } from "../kit.js";

/** @import { Model } from "../kit.js" */
/** @typedef {"network" | "layer" | "operation"} Fold */
/** @typedef {Record<string, Fold>} Folds by network; "" is what runs outside them */
/**
 * @typedef {object} Box
 * @property {string} title
 * @property {string} kind
 * @property {string} home the network that it belongs to, or ""
 * @property {string} role whose colour it wears: "G", "D", "other" or ""
 * @property {[number, number]} size
 */
/**
 * What a box says in one state.
 *
 * @typedef {object} Card
 * @property {boolean} live
 * @property {string[]} lines
 * @property {string} says
 * @property {[string, string][]} reads
 */

/** @type {Record<Fold, Fold>} */
const NEXT = { network: "layer", layer: "operation", operation: "network" };
const LEGEND = {
  live: "the derivative travels here, against the values",
  cut: "cut, and by what",
  beyond: "never reached",
  "": "click or Enter opens a box, Escape folds it",
};

/**
 * @param {number} loss
 * @param {boolean} cut
 * @param {boolean} frozen
 */
export const stateName = (loss, cut, frozen) => `${loss},${+cut},${+frozen}`;

/**
 * @param {string} home
 * @param {Folds} folds
 */
export const foldOf = (home, folds) => folds[home] ?? "network";

/**
 * @param {string[]} networks
 * @param {Folds} folds
 */
export const pictureName = (networks, folds) =>
  ["", ...networks].map((home) => foldOf(home, folds)).join(",");

/**
 * The folds with one home open one step wider; after the last step it is whole again.
 *
 * @param {string} home
 * @param {Folds} folds
 * @returns {Folds}
 */
export function unfolded(home, folds) {
  const fold = foldOf(home, folds);
  if (!home && fold === "network") return { ...folds, [home]: "operation" }; // has no layers
  return { ...folds, [home]: NEXT[fold] };
}

/**
 * The folds with one home folded one step.
 *
 * @param {string} home
 * @param {Folds} folds
 * @returns {Folds}
 */
export function foldedUp(home, folds) {
  const wide = home && foldOf(home, folds) === "operation";
  return { ...folds, [home]: wide ? "layer" : "network" };
}

/**
 * What Enter does to a box: "open", "fold" or nothing.
 *
 * @param {Pick<Box, "kind" | "home">} box
 * @param {Folds} folds
 */
export function opens({ kind, home }, folds) {
  if (kind === "input") return "";
  return foldOf(home, folds) === "operation" ? "fold" : "open";
}

/**
 * Who takes the focus of a box that went: a drawn box of its home that is there and opens.
 *
 * @param {{ boxes: Box[], cards: Card[] }} record
 * @param {Record<number, number>} state the card of each box that is in it
 * @param {Map<number, unknown>} drawn
 * @param {Box} gone
 * @param {Folds} folds
 */
export function heir({ boxes, cards }, state, drawn, { home, title }, folds) {
  const fit = [...drawn.keys()].filter((n) => {
    return state[n] in cards && boxes[n].home === home && opens(boxes[n], folds);
  });
  const worth = (n) => 2 * Number(boxes[n].title === title) + Number(cards[state[n]].live);
  return fit.sort((a, b) => worth(b) - worth(a)).at(0);
}

/**
 * A line through points [x0, y0, x1, y1, ...]; each piece leaves and arrives upright.
 *
 * @param {number[]} points
 */
export function curve(points) {
  let path = `M${points[0]} ${points[1]}`;
  for (let i = 2; i < points.length; i += 2) {
    const [x0, y0, x, y] = points.slice(i - 2, i + 2);
    const middle = (y0 + y) / 2;
    path += x === x0 ? `V${y}` : `C${x0} ${middle} ${x} ${middle} ${x} ${y}`;
  }
  return path;
}

/**
 * The head of an arrow at the last point.
 *
 * @param {number[]} points
 */
export function head(points) {
  const [before, x, y] = points.slice(-3);
  return `M${x} ${y}l-4.5 ${before > y ? 9 : -9}h9z`;
}

/**
 * The radius of a box's corners.
 *
 * @param {Pick<Box, "role" | "kind" | "size">} box
 */
export function corner({ role, kind, size }) {
  if (role === "D") return 0;
  if (kind === "input" || kind === "parameter") return size[1] / 2;
  return role ? 12 : 6;
}

/**
 * @param {Pick<Box, "kind" | "home" | "title">} box
 * @param {Pick<Card, "says">} card
 * @param {Folds} folds
 */
export function spoken(box, { says }, folds) {
  const does = opens(box, folds);
  return `${box.kind} ${box.title}: ${says}. ${does && `Enter ${does}s it.`}`;
}

const path = (name, d) => shape("path", { class: name, d });

function drawSwatch(how) {
  const marks = {
    live: [path("head", "M44 7l-9 -4.5v9z")],
    cut: [path("cross", "M14 2l10 10m0 -10l-10 10")],
    beyond: [],
  };
  const look = { viewBox: "0 0 44 14", class: how, "aria-hidden": true };
  return shape("svg", look, path("line", "M2 7H36"), ...marks[how]);
}

function drawLegend() {
  const parts = Object.entries(LEGEND).map(([how, words]) => {
    return make("span", {}, ...(how ? [drawSwatch(how)] : []), words);
  });
  return make("p", { class: "legend" }, ...parts);
}

function drawHatch(id) {
  const tile = { id, width: 5, height: 5, class: "hatch", patternUnits: "userSpaceOnUse" };
  const stripe = shape("rect", { width: 2.2, height: 5 });
  return shape("pattern", { ...tile, patternTransform: "rotate(45)" }, stripe);
}

function drawWire([how, words], points, [x, y]) {
  const wide = words.length * 6.3 + 14;
  const parts = [path("line", curve(points))];
  if (how === "live") parts.push(path("run", curve(points)), path("head", head(points)));
  if (how !== "cut") return shape("g", { class: how }, ...parts);
  const at = words ? x - wide / 2 + 7 : x;
  const ground = shape("rect", { x: x - wide / 2, y: y - 9, width: wide, height: 18 });
  const label = words ? [ground, shape("text", { x: x + 7, y: y + 4 }, words)] : [];
  const cross = path("cross", `M${at - 4} ${y - 4}l8 8m0 -8l-8 8`);
  return shape("g", { class: how }, ...parts, ...label, cross);
}

// The frame of a box, with its stripe, and an empty group for its words.
function drawFrame(box, id, hatch) {
  const [width, height] = box.size;
  const frame = { x: -width / 2, y: -height / 2, width, height, rx: corner(box) };
  const stripe = { ...frame, rx: 0, width: 9, class: "stripe", "clip-path": `url(#${id})` };
  const style = box.role === "D" ? `fill:url(#${hatch})` : "";
  return shape(
    "g",
    {},
    shape("clipPath", { id }, shape("rect", frame)),
    shape("rect", { ...frame, class: "frame" }),
    ...(box.role ? [shape("rect", { ...stripe, style })] : []),
    shape("g"),
  );
}

// The words in a box: its title, and the lines of its card below.
function drawWords(box, lines) {
  const x = box.role ? 4.5 : 0;
  const top = 4.5 - lines.length * 7.15;
  return [
    shape("text", { x, y: top, class: "title" }, box.title),
    ...lines.flatMap((line, n) => [" ", shape("text", { x, y: top + 15 + 14.3 * n }, line)]),
  ];
}

/** @param {{ model: Model, el: HTMLElement }} view */
function render({ model, el }) {
  const record = model.get("record_");
  const id = `gf${Math.random().toString(36).slice(2)}`;
  const wires = shape("g", { "aria-hidden": true });
  const boxes = shape("g");
  const look = { role: "group", "aria-label": "derivative trace" };
  const svg = shape("svg", look, shape("defs", {}, drawHatch(id)), wires, boxes);
  const says = make("p", { class: "says", "aria-live": "polite" });
  const others = Object.values(record.states).map((any) => {
    return make("p", { class: "says", "aria-hidden": true }, any.says);
  });
  const top = make("div", { class: "top" }, says, ...others); // as high as the longest
  const reads = make("div", { class: "reads" });
  const stage = make("div", { class: "stage" }, svg);
  const tables = record.flows.map((table) => Object.assign(make("div"), { innerHTML: table }));
  const sheet = make("div", { class: "sheet" }, stage, reads);
  el.classList.add("gf-widget", "gf-trace");
  el.append(top, sheet, make("div", { class: "flow" }, ...tables), drawLegend());

  let state;
  let read = null; // the box whose card is shown
  const drawn = new Map();

  const showCard = (number) => {
    read = number;
    const card = record.cards[state.boxes[number]];
    const title = card ? record.boxes[number].title : "Point at a box to read it.";
    const rows = (card?.reads ?? []).flatMap(([term, text]) => {
      return [make("dt", {}, term), make("dd", {}, text)];
    });
    reads.replaceChildren(make("strong", {}, title), make("dl", {}, ...rows));
  };
  const newBox = (number) => {
    const box = record.boxes[number];
    const group = drawFrame(box, `${id}-${number}`, id);
    const act = (change) => {
      const folds = change(box.home, model.get("folds"));
      if (!opens(box, folds)) return;
      model.set("folds", folds);
      model.save_changes();
      if (!drawn.has(number)) drawn.get(heir(record, state.boxes, drawn, box, folds))?.focus();
    };
    group.onkeydown = (event) => {
      const change = { Enter: unfolded, " ": unfolded, Escape: foldedUp }[event.key];
      if (!change) return;
      event.preventDefault();
      act(change);
    };
    group.onclick = () => act(unfolded);
    group.onfocus = () => showCard(number);
    group.onmouseenter = group.onfocus;
    return group;
  };
  const fill = (group, number) => {
    const box = record.boxes[number];
    const card = record.cards[state.boxes[number]];
    const folds = model.get("folds");
    const reached = card?.live ? "live" : "dead";
    group.lastChild.replaceChildren(...drawWords(box, card?.lines ?? []));
    set(group, {
      class: `box ${box.kind} role-${box.role || "none"} ${card ? reached : "absent"}`,
      "aria-hidden": !card,
      role: opens(box, folds) ? "button" : "img",
      tabindex: card ? 0 : -1,
      "aria-label": card ? spoken(box, card, folds) : box.title,
    });
  };
  const drawBoxes = (places) => {
    const kept = new Set(places.map(([number]) => number));
    for (const [number, group] of drawn) {
      if (kept.has(number)) continue;
      group.remove();
      drawn.delete(number);
    }
    let at = boxes.firstChild;
    for (const [number, x, y] of places) {
      if (!drawn.has(number)) drawn.set(number, newBox(number));
      const group = drawn.get(number);
      if (group === at) at = group.nextSibling;
      else boxes.insertBefore(group, at);
      group.style.transform = `translate(${x}px,${y}px)`;
      fill(group, number);
    }
  };
  const draw = () => {
    const [loss, cut, frozen] = ["loss", "cut", "frozen"].map((trait) => model.get(trait));
    state = record.states[stateName(loss, cut, frozen)] ?? record.states.none;
    const picture = record.pictures[pictureName(record.networks, model.get("folds"))];
    const [width, height] = picture.size;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    stage.style.flexBasis = `min(100%, ${width * 0.95}px)`;
    svg.style.cssText = `max-width:${width * 1.1}px;min-width:${width * 0.85}px`;
    drawBoxes(picture.boxes);
    const there = picture.wires.filter(([number]) => state.wires[number]);
    wires.replaceChildren(
      ...there.map(([number, points, mark]) => drawWire(state.wires[number], points, mark)),
    );
    says.textContent = state.says;
    tables.forEach((table, n) => {
      table.classList.toggle("shown", n === state.flow);
    });
    showCard(read);
  };
  draw();
  return listen(model, { loss: draw, cut: draw, frozen: draw, folds: draw });
}
export default { initialize: makeJoins, render };

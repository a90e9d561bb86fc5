// Shows one recorded state of a derivative trace; computes nothing.
const NEXT = { network: "layer", layer: "operation", operation: "network" };
const LEGEND = {
  live: "the derivative travels here, against the values", cut: "cut, and by what",
  beyond: "never reached", "": "click or Enter opens a box, Escape folds it",
};

export const stateName = (loss, cut, frozen) => `${loss},${+cut},${+frozen}`;
export const foldOf = (home, folds) => folds[home] ?? "network";
export const pictureName = (networks, folds) =>
  ["", ...networks].map((home) => foldOf(home, folds)).join(",");
export const unfolded = (home, folds) => // the outside has no layers
  ({ ...folds, [home]: NEXT[home || folds[home] === "operation" ? foldOf(home, folds) : "layer"] });
export const foldedUp = (home, folds) =>
  ({ ...folds, [home]: home && foldOf(home, folds) === "operation" ? "layer" : "network" });
export const opens = (box, folds) =>
  box.kind === "input" ? "" : foldOf(box.home, folds) === "operation" ? "fold" : "open";
// Who takes the focus of a box that went: a drawn box of its home that is there and opens.
export const heir = ({ boxes, cards }, state, drawn, { home, title }, folds) => [...drawn.keys()]
  .filter((n) => state[n] in cards && boxes[n].home === home && opens(boxes[n], folds))
  .map((n) => [2 * (boxes[n].title === title) + cards[state[n]].live, n])
  .sort(([a], [b]) => b - a)[0]?.[1];
// Points [x0, y0, x1, y1, ...]; each piece leaves and arrives upright.
export const curve = (points) => {
  let path = `M${points[0]} ${points[1]}`;
  for (let i = 2; i < points.length; i += 2) {
    const [x0, y0, x, y] = points.slice(i - 2, i + 2), middle = (y0 + y) / 2;
    path += x === x0 ? `V${y}` : `C${x0} ${middle} ${x} ${middle} ${x} ${y}`;
  }
  return path;
};
export const head = (points, [before, x, y] = points.slice(-3)) =>
  `M${x} ${y}l-4.5 ${before > y ? 9 : -9}h9z`;
export const corner = ({ role, kind, size }) =>
  role === "D" ? 0 : kind === "input" || kind === "parameter" ? size[1] / 2 : role ? 12 : 6;
export const spoken = (box, { says }, folds) =>
  `${box.kind} ${box.title}: ${says}. ${opens(box, folds) && `Enter ${opens(box, folds)}s it.`}`;

const SVG = ["svg", "g", "path", "rect", "text", "defs", "pattern", "clipPath"];
const set = (element, attributes) =>
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
const make = (tag, attributes = {}, ...children) => {
  const space = SVG.includes(tag) ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml";
  const element = document.createElementNS(space, tag);
  set(element, attributes);
  element.append(...children);
  return element;
};
const path = (name, d) => make("path", { class: name, d });
const swatch = (how) => make("svg", { viewBox: "0 0 44 14", class: how, "aria-hidden": true },
  path("line", "M2 7H36"), ...({ live: [path("head", "M44 7l-9 -4.5v9z")],
    cut: [path("cross", "M14 2l10 10m0 -10l-10 10")] }[how] ?? []));

function render({ model, el }) {
  const record = model.get("record_"), id = `gf${Math.random().toString(36).slice(2)}`;
  const wires = make("g", { "aria-hidden": true }), boxes = make("g"), drawn = new Map();
  const svg = make("svg", { role: "group", "aria-label": "derivative trace" },
    make("defs", {}, make("pattern", { id, width: 5, height: 5, class: "hatch",
      patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    make("rect", { width: 2.2, height: 5 }))), wires, boxes);
  const says = make("p", { class: "says", "aria-live": "polite" });
  const reads = make("div", { class: "reads" }), stage = make("div", { class: "stage" }, svg);
  const top = make("div", { class: "top" }, says, ...Object.values(record.states).map((any) =>
    make("p", { class: "says", "aria-hidden": true }, any.says))); // as high as the longest
  const flow = make("div", { class: "flow" }, ...record.flows.map((table) =>
    Object.assign(make("div"), { innerHTML: table })));
  let state, shown = null;

  const read = (number) => {
    shown = number;
    const card = record.cards[state.boxes[number]], list = make("dl");
    for (const [term, text] of card?.reads ?? [])
      list.append(make("dt", {}, term), make("dd", {}, text));
    const title = card ? record.boxes[number].title : "Point at a box to read it.";
    reads.replaceChildren(make("strong", {}, title), list);
  };
  const newBox = (number) => {
    const box = record.boxes[number], [width, height] = box.size;
    const frame = { x: -width / 2, y: -height / 2, width, height, rx: corner(box) };
    const stripe = { ...frame, rx: 0, width: 9, class: "stripe",
      "clip-path": `url(#${id}-${number})`, style: box.role === "D" ? `fill:url(#${id})` : "" };
    const group = make("g", {}, make("clipPath", { id: `${id}-${number}` }, make("rect", frame)),
      make("rect", { ...frame, class: "frame" }), ...(box.role ? [make("rect", stripe)] : []),
      make("g"));
    const act = (change) => {
      const folds = change(box.home, model.get("folds"));
      if (!opens(box, folds)) return;
      model.set("folds", folds);
      model.save_changes();
      if (!drawn.has(number)) drawn.get(heir(record, state.boxes, drawn, box, folds))?.focus();
    };
    const keys = { Enter: unfolded, " ": unfolded, Escape: foldedUp };
    const onkeydown = (event) => keys[event.key] && (event.preventDefault(), act(keys[event.key]));
    const onfocus = () => read(number), onclick = () => act(unfolded);
    return Object.assign(group, { onclick, onkeydown, onfocus, onmouseenter: onfocus });
  };
  const fill = (group, number) => {
    const box = record.boxes[number], card = record.cards[state.boxes[number]];
    const lines = card?.lines ?? [], x = box.role ? 4.5 : 0, top = 4.5 - lines.length * 7.15;
    group.lastChild.replaceChildren(make("text", { x, y: top, class: "title" }, box.title),
      ...lines.flatMap((line, n) => [" ", make("text", { x, y: top + 15 + 14.3 * n }, line)]));
    const there = card ? (card.live ? "live" : "dead") : "absent", folds = model.get("folds");
    set(group, {
      class: `box ${box.kind} role-${box.role || "none"} ${there}`, "aria-hidden": !card,
      role: opens(box, folds) ? "button" : "img", tabindex: card ? 0 : -1,
      "aria-label": card ? spoken(box, card, folds) : box.title,
    });
  };
  const newWire = ([number, points, [x, y]]) => {
    const [how, words] = state.wires[number];
    const wide = words.length * 6.3 + 14, at = words ? x - wide / 2 + 7 : x;
    const label = words && how === "cut" ? [
      make("rect", { x: x - wide / 2, y: y - 9, width: wide, height: 18 }),
      make("text", { x: x + 7, y: y + 4 }, words)] : [];
    return make("g", { class: how }, path("line", curve(points)), ...label, ...({
      live: [path("run", curve(points)), path("head", head(points))],
      cut: [path("cross", `M${at - 4} ${y - 4}l8 8m0 -8l-8 8`)] }[how] ?? []));
  };
  const draw = () => {
    const name = stateName(...["loss", "cut", "frozen"].map((trait) => model.get(trait)));
    state = record.states[name] ?? record.states.none;
    const picture = record.pictures[pictureName(record.networks, model.get("folds"))];
    const [width, height] = picture.size, keep = new Set(picture.boxes.map(([n]) => n));
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    stage.style.flexBasis = `min(100%, ${width * 0.95}px)`;
    svg.style.cssText = `max-width:${width * 1.1}px;min-width:${width * 0.85}px`;
    for (const [n, group] of drawn) if (!keep.has(n)) { group.remove(); drawn.delete(n); }
    let at = boxes.firstChild;
    for (const [n, x, y] of picture.boxes) {
      if (!drawn.has(n)) drawn.set(n, newBox(n));
      const group = drawn.get(n);
      if (group === at) at = at.nextSibling; else boxes.insertBefore(group, at);
      group.style.transform = `translate(${x}px,${y}px)`;
      fill(group, n);
    }
    wires.replaceChildren(...picture.wires.filter(([n]) => state.wires[n]).map(newWire));
    says.textContent = state.says;
    [...flow.children].forEach((table, n) => table.classList.toggle("shown", n === state.flow));
    read(shown);
  };
  const legend = make("p", { class: "legend" }, ...Object.entries(LEGEND).map(([key, words]) =>
    make("span", {}, ...(key ? [swatch(key)] : []), words)));
  el.classList.add("gf-trace");
  el.append(top, make("div", { class: "sheet" }, stage, reads), flow, legend);
  const changes = "change:loss change:cut change:frozen change:folds";
  model.on(changes, draw);
  draw();
  return () => model.off(changes, draw);
}
export default { render };

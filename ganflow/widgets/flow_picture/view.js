// Shows where one recorded loss goes under a cut and a freeze; computes nothing.
const Y = { fake: 42, real: 88 }; // of the two passes through D
const PLACES = { // from where a gradient comes, to where it goes
  score_fake: [320, 239, Y.fake], score_real: [320, 239, Y.real], x_fake: [165, 84, Y.fake],
};
const CENTRES = { G: 52, D: 202 };
const LEGEND = "Arrows: the gradient on its way back, and its norm by each value and each player’s weights.";

export const stateOf = (get) => get("record_")[["loss", "cut", "freeze"].map(get).join(",")]
  ?? { verdict: "Nothing was recorded for this choice:", why: "turn a control back." };

export const spoken = ({ loss, links, players }) => { // the picture in words
  const ways = Object.entries(links).map(([name, [how, norm]]) =>
    `${name} ${how === "live" ? norm : how === "cut" ? "cut" : "nothing"}`);
  const ends = Object.entries(players).map(([who, { does, grad, fate }]) =>
    `${who} ${does}, its gradient is ${grad || "None"}${fate && `, ${fate}`}`);
  return `The gradient of ${loss} on its way: ${ways.join(", ")}. ${ends.join("; ")}.`;
};

export const head = (x, y, side) => // the tip of an arrow to the left (-1) or downwards (0)
  side ? `M${x} ${y}l9 -5v10z` : `M${x} ${y}l-5 -9h10z`;

export const passes = ({ links }) => // through D: it arrives at both of its sides
  links.score_fake[0] === "live" && links.x_fake[0] === "live";

const SVG = ["svg", "g", "path", "rect", "circle", "text", "tspan", "defs", "pattern"];
const make = (tag, attributes = {}, ...children) => {
  const space = SVG.includes(tag) ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml";
  const element = document.createElementNS(space, tag);
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  element.append(...children);
  return element;
};
const path = (name, d) => make("path", { class: name, d });
const text = (x, y, name, ...words) => make("text", { x, y, class: name }, ...words);

function drawLink(name, [how, norm]) {
  const [from, to, y] = PLACES[name], middle = (from + to) / 2 + 3, way = `M${from} ${y}H${to + (how === "live" ? 6 : 0)}`;
  return make("g", { class: how },
    path("line", way), text(middle, y - (how === "cut" ? 12 : 9), "", name),
    text(middle, y + (how === "cut" ? 19 : 15), "norm", how === "cut" ? "cut" : norm),
    ...(how === "live" ? [path("run", way), path("tip", head(to, y, -1))] : []),
    ...(how === "cut" ? [path("cross", `M${middle - 6} ${y - 6}l12 12m0 -12l-12 12`)] : []));
}

function drawPlayer(who, { does, grad, fate }, hatch) {
  const x = CENTRES[who], fill = does === "moves" ? (who === "D" ? `url(#${hatch})` : "var(--G)") : "var(--paper)";
  const shape = who === "G" ? make("circle", { cx: x, cy: 60, r: 36, style: `fill:${fill}` })
    : make("rect", { x: x - 36, y: 24, width: 72, height: 72, style: `fill:${fill}` });
  const plate = who === "D" ? [make("rect", { x: x - 26, y: 34, width: 52, height: 53, class: "plate" })] : [];
  return make("g", { class: `player ${who} ${does}` }, shape, ...plate,
    text(x, 69, "name", who), text(x, 83, "does", does),
    ...(grad ? [path("line", `M${x} 98V124`), path("tip", head(x, 131, 0))] : []),
    make("rect", { x: x - 38, y: 132, width: 76, height: 26, rx: who === "D" ? 0 : 13, class: grad ? "tray" : "tray empty" }),
    text(x + 8, 117, "unit", ".grad"), text(x, 150, "grad", grad || "None"), text(x, 174, "fate", fate));
}

function drawPicture(state, hatch) {
  const { loss, own, links, players, raises } = state;
  const lines = make("pattern", { id: hatch, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    make("rect", { width: 3, height: 7, class: "hatch" }));
  return make("svg", { viewBox: "0 0 398 182", role: "img", "aria-label": spoken(state), class: `from-${own}` },
    make("defs", {}, lines),
    ...Object.entries(players).map(([who, player]) => drawPlayer(who, player, hatch)),
    ...(passes(state) ? [path("through", `M236 ${Y.fake}H168`)] : []),
    ...Object.entries(links).map(([name, link]) => drawLink(name, link)),
    make("g", { class: raises ? "loss raises" : "loss" }, make("rect", { x: 323, y: 24, width: 72, height: 72, rx: 8 }),
      text(359, 65, "norm", loss), ...(raises ? [text(359, 114, "norm", "raises")] : [])));
}

const drawCode = ({ code, raises }) => make("div", { class: "code", role: "group", "aria-label": "the program" },
  ...code.map(([line, changed], n) => {
    const last = raises ? ["raises", "never"][n - code.length + 2] ?? "" : "";
    return make("span", { class: `${changed ? "changed " : ""}${last}` }, line);
  }));

function render({ model, el }) {
  const hatch = `gf${Math.random().toString(36).slice(2)}`;
  const says = make("p", { class: "says", "aria-live": "polite" }), sheet = make("div", { class: "sheet" });
  el.classList.add("gf-picture");
  el.append(says, sheet, make("p", { class: "legend" }, LEGEND));
  const draw = () => {
    const state = stateOf((name) => model.get(name));
    says.replaceChildren(make("strong", {}, state.verdict), ` ${state.why}`);
    sheet.replaceChildren(...(state.code ? [drawPicture(state, hatch), drawCode(state)] : []));
  };
  const names = "change:loss change:cut change:freeze";
  model.on(names, draw);
  draw();
  return () => model.off(names, draw);
}
export default { render };

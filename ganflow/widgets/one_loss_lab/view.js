// Shows how far one recorded scheme moves G and D, where every scheme lands, what it costs.
const CHOICES = ["scheme", "loss", "optimizer", "lam"], LISTS = ["schemes", "losses", "optimizers", "lambdas"];
const PLAYERS = ["G", "D"];
const [NEAR, FAR] = [-3, 3]; // powers of ten on the scale of lengths, in those of two steps
const [SAME, AWAY] = [-16, 0]; // and on that of places, in shares of the way
const ROUNDING = 1e-5; // nearer than this is the same place: what is left is rounding

export const floats = (bytes) =>
  new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));

export function stateOf(get) { // what is shown now, or { message } saying why nothing is
  const r = get("record_"), choice = CHOICES.map(get), sizes = LISTS.map((name) => r[name].length);
  if (choice.some((at, i) => r[LISTS[i]][at] === undefined))
    return { message: "Nothing was recorded for this choice: turn a control back." };
  const [scheme, loss, optimizer, lam] = choice, T = r.ticks.length, arrays = { moved: floats(get("moved")), apart: floats(get("apart")) };
  const read = (name, s, k) => { // pairs of G's and D's number, one for each tick
    const from = [s, loss, optimizer, k].reduce((at, v, i) => at * sizes[i] + v, 0) * T * 2;
    return r.ticks.map((_, t) => [...arrays[name].subarray(from + 2 * t, from + 2 * t + 2)]);
  };
  const unit = read("moved", 0, r.lambdas.indexOf(1));
  const lengths = r.lambdas.map((_, k) => read("moved", scheme, k).map((pair, t) => pair.map((v, i) => v / unit[t][i])));
  return {
    r, scheme, lam, names: choice.map((at, i) => r[LISTS[i]][at]), why: r.why[scheme][loss], lengths,
    places: r.schemes.map((_, s) => (r.why[s][loss] ? null : read("apart", s, lam).at(-1))),
  };
}

export const along = (v, low, high) => Math.min(1, Math.max(0, (Math.log10(v) - low) / (high - low)));
const plain = (v, digits) => String(Number(v.toPrecision(digits))).replaceAll("-", "−");
export const times = (v) => (Number.isFinite(v) ? `${v >= 1e4 ? v.toExponential(0).replace("+", "") : plain(v, 3)} ×` : "no finite length");
export const share = (v) => (Number.isFinite(v)
  ? v === 0 ? "0" : v < 1e-4 ? v.toExponential(0).replaceAll("-", "−") : `${plain(100 * v, 2)} %` : "not finite");

export function landing(s) { // where the chosen scheme ends, against two steps
  const [G, D] = s.places[s.scheme], worst = Math.max(G, D), first = s.r.schemes[0];
  if (s.scheme === 0) return "It is what the others are compared with.";
  if (!Number.isFinite(worst)) return `Too far out to compare with ${first}.`;
  if (worst < ROUNDING) return `Both land where ${first} take them${worst ? `, up to rounding (${share(worst)} of the way)` : ", to the last digit"}.`;
  return `They do not land where ${first} take them: G is ${share(G)} of its way off, D ${share(D)}.`;
}
export function caption(s) {
  if (s.why ?? s.message) return s.why || s.message;
  const [scheme, loss, optimizer, lam] = s.names;
  const ways = s.lengths[s.lam].map(([G, D], t) => `after ${s.r.ticks[t]} tick${s.r.ticks[t] > 1 ? "s" : ""} G ${times(G)}, D ${times(D)}`);
  return `${scheme}, ${loss} loss, ${optimizer}, λ = ${plain(lam, 3)}: ${ways.join("; ")} as far as ${s.r.schemes[0]} with λ = 1. ${landing(s)}`;
}

export function costRows(s) { // name, two steps, the chosen scheme; no number for what cannot be
  const { r, scheme, why } = s, at = (write) => [write(0), why ? "–" : write(scheme)];
  return [
    ...r.names.map((name, i) => [name, ...at((k) => plain(r.passes[k][i], 3))]),
    ["FLOPs", ...at((k) => `${plain(r.flops[k] / r.flops[0], 3)} ×`)],
    ["saved for backward", ...at((k) => `${(r.saved[k] / 1e6).toFixed(2)} MB`)],
  ];
}

// The theme has styles of its own for .row and .mark: hence .entry and .spot.
const make = (tag, className = "", inside = []) => { const made = document.createElement(tag); made.className = className; made.append(...inside); return made; };
const put = (className, share) => { const made = make("i", className); made.style.left = `${100 * share}%`; return made; };
const row = (className, name, track, number) => make("div", `entry ${className}`, [make("span", "name", [name]), make("div", "track", track), make("span", "number", [number])]);
const axis = (powers, low, high, words) => row("axis", "", powers.map((e) => { const at = put("", along(10 ** e, low, high)); at.append(words(e)); return at; }), "");
const grid = (powers, low, high) => powers.map((e) => put(e ? "line" : "line unit", along(10 ** e, low, high)));
const superscript = (e) => [...String(e)].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("");

function drawLengths(s) { // a bar from 1 to where the player is, hollow marks for the other lambdas
  if (s.why) return [make("p", "message", ["There is no such run."])];
  const powers = [-2, -1, 0, 1, 2], rows = s.r.ticks.flatMap((tick, t) => PLAYERS.map((who, i) => {
    const at = (k) => along(s.lengths[k][t][i], NEAR, FAR), here = at(s.lam), bar = put("bar", Math.min(here, 0.5));
    bar.style.width = `${100 * Math.abs(here - 0.5)}%`;
    const others = s.r.lambdas.flatMap((_, k) => (k !== s.lam && Number.isFinite(s.lengths[k][t][i]) ? [put("spot other", at(k))] : []));
    const shown = Number.isFinite(s.lengths[s.lam][t][i]) ? [bar, ...others, put("spot", here)] : others;
    return row(who, `${who}, ${tick} tick${tick > 1 ? "s" : ""}`, [...grid(powers, NEAR, FAR), ...shown], times(s.lengths[s.lam][t][i]));
  }));
  return [...rows, axis([-2, 0, 2], NEAR, FAR, (e) => String(10 ** e))];
}

function drawPlaces(s) { // every scheme's end, as a share of the way from where two steps end
  const powers = [-16, -12, -8, -4, 0], rows = s.places.map((place, k) => {
    const marks = place?.every(Number.isFinite) ? PLAYERS.map((who, i) => put(`spot ${who}`, along(place[i], SAME, AWAY))).reverse() : [];
    const words = place ? share(Math.max(...place)) : "cannot";
    return row(k === s.scheme ? "chosen" : "", s.r.schemes[k], [...grid(powers, SAME, AWAY), ...marks], words);
  });
  return [...rows, axis([-16, -8, 0], SAME, AWAY, (e) => (e ? `10${superscript(e)}` : "1"))];
}

function drawCosts(s) {
  const cells = (kind, words) => words.map((word) => make(kind, "", [word])), alone = s.scheme === 0;
  const head = make("tr", "", cells("th", ["in one step", s.r.schemes[0], ...(alone ? [] : [s.r.schemes[s.scheme]])]));
  const body = costRows(s).map(([name, first, mine]) => {
    const named = Object.assign(make("th", "", [name]), { scope: "row" }), other = make("td", first === mine ? "" : "differs", [mine]);
    return make("tr", "", [named, make("td", "", [first]), ...(alone ? [] : [other])]);
  });
  return make("table", "", [make("thead", "", [head]), make("tbody", "", body)]);
}

function render({ model, el }) {
  const says = Object.assign(make("p", "says"), { ariaLive: "polite" }), picture = make("div", "picture");
  el.classList.add("gf-one-loss"); el.append(says, picture);
  const draw = () => {
    const s = stateOf((name) => model.get(name)), panel = (words, inside) => make("section", "", [make("p", "words", [words]), ...inside]);
    says.textContent = caption(s);
    if (s.message) return picture.replaceChildren();
    const { r } = s, [first] = r.schemes, last = r.ticks.at(-1);
    picture.replaceChildren(
      make("div", "ways", [
        panel(`How far G and D move, in lengths of ${first} with λ\u00a0=\u00a01`, drawLengths(s)),
        panel(`How far from where ${first} take them in ${last} ticks, as a share of the way`, drawPlaces(s)),
      ]),
      panel(`${s.names[0]}: ${r.says[s.scheme]}`, [drawCosts(s)]),
    );
  };
  const names = CHOICES.map((name) => `change:${name}`);
  names.forEach((name) => model.on(name, draw));
  draw();
  return () => names.forEach((name) => model.off(name, draw));
}
export default { render };

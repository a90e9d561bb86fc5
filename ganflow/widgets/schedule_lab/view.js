// Draws one run of a game of two numbers: its path, a tick's eigenvalues, its radius.
const CHOICES = ["loss", "schedule", "step", "rule", "penalty"], TAU = 2 * Math.PI;
const RECENT = 12, WINDOW = 60; // rows in the players' colours; ticks that must fit the plane
const TITLES = ["path over the field", "eigenvalues of one tick", "radius, dashed as predicted"];

export const inflate = async (bytes) => new Uint8Array(await new Response(
  new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer());

export function pathOf(bytes, run, length, { decades, radii, angles, gone }) {
  const levels = (at) => { // differences undone: low bytes first, then the high ones
    let sum = 0;
    return Array.from({ length }, (_, i) => (sum = (sum + bytes[at + i] + 256 * bytes[bytes.length / 2 + at + i]) & 65535));
  };
  const r = levels(2 * run * length).map((v) => (v === gone ? NaN : 10 ** ((2 * v / radii - 1) * decades)));
  const turn = levels((2 * run + 1) * length).map((v) => v / angles * TAU);
  return { r, x: r.map((v, i) => v * Math.cos(turn[i])), y: r.map((v, i) => v * Math.sin(turn[i])) };
}

export const rowOf = (tick, turn, turns, fine) => (tick < fine ? tick * turns + turn : fine * turns + tick - fine);
export function stepped(tick, turn, by, turns, fine, ticks) { // one move on or back
  if (by > 0 && tick >= ticks) return [tick, 0];
  if (by > 0) return tick < fine && turn + 1 < turns ? [tick, turn + 1] : [tick + 1, 0];
  return turn || !tick ? [tick, Math.max(0, turn - 1)] : [tick - 1, tick <= fine ? turns - 1 : 0];
}

export function legs([x0, y0], [x1, y1], turns) { // who moved what: theta is G's number, psi D's
  const G = (y) => ["G", x0, y, x1, y], D = (x) => ["D", x, y0, x, y1], who = turns.join("");
  if (turns[0].length === 2 && turns.length === 1) return [G(y0), D(x0), ["ink", x0, y0, x1, y1]]; // both from the start
  if (!who.includes("D")) return [G(y0)];
  if (!who.includes("G")) return [D(x0)];
  return who[0] === "D" ? [D(x0), G(y1)] : [G(y0), D(x1)];
}

export const number = (v) => {
  const size = Math.abs(v), plain = size < 1e-12 || (size >= 1e-3 && size < 1e4);
  return (plain ? String(size < 1e-12 ? 0 : Number(v.toPrecision(3))) : v.toExponential(1)).replaceAll("-", "−");
};
export const power = (e) => "10" + [...String(e)].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("");

export function caption({ tick, turn, told, fine, path, row }) {
  const now = Number.isFinite(path.r[row]) ? ` Now θ = ${number(path.x[row])}, ψ = ${number(path.y[row])}.` : "";
  const n = told.turns.length, k = turn || n, whole = !turn && tick > fine;
  if (!tick && !turn) return `Before the first move.${now}`;
  return `Tick ${turn ? tick + 1 : tick}${whole ? "" : `, turn ${k} of ${n}`}: ${whole ? told.tick : told.turns[k - 1]}.${now}`;
}

export function stateOf(get, data, asked = 0) { // what is shown now, or { message } saying why nothing is
  const record = get("record_"), choice = CHOICES.map(get), { fine, ticks, extents } = record;
  const live = String(data.live?.chosen) === String(choice) ? data.live : null;
  if (live?.message) return { message: live.message };
  if (choice.some((at, i) => record[CHOICES[i]][at] === undefined) || !(get("tick") >= 0))
    return { message: "Nothing was recorded for this choice: turn a control back." };
  const run = choice.reduce((sum, at, i) => sum * record[CHOICES[i]].length + at, 0), [loss, schedule, , rule, penalty] = choice;
  const told = live?.told ?? record.told[schedule], turns = told.turns.length;
  const tick = Math.min(get("tick"), ticks), turn = tick < fine ? asked : 0, row = rowOf(tick, turn, turns, fine);
  const path = live ? pathOf(live.bytes, 0, live.length, record) : pathOf(data.paths, run, record.length, record);
  const at = Array.from({ length: ticks + 1 }, (_, i) => rowOf(i, 0, turns, fine)), end = path.r.findIndex(Number.isNaN);
  const pairs = live?.roots ?? data.roots.subarray(8 * run, 8 * run + 8), last = extents.length - 1;
  const roots = [0, 2, 4, 6].map((i) => [pairs[i], pairs[i + 1]]).filter(([re]) => Number.isFinite(re));
  const farthest = Math.max(...path.r.slice(at[Math.max(0, tick - WINDOW)], row + 1).filter(Number.isFinite));
  const zoom = extents.findIndex((size) => size > 1.1 * farthest), why = roots.length ? "" : record.why[rule][penalty];
  const note = end >= 0 && end <= row ? `Diverged: farther than ${power(record.decades)} after tick ${at.filter((i) => i < end).length - 1}.`
    : zoom < 0 ? `Outside the plane: the radius is ${number(path.r[row])}.` : "";
  return { tick, turn, row, at, told, path, fine, ticks, roots, notes: [note, why, ""], grows: live?.grows ?? record.grows[run],
    bound: record.bounds[penalty], zoom: zoom < 0 ? last : zoom, plane: loss * record.penalty.length + penalty };
}

const lines = (pen, ink, width, many, dash = []) => {
  Object.assign(pen, { strokeStyle: ink, lineWidth: width }); pen.setLineDash(dash); pen.beginPath();
  for (const points of many) points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.stroke();
};
const line = (pen, ink, width, points, dash) => lines(pen, ink, width, [points], dash);
const dot = (pen, fill, edge, [x, y], size) => {
  Object.assign(pen, { fillStyle: fill, strokeStyle: edge, lineWidth: 1.5 }).setLineDash([]);
  pen.beginPath(); pen.arc(x, y, size, 0, TAU); pen.fill(); pen.stroke();
};
const write = (pen, ink, text, x, y, textAlign = "center") => Object.assign(pen, { fillStyle: ink, textAlign }).fillText(text, x, y);
const within = (pen, x, y, w, h) => { pen.save(); pen.beginPath(); pen.rect(x, y, w, h); pen.clip(); };
const LEFT = 46, TOP = 6, SPARE = LEFT + 16; // around the plane in its canvas

function paintPlane(pen, s, ink, w, h, { extents, side }, { field }) {
  const size = extents[s.zoom], wide = w - SPARE, cell = wide / side, base = TOP + wide;
  const px = (v) => LEFT + (v / size + 1) / 2 * wide, py = (v) => TOP + (1 - v / size) / 2 * wide;
  for (const v of [-1, -0.5, 0, 0.5, 1].map((share) => share * size)) {
    write(pen, ink.soft, number(v), px(v), base + 17); write(pen, ink.soft, number(v), LEFT - 6, py(v) + 4, "right");
  }
  write(pen, ink.G, "θ, where G puts its fakes", px(0), h - 4);
  pen.save(); pen.rotate(-Math.PI / 2); write(pen, ink.D, "ψ, the slope of D", -py(0), 13); pen.restore();
  within(pen, LEFT, TOP, wide, wide);
  lines(pen, ink.line, 1, [[[px(0), 0], [px(0), base]], [[LEFT, py(0)], [w, py(0)]]]);
  const arrows = [], from = (s.plane * extents.length + s.zoom) * side ** 2;
  for (let k = 0; k < side ** 2; k++) {
    const a = -field[from + k] / 255 * TAU, x = LEFT + (k % side + 0.5) * cell, y = base - (Math.floor(k / side) + 0.5) * cell;
    const at = (u, far) => [x + cell * far * Math.cos(a + u), y + cell * far * Math.sin(a + u)], tip = at(0, 0.32);
    if (field[from + k] < 255) arrows.push([at(Math.PI, 0.3), tip, at(0.8, 0.17), tip, at(-0.8, 0.17)]);
  }
  lines(pen, ink.arrow, 1, arrows);
  if (s.bound != null) lines(pen, ink.D, 1, [-s.bound, s.bound].map((v) => [[LEFT, py(v)], [w, py(v)]]), [6, 4]);
  const place = (i) => [px(s.path.x[i]), py(s.path.y[i])], known = s.path.r.slice(0, s.row + 1).filter(Number.isFinite).length;
  line(pen, ink.ink, 1, Array.from({ length: known }, (_, i) => place(i)));
  for (let i = Math.max(1, s.row - RECENT + 1), turns = s.told.text.split(" "), n = turns.length; i < known; i++) {
    pen.globalAlpha = 1 - 0.8 * (s.row - i) / RECENT;
    for (const [who, x0, y0, x1, y1] of legs(place(i - 1), place(i), i <= s.fine * n ? [turns[(i - 1) % n]] : turns))
      line(pen, ink[who], who === "ink" ? 1 : 2.8, [[x0, y0], [x1, y1]]);
  }
  pen.globalAlpha = 1; dot(pen, ink.paper, ink.ink, place(0), 5);
  if (known > s.row) dot(pen, ink.ink, ink.paper, place(s.row), 5.5);
  pen.restore(); line(pen, ink.line, 1, [[LEFT, TOP], [LEFT + wide, TOP], [LEFT + wide, base], [LEFT, base], [LEFT, TOP]]);
}

function paintCircle(pen, s, ink, w, h) {
  const sizes = s.roots.map((v) => Math.hypot(...v)), x = w / 2, y = h / 2, unit = (y - 4) / Math.max(1.25, ...sizes.map((v) => 1.12 * v));
  dot(pen, ink.shade, ink.cut, [x, y], unit);
  lines(pen, ink.line, 1, [[[x - y, y], [x + y, y]], [[x, 0], [x, h]]]);
  write(pen, ink.soft, "1", x + unit + 5, y + 16, "left"); write(pen, ink.soft, "i", x + 6, y - unit - 5, "left");
  s.roots.forEach(([re, im]) => dot(pen, ink.ink, ink.paper, [x + unit * re, y - unit * im], 6));
}

function paintRadius(pen, s, ink, w, h) {
  const logs = s.at.map((i) => Math.log10(s.path.r[i])).filter(Number.isFinite), base = h - 38;
  const low = Math.floor(Math.min(...logs)), high = Math.max(low + 1, Math.ceil(Math.max(...logs)));
  const x = (t) => LEFT + t / s.ticks * (w - LEFT - 12), y = (e) => base + (low - e) / (high - low) * (base - 8);
  const by = Math.ceil((high - low) / 5), powers = Array.from({ length: Math.floor((high - low) / by) + 1 }, (_, k) => low + k * by);
  for (const e of high > low + 1 ? powers : [1, 2, 5, 10].map((v) => low + Math.log10(v))) {
    const label = high > low + 1 || low < -3 ? power(Math.round(e)) : number(10 ** e);
    line(pen, ink.line, 1, [[LEFT, y(e)], [w - 12, y(e)]]); write(pen, ink.soft, label, LEFT - 6, y(e) + 4, "right");
  }
  for (const t of [0, 1 / 3, 2 / 3, 1]) write(pen, ink.soft, String(Math.round(t * s.ticks)), x(t * s.ticks), base + 17);
  write(pen, ink.soft, "tick", (LEFT + w) / 2, h - 4);
  within(pen, LEFT, 0, w, base + 4);
  const grows = s.roots.length ? Math.log10(Math.hypot(...s.roots[0]) + 1e-30) : NaN, points = logs.map((e, t) => [x(t), y(e)]);
  if (s.roots.length) line(pen, ink.cut, 1.5, [0, s.ticks].map((t) => [x(t), y(logs[0] + t * grows)]), [6, 4]);
  line(pen, ink.faint, 2, points); line(pen, ink.ink, 2.2, points.slice(0, s.tick + 1));
  if (points[s.tick]) dot(pen, ink.ink, ink.paper, points[s.tick], 5);
  pen.restore();
}

async function render({ model, el }) {
  const get = (name) => model.get(name), record = get("record_"), nonce = String(Math.random());
  const make = (tag, className, parts = {}, ...inside) => {
    const made = Object.assign(document.createElement(tag), { className, ...parts }); made.append(...inside); return made;
  };
  const panels = [paintPlane, paintCircle, paintRadius].map((paint, i) => {
    const canvas = make("canvas", "", { role: "img", ariaLabel: TITLES[i] }), note = make("p", "note", { ariaLive: "polite" });
    return { paint, canvas, note, box: make("div", "panel", {}, make("p", "title", { textContent: TITLES[i] }), make("div", "stage", {}, canvas, note)) };
  });
  const says = make("p", "says"), grows = make("p", "grows"), voice = make("p", "voice", { ariaLive: "polite" });
  const [back, on, reset] = ["‹ one move", "one move ›", "recorded start"].map((textContent) => make("button", "", { textContent, type: "button" }));
  const handle = make("button", "start", { type: "button", hidden: true }), buttons = make("div", "steps", {}, back, on, reset);
  panels[0].canvas.after(handle);
  el.classList.add("gf-lab");
  el.append(make("div", "sheet", {}, ...panels.map(({ box }) => box)), buttons, says, grows, voice);
  let turn = 0, own = false, alive = false, queued = 0, speaking = 0, shown = {};
  const data = { live: null }, [paths, roots, field] = await Promise.all(["paths", "eigenvalues", "field"].map((name) => inflate(record[name])));
  Object.assign(data, { paths, field, roots: new Float32Array(roots.buffer) });
  const draw = () => {
    const style = getComputedStyle(el), ink = Object.fromEntries(
      ["G", "D", "ink", "soft", "line", "cut", "paper", "shade", "arrow", "faint"].map((name) => [name, style.getPropertyValue(`--${name}`)]));
    shown = stateOf(get, data, turn);
    says.textContent = shown.message ?? caption(shown); grows.textContent = shown.grows ?? "";
    clearTimeout(speaking); speaking = setTimeout(() => { voice.textContent = says.textContent; }, 600);
    reset.hidden = !alive || String(get("start")) === String(record.start);
    for (const [i, { canvas, note, paint }] of panels.entries()) {
      const { clientWidth: w, clientHeight: h } = canvas, dpr = window.devicePixelRatio || 1, pen = canvas.getContext("2d");
      note.textContent = shown.message ? (i ? "" : shown.message) : shown.notes[i];
      canvas.ariaLabel = `${TITLES[i]}: ${says.textContent}`;
      Object.assign(canvas, { width: w * dpr, height: h * dpr }); pen.scale(dpr, dpr); pen.font = `13px ${style.fontFamily}`;
      if (w && !shown.message) paint(pen, shown, ink, w, h, record, data);
    }
    if (!shown.message) put();
  };
  const put = () => { // the start's handle, where a kernel answers
    const size = record.extents[shown.zoom], wide = panels[0].canvas.clientWidth - SPARE, [x, y] = get("start");
    handle.hidden = !alive || Math.max(Math.abs(x), Math.abs(y)) > size;
    handle.ariaLabel = `start at θ = ${number(x)}, ψ = ${number(y)}: drag it, or use the arrow keys`;
    Object.assign(handle.style, { left: `${LEFT + (x / size + 1) / 2 * wide}px`, top: `${TOP + (1 - y / size) / 2 * wide}px` });
  };
  const step = (by) => { // the tick's own control follows
    if (shown.message) return;
    const [tick, next] = stepped(shown.tick, shown.turn, by, shown.told.turns.length, record.fine, record.ticks);
    turn = next; own = true; model.set("tick", tick); model.save_changes(); own = false; draw();
  };
  const begin = (x, y) => { // within what is seen; the kernel answers by `live`
    const size = record.extents[shown.zoom], inside = (v) => Number(Math.min(size, Math.max(-size, v)).toFixed(6));
    model.set("start", [inside(x), inside(y)]); model.save_changes();
  };
  back.onclick = () => step(-1); on.onclick = () => step(1); reset.onclick = () => { begin(...record.start); handle.focus(); };
  handle.onkeydown = (event) => {
    const [dx, dy] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [], [x, y] = get("start");
    const by = record.extents[shown.zoom] / 20;
    if (dx !== undefined) { event.preventDefault(); begin(x + by * dx, y + by * dy); }
  };
  handle.onpointerdown = (event) => handle.setPointerCapture(event.pointerId);
  handle.onpointermove = ({ pointerId, clientX, clientY }) => {
    if (!handle.hasPointerCapture(pointerId)) return;
    const box = panels[0].canvas.getBoundingClientRect(), size = record.extents[shown.zoom], wide = box.width - SPARE;
    begin(((clientX - box.x - LEFT) / wide * 2 - 1) * size, (1 - (clientY - box.y - TOP) / wide * 2) * size);
  };
  const heard = () => { alive ||= get("pong") === nonce; draw(); };
  const answered = async () => {
    const live = get("live");
    if (live.paths) { live.bytes = await inflate(live.paths); live.roots = new Float32Array((await inflate(live.eigenvalues)).buffer); }
    if (live === get("live")) { data.live = live.chosen ? live : null; draw(); }
  };
  const changes = { tick: () => { if (!own) { turn = 0; draw(); } }, start: draw, pong: heard, live: answered };
  for (const name of CHOICES) changes[name] = () => { turn = 0; draw(); };
  for (const [name, act] of Object.entries(changes)) model.on(`change:${name}`, act);
  const later = () => { cancelAnimationFrame(queued); queued = requestAnimationFrame(draw); };
  const resized = new ResizeObserver(later), themed = new MutationObserver(later), dark = matchMedia("(prefers-color-scheme: dark)");
  panels.forEach(({ canvas }) => resized.observe(canvas)); themed.observe(document.documentElement, { attributes: true });
  dark.addEventListener("change", later);
  await answered(); draw();
  model.set("ping", nonce); model.save_changes();
  return () => {
    for (const [name, act] of Object.entries(changes)) model.off(`change:${name}`, act);
    cancelAnimationFrame(queued); clearTimeout(speaking); resized.disconnect(); themed.disconnect(); dark.removeEventListener("change", later);
  };
}
export default { render };

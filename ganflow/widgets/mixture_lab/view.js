// Draws two recorded GANs of the plane at one tick, side by side, and their curves.
export const CHOICES = ["schedule", "rate", "penalty", "seed"];
const TAU = 2 * Math.PI, FINE = 200, BANDS = 10, LEVELS = 63, STEPS = 127; // the last two as the record packs
const CURVES = ["modes captured", "high-quality share", "sliced Wasserstein distance"];
export const inflate = async (bytes) => new Uint8Array(await new Response(
  new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer());
export function open(record, { buffer }) { // the arrays, in the order in which they were packed
  const states = CHOICES.reduce((n, name) => n * record[name].length, record.ticks.length), film = { record };
  [["numbers", Float32Array, 4], ["samples", Int8Array, 2 * record.drawn], ["surface", Uint8Array, record.side ** 2],
    ["captured", Uint8Array, record.centres.length]].reduce((at, [name, Kind, size]) => {
    const all = new Kind(buffer, at, size * states);
    film[name] = (state) => all.subarray(state * size, (state + 1) * size);
    return at + all.byteLength;
  }, 0);
  return film;
}

export function stateOf(film, choice, step) { // what is shown of one run, or { message } saying why nothing is
  const { record } = film, { ticks } = record;
  if (CHOICES.some((name, i) => record[name][choice[i]] === undefined) || !(step >= 0))
    return { message: "Nothing was recorded for this choice: turn a control back." };
  const first = ticks.length * CHOICES.reduce((sum, name, i) => sum * record[name].length + choice[i], 0), at = first + step;
  const curves = CURVES.map(() => []);
  ticks.forEach((_, k) => {
    const [share, distance] = film.numbers(first + k), modes = film.captured(first + k).reduce((a, b) => a + b, 0);
    [share >= 0 ? modes : NaN, share, distance].forEach((v, i) => curves[i].push(v));
  });
  const lost = curves[1].findIndex(Number.isNaN);
  if (lost >= 0 && step >= lost)
    return { curves, message: `Diverged: at tick ${ticks[lost]} a fake or a score is no finite number.` };
  if (step >= ticks.length) return { curves, message: `Not trained this far: the last tick is ${ticks.at(-1)}.` };
  const [share, distance, low, high] = film.numbers(at), xy = film.samples(at);
  return { curves, xy, before: film.samples(step ? at - 1 : at), levels: film.surface(at), captured: film.captured(at), low, high,
    modes: curves[0][step], share, distance, outside: xy.filter((v, i) => i % 2 && Math.max(Math.abs(v), Math.abs(xy[i - 1])) >= STEPS).length };
}

export const apart = ([a, b], gap, by = Math.max(0, gap - Math.abs(a - b)) / (a <= b ? 2 : -2)) => [a - by, b + by]; // two heights
export const number = (v) => String(Number(v.toPrecision(Math.abs(v) < 1 ? 2 : 3))).replaceAll("-", "−");
export const titleOf = (record, choice) => {
  const [schedule, rate, penalty, seed] = CHOICES.map((name, i) => record[name][choice[i]] ?? "?");
  return `${schedule}, critic’s rate × ${rate}, ${penalty === "none" ? "no penalty" : penalty}, seed ${seed}`;
};
export const caption = (name, s, of) => `${name}: ${s.message ??
  `${s.modes} of ${of} modes captured, ${Math.round(100 * s.share)} % of the fakes of high quality, sliced Wasserstein distance ${number(s.distance)}.`}`;
export const rangeLine = (s) => (s.message ? ""
  : `D’s score: ${number(s.low)} to ${number(s.high)}.${s.outside ? ` ${s.outside} of ${s.xy.length / 2} fakes outside, on the edge.` : ""}`);

export function refined(levels, side, n) { // n x n levels, linear between the side x side ones, top row first
  const fine = new Float32Array(n * n), row = new Float32Array(side), step = (side - 1) / (n - 1);
  for (let r = n - 1, k = 0; r >= 0; r--) {
    const j = Math.min(side - 2, (r * step) | 0), v = r * step - j;
    for (let i = 0, from = j * side; i < side; i++, from++) row[i] = levels[from] * (1 - v) + levels[from + side] * v;
    for (let c = 0; c < n; c++) { const i = Math.min(side - 2, (c * step) | 0); fine[k++] = row[i] + (c * step - i) * (row[i + 1] - row[i]); }
  }
  return fine;
}
function stroke(pen, strokeStyle, lineWidth, dash, trace) {
  Object.assign(pen, { strokeStyle, lineWidth }).setLineDash(dash); pen.beginPath(); trace(); pen.stroke();
}
function paintPlane(pen, size, s, record, ink, small) { // D's surface in ten bands, strong = high score
  const { extent, centres, radius, side } = record, px = (v) => (v + 1) / 2 * size, py = (v) => (1 - v) / 2 * size;
  const soft = small.getContext("2d", { willReadFrequently: true }), image = soft.createImageData(FINE, FINE);
  soft.fillStyle = ink.D; soft.fillRect(0, 0, 1, 1); // the browser turns the CSS colour into bytes
  const base = new Uint32Array(soft.getImageData(0, 0, 1, 1).data.buffer)[0] & 0xffffff, bytes = new Uint32Array(image.data.buffer);
  for (let k = 0, level = refined(s.levels, side, FINE); k < level.length; k++)
    bytes[k] = ((8 + 15 * Math.min(BANDS - 1, (level[k] * BANDS / LEVELS) | 0)) << 24) | base;
  soft.putImageData(image, 0, 0); pen.drawImage(small, 0, 0, size, size);
  centres.forEach(([x, y], k) => {
    const circle = () => pen.arc(px(x / extent), py(y / extent), radius / extent / 2 * size, 0, TAU);
    if (s.captured[k]) stroke(pen, ink.paper, 5, [], circle);
    stroke(pen, ink["D-text"], s.captured[k] ? 2.5 : 1.6, s.captured[k] ? [] : [3, 4], circle);
  });
  const [from, to] = [s.before, s.xy].map((xy) => Array.from({ length: xy.length / 2 }, (_, i) => [px(xy[2 * i] / STEPS), py(xy[2 * i + 1] / STEPS)]));
  Object.assign(pen, { globalAlpha: 0.45, fillStyle: ink.G }); stroke(pen, ink.G, 1, [], () => to.forEach((here, i) => { pen.moveTo(...from[i]); pen.lineTo(...here); }));
  pen.globalAlpha = 1; pen.beginPath();
  to.forEach(([x, y]) => { pen.moveTo(x, y); pen.arc(x, y, 2.7, 0, TAU); }); pen.fill();
}

function paintCurve(pen, w, h, both, i, record, step, ink) { // A solid, B dashed, a marker at the tick
  const ends = record.ticks.at(-1), [left, right, top, base] = [42, w - 20, 10, h - 34];
  const all = both.flatMap((s) => s.curves?.[2] ?? []).filter(Number.isFinite), most = [record.centres.length, 1, Math.max(1, Math.ceil(Math.max(...all)))][i];
  const x = (tick) => left + tick / ends * (right - left), y = (v) => base - v / most * (base - top);
  const write = (text, u, v, textAlign, fillStyle = ink.soft) => { // on its own ground, where it stands on a line
    Object.assign(pen, { textAlign, fillStyle, strokeStyle: ink.paper, lineWidth: 4 }).strokeText(text, u, v); pen.fillText(text, u, v);
  };
  for (const v of [0, most / 2, most]) {
    write(i === 1 ? `${100 * v} %` : number(v), left - 5, y(v) + 4, "right");
    stroke(pen, ink.line, 1, [], () => { pen.moveTo(left, y(v)); pen.lineTo(right, y(v)); });
  }
  for (const [text, t, v] of [...[0, ends / 2, ends].map((t) => [t, t, base + 16]), ["tick", ends / 2, h - 3]]) write(text, x(t), v, "center");
  stroke(pen, ink.soft, 1, [], () => { pen.moveTo(x(record.ticks[step]), top - 6); pen.lineTo(x(record.ticks[step]), base); });
  const lines = both.map((s) => (s.curves?.[i] ?? []).map((v, t) => [x(record.ticks[t]), y(v)]).filter(([, v]) => Number.isFinite(v)));
  const heights = apart(lines.map((points) => points.at(-1)?.[1] ?? base), 13);
  lines.forEach((points, k) => {
    stroke(pen, ink.ink, k ? 1.6 : 2.2, k ? [5, 4] : [], () => points.forEach(([u, v], t) => (t ? pen.lineTo(u, v) : pen.moveTo(u, v))));
    pen.setLineDash([]);
    if (points.length) write("AB"[k], points.at(-1)[0] + 6, heights[k] + 4, "left", ink.ink);
    if (points[step]) stroke(pen, ink.ink, 2, [], () => { pen.arc(...points[step], 4.5, 0, TAU); pen.fillStyle = k ? ink.paper : ink.ink; pen.fill(); });
  });
}

async function render({ model, el }) {
  const get = (name) => model.get(name), record = get("record_"), modes = record.centres.length;
  const make = (tag, className = "", inside = []) => { const made = document.createElement(tag); made.className = className; made.append(...inside); return made; };
  const picture = (words) => Object.assign(make("canvas"), { role: "img", ariaLabel: words }), small = Object.assign(make("canvas"), { width: FINE, height: FINE });
  const says = make("p", "says"), voice = Object.assign(make("p", "voice"), { ariaLive: "polite" });
  const panels = ["A", "B"].map((name) => ({ name, title: make("p", "title"), message: make("p", "message"), range: make("p", "range"), canvas: picture(`run ${name}`) }));
  const charts = CURVES.map((words) => ({ words, canvas: picture(words) })), pair = panels.map(({ title, canvas, message, range }) => make("div", "", [title, make("div", "stage", [canvas, message]), range]));
  const below = charts.map(({ words, canvas }) => make("div", "", [make("p", "words", [words]), canvas]));
  el.classList.add("gf-mixture"); el.append(make("div", "pair", pair), says, voice, make("div", "charts", below));
  let queued = 0, speaking = 0, live = null;
  const recorded = open(record, await inflate(get("film"))), draw = () => {
    const begun = performance.now(), style = getComputedStyle(el), step = get("time"), dpr = window.devicePixelRatio || 1;
    const ink = Object.fromEntries(["G", "D", "D-text", "ink", "soft", "line", "paper"].map((name) => [name, style.getPropertyValue(`--${name}`)]));
    const paint = (canvas, words, picture) => {
      const { clientWidth: w, clientHeight: h } = canvas, pen = canvas.getContext("2d"), wide = Math.round(w * dpr), high = Math.round(h * dpr);
      if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
      canvas.ariaLabel = words; pen.resetTransform(); pen.clearRect(0, 0, wide, high); pen.scale(dpr, dpr); pen.font = `12px ${style.fontFamily}`;
      if (w && picture) picture(pen, w, h);
    };
    const shown = panels.map(({ name, title, message, range, canvas }) => {
      const own = name === "B" && live, film = own || recorded, choice = CHOICES.map((of) => (own ? 0 : get(`${name.toLowerCase()}_${of}`)));
      const s = stateOf(film, choice, step), words = `${own ? "trained now: " : ""}${titleOf(film.record, choice)}`;
      title.replaceChildren(make("b", "", [name]), ` ${words}`);
      message.textContent = s.message ?? ""; range.textContent = rangeLine(s);
      paint(canvas, `${words}. ${caption(name, s, modes)}`, !s.message && ((pen, w) => paintPlane(pen, w, s, film.record, ink, small)));
      return s;
    });
    says.textContent = `Tick ${record.ticks[step] ?? "?"} of ${record.ticks.at(-1)}.\n${shown.map((s, k) => caption("AB"[k], s, modes)).join("\n")}`;
    clearTimeout(speaking); speaking = setTimeout(() => { voice.textContent = says.textContent; }, 600); // not at every step of Play
    charts.forEach(({ words, canvas }, i) => paint(canvas, `${words} against ticks. ${says.textContent}`, (pen, w, h) => paintCurve(pen, w, h, shown, i, record, step, ink)));
    performance.measure("gf-mixture", { start: begun });
  };
  const answered = async () => { // an answer that came later wins
    const told = get("live"), opened = told.film ? open(told, await inflate(told.film)) : null;
    if (told === get("live")) { live = opened; draw(); }
  };
  const names = ["time", ...CHOICES.flatMap((name) => [`a_${name}`, `b_${name}`])].map((name) => `change:${name}`);
  names.forEach((name) => model.on(name, draw)); model.on("change:live", answered);
  const later = () => { cancelAnimationFrame(queued); queued = requestAnimationFrame(draw); };
  const resized = new ResizeObserver(later), themed = new MutationObserver(later), dark = matchMedia("(prefers-color-scheme: dark)");
  resized.observe(el); themed.observe(document.documentElement, { attributes: true }); dark.addEventListener("change", later);
  await answered();
  model.set("ping", String(Math.random())); model.save_changes(); // a kernel answers by controls of its own
  return () => {
    names.forEach((name) => model.off(name, draw)); model.off("change:live", answered); clearTimeout(speaking);
    cancelAnimationFrame(queued); resized.disconnect(); themed.disconnect(); dark.removeEventListener("change", later);
  };
}
export default { render };

// Shows one look at a recorded or running training: pictures, curves, slopes. Trains nothing.
const SIDE = 5, GAP = 2;
const CHARTS = [
  { words: "losses", lines: [["loss_D", "D", "D"], ["loss_G", "G", "G"]] },
  { words: "mean scores of D", lines: [["score_real", "real", "D"], ["score_fake", "fake", "G"]] },
  { words: "slope of D between real and fake", lines: [] },
];

export function open(record, bytes) { // the arrays, in the order in which they were packed
  const data = ArrayBuffer.isView(bytes)
    ? bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) : bytes;
  const { curves, points, ticks, levels, shape } = record, length = points.length;
  const numbers = new Float32Array(data, 0, curves.length * length + ticks.length * levels.length);
  const pixels = new Uint8Array(data, numbers.byteLength), one = SIDE ** 2 * shape.reduce((a, b) => a * b, 1);
  return {
    curves: Object.fromEntries(curves.map((name, k) => [name, numbers.subarray(k * length, (k + 1) * length)])),
    slopes: ticks.map((_, k) => numbers.subarray(curves.length * length + k * levels.length).subarray(0, levels.length)),
    pictures: (k) => pixels.subarray(k * one, (k + 1) * one), // the real ones are number ticks.length
  };
}
export const range = (values) => { // lowest and highest finite value, never the same
  const finite = [...values].filter(Number.isFinite), low = Math.min(...finite), high = Math.max(...finite);
  if (!finite.length) return [0, 1];
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
};
export function marks([low, high]) { // two to six round values between them
  const ten = 10 ** Math.floor(Math.log10(high - low)), span = (high - low) / ten;
  const step = ten * (span < 2 ? 0.5 : span < 5 ? 1 : 2), first = Math.ceil(low / step), last = Math.floor(high / step);
  return Array.from({ length: last - first + 1 }, (_, k) => (first + k) * step);
}
export const number = (v) => (Number.isFinite(v) ? String(Number(v.toPrecision(Math.abs(v) < 1 ? 2 : 3))).replace("-", "−") : "no number");
export const seen = (points, tick) => points.filter((point) => point <= tick).length; // of a curve by that tick
export function caption(record, film, at) {
  const tick = record.ticks[at], last = seen(record.points, tick) - 1, middle = film.slopes[at][2];
  const told = Object.entries(film.curves).map(([name, curve]) => `${name.replace("_", " ")} ${number(curve[last])}`);
  return `Tick ${tick}, after ${number(record.seconds[at])} s of training. `
    + (last < 0 ? "" : `${told.join(", ")}. `) + `Median slope ${number(middle)}.`;
}
export function rgba(pixels, [high, wide, channels]) { // 25 pictures as one image with gaps, see-through
  const width = SIDE * (wide + GAP) - GAP, height = SIDE * (high + GAP) - GAP;
  const data = new Uint8ClampedArray(4 * width * height);
  for (let k = 0, from = 0; k < SIDE ** 2; k++)
    for (let r = 0; r < high; r++)
      for (let c = 0; c < wide; c++, from += channels) {
        const to = 4 * ((Math.floor(k / SIDE) * (high + GAP) + r) * width + (k % SIDE) * (wide + GAP) + c);
        for (let i = 0; i < 3; i++) data[to + i] = pixels[from + (channels === 3 ? i : 0)];
        data[to + 3] = 255;
      }
  return { data, width, height };
}

function stroke(pen, strokeStyle, lineWidth, dash, points) {
  Object.assign(pen, { strokeStyle, lineWidth }).setLineDash(dash);
  pen.beginPath();
  points.forEach(([x, y], k) => (k && Number.isFinite(y) ? pen.lineTo(x, y) : pen.moveTo(x, Number.isFinite(y) ? y : 0)));
  pen.stroke(); pen.setLineDash([]);
}
function paintChart(pen, w, h, chart, record, film, at, ink) {
  const ends = Math.max(record.ticks.at(-1), 1), [left, right, top, base] = [50, w - 34, 10, h - 34];
  const slope = !chart.lines.length, centre = slope ? record.center : null;
  const lines = chart.lines.filter(([name]) => film.curves[name]);
  const all = slope ? [...film.slopes.flatMap((s) => [...s]), centre ?? NaN] : lines.flatMap(([name]) => [...film.curves[name]]);
  const [low, high] = range(all), x = (tick) => left + tick / ends * (right - left);
  const y = (v) => base - (v - low) / (high - low) * (base - top);
  const write = (text, u, v, textAlign, fillStyle = ink.soft) => {
    Object.assign(pen, { textAlign, fillStyle, strokeStyle: ink.paper, lineWidth: 4 }).strokeText(text, u, v); pen.fillText(text, u, v);
  };
  stroke(pen, ink.line, 1, [], [[left, base], [right, base]]);
  for (const v of marks([low, high])) {
    stroke(pen, ink.line, 1, [], [[left, y(v)], [right, y(v)]]);
    write(number(v), left - 5, y(v) + 4, "right");
  }
  for (const [text, t, v] of [["0", 0, base + 16], [String(ends), ends, base + 16], ["tick", ends / 2, h - 4]]) write(text, x(t), v, "center");
  if (slope) {
    const level = (i) => film.slopes.map((s, k) => [x(record.ticks[k]), y(s[i])]);
    for (const [from, to] of [[0, 4], [1, 3]]) {
      pen.beginPath(); [...level(to), ...level(from).reverse()].forEach(([u, v]) => pen.lineTo(u, v));
      Object.assign(pen, { globalAlpha: 0.25, fillStyle: ink.D }).fill(); pen.globalAlpha = 1;
    }
    if (centre !== null) stroke(pen, ink.soft, 1, [2, 3], [[left, y(centre)], [right, y(centre)]]);
    stroke(pen, ink.D, 2, [], level(2));
  }
  const tags = lines.map(([name, words, who], k) => {
    const points = [...film.curves[name]].map((v, i) => [x(record.points[i]), y(v)]);
    stroke(pen, ink[who], 1.8, k ? [5, 4] : [], points);
    return [words, points.at(-1)?.[1] ?? base, who];
  });
  if (tags.length === 2 && Math.abs(tags[0][1] - tags[1][1]) < 13) {
    const middle = (tags[0][1] + tags[1][1]) / 2, up = tags[0][1] <= tags[1][1] ? -6.5 : 6.5;
    tags[0][1] = middle + up; tags[1][1] = middle - up;
  }
  for (const [words, v, who] of tags) write(words, right + 5, v + 4, "left", ink[`${who}-text`]);
  stroke(pen, ink.ink, 1.2, [], [[x(record.ticks[at]), top - 6], [x(record.ticks[at]), base]]);
}

function render({ model, el }) {
  const make = (tag, className = "", inside = []) => { const made = document.createElement(tag); made.className = className; made.append(...inside); return made; };
  const picture = (words) => Object.assign(make("canvas"), { role: "img", ariaLabel: words });
  const title = make("p", "title"), says = make("p", "says"), voice = Object.assign(make("p", "voice"), { ariaLive: "polite" });
  const grids = ["made by G", "real"].map((words) => ({ words, canvas: picture(words) }));
  const charts = CHARTS.map((chart) => ({ ...chart, canvas: picture(chart.words) }));
  const under = ({ words, canvas }) => make("div", "", [make("p", "words", [words]), canvas]);
  el.classList.add("gf-training");
  el.append(title, make("div", "grids", grids.map(under)), says, voice, make("div", "charts", charts.map(under)));
  let film = null, opened = null, speaking = 0, queued = 0;
  const draw = () => {
    const record = model.get("record_"), bytes = model.get("film");
    if (!record.ticks?.length) { says.textContent = "No picture yet: the training has not begun."; return; }
    const at = Math.min(model.get("at"), record.ticks.length - 1); // the slider may be ahead of the film
    if (opened !== bytes) { film = open(record, bytes); opened = bytes; }
    const style = getComputedStyle(el), names = ["G", "D", "G-text", "D-text", "ink", "soft", "line", "paper"];
    const ink = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`)]));
    title.textContent = record.title; says.textContent = caption(record, film, at);
    clearTimeout(speaking); speaking = setTimeout(() => { voice.textContent = says.textContent; }, 600); // not at every step of Play
    grids.forEach(({ words, canvas }, k) => {
      const { data, width, height } = rgba(film.pictures(k ? record.ticks.length : at), record.shape);
      Object.assign(canvas, { width, height, ariaLabel: k ? "25 real images" : `25 images ${words} after tick ${record.ticks[at]}` });
      canvas.getContext("2d").putImageData(new ImageData(data, width, height), 0, 0);
    });
    charts.forEach((chart) => {
      const { canvas, words } = chart, { clientWidth: w, clientHeight: h } = canvas, dpr = window.devicePixelRatio || 1;
      const pen = canvas.getContext("2d");
      Object.assign(canvas, { width: Math.round(w * dpr), height: Math.round(h * dpr), ariaLabel: `${words} against ticks. ${says.textContent}` });
      pen.scale(dpr, dpr); pen.font = `12px ${style.fontFamily}`;
      if (w) paintChart(pen, w, h, chart, record, film, at, ink);
    });
  };
  const later = () => { cancelAnimationFrame(queued); queued = requestAnimationFrame(draw); };
  const resized = new ResizeObserver(later), themed = new MutationObserver(later), dark = matchMedia("(prefers-color-scheme: dark)");
  resized.observe(el); themed.observe(document.documentElement, { attributes: true }); dark.addEventListener("change", later);
  model.on("change:at", draw); model.on("change:film", draw);
  draw();
  return () => {
    model.off("change:at", draw); model.off("change:film", draw); clearTimeout(speaking); cancelAnimationFrame(queued);
    resized.disconnect(); themed.disconnect(); dark.removeEventListener("change", later);
  };
}
export default { render };

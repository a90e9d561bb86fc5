// Draws one recorded state: D's surface in ten bands, G's samples, an arrow on each.
const CAP = 0.19; // the longest arrow, as a share of the picture's width
const UNIT = 4; // true scale: the length that is drawn at CAP
const [FLOOR, TOP] = [-4, 2]; // logarithmic scale: 10^FLOOR is a dot, 10^TOP is CAP

export const floats = (bytes) =>
  new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));

const inside = (v) => Math.min(1, Math.max(0, v));
export const onLogAxis = (length) => inside((Math.log10(length) - FLOOR) / (TOP - FLOOR));
export const share = (length, log) => CAP * (log ? onLogAxis(length) : inside(length / UNIT));

export const number = (v) => {
  const size = Math.abs(v), plain = size === 0 || (size >= 1e-3 && size < 1e4);
  return (plain ? String(Number(v.toPrecision(2))) : v.toExponential(0)).replaceAll("-", "−");
};

export const median = (values) => {
  const v = [...values].sort((a, b) => a - b), n = v.length;
  return (v[(n - 1) >> 1] + v[n >> 1]) / 2;
};

export const lengthsOf = (xy) =>
  Array.from({ length: xy.length / 2 }, (_, i) => Math.hypot(xy[2 * i], xy[2 * i + 1]));

export function stateOf(get) { // what is shown now, or { message } saying why nothing is
  const [losses, steps, loss, step, log] = ["losses", "steps", "loss", "step", "log"].map(get);
  const at = loss * steps.length + step, m = get("fake").byteLength / 8;
  const name = losses[loss], updates = steps[step];
  if (name === undefined || updates === undefined || !m)
    return { message: "Nothing was recorded for this choice: turn a control back." };
  const arrows = floats(get("arrows")).subarray(2 * at * m, 2 * (at + 1) * m);
  const score = floats(get("score")).subarray(at * m, (at + 1) * m);
  if (get("lowest")[at] == null || ![...arrows, ...score].every(Number.isFinite))
    return { message: `${name}, D after ${updates} updates: a score or an arrow is not finite, so there is nothing to draw.` };
  return { at, m, log, arrows, score, name, updates, lengths: lengthsOf(arrows) };
}

export const caption = (s) => {
  const cut = s.log ? 0 : s.lengths.filter((v) => v > UNIT).length;
  return `${s.name}, D after ${s.updates} updates: the fakes score ${number(median(s.score))} (median); ` +
    `arrows from ${number(Math.min(...s.lengths))} to ${number(Math.max(...s.lengths))}, ` +
    `median ${number(median(s.lengths))}${cut ? `; ${cut} are drawn shorter, at ${UNIT}` : ""}.`;
};

export const sampleLine = (s, i, fake) =>
  i < 0 ? "Point at a fake, or focus the picture and use the arrow keys, to read one sample."
    : `Fake ${i + 1} at (${number(fake[2 * i])}, ${number(fake[2 * i + 1])}): score ${number(s.score[i])}, arrow ${number(s.lengths[i])}.`;

export const bilinear = (grid, side, x, y) => { // x, y in [0, side - 1]
  const i = Math.min(side - 2, x | 0), j = Math.min(side - 2, y | 0), u = x - i, v = y - j, k = j * side + i;
  return (grid[k] * (1 - u) + grid[k + 1] * u) * (1 - v) + (grid[k + side] * (1 - u) + grid[k + side + 1] * u) * v;
};

function surfaceOf(levels, side, color) { // a small picture of ten bands, strong = high score
  const n = 360, small = Object.assign(document.createElement("canvas"), { width: n, height: n });
  const pen = small.getContext("2d", { willReadFrequently: true });
  pen.fillStyle = color; pen.fillRect(0, 0, n, n); // the browser turns the CSS colour into bytes
  const image = pen.getImageData(0, 0, n, n), ink = new Uint32Array(image.data.buffer);
  const base = ink[0] & 0xffffff, grid = (n - 1) / (side - 1);
  for (let k = 0; k < n * n; k++) {
    const level = bilinear(levels, side, (k % n) / grid, side - 1 - ((k / n) | 0) / grid);
    ink[k] = ((10 + 15 * Math.min(9, (level / 6553.6) | 0)) << 24) | base;
  }
  pen.putImageData(image, 0, 0);
  return small;
}

function arrow(pen, x, y, dx, dy) {
  const head = Math.min(7, Math.hypot(dx, dy) / 2), a = Math.atan2(dy, dx), [tx, ty] = [x + dx, y + dy];
  const barb = (turn) => [tx + head * Math.cos(a + turn), ty + head * Math.sin(a + turn)];
  pen.beginPath(); pen.moveTo(x, y); pen.lineTo(tx, ty);
  pen.moveTo(...barb(2.6)); pen.lineTo(tx, ty); pen.lineTo(...barb(-2.6)); pen.stroke();
}

function paintStrip(pen, s, size, ink, blue) { // every arrow's length on one axis
  const at = (v) => size * (0.08 + 0.84 * onLogAxis(v));
  pen.fillStyle = ink; pen.textAlign = "center";
  pen.fillText(`lengths of the ${s.m} arrows, dot at the median`, size / 2, size + 22);
  pen.fillRect(at(10 ** FLOOR), size + 54, at(10 ** TOP) - at(10 ** FLOOR), 1);
  for (let e = FLOOR; e <= TOP; e++) {
    pen.fillRect(at(10 ** e), size + 51, 1, 7);
    pen.fillText(String(10 ** e), at(10 ** e), size + 73);
  }
  pen.fillStyle = blue; pen.globalAlpha = 0.4;
  s.lengths.forEach((v) => pen.fillRect(at(v) - 1, size + 34, 2, 16));
  pen.globalAlpha = 1;
  pen.beginPath(); pen.arc(at(median(s.lengths)), size + 42, 6, 0, 7); pen.fill();
}

function render({ model, el }) {
  const get = (name) => model.get(name), fake = floats(get("fake")), real = floats(get("real"));
  const canvas = Object.assign(document.createElement("canvas"),
    { tabIndex: 0, role: "img", ariaLabel: "the pull on each fake" });
  const [line, picked] = ["gf-caption", "gf-sample"].map((className) =>
    Object.assign(document.createElement("p"), { className, ariaLive: "polite" }));
  el.classList.add("gf-arrows"); el.append(canvas, line, picked);
  let sample = -1, queued = 0;
  const place = (v, size) => (v / get("extent") + 1) / 2 * size;
  const draw = () => {
    const size = canvas.clientWidth, style = getComputedStyle(el), dpr = window.devicePixelRatio || 1;
    const css = (name, or) => style.getPropertyValue(name).trim() || or;
    const ink = css("--gf-ink", style.color), blue = css("--gf-G", "#0072B2"), s = stateOf(get);
    line.textContent = s.message ?? caption(s);
    picked.textContent = s.message ? "" : sampleLine(s, sample, fake);
    canvas.ariaLabel = line.textContent;
    if (!size) return;
    Object.assign(canvas, { width: size * dpr, height: (size + 82) * dpr });
    const pen = canvas.getContext("2d"), px = (v) => place(v, size), flip = (v) => size - px(v);
    pen.scale(dpr, dpr); pen.font = `13px ${css("--gf-sans", "sans-serif")}`;
    pen.strokeStyle = pen.fillStyle = ink;
    if (s.message) return pen.fillText("nothing to draw", 20, size / 2);
    const bytes = get("surface"), side = get("side"), from = bytes.byteOffset + 2 * side * side * s.at;
    const levels = new Uint16Array(bytes.buffer.slice(from, from + 2 * side * side));
    pen.save(); pen.beginPath(); pen.rect(0, 0, size, size); pen.clip();
    pen.drawImage(surfaceOf(levels, side, css("--gf-D", "#D55E00")), 0, 0, size, size);
    for (let i = 0; i < real.length; i += 2) pen.strokeRect(px(real[i]) - 2.5, flip(real[i + 1]) - 2.5, 5, 5);
    pen.fillText("an arrow of length 1", 20 + share(1, s.log) * size, size - 11);
    pen.fillStyle = pen.strokeStyle = blue; pen.lineWidth = 1.8; pen.lineCap = "round";
    arrow(pen, 12, size - 15, share(1, s.log) * size, 0);
    s.lengths.forEach((length, i) => {
      const x = px(fake[2 * i]), y = flip(fake[2 * i + 1]), grow = share(length, s.log) * size;
      pen.beginPath(); pen.arc(x, y, i === sample ? 6.5 : 2.8, 0, 7); pen.fill();
      if (grow > 2) arrow(pen, x, y, grow / length * s.arrows[2 * i], -grow / length * s.arrows[2 * i + 1]);
    });
    pen.restore();
    paintStrip(pen, s, size, ink, blue);
  };
  const later = () => { cancelAnimationFrame(queued); queued = requestAnimationFrame(draw); };
  canvas.onkeydown = (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key], m = fake.length / 2;
    if (by) { event.preventDefault(); sample = (Math.max(sample, by < 0 ? 0 : -1) + by + m) % m; draw(); }
  };
  canvas.onpointermove = (event) => {
    const size = canvas.clientWidth, here = [event.offsetX, size - event.offsetY];
    const far = lengthsOf(fake.map((v, i) => place(v, size) - here[i % 2])), i = far.indexOf(Math.min(...far));
    if (i !== sample && far[i] < 20) { sample = i; later(); }
  };
  const names = ["loss", "step", "log"].map((name) => `change:${name}`);
  names.forEach((name) => model.on(name, draw));
  const resized = new ResizeObserver(later), themed = new MutationObserver(later);
  resized.observe(canvas); themed.observe(document.documentElement, { attributes: true });
  draw();
  return () => {
    names.forEach((name) => model.off(name, draw)); cancelAnimationFrame(queued); resized.disconnect(); themed.disconnect();
  };
}
export default { render };

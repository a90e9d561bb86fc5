// What the views share: elements, numbers, bytes, paint, and when to draw again.
// A built page has no file beside a view's script, so kit.py puts this one in front of it.

/**
 * What anywidget hands to a view: the traits by name, and their changes.
 *
 * @typedef {object} Model
 * @property {(name: string) => any} get
 * @property {(name: string, value: unknown) => void} set
 * @property {() => void} save_changes
 * @property {(event: string, act: () => void) => void} on
 * @property {(event: string, act: () => void) => void} off
 * @property {{ get_model: (id: string) => Promise<unknown> }} widget_manager
 */
/** @typedef {CanvasRenderingContext2D} Pen */
/** @typedef {number[]} Point x and y, in px */
/** @typedef {{ color: string, width: number, dash?: number[] }} Stroke */
/** @typedef {Record<string, string | number | boolean>} Attributes */

// Elements

/**
 * @param {Element} element
 * @param {Attributes} attributes
 */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, `${value}`);
}

/**
 * An element of HTML.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

/**
 * An element of SVG.
 *
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 */
export function shape(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

/**
 * Say in place of a view why this browser cannot run it; a page then shows its picture.
 *
 * @param {Element} element what the view was to be drawn in
 * @param {string} sentence which may begin small, as the words of an error do
 */
export function sayCannot(element, sentence) {
  const words = sentence[0].toUpperCase() + sentence.slice(1);
  element.replaceChildren(make("p", { class: "gf-cannot", role: "status" }, words));
}

/**
 * @param {string} words
 * @param {() => void} [act] what a press does
 */
export function button(words, act) {
  const made = make("button", { type: "button" }, words);
  if (act) made.onclick = act;
  return made;
}

/** Whether this is a page of the built book: its address may be written, no other's. */
export const inBook = () => document.querySelector("[data-live]") !== null;

/**
 * Lines to take away: in a field too, for where the clipboard is closed to a page.
 *
 * @returns what holds the field; what opens it, with a name and what writes the lines; and
 *   what writes them anew
 */
export function makeCopy() {
  const says = make("p", { role: "status" });
  const field = make("textarea", { readonly: "", spellcheck: "false" });
  const close = button("close", () => {
    element.hidden = true;
  });
  const element = make("div", { class: "copy", hidden: "" }, says, field, close);
  let lines = () => "";
  const renew = () => {
    field.value = lines();
    field.rows = Math.min(24, field.value.split("\n").length);
  };
  const open = async (/** @type {string} */ name, /** @type {() => string} */ written) => {
    lines = written;
    element.hidden = false;
    field.ariaLabel = name;
    renew();
    field.focus();
    field.select();
    const taken = navigator.clipboard?.writeText(field.value).then(
      () => true,
      () => false,
    );
    says.textContent = (await taken) ? `${name}: copied.` : `${name}: copy it from here.`;
  };
  return { element, open, renew };
}

// Numbers

/**
 * A number to so many digits, with a true minus sign.
 *
 * @param {number} v
 * @param {number} digits
 */
export const rounded = (v, digits) => String(Number(v.toPrecision(digits))).replaceAll("-", "−");

/**
 * Two digits below 1, three from there on.
 *
 * @param {number} v
 */
export const brief = (v) => rounded(v, Math.abs(v) < 1 ? 2 : 3);

/**
 * A number to so many digits; very small and large ones by a power of ten, with one less.
 *
 * @param {number} v
 * @param {number} digits
 */
export function number(v, digits) {
  const size = Math.abs(v);
  if (size === 0 || (size >= 1e-3 && size < 1e4)) return rounded(v, digits);
  return v.toExponential(digits - 2).replaceAll("-", "−");
}

/**
 * A whole number as an exponent.
 *
 * @param {number} e
 */
export const superscript = (e) =>
  [...String(e)].map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]).join("");

/**
 * Two heights, moved apart to have at least a gap between them.
 *
 * @param {number[]} heights
 * @param {number} gap
 */
export function apart([a, b], gap) {
  const by = Math.max(0, gap - Math.abs(a - b)) / 2;
  return a <= b ? [a - by, b + by] : [a + by, b - by];
}

// Bytes

/**
 * The bytes that a view of a larger buffer sees, in a buffer of their own.
 *
 * @param {ArrayBufferView} view
 */
export const bufferOf = ({ buffer, byteOffset, byteLength }) =>
  buffer.slice(byteOffset, byteOffset + byteLength);

/** @param {ArrayBufferView} bytes */
export const floats = (bytes) => new Float32Array(bufferOf(bytes));

/**
 * What zlib deflated.
 *
 * @param {BufferSource} bytes
 */
export async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Paint

/**
 * The values of an element's custom properties, `--G` by the name `G`.
 *
 * @param {Element} element
 * @param {string[]} names
 * @returns {Record<string, string>}
 */
export function propertiesOf(element, names) {
  const style = getComputedStyle(element);
  return Object.fromEntries(
    names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
  );
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [how]
 */
function penOf(canvas, how) {
  const pen = canvas.getContext("2d", how);
  if (!pen) throw new Error("this browser gives a canvas no pen: it has too many, or no memory");
  return pen;
}

/**
 * Paint a canvas anew, in px of the page and as sharp as the screen.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {{ width: number, height: number, font: string }} look
 * @param {(pen: Pen) => void} picture
 */
export function paint(canvas, { width, height, font }, picture) {
  const sharp = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * sharp), Math.round(height * sharp)];
  const pen = penOf(canvas);
  if (canvas.width !== wide || canvas.height !== high) {
    Object.assign(canvas, { width: wide, height: high });
  }
  pen.save();
  pen.clearRect(0, 0, wide, high);
  pen.scale(sharp, sharp);
  pen.font = font;
  picture(pen);
  pen.restore();
}

/**
 * Stroke what `trace` traces.
 *
 * @param {Pen} pen
 * @param {Stroke} look
 * @param {() => void} trace
 */
export function stroke(pen, { color, width, dash = [] }, trace) {
  Object.assign(pen, { strokeStyle: color, lineWidth: width });
  pen.setLineDash(dash);
  pen.beginPath();
  trace();
  pen.stroke();
  pen.setLineDash([]);
}

/**
 * Paths through points, all in one stroke; a point that is no number leaves a gap.
 *
 * @param {Pen} pen
 * @param {Stroke} look
 * @param {Point[][]} paths
 */
export function lines(pen, look, paths) {
  stroke(pen, look, () => {
    for (const points of paths) {
      let down = false;
      for (const [x, y] of points) {
        const known = Number.isFinite(x) && Number.isFinite(y);
        if (known && down) pen.lineTo(x, y);
        else if (known) pen.moveTo(x, y);
        down = known;
      }
    }
  });
}

/**
 * One straight line.
 *
 * @param {Pen} pen
 * @param {Stroke} look
 * @param {Point} from
 * @param {Point} to
 */
export const line = (pen, look, from, to) => lines(pen, look, [[from, to]]);

/**
 * A disc with an edge around it.
 *
 * @param {Pen} pen
 * @param {{ fill: string, edge: string, width?: number }} look
 * @param {Point} place
 * @param {number} radius
 */
export function dot(pen, { fill, edge, width = 1.5 }, [x, y], radius) {
  stroke(pen, { color: edge, width }, () => {
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fillStyle = fill;
    pen.fill();
  });
}

/**
 * Words at a place; on a ground of their own where one is named.
 *
 * @param {Pen} pen
 * @param {string} text
 * @param {Point} place
 * @param {{ color: string, align?: CanvasTextAlign, ground?: string }} look
 */
export function write(pen, text, [x, y], { color, align = "center", ground }) {
  Object.assign(pen, { textAlign: align, fillStyle: color });
  if (ground) {
    Object.assign(pen, { strokeStyle: ground, lineWidth: 4 });
    pen.strokeText(text, x, y);
  }
  pen.fillText(text, x, y);
}

/**
 * Levels of a grid, lowest row first, as n x n ones between them, top row first.
 *
 * @param {ArrayLike<number>} levels
 * @param {number} side
 * @param {number} n
 */
export function refined(levels, side, n) {
  const fine = new Float32Array(n * n);
  const row = new Float32Array(side);
  const step = (side - 1) / (n - 1);
  for (let r = n - 1, k = 0; r >= 0; r--) {
    const j = Math.min(side - 2, Math.floor(r * step));
    const v = r * step - j;
    for (let i = 0, from = j * side; i < side; i++, from++) {
      row[i] = levels[from] * (1 - v) + levels[from + side] * v;
    }
    for (let c = 0; c < n; c++) {
      const i = Math.min(side - 2, Math.floor(c * step));
      fine[k++] = row[i] + (c * step - i) * (row[i + 1] - row[i]);
    }
  }
  return fine;
}

/**
 * Fill a square canvas with a surface in ten bands of one colour, strong where it is high.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {string} color
 * @param {{ levels: ArrayLike<number>, side: number, top: number, faintest: number }} surface
 */
export function paintSurface(canvas, color, { levels, side, top, faintest }) {
  const n = canvas.width;
  const pen = penOf(canvas, { willReadFrequently: true });
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1); // the browser turns the CSS colour into bytes
  const one = new Uint32Array(pen.getImageData(0, 0, 1, 1).data.buffer)[0] & 0xffffff;
  const image = pen.createImageData(n, n);
  const ink = new Uint32Array(image.data.buffer);
  const fine = refined(levels, side, n);
  for (let k = 0; k < ink.length; k++) {
    const band = Math.min(9, Math.floor((fine[k] * 10) / top));
    ink[k] = ((faintest + 15 * band) << 24) | one;
  }
  pen.putImageData(image, 0, 0);
}

/**
 * Ask for what joins a view to its controls: a page of Colab makes a widget once it is asked.
 *
 * @param {{ model: Model }} view
 */
export async function makeJoins({ model }) {
  const ids = model.get("_joins").map((/** @type {string} */ ref) => ref.replace("IPY_MODEL_", ""));
  await Promise.all(ids.map((/** @type {string} */ id) => model.widget_manager.get_model(id)));
}

// When to draw again

/**
 * Act on changes of traits; what comes back ends it.
 *
 * @param {Model} model
 * @param {Record<string, () => void>} acts by the name of the trait
 */
export function listen(model, acts) {
  const pairs = Object.entries(acts);
  for (const [name, act] of pairs) model.on(`change:${name}`, act);
  return () => {
    for (const [name, act] of pairs) model.off(`change:${name}`, act);
  };
}

/**
 * Draw in the next frame after a size, the page's theme or the system's has changed.
 *
 * @param {Element[]} elements whose size matters
 * @param {() => void} draw
 * @returns what asks for a frame, and what ends it all
 */
export function redrawn(elements, draw) {
  let queued = 0;
  const later = () => {
    cancelAnimationFrame(queued);
    queued = requestAnimationFrame(draw);
  };
  const resized = new ResizeObserver(later);
  for (const element of elements) resized.observe(element);
  const themed = new MutationObserver(later);
  themed.observe(document.documentElement, { attributes: true });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", later);
  const stop = () => {
    cancelAnimationFrame(queued);
    resized.disconnect();
    themed.disconnect();
    dark.removeEventListener("change", later);
  };
  return { later, stop };
}

/**
 * A paragraph that is heard and not seen: it says the last words, not each step of Play.
 */
export function makeVoice() {
  const element = make("p", { class: "voice", "aria-live": "polite" });
  let waiting = 0;
  const stop = () => clearTimeout(waiting);
  const say = (/** @type {string} */ words) => {
    stop();
    waiting = window.setTimeout(() => {
      element.textContent = words;
    }, 600);
  };
  return { element, say, stop };
}

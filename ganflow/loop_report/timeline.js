// A timeline of versions answers a pointer, a tap and the arrow keys; picture.py drew it.

export const HINT =
  "Point at a step, tap it, or go along the steps with the arrow keys: " +
  "its arrows stand out, and it is told here.";

/**
 * Where a key leads from step `at` of `n`; null for a key that leads nowhere.
 *
 * @param {number} at
 * @param {string} key
 * @param {number} n
 */
export function led(at, key, n) {
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: n - 1 }[key];
  return to === undefined ? null : Math.min(n - 1, Math.max(0, to));
}

/**
 * Let the steps of a picture answer; what comes back ends it.
 *
 * @param {Element} root holds one picture
 */
export function enliven(root) {
  const picture = root.querySelector(".gf-timeline");
  const steps = /** @type {SVGElement[]} */ ([...root.querySelectorAll(".step")]);
  if (!picture || !steps.length) return () => {};
  for (const title of picture.querySelectorAll(".step > title")) title.remove();
  const says = document.createElement("p");
  says.setAttribute("aria-hidden", "true"); // each step has the same words as its name
  picture.append(says);
  let pinned = -1;

  const show = (/** @type {number} */ at) => {
    const step = steps[at];
    const read = step?.dataset.reads?.split(" ") ?? [];
    steps.forEach((one, i) => {
      one.classList.toggle("on", i === at);
    });
    for (const box of /** @type {NodeListOf<SVGElement>} */ (picture.querySelectorAll(".box"))) {
      box.classList.toggle("seen", read.includes(box.dataset.box ?? ""));
    }
    says.className = step ? "says chosen" : "says";
    says.textContent = step?.getAttribute("aria-label") ?? HINT;
  };
  const pin = (/** @type {number} */ at) => {
    pinned = at;
    show(at);
    if (at < 0) return;
    steps.forEach((one, i) => {
      one.tabIndex = i === at ? 0 : -1;
    });
  };
  const stepOf = (/** @type {Event} */ { target }) =>
    steps.findIndex((step) => step.contains(/** @type {Node} */ (target)));

  const over = (/** @type {Event} */ event) => {
    const at = stepOf(event);
    show(at < 0 ? pinned : at);
  };
  const out = () => show(pinned);
  const press = (/** @type {Event} */ event) => pin(stepOf(event));
  const focused = (/** @type {Event} */ event) => {
    if (stepOf(event) >= 0) pin(stepOf(event));
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") pin(-1);
    const to = led(stepOf(event), event.key, steps.length);
    if (to === null) return;
    event.preventDefault();
    steps[to].focus();
  };
  /** @type {[string, (event: any) => void][]} */
  const acts = [
    ["pointerover", over],
    ["pointerleave", out],
    ["click", press],
    ["focusin", focused],
    ["keydown", key],
  ];
  const sheet = /** @type {Element} */ (picture.querySelector(".scroll"));
  for (const [name, act] of acts) sheet.addEventListener(name, act);
  show(-1);
  return () => {
    for (const [name, act] of acts) sheet.removeEventListener(name, act);
    says.remove();
  };
}

// When a page trains: some ms of each frame, while a reader can see it.

/**
 * A loop that does pieces for some ms of each frame, and paints; it sleeps while nobody sees
 * it.
 *
 * @param {{ element: Element, budget: number, paint: (ended: boolean) => void }} how
 */
export function makeLoop({ element, budget, paint }) {
  /** @type {Iterator<unknown> | null} */
  let pieces = null;
  let frame = 0;
  let pace = 0;
  let last = -Infinity;
  let near = true;
  const ask = () => {
    cancelAnimationFrame(frame);
    if (pieces && near && !document.hidden) frame = requestAnimationFrame(work);
  };
  const work = () => {
    const begun = performance.now();
    if (begun - last < pace) return ask();
    last = begun;
    let done = false;
    do done = !!pieces?.next().done;
    while (!done && !pace && performance.now() - begun < budget);
    if (done) pieces = null;
    paint(done);
    performance.measure("gf-mixture", { start: begun });
    ask();
  };
  // A busy browser tells of several frames at once: the last is how it is now.
  const seen = new IntersectionObserver((entries) => {
    near = entries[entries.length - 1].isIntersecting;
    ask();
  });
  seen.observe(element);
  document.addEventListener("visibilitychange", ask);
  return {
    running: () => pieces !== null,
    /** Do one piece each `least` ms, or as many as fit if that is 0. */
    run(/** @type {Iterator<unknown>} */ work, /** @type {number} */ least) {
      [pieces, pace, last] = [work, least, -Infinity];
      ask();
    },
    pause() {
      pieces = null;
      cancelAnimationFrame(frame);
    },
    stop() {
      this.pause();
      seen.disconnect();
      document.removeEventListener("visibilitychange", ask);
    },
  };
}

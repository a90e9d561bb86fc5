// What the theme leaves undone for readers without a mouse, or with a narrow screen.
"use strict";
(() => {
  // A box that scrolls sideways must be reachable by keyboard, and have a name.
  const NAMES = [
    [".cell_output pre, .cell_output .output", "printed output"],
    [".highlight pre", "code"],
    ["mjx-container[display]", "formula"],
    [".gf-figure", "figure"],
    [".pst-scrollable-table-container, .cell_output", "table"],
  ];
  const reach = () => {
    for (const [selector, name] of NAMES) {
      for (const box of document.querySelectorAll(`.bd-article :is(${selector})`)) {
        if (box.scrollWidth > box.clientWidth + 1) {
          box.tabIndex = 0;
          if (!box.hasAttribute("role")) box.setAttribute("role", "group");
          if (!box.hasAttribute("aria-label")) box.setAttribute("aria-label", name);
        } else box.removeAttribute("tabindex");
      }
    }
  };
  // A figure gets a box of its own to scroll in, apart from what its cell prints.
  for (const image of document.querySelectorAll(".bd-article .cell_output > img")) {
    const box = Object.assign(document.createElement("div"), { className: "gf-figure" });
    image.replaceWith(box);
    box.append(image);
    image.addEventListener("load", reach);
  }
  // A line may break on either side of a formula, as if it were a picture: keep the full
  // stop after it, and the bracket before it, on its line.
  const split = (text, place) => (place > 0 && place < text.length ? text.splitText(place) : text);
  for (const formula of document.querySelectorAll(".bd-article span.math")) {
    const [before, after] = [formula.previousSibling, formula.nextSibling];
    const together = Object.assign(document.createElement("span"), { className: "gf-together" });
    formula.replaceWith(together);
    together.append(formula);
    const head = before?.nodeType === Node.TEXT_NODE ? before.data.match(/[^\s–—-]*$/)[0] : "";
    if (head) together.prepend(split(before, before.length - head.length));
    const tail = after?.nodeType === Node.TEXT_NODE ? after.data.match(/^[^\s–—-]*[–—-]?/)[0] : "";
    if (!tail) continue;
    split(after, tail.length);
    together.append(after);
  }
  // The sidebar's arrows show no word, and docutils gives its bibliography a role
  // that its entries do not fit.
  for (const arrow of document.querySelectorAll(".bd-links summary")) {
    const chapter = arrow.closest("li").querySelector("a").textContent.trim();
    arrow.setAttribute("aria-label", `the pages of ${chapter}`);
  }
  document.querySelector(".citation-list")?.removeAttribute("role");

  // What is heavy waits for this, so that a reader sees something first.
  window.firstPaint = new Promise((resolve) => {
    // A browser that does not tell of its paints, or says it would and keeps its clock from
    // pages, has surely painted two frames after all is there; a hidden page has no frames.
    const tells = PerformanceObserver.supportedEntryTypes?.includes("paint");
    addEventListener("load", () => {
      requestAnimationFrame(() => requestAnimationFrame(resolve));
      setTimeout(resolve, tells ? 3000 : 0);
    });
    if (!tells) return;
    new PerformanceObserver((seen, observer) => {
      if (!seen.getEntriesByName("first-contentful-paint").length) return;
      observer.disconnect();
      resolve();
    }).observe({ type: "paint", buffered: true });
  });

  // MathJax weighs more than all that a page needs for its first paint, so it comes after
  // that. Till then window.MathJax holds its settings, and the promise of set formulas.
  const late = document.querySelector('script[type="text/late"]');
  const promiseFormulas = (settings) => {
    // ipywidgets typesets its labels through the interface of MathJax 2; pages have 3.
    const typeset = ([, , element]) =>
      settings.startup.promise.then(() => window.MathJax.typesetPromise([element]));
    settings.Hub = { Queue: typeset };
    settings.startup = {};
    settings.startup.promise = new Promise((resolve) => {
      settings.startup.ready = () => {
        window.MathJax.Hub = settings.Hub;
        window.MathJax.startup.defaultReady();
        resolve(window.MathJax.startup.promise);
      };
    });
  };
  const fetchMathJax = () =>
    document.head.append(Object.assign(document.createElement("script"), { src: late.src }));
  if (late) {
    promiseFormulas(window.MathJax);
    window.MathJax.startup.promise.then(reach);
    addEventListener("load", () => window.firstPaint.then(fetchMathJax));
  }

  addEventListener("load", reach);
  addEventListener("resize", reach);
})();

// What the theme leaves undone for readers who do not use a mouse.
"use strict";
(() => {
  // A box that scrolls sideways must be reachable by keyboard, and have a name.
  const NAMES = [
    [".cell_output pre, .cell_output .output", "printed output"],
    [".highlight pre", "code"],
    ["mjx-container[display]", "formula"],
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
  // The sidebar's arrows show no word, and docutils gives its bibliography a role
  // that its entries do not fit.
  for (const arrow of document.querySelectorAll(".bd-links summary")) {
    const chapter = arrow.closest("li").querySelector("a").textContent.trim();
    arrow.setAttribute("aria-label", `the pages of ${chapter}`);
  }
  document.querySelector(".citation-list")?.removeAttribute("role");

  addEventListener("load", reach);
  addEventListener("resize", reach);
})();

// Draws the recorded widgets of a page, with no kernel. Only pages with widgets load this
// file, and the widget manager (most of a megabyte) comes when a reader gets near one.
"use strict";
(() => {
  const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';
  const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
  const PICTURE = ".widget-subarea .lm-Widget:not(.jupyter-widgets, [class*='widget-'])";
  const NEAR = 800; // px between a reader and the first widget
  const folder = new URL("vendor/widgets/", document.currentScript.src).href;
  const places = new Set([...document.querySelectorAll(VIEW)].map((v) => v.parentElement));

  const load = (src, attributes = {}) =>
    new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement("script"), {
        src,
        onload: () => resolve(script),
        onerror: () => reject(new Error(`${src} did not arrive`)),
      });
      for (const [key, value] of Object.entries(attributes)) script.setAttribute(key, value);
      document.head.append(script);
    });

  // The manager looks for the recorded states in the page, which names only where they are.
  const loadStates = () =>
    Promise.all(
      [...document.querySelectorAll(STATE)].map(async (place) => {
        place.textContent = (await load(place.src)).state;
      }),
    );

  // The labels of sliders that choose from a list. The manager lets a reader write any
  // number beside them, and does nothing with it.
  const readLists = () =>
    new Set(
      [...document.querySelectorAll(STATE)]
        .flatMap((script) => Object.values(JSON.parse(script.textContent).state))
        .filter((model) => model.model_name === "SelectionSliderModel")
        .map((model) => model.state.description),
    );
  let lists;

  // A reader who cannot see the label and the number beside a slider, or which button is
  // down, hears it from the control.
  const nameControls = () => {
    lists ??= readLists();
    for (const box of document.querySelectorAll(".widget-inline-hbox, .widget-toggle-buttons")) {
      const tag = box.querySelector(".widget-label");
      const label = tag?.textContent.trim();
      if (tag?.title === "null") tag.removeAttribute("title"); // what no tooltip becomes
      const parts = "[role=slider], .widget-readout, select, input, textarea";
      for (const part of label ? box.querySelectorAll(parts) : []) {
        if (!part.labels?.length) part.setAttribute("aria-label", label);
      }
      const [handle, readout] = [
        box.querySelector("[role=slider]"),
        box.querySelector(".widget-readout"),
      ];
      if (handle && readout) nameSlider(handle, readout, lists.has(label));
      if (!box.matches(".widget-toggle-buttons")) continue;
      box.setAttribute("role", "group");
      if (label) box.setAttribute("aria-label", label);
    }
    for (const button of document.querySelectorAll("button.widget-toggle-button")) {
      const state = button.matches(".gf-fold") ? "aria-expanded" : "aria-pressed";
      button.setAttribute(state, button.classList.contains("mod-active"));
    }
    const signs = {
      "fa-play": "play",
      "fa-pause": "pause",
      "fa-stop": "stop",
      "fa-retweet": "repeat",
    };
    for (const button of document.querySelectorAll(".widget-play button")) {
      const sign = Object.keys(signs).find((name) => button.querySelector(`.${name}`));
      if (button.ariaLabel !== signs[sign]) button.ariaLabel = signs[sign] ?? "play";
    }
  };

  const nameSlider = (handle, readout, list) => {
    handle.setAttribute("aria-valuetext", readout.textContent);
    if (list) {
      readout.removeAttribute("contenteditable");
      readout.setAttribute("aria-hidden", "true"); // the handle says it all
    } else if (readout.isContentEditable) readout.setAttribute("role", "textbox");
    else readout.removeAttribute("role"); // a slider that sleeps
  };

  const settle = (place, text) => {
    place.dataset.live = text;
    place.setAttribute("aria-busy", String(text === "loading"));
  };
  const settleAll = (text) => {
    for (const place of places) settle(place, text);
  };

  const isDrawn = (place) => {
    const pictures = [...place.querySelectorAll(PICTURE)];
    return pictures.length && pictures.every((picture) => picture.firstElementChild);
  };

  // A view that this browser cannot run says so; then the picture of it stays.
  const settleDrawn = () => {
    for (const place of [...places].filter(isDrawn)) {
      settle(place, place.querySelector(".gf-cannot") ? "cannot" : "ready");
    }
  };

  const follow = () =>
    new MutationObserver(() => {
      nameControls();
      settleDrawn();
    }).observe(document.body, {
      childList: true,
      subtree: true,
      attributeFilter: ["class", "contenteditable"],
    });

  const draw = async () => {
    window.__jupyter_widgets_assets_path__ = folder;
    await Promise.all([loadStates(), load(`${folder}require.js`)]);
    follow();
    window.requirejs.config({ paths: { anywidget: `${folder}anywidget` } });
    // Should a module be missing, it is looked for here too, never on another host.
    await load(`${folder}embed-amd.js`, { "data-jupyter-widgets-cdn": folder });
  };

  const start = () => {
    watcher.disconnect();
    draw().catch((error) => {
      settleAll("failed");
      console.error(`the widgets of this page were not drawn: ${error.message}`);
    });
  };

  const watcher = new IntersectionObserver(
    (seen) => seen.some((entry) => entry.isIntersecting) && start(),
    { rootMargin: `${NEAR}px` },
  );
  settleAll("loading");
  const isNear = (place) => {
    const { top, bottom } = place.getBoundingClientRect();
    return bottom > -NEAR && top < innerHeight + NEAR;
  };
  const begin = () => {
    // Of who is near already the watcher would tell in the next frame only. An address may
    // ask for a lab as somebody has left it, which then comes into sight itself.
    if (location.hash.startsWith("#lab=") || [...places].some(isNear)) start();
    else for (const place of places) watcher.observe(place);
  };
  // Not before the theme's scripts have run: require.js would take them for its modules.
  addEventListener("DOMContentLoaded", () => window.firstPaint.then(begin));
})();

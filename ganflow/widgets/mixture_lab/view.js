// Trains two GANs of the plane side by side, in this page, and draws them and their curves.
import { listen, make, makeVoice, propertiesOf, redrawn, sayCannot } from "../kit.js";
import { makeLoop } from "./loop.js";
import { makePair } from "./pair.js";
import { canvasOf, fill, makePanel } from "./panel.js";
import { CURVES, paintCurve, paintSpread, shownOf } from "./pictures.js";
import { addressOf, fromAddress, pythonOf, traitsOf } from "./settings.js";
import { moved, next, slowly, spreading, training } from "./training.js";
import { spreadLine } from "./words.js";

/** @import { Model } from "../kit.js" */

const NAMES = ["G", "D", "G-text", "D-text", "ink", "soft", "line", "paper", "sans"];
const BUDGET = 7; // ms of training in a frame
const SLOW = 900; // ms for a move in slow motion

// Whether this is a page of the built book, which has an address of its own.
const inBook = () => document.querySelector("[data-live]") !== null;

/** @param {{ model: Model, el: HTMLElement }} view */
async function render({ model, el }) {
  const get = (name) => model.get(name);
  const lab = get("lab");
  const pair = makePair(get, lab);
  const { halves, plan } = pair;
  try {
    await pair.compile();
  } catch (error) {
    sayCannot(el, `${/** @type {Error} */ (error).message}.`);
    return () => {};
  }
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const voice = makeVoice();
  const chart = ({ name, words }) => {
    const canvas = canvasOf(words);
    const box = make("div", {}, make("p", { class: "words" }, words), canvas);
    return { name, words, canvas, box };
  };
  const panels = halves.map((half) => makePanel(half, lab));
  const [curves, spreads] = [CURVES.map(chart), CURVES.map(chart)];
  const about = make("p", { class: "about" });
  const says = make("p", { class: "says" });
  const seedsSay = make("p", { class: "says" });
  const spread = make("div", { class: "spread", hidden: "" }, seedsSay);
  spread.append(...spreads.map(({ box }) => box));
  const handed = make("textarea", { readonly: "", hidden: "", spellcheck: "false" });
  const copied = make("p", { class: "copied", "aria-live": "polite" });

  let recorded = true; // whether what is seen is the picture that was played by Python
  let until = lab.ticks;
  let seeds = false; // whether the loop trains a dozen of them
  let drawn = ""; // which marks the curves show

  // What is drawn

  const first = get("first");
  const stateOf = (half) => {
    if (recorded) {
      const { mark } = first[half.key];
      return { shown: shownOf(first[half.key], lab.reach), mark, tick: first.tick };
    }
    const { side } = half;
    const tick = side?.run.at.tick ?? 0;
    if (!side || side.lost !== null) return { shown: null, mark: null, tick };
    const mark = side.mark ?? side.marks.at(-1) ?? null;
    return { shown: { ...side.run.look(), captured: mark?.captured ?? [] }, mark, tick };
  };
  const modes = () => Math.max(...halves.map((half) => pair.dataOf(half).centres?.length ?? 0));
  // What both have done; those that diverged count where nothing else is left.
  const ticks = () => {
    const [all, going] = [halves.flatMap(({ side }) => side ?? []), pair.active()];
    const done = (going.length ? going : all).map(({ run }) => run.at.tick);
    return done.length ? Math.min(...done) : 0;
  };
  const headline = () => {
    if (recorded) return `Tick ${first.tick}, recorded. Press run, and this page trains.`;
    const ends = ticks() >= until && !loop.running();
    return `Tick ${ticks()}.${ends ? " It stops here; run goes on." : ""}`;
  };
  const drawCurves = (css, stops) => {
    const both = halves.map(({ side }) => (recorded ? [] : (side?.marks ?? [])));
    const now = JSON.stringify(both.map((marks) => [marks.length, marks.at(-1)?.tick]));
    if (!stops && now === drawn) return;
    drawn = now;
    const frame = { ends: until, modes: modes() };
    for (const curve of curves) {
      const words = `${curve.words} against ticks. ${says.textContent}`;
      fill(curve.canvas, words, css, (pen, size) => paintCurve(pen, size, both, curve, frame, css));
    }
  };
  const drawSpread = (css, stops) => {
    const both = halves.map(({ kept }) => kept);
    const told = halves.map((half) => spreadLine(half, lab.ticks));
    seedsSay.textContent = told.join("\n");
    const frame = { ends: lab.ticks, modes: modes() };
    for (const one of spreads) {
      const words = stops ? `${one.words} of each seed. ${seedsSay.textContent}` : "";
      fill(one.canvas, words, css, (pen, size) => paintSpread(pen, size, both, one, frame, css));
    }
  };
  const draw = (stops = true) => {
    spread.hidden = halves.every(({ kept, seedless }) => !kept.length && !seedless);
    const css = propertiesOf(el, NAMES);
    const how = { pushes: get("pushes"), stops };
    const told = panels.map(({ draw }, i) =>
      draw(stateOf(halves[i]), pair.dataOf(halves[i]), css, how),
    );
    says.textContent = [headline(), ...told].join("\n");
    drawCurves(css, stops);
    if (!spread.hidden) drawSpread(css, stops);
  };
  const rest = () => {
    const said = seeds ? seedsSay : says;
    seeds = false;
    run.textContent = "run";
    dozen.textContent = `run ${lab.seeds} seeds`;
    draw();
    voice.say(said.textContent);
  };
  const loop = makeLoop({
    element: el,
    budget: BUDGET,
    paint: (ended) => {
      if (ended) {
        pair.measure();
        rest();
      } else if (still.matches) return;
      else if (seeds) drawSpread(propertiesOf(el, NAMES), false);
      else draw(false);
    },
  });

  // What a reader does

  const pause = () => {
    if (!loop.running()) return;
    loop.pause();
    if (!seeds) pair.level();
    pair.measure();
    rest();
  };
  // One after the other: a program may still be compiling when the next press comes.
  let last = Promise.resolve();
  const inTurn = (does) => {
    last = last.then(does, does);
    return last;
  };
  // What is recorded is left at the first press.
  const live = (does) => () =>
    inTurn(async () => {
      pause();
      if (recorded) await restart();
      await does();
    });
  const restart = async () => {
    await pair.restart();
    recorded = false;
    until = lab.ticks;
  };
  const go = () => {
    const slow = get("slow") && !still.matches;
    const all = pair.active();
    const tell = (side, made) => pair.tell(side, made);
    if (!slow) pair.forget();
    run.textContent = "pause";
    loop.run(slow ? slowly(all, until, plan, tell) : training(all, until, plan), slow ? SLOW : 0);
  };
  const button = (words, act) => {
    const made = make("button", { type: "button" }, words);
    made.onclick = act;
    return made;
  };
  const begin = live(() => {
    if (pair.at(until)) until += lab.ticks;
    go();
  });
  const run = button("run", () => (loop.running() && !seeds ? pause() : begin()));
  const tick = button(
    "one tick",
    live(() => {
      pair.tick();
      pair.measure();
      rest();
    }),
  );
  const move = button(
    "one move",
    live(() => {
      pair.forget();
      for (const side of next(pair.active())) pair.tell(side, moved(side));
      pair.measure();
      rest();
    }),
  );
  const again = button(
    "start again",
    live(async () => {
      await restart();
      rest();
    }),
  );
  const sow = live(async () => {
    const both = await pair.spread(lab.seeds);
    seeds = true;
    spread.hidden = false;
    dozen.textContent = "stop the seeds";
    loop.run(spreading(both, lab.seeds, lab.ticks, plan), 0);
  });
  const dozen = button("", () => (seeds ? pause() : sow()));

  // What a reader takes away

  const hand = async (text, what) => {
    handed.hidden = false;
    Object.assign(handed, { value: text, ariaLabel: what, rows: text.split("\n").length });
    const done = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false, // not allowed here
    );
    if (!done) handed.select();
    copied.textContent = `${what}: ${done ? "copied" : "selected, copy it"}.`;
  };
  const chosen = () => Object.fromEntries(halves.map(({ key, setting }) => [key, setting]));
  const python = button("copy as Python", () => {
    const done = recorded ? first.tick : ticks() || lab.ticks;
    hand(pythonOf(chosen(), { ...lab, ticks: done }), "Python");
  });
  const link = button("copy link", () => {
    history.replaceState(history.state, "", addressOf(chosen(), lab));
    hand(location.href, "Link");
  });
  link.hidden = !inBook(); // elsewhere the address is not this page's

  // What controls and addresses change

  let own = false; // whether traits are being set here
  let queued = false;
  const choose = (traits) => {
    own = true;
    for (const [name, value] of Object.entries(traits)) model.set(name, value);
    model.save_changes();
    own = false;
  };
  const tell = () => {
    about.textContent = lab.experiments[get("experiment")]?.says ?? "";
  };
  const changed = async () => {
    const running = loop.running() && !seeds;
    if (!pair.judge()) return draw();
    pause();
    await restart();
    if (running) go();
    else rest();
  };
  const later = () => {
    if (queued) return;
    queued = true;
    queueMicrotask(() => {
      queued = false;
      inTurn(changed);
    });
  };
  const turned = (name) => () => {
    if (own) return;
    if (name !== "seed" && get("experiment")) choose({ experiment: 0 });
    tell();
    later();
  };
  const opened = () => {
    const found = lab.experiments[get("experiment")];
    tell();
    if (own || !found?.a) return;
    choose({ ...traitsOf(found.a, "a", lab), ...traitsOf(found.b, "b", lab) });
    later();
  };
  const fields = halves.flatMap(({ key }) =>
    Object.keys(lab.base).map((name) => [`${key}_${name}`, turned(name)]),
  );
  const deaf = listen(model, {
    ...Object.fromEntries(fields),
    experiment: opened,
    slow: () => loop.running() && !seeds && go(),
    pushes: () => draw(),
  });

  el.classList.add("gf-widget", "gf-mixture");
  el.append(
    make("div", { class: "steps" }, run, tick, move, again, dozen, python, link),
    about, // which goes as a field is left, and would move what is being clicked
    make("div", { class: "pair" }, ...panels.map(({ box }) => box)),
    says,
    voice.element,
    make("div", { class: "charts" }, ...curves.map(({ box }) => box)),
    spread,
    copied,
    handed,
  );
  tell();
  rest();
  voice.stop(); // nothing has happened yet
  const { stop } = redrawn([el], () => loop.running() || draw());
  // Settings that the address says; one that is no setting is told beside its run.
  const ask = async () => {
    const address = fromAddress(location.hash, lab);
    if (!address) return;
    const traits = halves.map(({ key }) => traitsOf(address[key], key, lab));
    choose(Object.assign({ experiment: 0 }, ...traits));
    tell();
    await inTurn(async () => {
      pair.judge(address);
      pause();
      await restart();
      rest();
    });
    if (inBook()) (el.closest(".gf-mixture-all") ?? el).scrollIntoView();
  };
  if (inBook()) addEventListener("hashchange", ask);
  await ask();
  return () => {
    deaf();
    removeEventListener("hashchange", ask);
    stop();
    loop.stop();
    voice.stop();
  };
}
export default { render };

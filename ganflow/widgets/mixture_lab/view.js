// Trains two GANs of the plane side by side, in this page, and draws them and their curves.
import {
  button,
  inBook,
  listen,
  make,
  makeCopy,
  makeJoins,
  makeVoice,
  propertiesOf,
  redrawn,
  sayCannot,
} from "../kit.js";
import { makeLoop } from "./loop.js";
import { makePair } from "./pair.js";
import { canvasOf, fill, makePanel } from "./panel.js";
import { CURVES, paintCurve, paintSpread, shownOf } from "./pictures.js";
import { addressOf, fromAddress, idleOf, pythonOf, traitsOf } from "./settings.js";
import { moved, next, slowly, spreading, training } from "./training.js";
import { progressLine, spreadLine } from "./words.js";

/** @import { Model } from "../kit.js" */

const NAMES = ["G", "D", "G-text", "D-text", "ink", "soft", "line", "paper", "sans"];
const BUDGET = 7; // ms of training in a frame
const SLOW = 900; // ms for a move in slow motion
const ASLEEP = 500; // ms between two frames: nobody saw the page, nothing was trained

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
  const known = make("details", {}, make("summary", {}, "what twelve seeds did"), about);
  const expect = make("p", {}, "What do you expect of A and of B?");
  const expects = make("div", { class: "expect", hidden: "" }, expect, known);
  const says = make("p", { class: "says" });
  const seedsSay = make("p", { class: "says" });
  const progress = make("p", { class: "progress" });
  const spread = make("div", { class: "spread", hidden: "" }, progress, seedsSay);
  const seedCurves = make("div", { class: "spread", hidden: "" }, ...spreads.map(({ box }) => box));
  const copy = makeCopy();

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
    if (ends) return `Stopped at tick ${ticks().toLocaleString("en")}. Press run to go on.`;
    return `Tick ${ticks()}.`;
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
  const showSpread = (/** @type {boolean} */ shows) => {
    spread.hidden = seedCurves.hidden = !shows;
  };
  // Words under the buttons, since the curves of the seeds stand below all pictures.
  let spent = 0; // ms that the seeds have trained
  let last = 0; // when that was counted
  const count = () => {
    const now = performance.now();
    if (now - last < ASLEEP) spent += now - last;
    last = now;
    const both = halves.filter(({ seedless }) => !seedless).map(({ kept }) => kept);
    const all = { seeds: lab.seeds, until: lab.ticks };
    const told = both.length ? progressLine(both, all, spent / 1000) : "";
    if (progress.textContent !== told) progress.textContent = told;
  };
  const countedTo = (/** @type {boolean} */ ended) => {
    const most = Math.max(...halves.map(({ kept }) => kept.length));
    const done = `All ${lab.seeds} seeds are done; their curves are below the pictures.`;
    const early = `Stopped in seed ${most} of ${lab.seeds}.`;
    const told = ended ? done : early;
    progress.textContent = most ? told : "";
  };
  const draw = (stops = true) => {
    showSpread(halves.some(({ kept, seedless }) => kept.length || seedless));
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
      if (seeds && !ended) count();
      if (ended) {
        if (seeds) countedTo(true);
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
    if (seeds) countedTo(false);
    else pair.level();
    pair.measure();
    rest();
  };
  // One after the other: a program may still be compiling when the next press comes.
  let pressed = Promise.resolve();
  const inTurn = (does) => {
    pressed = pressed.then(does, does);
    return pressed;
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
    [spent, last] = [0, performance.now()];
    showSpread(true);
    count();
    dozen.textContent = "stop the seeds";
    loop.run(spreading(both, lab.seeds, lab.ticks, plan), 0);
  });
  const dozen = button("", () => (seeds ? pause() : sow()));

  // What a reader takes away

  const chosen = () => Object.fromEntries(halves.map(({ key, setting }) => [key, setting]));
  const python = button("copy as Python", () => {
    const done = recorded ? first.tick : ticks() || lab.ticks;
    copy.open("Python", () => pythonOf(chosen(), { ...lab, ticks: done }));
  });
  const link = button("copy link", () => {
    history.replaceState(history.state, "", addressOf(chosen(), lab));
    copy.open("Link", () => location.href);
  });
  link.hidden = !inBook(); // elsewhere the address is not this page's

  // What controls and addresses change

  let own = false; // whether traits are being set here
  let queued = false;
  const choose = (traits) => {
    const outer = own; // what is set here may be told to a listener that sets more
    own = true;
    for (const [name, value] of Object.entries(traits)) model.set(name, value);
    model.save_changes();
    own = outer;
  };
  const tell = () => {
    const said = lab.experiments[get("experiment")]?.says ?? "";
    if (said !== about.textContent) known.open = false;
    about.textContent = said;
    expects.hidden = !said;
    choose(Object.assign({}, ...halves.map(({ key }) => idleOf(get, key, lab))));
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
    expects, // which goes as a field is left, and would move what is being clicked
    spread,
    make("div", { class: "pair" }, ...panels.map(({ box }) => box)),
    says,
    voice.element,
    make("div", { class: "charts" }, ...curves.map(({ box }) => box)),
    seedCurves,
    copy.element,
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
export default { initialize: makeJoins, render };

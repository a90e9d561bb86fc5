// The two runs: what they are to train, what keeps them from it, their programs and marks.

import { compile, Run, wrongIn } from "../../live/program.js";
import { turnsOf } from "../../live/schedule.js";
import { floats, inflate } from "../kit.js";
import { settingOf, unknownIn } from "./settings.js";
import { measuring, next, sideOf, ticked } from "./training.js";

/** @import { Setting } from "./settings.js" */
/** @import { Mark, Side } from "./training.js" */
/**
 * One of the two, and what a reader gave for it.
 *
 * @typedef {object} Half
 * @property {string} key "a" or "b"
 * @property {string} name "A" or "B"
 * @property {Setting} setting what it trains
 * @property {string} fault why it does not train what a reader gave, in a sentence
 * @property {Side | null} side null before the first press
 * @property {{ player: string, reads: string, turn: number } | null} made the last single move
 * @property {Mark[][]} kept the marks of each seed, all of this setting
 * @property {string} seedless why no dozen of seeds was trained, in a sentence
 */

/**
 * What `lab` packs of the data, as a run reads it.
 *
 * @param {Record<string, any>} packed by name
 */
export function unpacked(packed) {
  const pairs = (bytes) => {
    const all = floats(bytes);
    return Array.from({ length: all.length / 2 }, (_, i) => [all[2 * i], all[2 * i + 1]]);
  };
  const entries = Object.entries(packed).map(([name, data]) => {
    return [name, data.points ? { ...data, points: pairs(data.points) } : data];
  });
  return Object.fromEntries(entries);
}

/**
 * The two runs of a lab.
 *
 * @param {(name: string) => any} get a trait
 * @param {any} lab what all runs share
 */
export function makePair(get, lab) {
  const datas = unpacked(lab.data);
  const plan = { every: lab.every, counted: lab.counted, directions: lab.directions };
  const halves = ["a", "b"].map((key) => {
    const setting = settingOf(get, key, lab);
    const name = key.toUpperCase();
    return /** @type {Half} */ ({
      key,
      name,
      setting,
      fault: "",
      side: null,
      made: null,
      kept: [],
      seedless: "",
    });
  });
  const programs = {};
  const runs = {};
  let asked = 0;

  const programOf = async (batch) => {
    const { code, layout } = get("programs")[batch];
    return compile(await inflate(code), layout);
  };
  // A run of its own for each use; those of one batch share what was compiled.
  const runOf = async (use, batch) => {
    programs[batch] ??= programOf(batch);
    runs[`${use} ${batch}`] ??= Run.of(await programs[batch]);
    return runs[`${use} ${batch}`];
  };
  const trained = (setting) => {
    return { ...setting, schedule: turnsOf(setting.schedule), data: datas[setting.data] };
  };
  const faultIn = (setting) => {
    try {
      const { layout } = get("programs")[setting.batch] ?? {};
      const found = unknownIn(setting, lab) || wrongIn(trained(setting), layout);
      return found && `${found}.`;
    } catch (error) {
      return `${error instanceof Error ? error.message : error}.`;
    }
  };
  const active = () =>
    halves.flatMap(({ side, fault }) => (side && !fault && side.lost === null ? [side] : []));
  const ticks = () => active().map(({ run }) => run.at.tick);

  return {
    halves,
    plan,
    active,
    dataOf: (/** @type {Half} */ { setting }) => datas[setting.data],

    /**
     * See whether what a reader gave can be trained; it comes from the traits, or is given.
     *
     * @param {Record<string, Setting>} [given] by "a" and "b"
     * @returns whether a run that can be trained is to be another
     */
    judge(given) {
      return halves
        .map((half) => {
          const wanted = given?.[half.key] ?? settingOf(get, half.key, lab);
          half.fault = faultIn(wanted);
          const other = JSON.stringify(wanted) !== JSON.stringify(half.setting);
          if (!half.fault) half.setting = wanted;
          // What other settings came to would stand beside this one's name.
          if (other && !half.fault) Object.assign(half, { kept: [], seedless: "" });
          return other && !half.fault;
        })
        .some(Boolean);
    },

    /** Compile the programs of both; those of other batches come when they are asked for. */
    compile: () => Promise.all(halves.map(({ key, setting }) => runOf(key, setting.batch))),

    /** Both at their first tick, but for one that has a fault: that one stays where it is. */
    async restart() {
      const now = ++asked;
      const begins = ({ fault, side, setting }) => !fault || (!side && !faultIn(setting));
      const ready = halves.filter(begins);
      const made = await Promise.all(ready.map(({ key, setting }) => runOf(key, setting.batch)));
      if (now !== asked) return; // a later one has begun
      ready.forEach((half, i) => {
        made[i].start(trained(half.setting));
        Object.assign(half, { side: sideOf(made[i], datas[half.setting.data]), made: null });
      });
      this.measure();
    },

    /** Whether all that train have come so far. */
    at: (/** @type {number} */ tick) => ticks().every((own) => own >= tick),

    /** A tick of each, or what is left of one; of the one that is behind, if one is. */
    tick() {
      this.forget();
      for (const side of next(active())) ticked(side);
    },

    /** After a frame has ended between the two: the one that is behind catches up. */
    level() {
      while (new Set(ticks()).size > 1) this.tick();
    },

    /** Which move was made last is no longer shown. */
    forget() {
      for (const half of halves) half.made = null;
    },

    /** @param {Side} side @param {any} made what its last move was */
    tell(side, made) {
      for (const half of halves) if (half.side === side) half.made = made;
    },

    /** Measure where they are, one with a fault too. */
    measure() {
      for (const { side } of halves) {
        if (side && side.lost === null && !side.mark) for (const _ of measuring(side, plan));
      }
    },

    /** What `spreading` takes: each setting, to be started from one seed after the other. */
    spread(/** @type {number} */ seeds) {
      for (const half of halves) {
        const { setting, fault } = half;
        half.kept = [];
        half.seedless = fault || faultIn({ ...setting, seed: setting.seed + seeds - 1 });
      }
      const ready = halves.filter(({ seedless }) => !seedless);
      return Promise.all(
        ready.map(async (half) => {
          const { key, setting } = half;
          const run = await runOf(`${key} seeds`, setting.batch);
          const start = (k) => run.start(trained({ ...setting, seed: setting.seed + k }));
          return { side: sideOf(run, datas[setting.data]), start, kept: half.kept };
        }),
      );
    },
  };
}

// What the schedule lab is set to: as `play` takes it, as an address, as lines of Python.

/** @import { Setting } from "../../live/program.js" */
/** @typedef {(name: string) => any} Get a trait by its name */
/**
 * What can be chosen, and within which limits.
 *
 * @typedef {object} Offers
 * @property {string[]} loss
 * @property {string[]} rule
 * @property {string[]} penalty
 * @property {Record<string, [number, number]>} limits of the numbers, by their traits
 * @property {Record<string, number>} fixed what no control changes: beta1, beta2, target, scale
 */
const CHOICES = ["loss", "rule", "penalty"];
const DIGITS = { step: 3, times: 3 }; // as a slider shows them
const OWN_STEPS = ["step_size_G", "step_size_D"];
const WORDS = {
  step: "step size",
  times: "D’s step, ×",
  beta: "β",
  theta: "θ at the start",
  psi: "ψ at the start",
};

/**
 * Without what a slider's own steps leave of rounding.
 *
 * @param {string} name of the trait
 * @param {number} value
 */
const cut = (name, value) => Number(value.toPrecision(DIGITS[name] ?? 6));

/**
 * A number within its limits.
 *
 * @param {string} name of the trait
 * @param {unknown} value
 * @param {[number, number]} limits
 * @throws {Error} if it is none, or lies beyond them
 */
function within(name, value, [least, most]) {
  const whole = name === "tick";
  const known = typeof value === "number" && value >= least && value <= most;
  if (known && (!whole || Number.isInteger(value))) return value;
  const came = value === null || value === "" ? "empty" : String(value);
  throw new Error(
    `${WORDS[name] ?? name} is ${came}; expected a ${whole ? "whole " : ""}number ` +
      `from ${least} to ${most}`,
  );
}

/**
 * The run that the controls ask for. Step sizes have the three digits that a slider shows.
 *
 * @param {Get} get
 * @param {Offers} offers
 * @param {(text: string) => string[]} turnsOf
 * @returns {Setting}
 * @throws {Error} if a schedule or a choice is none, if a number is none or beyond its limits
 */
export function settingOf(get, offers, turnsOf) {
  const schedule = advised(get("schedule"), turnsOf);
  const { beta1, beta2, target, scale } = offers.fixed;
  const [loss, rule, penalty] = CHOICES.map((name) => chosen(name, get(name), offers[name]));
  const number = (name) => cut(name, within(name, get(name), offers.limits[name]));
  const step = number("step");
  return {
    loss,
    schedule,
    rule,
    penalty,
    strength: number("strength"),
    step_size_G: step,
    step_size_D: cut("", step * number("times")),
    beta: number("beta"),
    beta1,
    beta2,
    target,
    scale,
    theta: number("theta"),
    psi: number("psi"),
  };
}

// The turns; where there are none, what was wrong, and what to type.
function advised(text, turnsOf) {
  try {
    return turnsOf(text);
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    throw new Error(`${message}. ${adviceOn(text)}`, { cause: error });
  }
}

/**
 * What to type in place of a schedule that is refused.
 *
 * @param {string} text
 */
export function adviceOn(text) {
  const words = text.toUpperCase().split(/\s+/).filter(Boolean);
  const twice = (word) => new Set(word).size < word.length;
  const spread = words.map((word) => (twice(word) ? [...word].join(" ") : word)).join(" ");
  const both = /^[DG ]+$/.test(spread) && spread.includes("D") && spread.includes("G");
  if (both && words.some(twice)) return `Put spaces between turns: ${spread}`;
  return "Type turns such as D D G";
}

function chosen(name, place, options) {
  if (options[place] !== undefined) return options[place];
  throw new Error(`${name} is at place ${place}; expected one from 0 to ${options.length - 1}`);
}

/**
 * The end of an address that opens the lab like this.
 *
 * @param {Get} get
 * @param {Offers} offers
 */
export function hashOf(get, offers) {
  const named = CHOICES.map((name) => [name, offers[name][get(name)]]);
  const numbers = Object.keys(offers.limits).map((name) => [name, told(name, get(name))]);
  const all = [["lab", "schedule"], ["schedule", get("schedule")], ...named, ...numbers];
  return `#${new URLSearchParams(all)}`;
}

/**
 * The traits that the end of an address asks for, and what is wrong with it.
 *
 * @param {string} hash
 * @param {Offers} offers
 * @returns {{ changes: Record<string, string | number>, wrong: string[] } | null} null if it
 *   asks nothing of this lab
 */
export function changesOf(hash, offers) {
  const asked = new URLSearchParams(hash.replace(/^#/, ""));
  if (asked.get("lab") !== "schedule") return null;
  asked.delete("lab");
  /** @type {Record<string, string | number>} */
  const changes = {};
  /** @type {string[]} */
  const wrong = [];
  for (const [name, text] of asked) {
    try {
      changes[name] = valueIn(name, text, offers);
    } catch (error) {
      wrong.push(/** @type {Error} */ (error).message);
    }
  }
  return { changes, wrong };
}

const told = (name, value) => String(typeof value === "number" ? cut(name, value) : value);

function valueIn(name, text, offers) {
  if (name === "schedule") return text;
  if (CHOICES.includes(name)) {
    const place = offers[name].indexOf(text);
    if (place >= 0) return place;
    throw new Error(`${name} is ${text || "empty"}; expected one of ${offers[name].join(", ")}`);
  }
  if (!Object.hasOwn(offers.limits, name)) {
    const names = ["schedule", ...CHOICES, ...Object.keys(offers.limits)];
    throw new Error(`there is no ${name} here; expected one of ${names.join(", ")}`);
  }
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return within(name, Number.isNaN(value) ? text : value, offers.limits[name]);
}

/**
 * The lines that make the same run in a notebook.
 *
 * @param {Setting} setting
 * @param {number} ticks
 * @param {{ tick: number, theta: number, psi: number }} seen what stands on the page
 * @param {Record<string, string[]>} reads by the rule, its numbers besides the step sizes
 */
export function pythonOf(setting, ticks, { tick, theta, psi }, reads) {
  const same = setting.step_size_G === setting.step_size_D;
  const steps = same ? { step_size: setting.step_size_G } : pick(setting, OWN_STEPS);
  const ofPenalty = { none: [], "WGAN-GP": ["strength", "target"] }[setting.penalty];
  const fields = {
    loss: setting.loss,
    schedule: setting.schedule.join(" "),
    rule: setting.rule,
    ...pick(setting, reads[setting.rule]),
    ...steps,
    penalty: setting.penalty,
    ...pick(setting, ofPenalty ?? ["strength"]),
    ...pick(setting, setting.scale === 1 ? ["theta", "psi"] : ["scale", "theta", "psi"]),
  };
  const seen = Number.isFinite(theta) ? `${theta} ${psi}` : "lost, as it is too far away";
  return [
    "from ganflow import GameSetting, play",
    "",
    "setting = GameSetting(",
    ...Object.entries(fields).map(([name, value]) => `    ${name}=${JSON.stringify(value)},`),
    ")",
    `run = play(setting.players(), setting.schedule, rule=setting.rules(), ticks=${ticks})`,
    `print(run.theta[${tick}], run.psi[${tick}])  # on the page: ${seen}`,
  ].join("\n");
}

const pick = (from, names) => Object.fromEntries(names.map((name) => [name, from[name]]));

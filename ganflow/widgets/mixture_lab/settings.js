// What trains: from the view's traits to a setting, to its mistakes, an address and Python.

/** @typedef {Record<string, any>} Setting by the names of GanSetting's fields */
/**
 * @typedef {object} Known
 * @property {Record<string, any[]>} choices by the field, what may be chosen
 * @property {Setting} base what both runs have where nothing else is said
 * @property {Record<string, string[]>} reads by the rule, its numbers besides the step sizes
 */

/**
 * The setting of a run by the view's traits, where a choice is its place.
 *
 * @param {(name: string) => any} get
 * @param {string} run "a" or "b"
 * @param {Known} known
 * @returns {Setting}
 */
export function settingOf(get, run, { choices, base }) {
  const values = Object.keys(base).map((name) => {
    const value = get(`${run}_${name}`);
    return [name, choices[name] ? choices[name][value] : value];
  });
  return Object.fromEntries(values);
}

/**
 * The traits that say a setting, but for what no control can take.
 *
 * @param {Setting} setting
 * @param {string} run
 * @param {Known} known
 * @returns {Record<string, any>}
 */
export function traitsOf(setting, run, { choices, base }) {
  const traits = {};
  for (const [name, usual] of Object.entries(base)) {
    const value = setting[name];
    const place = choices[name]?.indexOf(value);
    const fits = choices[name] ? place >= 0 : typeof value === typeof usual;
    if (fits) traits[`${run}_${name}`] = place ?? value;
  }
  return traits;
}

/**
 * What no control offers, in the words of ganflow.check; "" if there is none.
 *
 * @param {Setting} setting
 * @param {Known} known
 */
export function unknownIn(setting, { choices, base }) {
  const strange = Object.keys(setting).find((name) => !Object.hasOwn(base, name));
  if (strange !== undefined) {
    return `there is no ${strange} here; expected one of ${Object.keys(base).join(", ")}`;
  }
  for (const [name, known] of Object.entries(choices)) {
    const value = setting[name];
    if (known.includes(value)) continue;
    const said = typeof value === "string" ? `'${value}'` : value;
    return `${name} is ${said}; expected one of ${known.join(", ")}`;
  }
  return "";
}

/**
 * An address that says two settings: what differs from the base.
 *
 * @param {Record<string, Setting>} runs by "a" and "b"
 * @param {Known} known
 */
export function addressOf(runs, { base }) {
  const pairs = Object.entries(runs).flatMap(([run, setting]) =>
    Object.keys(base)
      .filter((name) => setting[name] !== base[name])
      .map((name) => [`${run}.${name}`, String(setting[name])]),
  );
  return `#${new URLSearchParams([["lab", "mixture"], ...pairs])}`;
}

/**
 * The two settings that an address says; a number that is none stays as it was written, and
 * so does what no setting has. What names no run counts as A's.
 *
 * @param {string} hash
 * @param {Known} known
 * @returns {Record<string, Setting> | null} null if it is no address of this lab
 */
export function fromAddress(hash, { base }) {
  const pairs = new URLSearchParams(hash.replace(/^#/, ""));
  if (pairs.get("lab") !== "mixture") return null;
  const runs = ["a", "b"].map((run) => {
    const values = Object.entries(base).map(([name, usual]) => {
      const text = pairs.get(`${run}.${name}`);
      if (text === null) return [name, usual];
      const number = typeof usual === "number" && text.trim() !== "" && Number.isFinite(+text);
      return [name, number ? +text : text];
    });
    return [run, Object.fromEntries(values)];
  });
  const settings = Object.fromEntries(runs);
  for (const [key, text] of pairs) {
    const [run, name] = /^[ab]\./.test(key)
      ? [key[0], key.slice(2)]
      : ["a", `${key} without a. or b. before it`];
    if (key !== "lab" && !Object.hasOwn(settings[run], name)) settings[run][name] = text;
  }
  return settings;
}

/**
 * Traits that say which numbers no move of a run reads, so that their controls rest.
 *
 * @param {(name: string) => any} get
 * @param {string} run "a" or "b"
 * @param {Known} known
 * @returns {Record<string, boolean>}
 */
export function idleOf(get, run, known) {
  const { rule, penalty } = settingOf(get, run, known);
  const idle = { strength: penalty === "none" };
  for (const name of Object.values(known.reads).flat())
    idle[name] = !known.reads[rule].includes(name);
  return Object.fromEntries(Object.entries(idle).map(([name, is]) => [`${run}_idle_${name}`, is]));
}

/**
 * The lines that train both runs in a notebook.
 *
 * @param {Record<string, Setting>} runs by "a" and "b"
 * @param {{ ticks: number, reads: Record<string, string[]>, fixed: Record<string, number>,
 *   data: Record<string, any> }} how the ticks done, what a rule reads, what all runs share,
 *   and by the data's name what is called for it
 */
export function pythonOf(runs, { ticks, reads, fixed, data }) {
  const names = Object.values(runs).map((setting) => data[setting.data].call.replace("()", ""));
  const line = (/** @type {Setting} */ setting) => {
    const numbers = ["step_size_D", "step_size_G", ...reads[setting.rule]];
    const values = {
      schedule: JSON.stringify(setting.schedule.trim().toUpperCase()),
      rule: JSON.stringify(setting.rule),
      ...Object.fromEntries(numbers.map((name) => [name, setting[name]])),
      loss: JSON.stringify(setting.loss),
      penalty: JSON.stringify(setting.penalty),
      strength: setting.strength,
      batch: setting.batch,
      ...fixed,
      seed: setting.seed,
      data: data[setting.data].call,
    };
    const given = Object.entries(values).map(([name, value]) => `    ${name}=${value},\n`);
    return `GanSetting(\n${given.join("")})`;
  };
  return [
    "from ganflow import GanSetting, sweep",
    `from ganflow.data import ${[...new Set(names)].sort().join(", ")}`,
    "",
    ...Object.entries(runs).map(([run, setting]) => `${run} = ${line(setting)}`),
    `runs = sweep([a, b], ticks=${ticks}, record_every=100)`,
    "runs.samples[:, -1]  # the fakes of A and of B after the last of these ticks",
    "",
  ].join("\n");
}

// Runs a traced program: a GAN or a game, move by move, as ganflow.dynamics plays it.

/**
 * What ganflow.live.program says of a module's memory and functions.
 *
 * @typedef {object} Layout
 * @property {"gan" | "game"} kind
 * @property {Record<string, [number, "f32" | "f64" | "i32", number]>} at by name: where a
 *   value starts, in bytes; its kind of number; how many
 * @property {Record<string, number>} table functions by name
 * @property {Record<"G" | "D", [number, number]>} state of each player, from and to, in bytes
 * @property {Record<"G" | "D", [number, number]>} next the same after a move not yet taken over
 * @property {Record<string, Record<"G" | "D", string>>} counts by rule: where it counts moves
 * @property {Record<string, string[]>} reads by rule: the numbers that it reads besides its
 *   step size
 * @property {[string, number][]} [first] a GAN's weights in the order in which they are drawn,
 *   each from [-bound, bound)
 * @property {string[]} rules
 * @property {string[]} losses
 * @property {string[]} penalties
 * @property {Record<string, Limits>} limits of the numbers of a setting
 * @property {number} [shown] samples of the picture
 */
/** @typedef {{ above?: number, least?: number, below?: number, whole?: boolean }} Limits */
/** @typedef {{ module: WebAssembly.Module, layout: Layout }} Compiled */
/** @typedef {{ kind: "mixture", centres: number[][], spread: number }} Mixture */
/** @typedef {{ kind: "cloud", points: number[][] }} Cloud */
/**
 * A ganflow.sweeps.GanSetting or GameSetting, but for what the program was made for.
 *
 * @typedef {object} Setting
 * @property {string[]} schedule its turns, as turnsOf reads them
 * @property {string} rule
 * @property {string} loss
 * @property {string} penalty
 * @property {number} step_size_G
 * @property {number} step_size_D
 * @property {number} beta
 * @property {number} beta1
 * @property {number} beta2
 * @property {number} strength
 * @property {number} [target] of a game, as the next three
 * @property {number} [scale]
 * @property {number} [theta]
 * @property {number} [psi]
 * @property {number} [seed] of a GAN, as `data`
 * @property {Mixture | Cloud} [data]
 */
/** @typedef {"G" | "D"} Player */
/** @typedef {Record<Player, number>} Counts */
/**
 * Where a run is: whole ticks, then turns of the next one, then moves of the next turn.
 *
 * @typedef {{ tick: number, turn: number, move: number }} Place
 */
/**
 * A move that was made.
 *
 * @typedef {object} Made
 * @property {Player} player
 * @property {string} reads in words, "D reads G0"
 * @property {number} turn the number of its turn in the tick, from 0
 * @property {boolean} ends whether its turn is over, so that what was made is read from now on
 */
/** @typedef {{ bytes: Uint8Array[], moves: Counts, begun: Counts, at: Place, turns: string[],
 *   setting: Setting, started: Setting }} Saved */

// A function that fills a vector and counts its bits.
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0];
const FILLED = [65, 0, 253, 15, 253, 98, 11];
const NEEDS = "needs Chromium 91, Firefox 113, Safari 16.4 or a later one";
const RATES = ["step_size_G", "step_size_D", "beta", "beta1", "beta2"];
const NUMBERS = [...RATES, "strength", "target", "scale"];
const TURNS = ["D", "G", "DG", "GD"];
const KINDS = { f32: Float32Array, f64: Float64Array, i32: Int32Array };
const OTHER = /** @type {const} */ ({ G: "D", D: "G" });
const RECORDS = -1n; // the move whose batch the picture's noise is
const STATES = 624; // of the Mersenne twister
const STEPS_OF_ONE = 2 ** 24; // between 0 and 1, in torch's uniform float32

/**
 * Compile a program once, for any number of runs.
 *
 * @param {BufferSource} bytes of the module
 * @param {Layout} layout
 * @returns {Promise<Compiled>}
 * @throws {Error} in a browser without WebAssembly, or without its vectors
 */
export async function compile(bytes, layout) {
  if (typeof WebAssembly !== "object") {
    throw new Error(`this browser has no WebAssembly; training in the page ${NEEDS}`);
  }
  if (!WebAssembly.validate(Uint8Array.from([...SIMD, ...FILLED]))) {
    throw new Error(`this browser's WebAssembly has no SIMD; training in the page ${NEEDS}`);
  }
  return { module: await WebAssembly.compile(bytes), layout };
}

/**
 * What is wrong in a setting, in the words of ganflow.check; "" if nothing is.
 *
 * @param {Setting} setting
 * @param {Layout} layout of the program that is to run it
 * @returns {string}
 */
export function wrongIn(setting, layout) {
  const choices = { rule: layout.rules, loss: layout.losses, penalty: layout.penalties };
  for (const [name, known] of Object.entries(choices)) {
    if (!known.includes(setting[name]))
      return wrong(name, setting[name], `one of ${known.join(", ")}`);
  }
  const { schedule } = setting;
  const turns = Array.isArray(schedule) && schedule.every((turn) => TURNS.includes(turn));
  if (!turns || !schedule.length) {
    return wrong("schedule", setting.schedule, "turns such as ['D', 'G'], as turnsOf reads them");
  }
  const starts = layout.kind === "game" ? ["theta", "psi"] : ["seed"];
  const names = [...NUMBERS.filter((name) => layout.at[name]), ...starts];
  for (const name of names) {
    const expected = missed(setting[name], layout.limits[name]);
    if (expected) return wrong(name, setting[name], expected);
  }
  return layout.kind === "gan" ? wrongData(setting.data, layout.at.points[2] / 2) : "";
}

/**
 * A GAN's first weights, as torch draws them from a seed: each uniform in [-bound, bound).
 *
 * @param {number} seed a whole number in [0, 2^32)
 * @param {[number, number][]} sizes how many numbers each of the weights has, and its bound
 * @returns {Float32Array[]}
 */
export function firstWeights(seed, sizes) {
  const next = twister(seed);
  return sizes.map(([length, bound]) => {
    const low = Math.fround(-bound);
    const span = Math.fround(Math.fround(bound) - low);
    // The sum is exact in float64, and rounded once, as in a fused multiply-add.
    const draw = () => ((next() % STEPS_OF_ONE) / STEPS_OF_ONE) * span + low;
    return Float32Array.from({ length }, draw);
  });
}

/** One GAN or game. */
export class Run {
  /**
   * A run of a compiled program, with a memory of its own.
   *
   * @param {Compiled} compiled
   */
  static async of({ module, layout }) {
    const { exports } = await WebAssembly.instantiate(module);
    return new Run(exports, layout);
  }

  /**
   * @param {any} exports of the program's instance
   * @param {Layout} layout
   */
  constructor(exports, layout) {
    this.exports = exports;
    this.layout = layout;
    /** @type {Map<string, Float32Array | Float64Array | Int32Array>} */
    this.views = new Map();
    this.weights = Object.keys(layout.at).filter((name) => /^[GD]\d+$/.test(name));
    this.setting = /** @type {Setting} */ ({}); // until `start`
    this.started = this.setting; // by which seed and which data
    /** @type {string[]} of the tick that is being played */
    this.turns = [];
    /** @type {Record<Player, (number: bigint, ...places: number[]) => void>} */
    this.movers = { G() {}, D() {} };
    /** @type {number[]} of both derivatives and of D's projection, in the table */
    this.places = [];
    /** @type {Counts} versions of each: moves that were made and taken over */
    this.moves = { G: 0, D: 0 };
    /** @type {Counts} the same when the tick began */
    this.begun = { G: 0, D: 0 };
    /** @type {Place} */
    this.at = { tick: 0, turn: 0, move: 0 };
  }

  /**
   * Go to the start of a run.
   *
   * @param {Setting} setting
   * @throws {Error} in one sentence, if something in it is wrong
   */
  start(setting) {
    this.follow(setting);
    const { layout, setting: now } = this;
    const memory = new Uint8Array(this.exports.memory.buffer);
    for (const [from, to] of this.#regions()) memory.fill(0, from, to);
    this.turns = now.schedule;
    this.moves = { G: 0, D: 0 };
    this.begun = this.moves;
    this.at = { tick: 0, turn: 0, move: 0 };
    if (layout.kind === "game") {
      this.view("G0")[0] = /** @type {number} */ (now.theta);
      this.view("D0")[0] = /** @type {number} */ (now.psi);
    } else {
      this.#begin(now);
      this.#weights(/** @type {number} */ (now.seed));
    }
  }

  /**
   * Go on from here by another setting: its names and numbers from the next move on, its
   * schedule from the next tick on; another rule remembers nothing. Where the run started,
   * its seed and data, stays.
   *
   * @param {Setting} setting
   * @throws {Error} in one sentence, if something in it is wrong
   */
  follow(setting) {
    const { layout, exports } = this;
    const said = wrongIn(setting, layout);
    if (said) throw new Error(said);
    const { rule, loss, penalty } = setting;
    if (rule !== this.setting.rule) this.#forget();
    this.setting = setting;
    for (const name of NUMBERS) if (layout.at[name]) this.view(name)[0] = setting[name];
    this.movers = { G: exports[`move G ${rule}`], D: exports[`move D ${rule}`] };
    const names = [`derive G ${loss} ${penalty}`, `derive D ${loss} ${penalty}`];
    this.places = [...names, `project D ${penalty}`].map((name) => layout.table[name]);
  }

  /**
   * The next move of the schedule. The players of a turn all read its start: what they make
   * is taken over when the turn ends.
   *
   * @returns {Made}
   */
  move() {
    const { tick, turn, move } = this.at;
    const players = this.turns[turn];
    const player = /** @type {Player} */ (players[move]);
    const other = OTHER[player];
    const reads = `${player} reads ${other}${this.moves[other] - this.begun[other]}`;
    this.movers[player](BigInt(this.moves[player]), ...this.places);
    const ends = move + 1 === players.length;
    if (ends) this.#take(players);
    else this.at = { tick, turn, move: move + 1 };
    return { player, reads, turn, ends };
  }

  /** The moves that are left of this turn. */
  turn() {
    while (!this.move().ends);
  }

  /** The moves that are left of this tick. */
  tick() {
    const { tick } = this.at;
    while (this.at.tick === tick) this.move();
  }

  /**
   * What a GAN's picture shows now: samples, D's scores on the grid, the push that each
   * sample receives, and as many real points.
   *
   * @returns {Record<"samples" | "scores" | "push" | "reals", Float32Array>} views
   */
  look() {
    this.exports[`look ${this.setting.loss}`]();
    const names = ["samples", "scores", "push", "reals"];
    return /** @type {any} */ (Object.fromEntries(names.map((name) => [name, this.view(name)])));
  }

  /**
   * The numbers of a name in the program's memory, to read and to write.
   *
   * @param {string} name
   */
  view(name) {
    let known = this.views.get(name);
    if (!known) {
      const [from, kind, length] = this.layout.at[name];
      known = new KINDS[kind](this.exports.memory.buffer, from, length);
      this.views.set(name, known);
    }
    return known;
  }

  /** Whether every weight is a finite number. */
  finite() {
    return this.weights.every((name) => {
      const values = this.view(name);
      // As `every`, without a call for each number: a page asks after every move.
      for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
      return true;
    });
  }

  /**
   * All that the next moves depend on, to come back to.
   *
   * @returns {Saved}
   */
  save() {
    const bytes = this.#regions().map(([from, to]) => this.#bytes(from, to).slice());
    const { moves, begun, at, turns, setting, started } = this;
    return { bytes, moves, begun, at, turns, setting, started };
  }

  /**
   * Go back to what `save` gave, its setting too.
   *
   * @param {Saved} saved
   */
  restore({ bytes, moves, begun, at, turns, setting, started }) {
    this.follow(setting);
    if (this.layout.kind === "gan" && started !== this.started) this.#begin(started);
    this.#regions().forEach(([from, to], i) => {
      this.#bytes(from, to).set(bytes[i]);
    });
    Object.assign(this, { moves, begun, at, turns });
  }

  // A GAN's data, and what the picture is of: noise, and real points to compare with.
  #begin(/** @type {Setting} */ setting) {
    this.started = setting;
    const { exports } = this;
    const data = /** @type {Mixture | Cloud} */ (setting.data);
    const mixture = data.kind === "mixture";
    const points = mixture ? data.centres : data.points;
    this.view("points").set(points.flat());
    exports.seed(BigInt(/** @type {number} */ (setting.seed)));
    exports.data(mixture ? 0 : 1, points.length, mixture ? data.spread : 0);
    exports.draw(0, RECORDS, this.layout.shown);
    for (const [name, part] of [
      ["noise", "z G"],
      ["reals", "x G"],
    ]) {
      const seen = this.view(name);
      seen.set(this.view(part).subarray(0, seen.length));
    }
  }

  #weights(/** @type {number} */ seed) {
    const { first = [], at } = this.layout;
    const weights = firstWeights(
      seed,
      first.map(([name, bound]) => [at[name][2], bound]),
    );
    first.forEach(([name], i) => {
      this.view(name).set(weights[i]);
    });
  }

  // What a rule remembers, also of a move that is not taken over: all behind the weights.
  #forget() {
    const { state, next } = this.layout;
    for (const player of /** @type {Player[]} */ (["G", "D"])) {
      const weights = this.weights.filter((name) => name.startsWith(player));
      const ends = weights.map((name) => this.view(name).byteOffset + this.view(name).byteLength);
      const size = Math.max(...ends) - state[player][0];
      for (const [from, to] of [state[player], next[player]]) {
        this.#bytes(from + size, to).fill(0);
      }
    }
  }

  // What the players of a turn made is what the next turn reads.
  #take(/** @type {string} */ players) {
    for (const player of players) this.exports[`commit ${player}`]();
    const { tick, turn } = this.at;
    const moves = { ...this.moves };
    for (const player of players) moves[player]++;
    this.moves = moves;
    this.at = { tick, turn: turn + 1, move: 0 };
    if (turn + 1 < this.turns.length) return;
    this.at = { tick: tick + 1, turn: 0, move: 0 };
    this.begun = moves;
    this.turns = this.setting.schedule;
  }

  #regions() {
    const { state, next } = this.layout;
    return [state.G, state.D, next.G, next.D];
  }

  #bytes(/** @type {number} */ from, /** @type {number} */ to) {
    return new Uint8Array(this.exports.memory.buffer, from, to - from);
  }
}

// What is expected of a number that is another; "" if it is none of them.
function missed(/** @type {unknown} */ value, /** @type {Limits} */ limits) {
  const { above = -Infinity, least = -Infinity, below = Infinity, whole = false } = limits;
  const fits = whole ? Number.isInteger(value) : Number.isFinite(value);
  const number = /** @type {number} */ (value);
  if (fits && above < number && least <= number && number < below) return "";
  const words = { above: limits.above, "at least": limits.least, below: limits.below };
  const told = Object.entries(words).filter(([, limit]) => limit !== undefined);
  const said = told.map(([word, limit]) => `${word} ${limit}`).join(" and ");
  return `a ${whole ? "whole" : "finite"} number${said && `, ${said}`}`;
}

// The sentence about a value, as ganflow.check says it.
function wrong(
  /** @type {string} */ name,
  /** @type {unknown} */ value,
  /** @type {string} */ expected,
) {
  const told = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? "missing");
  return `${name} is ${told}; expected ${expected}`;
}

// What is wrong in the data of a GAN, of which a program holds so many points.
function wrongData(/** @type {Setting["data"]} */ data, /** @type {number} */ most) {
  if (!data || !["mixture", "cloud"].includes(data.kind)) {
    return wrong("data.kind", data?.kind, "one of mixture, cloud");
  }
  const [name, points] =
    data.kind === "mixture" ? ["centres", data.centres] : ["points", data.points];
  if (!Array.isArray(points) || !points.length) {
    return wrong(`data.${name}`, points, "at least one point of the plane");
  }
  const odd = points.findIndex((p) => p?.length !== 2 || ![...p].every(Number.isFinite));
  if (odd >= 0) return wrong(`data.${name}[${odd}]`, points[odd], "two finite numbers, [x, y]");
  if (points.length > most) {
    return wrong(`the number of data.${name}`, points.length, `at most ${most}`);
  }
  if (data.kind === "cloud") return "";
  const expected = missed(data.spread, { above: 0 });
  return expected && wrong("data.spread", data.spread, expected);
}

// MT19937 as torch seeds it: whole numbers in [0, 2^32).
function twister(/** @type {number} */ seed) {
  const state = new Uint32Array(STATES);
  state[0] = seed;
  for (let k = 1; k < STATES; k++) {
    const last = state[k - 1] ^ (state[k - 1] >>> 30);
    state[k] = Math.imul(1812433253, last) + k;
  }
  let at = STATES;
  const refill = () => {
    for (let k = 0; k < STATES; k++) {
      const both = (state[k] & 0x80000000) | (state[(k + 1) % STATES] & 0x7fffffff);
      state[k] = state[(k + 397) % STATES] ^ (both >>> 1) ^ (both & 1 ? 0x9908b0df : 0);
    }
    at = 0;
  };
  return () => {
    if (at === STATES) refill();
    let y = state[at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
}

// Who moves when, as ganflow.schedule reads and says it: turns are texts such as "D" or "DG".

/**
 * One update in a tick: see ganflow.schedule.Move.
 *
 * @typedef {object} Move
 * @property {string} player "D" or "G"
 * @property {number} turn the number of its turn in the tick, from 0
 * @property {number} own moves of this tick that it had made when the turn began
 * @property {number} reads moves of this tick that the opponent had made then
 */

export const MOST_TURNS = 12; // of a tick that a page plays

const UNSEEN = /[\p{C}\p{Z}]/u; // what Python's repr writes as a number

/**
 * The turns of a text such as "D D G" or "DG": what Schedule.from_text accepts, and no more
 * than a page plays.
 *
 * @param {string} text
 * @returns {string[]}
 * @throws {Error} in the words of Schedule.from_text; a tick of more than MOST_TURNS turns
 */
export function turnsOf(text) {
  const spaced = Array.from(text.toUpperCase(), (c) => (isSpace(c) ? " " : c));
  const turns = spaced.join("").split(" ").filter(Boolean);
  const name = turns.join(" ") || "empty";
  for (const turn of turns) {
    const players = [...turn];
    if (players.some((p) => !"DG".includes(p)) || new Set(players).size < players.length) {
      throw new Error(
        `${name}: a turn is ('D',), ('G',) or ('D', 'G'), got ${tuple(players.map(quoted))}`,
      );
    }
  }
  if (!["D", "G"].every((p) => turns.some((turn) => turn.includes(p)))) {
    const got = tuple(turns.map((turn) => tuple([...turn].map(quoted))));
    throw new Error(`${name}: D and G must both move in a tick, got ${got}`);
  }
  if (turns.length > MOST_TURNS) {
    throw new Error(
      `the schedule has ${turns.length} turns; expected at most ${MOST_TURNS} in a tick`,
    );
  }
  return turns;
}

/**
 * The turns as `turnsOf` reads them.
 *
 * @param {string[]} turns
 */
export const nameOf = (turns) => turns.join(" ");

/**
 * The moves of a tick in order, each with the versions that it reads: Schedule.moves.
 *
 * @param {string[]} turns
 * @returns {Move[]}
 */
export function movesOf(turns) {
  const made = { D: 0, G: 0 };
  return turns.flatMap((players, turn) => {
    const moves = [...players].map((player) => {
      const reads = made[player === "D" ? "G" : "D"];
      return { player, turn, own: made[player], reads };
    });
    for (const player of players) made[player]++;
    return moves;
  });
}

/**
 * What a move reads, in words: "D reads G0".
 *
 * @param {Move} move
 */
export const readsOf = ({ player, reads }) =>
  `${player} reads ${player === "D" ? "G" : "D"}${reads}`;

// What Python's split takes for a space.
const isSpace = (/** @type {string} */ c) =>
  (/\s/.test(c) && c !== "\ufeff") || "\x1c\x1d\x1e\x1f\x85".includes(c);

// A tuple as Python writes it: (), (a,), (a, b).
const tuple = (/** @type {string[]} */ parts) =>
  `(${parts.join(", ")}${parts.length === 1 ? "," : ""})`;

// One character as Python's repr writes it.
function quoted(/** @type {string} */ character) {
  if (character === "'") return `"'"`;
  if (character === "\\") return "'\\\\'";
  if (!UNSEEN.test(character)) return `'${character}'`;
  const code = /** @type {number} */ (character.codePointAt(0));
  if (code < 0x100) return `'\\x${code.toString(16).padStart(2, "0")}'`;
  if (code < 0x10000) return `'\\u${code.toString(16).padStart(4, "0")}'`;
  return `'\\U${code.toString(16).padStart(8, "0")}'`;
}

// One run on the page: its picture, the moves of its tick, and what is wrong with it.

import { movesOf, readsOf, turnsOf } from "../../live/schedule.js";
import { make, paint } from "../kit.js";
import { paintPlane } from "./pictures.js";
import { caption, rangeLine, titleOf } from "./words.js";

/** @import { Half } from "./pair.js" */
/** @import { Shown } from "./pictures.js" */
/** @import { Mark } from "./training.js" */

const FINE = 160; // px of the surface along a side

/**
 * Paint a canvas in its size on the page, in words where it stands still.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {string} words "" while it moves
 * @param {Record<string, string>} css
 * @param {(pen: any, size: { width: number, height: number }) => void} picture
 */
export function fill(canvas, words, css, picture) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (words) canvas.ariaLabel = words;
  paint(
    canvas,
    { width, height, font: `12px ${css.sans}` },
    (pen) => width && picture(pen, { width, height }),
  );
}

/** @param {string} words */
export const canvasOf = (words) => make("canvas", { role: "img", "aria-label": words });

// The moves of a tick, the one that was made last marked.
function stripOf(turns, made) {
  const moves = movesOf(turns);
  return moves.map((move, i) => {
    const begins = i > 0 && moves[i - 1].turn !== move.turn;
    const now = made?.turn === move.turn && made?.player === move.player;
    const kinds = ["move", move.player, ...(begins ? ["next"] : []), ...(now ? ["now"] : [])];
    return make("span", { class: kinds.join(" ") }, readsOf(move));
  });
}

/**
 * The elements of a run, and what draws into them.
 *
 * @param {Half} half
 * @param {any} lab
 */
export function makePanel(half, lab) {
  const small = make("canvas", { width: FINE, height: FINE });
  const title = make("p", { class: "title" });
  const strip = make("p", { class: "strip" });
  const message = make("p", { class: "message" });
  const fault = make("p", { class: "fault", role: "alert" });
  const range = make("p", { class: "range" });
  const canvas = canvasOf(`run ${half.name}`);
  const stage = make("div", { class: "stage" }, canvas, message);

  /**
   * @param {{ shown: Shown | null, mark: Mark | null, tick: number }} state
   * @param {any} data
   * @param {Record<string, string>} css
   * @param {{ pushes: boolean, stops: boolean }} how
   * @returns what is seen, in a sentence
   */
  function draw({ shown, mark, tick }, data, css, { pushes, stops }) {
    const { setting, side, made, name } = half;
    const lost = side?.lost ?? null;
    const told = titleOf(setting, lab);
    title.replaceChildren(make("b", {}, name), ` ${told}`);
    message.textContent =
      lost === null ? "" : `Diverged at tick ${lost}: a weight is no finite number.`;
    if (fault.textContent !== half.fault) fault.textContent = half.fault;
    range.textContent = shown ? rangeLine(shown, lab.reach) : "";
    stage.dataset.mover = made?.player ?? "";
    const moves = `${setting.schedule} ${made?.turn}${made?.player}`;
    if (strip.dataset.shows !== moves) {
      strip.dataset.shows = moves;
      strip.replaceChildren(...stripOf(turnsOf(setting.schedule), made));
    }
    const words = caption(name, mark, { modes: data.centres?.length ?? 0, tick });
    fill(canvas, stops ? `${told}. Tick ${tick}. ${words}` : "", css, (pen, { width }) => {
      const how = { reach: lab.reach, small, pushes };
      if (shown) paintPlane(pen, width, shown, data, css, how);
    });
    return lost === null ? words : `${name}: ${message.textContent}`;
  }

  return { box: make("div", {}, title, strip, stage, fault, range), draw };
}

// Shows one of several watched loops; Python drew its picture, timeline.js lets it answer.
import { enliven } from "../../loop_report/timeline.js";
import { listen, make, makeJoins } from "../kit.js";

/** @import { Model } from "../kit.js" */

/**
 * The title and the picture of the chosen loop, or words that say why there is none.
 *
 * @param {(name: string) => any} get
 */
export function chosen(get) {
  const [title, picture] = ["titles", "pictures"].map((name) => get(name)[get("loop")]);
  return picture === undefined
    ? { title: "There is no report of this loop: turn the control back.", picture: "" }
    : { title, picture };
}

/** @param {{ model: Model, el: HTMLElement }} view */
function render({ model, el }) {
  const says = make("p", { class: "title", "aria-live": "polite" });
  const sheet = make("div");
  el.classList.add("gf-widget", "gf-loops");
  el.append(says, sheet);
  let rest = () => {};
  const draw = () => {
    const { title, picture } = chosen((name) => model.get(name));
    rest();
    says.textContent = title;
    sheet.innerHTML = picture;
    rest = enliven(sheet);
  };
  draw();
  const deaf = listen(model, { loop: draw });
  return () => {
    deaf();
    rest();
  };
}
export default { initialize: makeJoins, render };

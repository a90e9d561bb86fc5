// Which loop is shown, and where the arrow keys lead, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { enliven, led } from "../../ganflow/loop_report/timeline.js";
import { chosen } from "../../ganflow/widgets/loop_timeline/view.js";

const traits = { titles: ["alternating", "5 critic steps"], pictures: ["<p>A", "<p>B"] };
const at = (loop) => chosen((name) => ({ ...traits, loop })[name]);

test("the position of a loop chooses its title and its picture", () => {
  assert.deepEqual(at(1), { title: "5 critic steps", picture: "<p>B" });
});

test("a position beyond the reports says so and shows nothing", () => {
  assert.match(at(2).title, /no report of this loop/);
  assert.equal(at(2).picture, "");
});

test("arrow keys, Home and End go along the steps and stay among them", () => {
  const keys = ["ArrowRight", "ArrowLeft", "Home", "End"];
  assert.deepEqual(
    keys.map((key) => led(1, key, 4)),
    [2, 0, 0, 3],
  );
  assert.equal(led(3, "ArrowRight", 4), 3);
  assert.equal(led(0, "ArrowLeft", 4), 0);
});

test("from no step an arrow leads to the first, and other keys lead nowhere", () => {
  assert.equal(led(-1, "ArrowRight", 4), 0);
  assert.equal(led(-1, "ArrowLeft", 4), 0);
  assert.equal(led(1, "a", 4), null);
});

test("where nothing is drawn there is nothing to let answer", () => {
  const empty = { querySelector: () => null, querySelectorAll: () => [] };
  assert.equal(enliven(empty)(), undefined);
});

// What the flow picture says and shows of a recorded state, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { head, passes, spoken, stateOf } from "../../ganflow/widgets/flow_picture/view.js";

const players = {
  G: { does: "stays", grad: "", fate: "cut: detach" },
  D: { does: "moves", grad: "1.004", fate: "D’s step takes it" },
};
const links = { x_fake: ["cut", ""], score_fake: ["live", "0.354"], score_real: ["live", "0.354"] };
const state = { loss: "loss_D", links, players };

test("a state is found by the three positions that the buttons choose", () => {
  const traits = { record_: { "0,1,2": state }, loss: 0, cut: 1, freeze: 2 };
  assert.equal(
    stateOf((name) => traits[name]),
    state,
  );
});

test("what was not recorded is said in words, and has no picture", () => {
  const lacking = stateOf((name) => (name === "record_" ? {} : 0));
  assert.match(lacking.verdict, /Nothing was recorded/);
  assert.equal(lacking.code, undefined);
});

test("the picture is told value by value, and who moves", () => {
  assert.equal(
    spoken(state),
    "The gradient of loss_D on its way: x_fake cut, score_fake 0.354, score_real 0.354. " +
      "G stays, its gradient is None, cut: detach; " +
      "D moves, its gradient is 1.004, D’s step takes it.",
  );
});

test("a value that is beyond a cut gets nothing, and a fate may be empty", () => {
  const refused = {
    loss: "loss_G",
    links: { x_fake: ["beyond", ""], score_fake: ["cut", ""] },
    players: { D: { does: "stays", grad: "", fate: "" } },
  };
  assert.equal(
    spoken(refused),
    "The gradient of loss_G on its way: x_fake nothing, score_fake cut. " +
      "D stays, its gradient is None.",
  );
});

test("a gradient passes through D when it arrives on both sides of it", () => {
  assert.equal(passes(state), false);
  assert.equal(passes({ links: { ...links, x_fake: ["live", "0.1"] } }), true);
});

test("a tip points left to the next network, or down into .grad", () => {
  assert.equal(head(10, 20, -1), "M10 20l9 -5v10z");
  assert.equal(head(10, 20, 0), "M10 20l-5 -9h10z");
});

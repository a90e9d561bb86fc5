// What the trace view computes in the browser, without one.
import assert from "node:assert/strict";
import test from "node:test";
import {
  corner,
  curve,
  foldedUp,
  foldOf,
  head,
  heir,
  opens,
  pictureName,
  spoken,
  stateName,
  unfolded,
} from "../../ganflow/widgets/trace_view/view.js";

test("a state is named by the loss, the cut and the freeze", () => {
  assert.equal(stateName(1, true, false), "1,1,0");
  assert.equal(stateName(0, false, true), "0,0,1");
});

test("what is not said to be open is folded whole", () => {
  assert.equal(foldOf("G", {}), "network");
  assert.equal(pictureName(["G", "D"], { D: "layer" }), "network,network,layer");
});

test("a network opens into layers, then operations, then folds whole again", () => {
  let folds = {};
  const seen = ["layer", "operation", "network"].map(() => {
    folds = unfolded("D", folds);
    return folds.D;
  });
  assert.deepEqual(seen, ["layer", "operation", "network"]);
});

test("the outside has no layers", () => {
  const open = unfolded("", {});
  assert.equal(open[""], "operation");
  assert.equal(unfolded("", open)[""], "network");
  assert.equal(foldedUp("", open)[""], "network");
});

test("Escape folds one step and leaves the other network alone", () => {
  const folds = { G: "layer", D: "operation" };
  assert.deepEqual(foldedUp("D", folds), { G: "layer", D: "layer" });
  assert.deepEqual(foldedUp("G", folds), { G: "network", D: "operation" });
  assert.deepEqual(folds, { G: "layer", D: "operation" });
});

test("an input does not open, an operation folds, the rest opens", () => {
  assert.equal(opens({ kind: "input", home: "" }, {}), "");
  assert.equal(opens({ kind: "operation", home: "D" }, { D: "operation" }), "fold");
  assert.equal(opens({ kind: "network", home: "D" }, {}), "open");
});

// loss_G with x_real an absent ghost; boxes 4 and 5 are what the loss opens into.
const drawn = (...numbers) => new Map(numbers.map((n) => [n, "its group"]));
const record = {
  boxes: [
    { title: "loss_G", home: "", kind: "loss" },
    { title: "x_real", home: "", kind: "input" },
    { title: "z", home: "", kind: "input" },
    { title: "D", home: "D", kind: "network" },
    { title: "neg", home: "", kind: "operation" },
    { title: "loss_G", home: "", kind: "loss" },
    { title: "linear", home: "D", kind: "operation" },
    { title: "linear", home: "D", kind: "operation" },
    { title: "D.2.bias", home: "D", kind: "parameter" },
  ],
  cards: [{ live: true }, { live: false }],
};
const loss_G = { 0: 0, 2: 1, 3: 0, 4: 0, 5: 0, 7: 0, 8: 1 }; // 1 and 6 are not in it

test("the focus goes on to the box of the same name, never to a ghost or a leaf", () => {
  assert.equal(heir(record, loss_G, drawn(1, 2, 4, 5), record.boxes[0], {}), 5);
});

test("with no box of that name it goes to a live one of the same network", () => {
  assert.equal(heir(record, loss_G, drawn(1, 2, 6, 8, 7), record.boxes[3], {}), 7);
  assert.equal(heir(record, { 8: 1 }, drawn(1, 6, 8), record.boxes[3], {}), 8);
  assert.equal(heir(record, loss_G, drawn(1, 2, 6), record.boxes[3], {}), undefined);
});

test("a line leaves and arrives upright", () => {
  assert.equal(curve([0, 100, 40, 60]), "M0 100C0 80 40 80 40 60");
  assert.equal(curve([5, 90, 5, 70, 25, 30]), "M5 90V70C5 50 25 50 25 30");
});

test("an arrow head points the way the derivative travels", () => {
  assert.equal(head([0, 100, 40, 60]), "M40 60l-4.5 9h9z"); // up: its back is below
  assert.equal(head([40, 60, 0, 100]), "M0 100l-4.5 -9h9z");
});

test("D is square, G is round, leaves are pills", () => {
  assert.equal(corner({ role: "D", kind: "parameter", size: [80, 40] }), 0);
  assert.equal(corner({ role: "G", kind: "layer", size: [80, 40] }), 12);
  assert.equal(corner({ role: "", kind: "input", size: [80, 40] }), 20);
});

test("a box says what it is, what reaches it and what Enter does", () => {
  const box = { kind: "network", home: "D", title: "D" };
  const card = { says: "6 operations, the derivative arrives" };
  assert.equal(
    spoken(box, card, {}),
    "network D: 6 operations, the derivative arrives. Enter opens it.",
  );
  assert.match(spoken(box, card, { D: "operation" }), /Enter folds it\.$/);
});

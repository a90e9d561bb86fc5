// What the views share, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import {
  apart,
  brief,
  dot,
  floats,
  inflate,
  line,
  lines,
  listen,
  number,
  redrawn,
  refined,
  rounded,
  superscript,
  write,
} from "../../ganflow/widgets/kit.js";

test("numbers have so many digits and a true minus sign", () => {
  assert.deepEqual(
    [-0.123, 0, 5.318, 240].map((v) => rounded(v, 2)),
    ["−0.12", "0", "5.3", "240"],
  );
  assert.deepEqual([-0.123, 0, 5.318, 240, -1234.5].map(brief), [
    "−0.12",
    "0",
    "5.32",
    "240",
    "−1230",
  ]);
});

test("very small and large numbers are told by a power of ten, with one digit less", () => {
  const two = [0, -0.12345, 5.4e-7, 12345].map((v) => number(v, 2));
  assert.deepEqual(two, ["0", "−0.12", "5e−7", "1e+4"]);
  const three = [0, -0.123456, 5.4e-7, -123456, 12].map((v) => number(v, 3));
  assert.deepEqual(three, ["0", "−0.123", "5.4e−7", "−1.2e+5", "12"]);
});

test("a whole number is raised, sign and all", () => {
  assert.deepEqual([-12, 0, 3, 4567890].map(superscript), ["⁻¹²", "⁰", "³", "⁴⁵⁶⁷⁸⁹⁰"]);
});

test("two heights keep their order and get their distance", () => {
  assert.deepEqual(apart([10, 14], 12), [6, 18]);
  assert.deepEqual(apart([14, 10], 12), [18, 6]);
  assert.deepEqual(apart([7, 7], 12), [1, 13]);
  assert.deepEqual(apart([0, 40], 12), [0, 40]);
});

test("a view that starts inside a larger buffer is read from its own start", () => {
  const all = new Float32Array([9, 9, 1, 2, 3]);
  assert.deepEqual([...floats(new DataView(all.buffer, 8, 8))], [1, 2]);
});

test("what zlib deflated is inflated", async () => {
  assert.deepEqual([...(await inflate(deflateSync(Uint8Array.of(7, 8, 9))))], [7, 8, 9]);
});

test("a surface between its points is linear, exact at its corners, top row first", () => {
  const fine = refined([0, 1, 2, 10, 11, 12, 20, 21, 22], 3, 5); // x + 10 y
  assert.deepEqual([...fine.slice(0, 5)], [20, 20.5, 21, 21.5, 22]);
  assert.deepEqual([...fine.slice(-5)], [0, 0.5, 1, 1.5, 2]);
  assert.equal(fine[12], 11);
});

// A pen that notes what it is told, each call with the dashes of the moment.
function penThatNotes() {
  const notes = [];
  const note =
    (name) =>
    (...values) =>
      notes.push([name, ...values]);
  const calls = ["beginPath", "moveTo", "lineTo", "arc", "fill", "stroke", "setLineDash"];
  const words = ["fillText", "strokeText"];
  const pen = Object.fromEntries([...calls, ...words].map((name) => [name, note(name)]));
  return { pen, notes };
}

test("a path goes through its points, and a point that is no number leaves a gap", () => {
  const { pen, notes } = penThatNotes();
  const points = [
    [0, 1],
    [1, 2],
    [2, NaN],
    [3, 4],
    [4, 5],
  ];
  lines(pen, { color: "red", width: 2, dash: [3, 4] }, [points, [[9, 9]]]);
  assert.deepEqual(notes, [
    ["setLineDash", [3, 4]],
    ["beginPath"],
    ["moveTo", 0, 1],
    ["lineTo", 1, 2],
    ["moveTo", 3, 4],
    ["lineTo", 4, 5],
    ["moveTo", 9, 9],
    ["stroke"],
    ["setLineDash", []],
  ]);
  assert.deepEqual([pen.strokeStyle, pen.lineWidth], ["red", 2]);
});

test("a straight line has two points and no dashes", () => {
  const { pen, notes } = penThatNotes();
  line(pen, { color: "red", width: 1 }, [0, 1], [2, 3]);
  const drawn = notes.filter(([name]) => name.endsWith("To") || name === "setLineDash");
  assert.deepEqual(drawn, [
    ["setLineDash", []],
    ["moveTo", 0, 1],
    ["lineTo", 2, 3],
    ["setLineDash", []],
  ]);
});

test("a dot's edge lies over its filling", () => {
  const { pen, notes } = penThatNotes();
  dot(pen, { fill: "red", edge: "blue" }, [1, 2], 3);
  const names = notes.map(([name]) => name);
  assert.ok(names.indexOf("arc") < names.indexOf("fill"));
  assert.ok(names.indexOf("fill") < names.indexOf("stroke"));
  assert.deepEqual([pen.fillStyle, pen.strokeStyle, pen.lineWidth], ["red", "blue", 1.5]);
});

test("words have a ground of their own only where one is named", () => {
  const { pen, notes } = penThatNotes();
  write(pen, "a", [1, 2], { color: "red" });
  assert.deepEqual(notes, [["fillText", "a", 1, 2]]);
  assert.deepEqual([pen.textAlign, pen.fillStyle], ["center", "red"]);
  write(pen, "b", [3, 4], { color: "red", align: "left", ground: "white" });
  assert.deepEqual(notes.slice(1), [
    ["strokeText", "b", 3, 4],
    ["fillText", "b", 3, 4],
  ]);
  assert.deepEqual([pen.textAlign, pen.strokeStyle], ["left", "white"]);
});

test("each trait calls its own act, and none after the end", () => {
  const heard = [];
  const calls = new Map();
  const model = {
    on: (event, act) => calls.set(event, act),
    off: (event, act) => calls.get(event) === act && calls.delete(event),
  };
  const end = listen(model, { tick: () => heard.push("tick"), loss: () => heard.push("loss") });
  calls.get("change:loss")();
  calls.get("change:tick")();
  assert.deepEqual(heard, ["loss", "tick"]);
  end();
  assert.equal(calls.size, 0);
});

test("sizes, the theme and the system's wish for dark draw once a frame, till the end", (t) => {
  const frames = new Map();
  const watched = [];
  const dark = new EventTarget();
  const tells = {};
  const observer = (kind) =>
    class {
      constructor(tell) {
        tells[kind] = tell;
      }
      observe(target) {
        watched.push(target);
      }
      disconnect() {
        delete tells[kind];
      }
    };
  let last = 0;
  const fakes = {
    ResizeObserver: observer("size"),
    MutationObserver: observer("theme"),
    matchMedia: () => dark,
    document: { documentElement: "html" },
    requestAnimationFrame: (draw) => {
      frames.set(++last, draw);
      return last;
    },
    cancelAnimationFrame: (number) => frames.delete(number),
  };
  for (const name of Object.keys(fakes)) {
    assert.equal(globalThis[name], undefined, `node has a ${name} of its own now`);
  }
  Object.assign(globalThis, fakes);
  t.after(() => {
    for (const name of Object.keys(fakes)) delete globalThis[name];
  });

  let drawn = 0;
  const { later, stop } = redrawn(["one", "other"], () => drawn++);
  assert.deepEqual(watched, ["one", "other", "html"]);
  tells.size();
  tells.theme();
  dark.dispatchEvent(new Event("change"));
  later();
  assert.equal(last, 4); // each asked for a frame
  assert.equal(frames.size, 1);
  for (const draw of frames.values()) draw();
  assert.equal(drawn, 1);
  tells.size();
  stop();
  dark.dispatchEvent(new Event("change"));
  assert.deepEqual(tells, {});
  assert.equal(frames.size, 0);
});

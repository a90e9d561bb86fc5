// The arithmetic of the training view, without a browser.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  caption,
  marks,
  number,
  open,
  range,
  rgba,
  seen,
} from "../../ganflow/widgets/training_view/view.js";

const RECORD = {
  ticks: [0, 2, 4],
  seconds: [0, 1.25, 2.5],
  shape: [2, 2, 1],
  points: [1, 2, 4],
  curves: ["loss_D", "loss_G"],
  levels: [0.05, 0.25, 0.5, 0.75, 0.95],
};
function packed() {
  // curves 1, 2, … 6; slopes 100 + snapshot; pixels of snapshot k are k, of the real ones 3
  const numbers = Float32Array.from([
    1,
    2,
    3,
    4,
    5,
    6,
    ...[0, 1, 2].flatMap((k) => Array(5).fill(100 + k)),
  ]);
  const bytes = new Uint8Array(numbers.byteLength + 4 * 100);
  bytes.set(new Uint8Array(numbers.buffer));
  for (let k = 0; k < 4; k++)
    bytes.fill(k, numbers.byteLength + 100 * k, numbers.byteLength + 100 * (k + 1));
  return bytes;
}

test("the arrays are found in the order in which they were packed", () => {
  const film = open(RECORD, packed());
  assert.deepEqual([...film.curves.loss_D], [1, 2, 3]);
  assert.deepEqual([...film.curves.loss_G], [4, 5, 6]);
  assert.deepEqual(
    film.slopes.map(([first]) => first),
    [100, 101, 102],
  );
  for (const k of [0, 1, 2, 3]) assert.deepEqual([...new Set(film.pictures(k))], [k]);
});

test("bytes that begin in the middle of a buffer are read as well", () => {
  const bytes = packed();
  const longer = new Uint8Array(bytes.length + 3);
  longer.set(bytes, 3);
  const film = open(RECORD, new DataView(longer.buffer, 3));
  assert.deepEqual([...film.curves.loss_G], [4, 5, 6]);
  assert.equal(film.pictures(3)[99], 3);
});

test("the caption tells the last values at or before the tick", () => {
  const film = open(RECORD, packed());
  assert.equal(caption(RECORD, film, 0), "Tick 0, after 0 s of training. Median slope 100.");
  assert.equal(
    caption(RECORD, film, 1),
    "Tick 2, after 1.25 s of training. loss D 2, loss G 5. Median slope 101.",
  );
  assert.equal(seen([1, 2, 4], 3), 2);
});

test("a curve without a number, or with one only, still has a range", () => {
  assert.deepEqual(range([NaN, 2, -1, Infinity]), [-1, 2]);
  assert.deepEqual(range([3, 3]), [2.5, 3.5]);
  assert.deepEqual(range([NaN]), [0, 1]);
});

test("an axis is marked at two to six round values", () => {
  assert.deepEqual(marks([-12, 0.017]).map(number), ["−10", "−5", "0"]);
  assert.deepEqual(marks([-0.016, 16.1]).map(number), ["0", "5", "10", "15"]);
  assert.deepEqual(marks([0.0044, 1.5]).map(number), ["0.5", "1", "1.5"]);
  assert.deepEqual(marks([2.5, 3.5]).map(number), ["2.5", "3", "3.5"]);
  for (let high = 0.011; high < 1e6; high *= 1.07)
    for (const low of [0, -high / 3, high * 0.99]) {
      const found = marks([low, high]);
      assert.ok(found.length >= 2 && found.length <= 6, `${low} to ${high}: ${found}`);
      assert.ok(found[0] >= low - 1e-9 * high && found.at(-1) <= high * (1 + 1e-9));
    }
});

test("numbers have three digits, a true minus, and words where there is none", () => {
  assert.deepEqual([-1234.5, 0.12345, 3, NaN].map(number), ["−1230", "0.12", "3", "no number"]);
});

test("pictures lie in five rows of five with see-through gaps, grey or in colour", () => {
  const grey = rgba(
    Uint8Array.from({ length: 100 }, (_, i) => i),
    [2, 2, 1],
  );
  assert.deepEqual([grey.width, grey.height], [18, 18]);
  const at = (image, x, y) => [
    ...image.data.subarray(4 * (y * image.width + x), 4 * (y * image.width + x) + 4),
  ];
  assert.deepEqual(at(grey, 0, 0), [0, 0, 0, 255]);
  assert.deepEqual(at(grey, 5, 1), [7, 7, 7, 255]); // second picture, its last pixel
  assert.deepEqual(at(grey, 2, 0), [0, 0, 0, 0]);
  assert.deepEqual(at(grey, 17, 17), [99, 99, 99, 255]);
  const colour = rgba(
    Uint8Array.from({ length: 300 }, (_, i) => i % 256),
    [2, 2, 3],
  );
  assert.deepEqual(at(colour, 1, 0), [3, 4, 5, 255]);
});

// Compile the bytes of a module and make calls, in the order asked for on standard input:
// {"module": base64, "steps": [["write", at, base64] | ["call", name, [...arguments]] |
// ["read", at, length]]}. Prints a list with what each step gives: null, the number that the
// function returns, base64. What crosses as an i64 is a string; a float that is no finite number
// is returned as a string too, for JSON has none.

import { readFileSync } from "node:fs";

const { module, steps } = JSON.parse(readFileSync(0, "utf8"));
const { instance } = await WebAssembly.instantiate(Buffer.from(module, "base64"));
const memory = /** @type {WebAssembly.Memory} */ (instance.exports.memory);

const given = (value) => (typeof value === "string" ? BigInt(value) : value);

function shown(value) {
  if (value === undefined) return null;
  return Number.isFinite(value) ? value : String(value);
}

const DO = {
  write(at, content) {
    new Uint8Array(memory.buffer).set(Buffer.from(content, "base64"), at);
    return null;
  },
  read: (at, length) => Buffer.from(memory.buffer, at, length).toString("base64"),
  call: (name, values) => shown(instance.exports[name](...values.map(given))),
};

process.stdout.write(JSON.stringify(steps.map(([kind, ...rest]) => DO[kind](...rest))));

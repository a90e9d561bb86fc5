// Calls functions of the modules that it was started with, as the lines that it reads ask.
import { createInterface } from "node:readline";

const modules = await Promise.all(process.argv.slice(2).map((path) => import(path)));
const known = Object.assign({}, ...modules);
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const [name, given] = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await known[name](...given)) ?? null };
  } catch (error) {
    answer = { error: error.message };
  }
  const plain = (_, v) => (ArrayBuffer.isView(v) ? Array.from(v) : v);
  console.log(JSON.stringify(answer, plain));
}

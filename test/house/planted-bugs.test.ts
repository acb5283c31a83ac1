// Checks that each planted bug still matches the compiled source. If this fails after a change, update its snippet in planted-bugs.ts.

import { readFileSync } from "node:fs";
import tap from "tap";
import { bugs } from "../sim/planted-bugs.js";

tap.test("each planted bug matches the compiled source", (t) => {
  for (const { name, file, right } of bugs)
    t.ok(readFileSync(`.build/src/${file}.js`, "utf8").includes(right), `${name}: ${file} has no "${right}"`);
  t.end();
});

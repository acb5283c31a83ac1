// Writes whole cycles of messages as fast as its pipe takes them, then reports when it began. It uses blocking writes of a
// megabyte, which cost almost no processor time. Usage: feeder TEXT_SIZE CYCLES.

import { writeSync } from "node:fs";
import { patternOf, repeated } from "./pattern.js";

const [textSize = 0, cycles = 0] = process.argv.slice(2).map(Number);
const { typed } = patternOf(textSize);
const block = repeated(typed, 1 << 20);

const began = process.hrtime.bigint();
for (let left = cycles * typed.length; left > 0;) left -= writeSync(1, block, 0, Math.min(left, block.length));
writeSync(3, `began ${String(began)}\n`);

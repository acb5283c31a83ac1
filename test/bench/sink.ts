// Reads Bob's output, compares every byte with the lines typed at Alice, and reports when the last one came.
// Usage: sink TEXT_SIZE CYCLES [bare]. `bare`: the input has no start-up text, and is exactly the typed lines.

import { readSync, writeSync } from "node:fs";
import { begin, patternOf, ready, repeated } from "./pattern.js";

const [textSize = 0, cycles = 0] = process.argv.slice(2).map(Number);
const bare = process.argv[4] === "bare";
const pattern = patternOf(textSize);
const unit = bare ? pattern.typed : pattern.shown;
const chunk = Buffer.alloc(1 << 20);
const expected = repeated(unit, unit.length + chunk.length);

const opening = new RegExp(`Alice : ${begin}\n`);

/** Reads until `last` matches. Returns the text after the match. */
function skipTo(last: RegExp, heard: string): string {
  let text = heard;
  for (;;) {
    const match = last.exec(text);
    if (match !== null) return text.slice(match.index + match[0].length);
    text += chunk.toString("latin1", 0, readSync(0, chunk));
  }
}

let early = bare ? "" : skipTo(ready, "");
writeSync(3, "ready\n");
if (!bare) early = skipTo(opening, early);
writeSync(3, "begun\n");
const whole = cycles * unit.length;
let total = 0;
let wrong = 0;
for (let got = chunk.write(early, "latin1") || readSync(0, chunk); got > 0; got = readSync(0, chunk)) {
  const at = total % unit.length;
  if (chunk.compare(expected, at, at + got, 0, got) !== 0) wrong += 1;
  if (total < whole && total + got >= whole) writeSync(3, `done ${String(process.hrtime.bigint())}\n`);
  total += got;
}
writeSync(3, `missing ${String(whole - total)} wrong ${String(wrong)}\n`);

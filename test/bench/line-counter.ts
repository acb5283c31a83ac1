// Counts lines on its stdin and writes "done" to descriptor 3 after LINES of them. Usage: line-counter LINES.

import { readSync, writeSync } from "node:fs";

const lineFeed = 10;
const chunk = Buffer.alloc(1 << 20);
let left = Number(process.argv[2]);

function countIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) count += 1;
  return count;
}

for (let got = readSync(0, chunk); got > 0; got = readSync(0, chunk)) {
  const before = left;
  left -= countIn(chunk.subarray(0, got));
  if (before > 0 && left <= 0) writeSync(3, "done\n");
}

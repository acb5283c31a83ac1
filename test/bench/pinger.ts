// Writes one line to Alice, waits until Bob shows it, and only then writes the next.
// Over IPC it sends "ready", receives a count, and answers with that many latencies in milliseconds.

import { readSync, writeSync } from "node:fs";
import { patternOf, ready } from "./pattern.js";

const { typed, shown, messages } = patternOf(32);
const chunk = Buffer.alloc(65_536);
const [line, echo] = [typed.subarray(0, typed.length / messages), shown.subarray(0, shown.length / messages)];

function hear(): Buffer {
  const size = readSync(0, chunk);
  if (size === 0) process.exit(1);
  return chunk.subarray(0, size);
}

function skipGreeting(): void {
  let heard = "";
  while (!ready.test(heard)) heard += hear().toString();
}

function ping(): number {
  const began = performance.now();
  writeSync(1, line);
  for (let left = echo.length; left > 0;) left -= hear().length;
  return performance.now() - began;
}

skipGreeting();
process.on("message", (count: number) => process.send?.(Array.from({ length: count }, ping)));
process.send?.("ready");

// Loaded into a measured process with --import: on SIGUSR2 it collects garbage and writes the remaining bytes to descriptor 3.
// Without it, random amounts of garbage would distort the memory figures.

import { writeSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

process.on("SIGUSR2", () => {
  // Compacts half-empty pages, as V8 does by itself in a process that is idle for half a minute.
  setFlagsFromString("--compact-on-every-full-gc");
  for (let pass = 0; pass < 3; pass += 1) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  writeSync(3, `collected ${String(heapUsed + external)}\n`);
});

// Loaded into a measured process with --import: on SIGUSR2 it collects the garbage and says on descriptor 3 what is left.
// Without it, two figures of memory differ by whatever garbage happened to lie around.

import { writeSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

process.on("SIGUSR2", () => {
  // In a process that is idle for half a minute the engine does this itself: it moves together what lies on half-empty pages.
  setFlagsFromString("--compact-on-every-full-gc");
  for (let pass = 0; pass < 3; pass += 1) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  writeSync(3, `collected ${String(heapUsed + external)}\n`);
});

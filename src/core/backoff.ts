// Delay before the next dial: exponential, half of it random so that a group does not retry at the same moment.

import { backoffFirstMs, backoffMaxMs } from "./limits.js";

/** Milliseconds. `failures` counts from 1; `random` is in [0, 1). */
export function backoffMs(failures: number, random: number): number {
  const ceiling = Math.min(backoffMaxMs, backoffFirstMs * 2 ** Math.min(failures - 1, 16));
  return ceiling * (0.5 + random / 2);
}

// Decides which of two connections with one peer carries our messages. Pure.
//
// An older program sends and reads on the connection that it accepted or dialled last. When both programs dial at once,
// each accepts the peer's connection after it started its own dial, so each must send on the one it dialled. When the
// peer dials long after we did, it has forgotten our connection and reads only the new one.
//
// With authenticated connections one is enough, and both programs prefer the same one.

import { crossingMs } from "../core/limits.js";

export interface Candidate {
  readonly dialled: boolean;
  /** When it opened, in milliseconds of the reactor's clock. */
  readonly openedAt: number;
  /** Both programs keep this one of two that crossed; undefined if they cannot agree on one. */
  readonly preferred: boolean | undefined;
}

/** Whether our messages move from `current` to `newer`, which has just opened. */
export function movesTo(newer: Candidate, current: Candidate): boolean {
  if (newer.dialled === current.dialled || newer.openedAt - current.openedAt >= crossingMs) return true;
  return newer.preferred ?? !current.dialled;
}

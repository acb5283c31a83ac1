// Two connections with one friend: which one carries our messages. Pure.
//
// An older program sends and reads on the connection that it accepted or dialled last. When both sides dial at once,
// each accepts the other's dial after its own went out, so each must send on the one it dialled itself. When it dials
// long after we did, it has forgotten ours, and only the new one is still read.
//
// Where the connection proves who is there, one is enough, and both sides prefer the same one.

import { crossingMs } from "../core/limits.js";

export interface Candidate {
  readonly dialled: boolean;
  /** When it stood, in milliseconds. */
  readonly stoodAt: number;
  /** Of two that crossed, the one that both sides keep; undefined where they cannot agree on one. */
  readonly preferred: boolean | undefined;
}

/** Whether our messages move from `current` to `newer`, which stands since now. */
export function movesTo(newer: Candidate, current: Candidate): boolean {
  if (newer.dialled === current.dialled || newer.stoodAt - current.stoodAt >= crossingMs) return true;
  return newer.preferred ?? !current.dialled;
}

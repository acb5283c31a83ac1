// Two connections with one friend: which one carries our messages. Pure.
//
// An older program sends and reads on the connection that it accepted or dialled last. When both sides dial at once,
// each accepts the other's dial after its own went out, so each must send on the one it dialled itself. When it dials
// long after we did, it has forgotten ours, and only the new one is still read.

import { crossingMs } from "../core/limits.js";

export interface Candidate {
  readonly dialled: boolean;
  /** When it stood, in milliseconds. */
  readonly stoodAt: number;
}

/** Whether our messages move from `current` to `newer`, which stands since now. */
export function movesTo(newer: Candidate, current: Candidate): boolean {
  const crossed = current.dialled && !newer.dialled && newer.stoodAt - current.stoodAt < crossingMs;
  return !crossed;
}

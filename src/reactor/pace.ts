// How soon a turn may follow others that came for connections alone, where a person looks on: the first ones at once, a flood
// once for each frame that a screen shows. Each commit then holds what came in a frame, and keys find the program idle.

import { frameMs, turnsAtOnce } from "../core/limits.js";

export class Pace {
  /** When the next turn would come, had all of them kept to the rate. */
  #next = -Infinity;

  /** Of one more turn, in whole milliseconds; 0 where it need not wait. */
  delay(nowMs: number): number {
    const delayMs = Math.max(0, Math.trunc(this.#next - (turnsAtOnce - 1) * frameMs - nowMs));
    this.#next = Math.max(this.#next, nowMs) + frameMs;
    return delayMs;
  }
}

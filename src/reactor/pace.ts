// Limits the rate of turns for connections alone at a terminal: the first ones run at once, a flood runs once per frame
// of the screen. Each commit then holds the messages of a whole frame, and the program has time for key presses.

import { frameMs, turnsAtOnce } from "../core/limits.js";

export class Pace {
  /** When the next turn would run if all earlier ones had kept to the rate. */
  #next = -Infinity;

  /** The delay of the next turn in whole milliseconds; 0 if it runs at once. */
  delay(nowMs: number): number {
    const delayMs = Math.max(0, Math.trunc(this.#next - (turnsAtOnce - 1) * frameMs - nowMs));
    this.#next = Math.max(this.#next, nowMs) + frameMs;
    return delayMs;
  }
}

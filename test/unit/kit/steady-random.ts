// A deterministic Random: the middle of every range, and hexadecimal names that count upwards.

import type { Random } from "../../../src/ports.js";

export class SteadyRandom implements Random {
  #names = 0;

  next(): number {
    return 0.5;
  }

  /** Returns a new value at each call. */
  hex(bytes: number): string {
    this.#names += 1;
    return this.#names.toString(16).padStart(2 * bytes, "0");
  }
}

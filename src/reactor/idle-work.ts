// Runs background work in idle times: it begins after a quiet time without a stamp and continues in slices until it is
// done. Stamping is cheap, and a program without work to do is not woken.

import type { Reactor } from "./reactor.js";
import type { Timer } from "./timer-wheel.js";

export interface IdleWorkParts {
  /** Time without a stamp before the work begins. */
  readonly quietMs: number;
  /** Pause between two slices. */
  readonly pauseMs: number;
  /** Does one bounded slice. Returns true if there is more to do. */
  work(): boolean;
}

export class IdleWork {
  readonly #reactor: Reactor;
  readonly #parts: IdleWorkParts;
  #stampedAt = 0;
  #timer: Timer | undefined;

  constructor(reactor: Reactor, parts: IdleWorkParts) {
    this.#reactor = reactor;
    this.#parts = parts;
  }

  /** Reports activity that created work: restarts the quiet time. */
  stamp(): void {
    this.#stampedAt = this.#reactor.now;
    if (this.#timer?.pending !== true) this.#after(this.#parts.quietMs);
  }

  #after(delayMs: number): void {
    this.#timer = this.#reactor.wheel.after(delayMs, () => this.#onDue());
  }

  #onDue(): void {
    const quiet = this.#stampedAt + this.#parts.quietMs - this.#reactor.now;
    if (quiet > 0) this.#after(quiet);
    else if (this.#parts.work()) this.#after(this.#parts.pauseMs);
  }
}

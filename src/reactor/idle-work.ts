// Work for quiet times: it begins when nothing was stamped for a while, and goes on in slices until there is none left.
// Stamping is cheap; an idle daemon is not woken once the work is done.

import type { Reactor } from "./reactor.js";
import type { Timer } from "./timer-wheel.js";

export interface IdleWorkParts {
  /** How long it must have been quiet. */
  readonly quietMs: number;
  /** Between two slices. */
  readonly pauseMs: number;
  /** A slice, bounded; true: there is more. */
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

  /** There is something to do, and somebody busy. */
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

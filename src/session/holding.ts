// A newer connection is not read while an older one with the same friend drains: what was said first is shown first.

import { holdMs } from "../core/limits.js";
import type { TimerWheel, Timer } from "../reactor/timer-wheel.js";

interface Readable {
  pause(): void;
  resume(): void;
}

export class Holding {
  readonly #wheel: TimerWheel;
  readonly #held = new Set<Readable>();
  #timer: Timer | undefined;

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel;
  }

  /** Until `release`, but no longer than the hold time. */
  hold(link: Readable): void {
    this.#held.add(link);
    link.pause();
    if (this.#timer?.pending !== true) this.#timer = this.#wheel.after(holdMs, () => this.release());
  }

  forget(link: Readable): void {
    this.#held.delete(link);
  }

  release(): void {
    this.#timer?.cancel();
    for (const link of this.#held) link.resume();
    this.#held.clear();
  }
}

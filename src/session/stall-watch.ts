// Whether a friend who should be taking messages has taken none for the stall period.

import { stallMs } from "../core/limits.js";
import type { Timer, TimerWheel } from "../reactor/timer-wheel.js";

export class StallWatch {
  readonly #wheel: TimerWheel;
  readonly #onChange: () => void;
  #timer: Timer | undefined;
  #stalled = false;

  constructor(wheel: TimerWheel, onChange: () => void) {
    this.#wheel = wheel;
    this.#onChange = onChange;
  }

  get stalled(): boolean {
    return this.#stalled;
  }

  /** Something is on its way. */
  start(): void {
    this.cancel();
    this.#timer = this.#wheel.after(stallMs, () => this.#set(true));
  }

  /** It was taken, or has no way any more. */
  stop(): void {
    this.cancel();
    this.#set(false);
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  #set(stalled: boolean): void {
    this.#stalled = stalled;
    this.#onChange();
  }
}

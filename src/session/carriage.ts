// What is being written to a friend: over which connection, whether the kernel has it all, and how soon more may follow.

import type { Timer, TimerWheel } from "../reactor/timer-wheel.js";
import type { Link } from "./link.js";
import { StallWatch } from "./stall-watch.js";

export interface WriteEvents {
  /** Whether the friend has taken nothing for the stall period may have changed. */
  onProgress(): void;
  /** The pause between two writes is over. */
  onRested(): void;
}

export class WriteState {
  readonly #wheel: TimerWheel;
  readonly #events: WriteEvents;
  readonly #stallWatch: StallWatch;
  /** The connection whose kernel has not yet taken all that was carried. */
  #link: Link | undefined;
  #rest: Timer | undefined;
  /** The friend takes no more until more was shown there. */
  #starving = false;

  constructor(wheel: TimerWheel, events: WriteEvents) {
    this.#wheel = wheel;
    this.#events = events;
    this.#stallWatch = new StallWatch(wheel, () => events.onProgress());
  }

  get stalled(): boolean {
    return this.#stallWatch.stalled;
  }

  get free(): boolean {
    return this.#link === undefined && this.#rest?.pending !== true;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  begin(link: Link): void {
    this.#link = link;
  }

  /** The kernel has not taken it at once. */
  wait(): void {
    this.#stallWatch.start();
  }

  /** Taken, or not to be taken any more. Returns the connection that carried it. */
  end(restMs = 0): Link | undefined {
    const link = this.#link;
    this.#link = undefined;
    this.#stallWatch.stop();
    if (restMs > 0) this.#rest = this.#wheel.after(restMs, () => this.#events.onRested());
    return link;
  }

  starve(starving: boolean): void {
    if (starving && !this.#starving) this.wait();
    if (!starving && this.#starving) this.ease();
    this.#starving = starving;
  }

  /** Nothing but what is being carried counts as waiting. */
  ease(): void {
    if (this.#link === undefined) this.#stallWatch.stop();
  }

  cancel(): void {
    this.#stallWatch.cancel();
    this.#rest?.cancel();
  }
}

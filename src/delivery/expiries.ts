// For whom something expires next: one alarm for all friends, set again by the wall clock, which may jump.

import { storeRetryMs, wallClockTrustMs } from "../core/limits.js";
import type { Clock } from "../ports.js";
import type { Friend } from "./friend.js";

/** Runs something in a turn, `delayMs` or more from now. */
export type Alarm = (delayMs: number, run: () => void) => { cancel(): void };

export class Expiries {
  readonly #clock: Clock;
  readonly #alarm: Alarm | undefined;
  readonly #onDue: (friend: Friend) => void;
  readonly #times = new Map<Friend, number>();
  #armedFor = Infinity;
  #timer: ReturnType<Alarm> | undefined;

  constructor(clock: Clock, alarm: Alarm | undefined, onDue: (friend: Friend) => void) {
    this.#clock = clock;
    this.#alarm = alarm;
    this.#onDue = onDue;
  }

  set(friend: Friend): void {
    const time = friend.nextExpiry;
    if (this.#times.get(friend) === time) return;
    if (time === undefined) this.#times.delete(friend);
    else this.#times.set(friend, time);
    this.#arm();
  }

  /** Everybody else has left. */
  keep(friends: Iterable<Friend>): void {
    const here = new Set(friends);
    for (const friend of this.#times.keys()) if (!here.has(friend)) this.#times.delete(friend);
    this.#arm();
  }

  #arm(): void {
    const next = [...this.#times.values()].reduce((least, time) => Math.min(least, time), Infinity);
    if (next === this.#armedFor) return;
    this.#timer?.cancel();
    this.#armedFor = next;
    if (next === Infinity) return;
    const delayMs = next - this.#clock.wallTime();
    // What is due already has just been tried in vain.
    const waitMs = delayMs > 0 ? Math.min(delayMs, wallClockTrustMs) : storeRetryMs;
    this.#timer = this.#alarm?.(waitMs, () => this.#ring());
  }

  #ring(): void {
    this.#armedFor = Infinity;
    const now = this.#clock.wallTime();
    for (const [friend, time] of this.#times) if (time <= now) this.#onDue(friend);
    this.#arm();
  }
}

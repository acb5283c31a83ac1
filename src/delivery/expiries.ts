// One timer for the earliest message expiry among all friends. The wall clock may jump, so it is read again from time
// to time.

import { storeRetryMs, wallClockTrustMs } from "../core/limits.js";
import type { Clock } from "../ports.js";
import type { Friend } from "./friend.js";

/** Calls `run` in a turn, after at least `delayMs`. */
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

  /** Reads `friend.nextExpiry` again. */
  set(friend: Friend): void {
    const time = friend.nextExpiry;
    if (this.#times.get(friend) === time) return;
    if (time === undefined) this.#times.delete(friend);
    else this.#times.set(friend, time);
    this.#arm();
  }

  /** Forgets all other friends. */
  retainOnly(friends: Iterable<Friend>): void {
    const kept = new Set(friends);
    for (const friend of this.#times.keys()) if (!kept.has(friend)) this.#times.delete(friend);
    this.#arm();
  }

  #arm(): void {
    const next = [...this.#times.values()].reduce((least, time) => Math.min(least, time), Infinity);
    if (next === this.#armedFor) return;
    this.#timer?.cancel();
    this.#armedFor = next;
    if (next === Infinity) return;
    const delayMs = next - this.#clock.wallTime();
    // An expiry that is already due was just tried and could not be stored.
    const waitMs = delayMs > 0 ? Math.min(delayMs, wallClockTrustMs) : storeRetryMs;
    this.#timer = this.#alarm?.(waitMs, () => this.#onAlarm());
  }

  #onAlarm(): void {
    this.#armedFor = Infinity;
    const now = this.#clock.wallTime();
    for (const [friend, time] of this.#times) if (time <= now) this.#onDue(friend);
    this.#arm();
  }
}

// A clock that the test advances; it then calls every timer in order. It also counts the timers requested, to detect a
// wheel that spins.

import type { Cancel, Clock } from "../../../src/ports.js";

interface Armed {
  readonly at: number;
  readonly callback: () => void;
}

const roundsMax = 10_000;
const wallTimeAtZero = 1_700_000_000_000;

export class VirtualClock implements Clock {
  #now: number;
  #set = 0;
  readonly #armed = new Set<Armed>();
  #polls: (() => void)[] = [];
  /** The number of timers ever requested. */
  asked = 0;

  constructor(startMs = 0) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return wallTimeAtZero + this.#now + this.#set;
  }

  /** Sets the wall clock, as a user may do. */
  setWall(time: number): void {
    this.#set = time - wallTimeAtZero - this.#now;
  }

  after(delayMs: number, callback: () => void): Cancel {
    this.asked += 1;
    const armed = { at: this.#now + delayMs, callback };
    this.#armed.add(armed);
    return () => this.#armed.delete(armed);
  }

  endOfPoll(callback: () => void): void {
    this.#polls.push(callback);
  }

  /** The number of armed timers. */
  get pending(): number {
    return this.#armed.size;
  }

  /** Runs one poll: the callbacks requested until now. */
  poll(): void {
    const due = this.#polls;
    this.#polls = [];
    for (const callback of due) callback();
  }

  /** Polls until nothing is left to do at this instant. */
  settle(): void {
    for (let round = 0; this.#polls.length > 0; round += 1) {
      if (round > roundsMax) throw new Error("the program does not settle");
      this.poll();
    }
  }

  /** Advances the time by `ms`; every timer is called at its due time. */
  advance(ms: number): void {
    const until = this.#now + ms;
    this.settle();
    for (let next = this.#next(until); next !== undefined; next = this.#next(until)) {
      this.#armed.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      this.settle();
    }
    this.#now = until;
  }

  /** Advances the time at once, as if the machine slept; due timers are called only afterwards. */
  jump(ms: number): void {
    this.#now += ms;
    this.fireDue();
  }

  /** Calls the due timers only. */
  fireDue(): void {
    for (const armed of [...this.#armed]) if (armed.at <= this.#now) this.#fire(armed);
    this.settle();
  }

  /** Calls every armed timer before its time, like a stopped clock while the kernel's timers run. */
  fireEarly(): void {
    for (const armed of [...this.#armed]) this.#fire(armed);
    this.settle();
  }

  #fire(armed: Armed): void {
    this.#armed.delete(armed);
    armed.callback();
  }

  #next(until: number): Armed | undefined {
    const due = [...this.#armed].filter((armed) => armed.at <= until);
    return due.sort((a, b) => a.at - b.at)[0];
  }
}

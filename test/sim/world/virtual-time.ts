// Simulated time. Events at one instant run in the order in which they were created.

import type { Cancel, Clock } from "../../../src/ports.js";

interface Event {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

export class VirtualTime {
  readonly #heap: Event[] = [];
  #now = 0;
  #made = 0;
  #ran = 0;
  /** Called after every event: the place for checkers. */
  afterEvent: () => void = () => undefined;

  get now(): number {
    return this.#now;
  }

  /** Number of events that have run. */
  get events(): number {
    return this.#ran;
  }

  after(delayMs: number, run: () => void): Cancel {
    return this.at(this.#now + Math.max(0, delayMs), run);
  }

  at(atMs: number, run: () => void): Cancel {
    const event: Event = { at: atMs, order: (this.#made += 1), run };
    this.#push(event);
    return () => {
      event.run = undefined;
    };
  }

  /** Runs every event up to `untilMs` and sets the time to it. Throws if the events never end. */
  runUntil(untilMs: number, eventsMax = 2_000_000): void {
    const stop = this.#ran + eventsMax;
    for (let event = this.#heap[0]; event !== undefined && event.at <= untilMs; event = this.#heap[0]) {
      this.#pop();
      this.#runOne(event);
      if (this.#ran > stop) throw new Error(`more than ${eventsMax} events before ${untilMs} ms: something spins`);
    }
    this.#now = Math.max(this.#now, untilMs);
  }

  runFor(durationMs: number): void {
    this.runUntil(this.#now + durationMs);
  }

  #runOne(event: Event): void {
    this.#now = event.at;
    if (event.run === undefined) return;
    this.#ran += 1;
    event.run();
    this.afterEvent();
  }

  #push(event: Event): void {
    this.#heap.push(event);
    for (let child = this.#heap.length - 1; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!this.#before(child, parent)) break;
      this.#swap(child, parent);
      child = parent;
    }
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let parent = 0; ;) {
      const left = 2 * parent + 1;
      const child = left + 1 < this.#heap.length && this.#before(left + 1, left) ? left + 1 : left;
      if (child >= this.#heap.length || !this.#before(child, parent)) break;
      this.#swap(child, parent);
      parent = child;
    }
  }

  #before(one: number, other: number): boolean {
    const a = this.#heap[one] as Event;
    const b = this.#heap[other] as Event;
    return a.at === b.at ? a.order < b.order : a.at < b.at;
  }

  #swap(one: number, other: number): void {
    const held = this.#heap[one] as Event;
    this.#heap[one] = this.#heap[other] as Event;
    this.#heap[other] = held;
  }
}

/** One machine's clock: events of a frozen machine run when it thaws. */
export class VirtualClock implements Clock {
  readonly #time: VirtualTime;
  #ready: (() => void)[] = [];
  #frozenUntil = 0;
  /** Milliseconds by which the wall clock was set forward or back. */
  wallOffsetMs = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** Like epoll: handles all ready events in one round, in order; events that become ready meanwhile wait for the next. */
  ready(handle: () => void, pollDelayMs: number): void {
    this.#ready.push(handle);
    if (this.#ready.length === 1) this.after(pollDelayMs, () => this.#poll());
  }

  #poll(): void {
    const round = this.#ready;
    this.#ready = [];
    for (const handle of round) handle();
  }

  now(): number {
    return this.#time.now;
  }

  wallTime(): number {
    return 1_700_000_000_000 + Math.floor(this.#time.now + this.wallOffsetMs);
  }

  after(delayMs: number, callback: () => void): Cancel {
    let cancel = this.#time.after(delayMs, () => {
      if (this.#frozenUntil <= this.#time.now) callback();
      else cancel = this.#time.at(this.#frozenUntil, callback);
    });
    return () => cancel();
  }

  endOfPoll(callback: () => void): void {
    this.after(0, callback);
  }

  /** Like SIGSTOP or a closed lid: nothing runs on this machine for a while; time passes elsewhere. */
  freeze(durationMs: number): void {
    this.#frozenUntil = Math.max(this.#frozenUntil, this.#time.now + durationMs);
  }
}

/** The clock of one life of a program: its timers do not run in the next life. */
export class LifeClock implements Clock {
  readonly #clock: VirtualClock;
  #alive = true;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  wallTime(): number {
    return this.#clock.wallTime();
  }

  after(delayMs: number, callback: () => void): Cancel {
    return this.#clock.after(delayMs, () => this.#alive && callback());
  }

  endOfPoll(callback: () => void): void {
    this.#clock.endOfPoll(() => this.#alive && callback());
  }

  end(): void {
    this.#alive = false;
  }
}

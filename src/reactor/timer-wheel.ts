// Hashed timing wheel, scheme 6 of Varghese & Lauck (SOSP 1987): starting and stopping a timer cost O(1).
// It promises never to fire early by its clock, which counts whole milliseconds, and while that runs, at most one tick late.
// It refuses to poll: one clock timer is armed for the next occupied slot, so an idle program is not woken for empty ones.

import type { Cancel, Clock } from "../ports.js";

export const tickMs = 20;

// 8192 ticks of 20 ms are 164 s: the default idle timeout fits in one revolution and costs a single wake-up.
const slotCount = 8_192;
const slotMask = slotCount - 1;

/** Whoever waits for one thing alone may be its own callback: a closure weighs more than a timer, and there are thousands. */
export interface Due {
  onDue(): void;
}

/** A place in a circular list whose head is a timer too, so that unlinking knows no special case. */
export class Timer {
  previous: Timer = this;
  next: Timer = this;
  readonly dueTick: number;
  readonly callback: Due | (() => void);
  readonly wheel: TimerWheel;

  constructor(wheel: TimerWheel, dueTick: number, callback: Due | (() => void)) {
    this.wheel = wheel;
    this.dueTick = dueTick;
    this.callback = callback;
  }

  get pending(): boolean {
    return this.next !== this;
  }

  run(): void {
    if (typeof this.callback === "function") this.callback();
    else this.callback.onDue();
  }

  /** Safe at any time, from inside any callback, and more than once. */
  cancel(): void {
    this.wheel.remove(this);
  }
}

/** For the heads of lists, of which there may be one for each slot. */
const nobody = (): void => undefined;

export class TimerWheel {
  readonly #clock: Clock;
  readonly #post: (task: () => void) => void;
  readonly #origin: number;
  readonly #slots: (Timer | undefined)[] = Array.from({ length: slotCount });
  readonly #occupied = new Uint32Array(slotCount / 32);
  /** Timers that are due and not yet called: kept here so that one callback may cancel another, or throw. */
  readonly #due = this.#emptyList();
  #doneTick = 0;
  #size = 0;
  #armedTick = Infinity;
  #disarm: Cancel | undefined;

  /** `post` brings the clock's wake-up into a turn, where the callbacks run. */
  constructor(clock: Clock, post: (task: () => void) => void) {
    this.#clock = clock;
    this.#post = post;
    this.#origin = clock.now();
  }

  get size(): number {
    return this.#size;
  }

  /** `callback` runs once, no sooner than `delayMs` from now. */
  after(delayMs: number, callback: Due | (() => void)): Timer {
    const due = Math.ceil((this.#clock.now() - this.#origin + delayMs) / tickMs);
    const timer = new Timer(this, Math.max(due, this.#doneTick + 1), callback);
    insertBefore(this.#head(timer.dueTick & slotMask), timer);
    this.#mark(timer.dueTick & slotMask);
    this.#size += 1;
    if (timer.dueTick < this.#armedTick) this.#arm(timer.dueTick);
    return timer;
  }

  remove(timer: Timer): void {
    if (!timer.pending) return;
    unlink(timer);
    this.#clearIfEmpty(timer.dueTick & slotMask);
    this.#size -= 1;
    if (this.#size === 0) this.#standDown();
  }

  /** Drops every timer. */
  clear(): void {
    for (const head of [...this.#slots, this.#due]) while (head !== undefined && head.next !== head) unlink(head.next);
    this.#occupied.fill(0);
    this.#size = 0;
    this.#standDown();
  }

  /** Runs what is due. However long the clock stood still or slept, each slot is looked at once. */
  advance(): void {
    const nowTick = Math.floor((this.#clock.now() - this.#origin) / tickMs);
    const first = Math.max(this.#doneTick + 1, nowTick - slotCount + 1);
    for (let tick = this.#nextOccupied(first); tick <= nowTick; tick = this.#nextOccupied(tick + 1))
      this.#collect(tick & slotMask, nowTick);
    this.#doneTick = Math.max(this.#doneTick, nowTick);
    this.#rearm();
    this.#run();
  }

  #collect(slot: number, nowTick: number): void {
    const head = this.#head(slot);
    for (let node = head.next; node !== head;) {
      const timer = node;
      node = node.next;
      if (timer.dueTick > nowTick) continue;
      unlink(timer);
      insertBefore(this.#due, timer);
    }
    this.#clearIfEmpty(slot);
  }

  #run(): void {
    while (this.#due.next !== this.#due) {
      const timer = this.#due.next;
      unlink(timer);
      this.#size -= 1;
      timer.run();
    }
    if (this.#size === 0) this.#standDown();
  }

  #rearm(): void {
    this.#standDown();
    const tick = this.#nextOccupied(this.#doneTick + 1);
    if (tick !== Infinity) this.#arm(tick);
  }

  #arm(tick: number): void {
    this.#disarm?.();
    this.#armedTick = tick;
    const delayMs = Math.max(1, this.#origin + tick * tickMs - this.#clock.now());
    this.#disarm = this.#clock.after(delayMs, () => this.#post(() => this.advance()));
  }

  #standDown(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    this.#armedTick = Infinity;
  }

  /** The first tick from `from` on whose slot holds a timer; Infinity past one revolution. */
  #nextOccupied(from: number): number {
    for (let tick = from; tick < from + slotCount + 32;) {
      const slot = tick & slotMask;
      const rest = (this.#occupied[slot >> 5] as number) >>> (slot & 31);
      if (rest !== 0) return tick + trailingZeros(rest);
      tick += 32 - (slot & 31);
    }
    return Infinity;
  }

  #emptyList(): Timer {
    return new Timer(this, Infinity, nobody);
  }

  #head(slot: number): Timer {
    return (this.#slots[slot] ??= this.#emptyList());
  }

  #mark(slot: number): void {
    this.#occupied[slot >> 5] = (this.#occupied[slot >> 5] as number) | (1 << (slot & 31));
  }

  /** An empty slot must not wake the program. */
  #clearIfEmpty(slot: number): void {
    const head = this.#head(slot);
    if (head.next !== head) return;
    this.#occupied[slot >> 5] = (this.#occupied[slot >> 5] as number) & ~(1 << (slot & 31));
  }
}

function insertBefore(place: Timer, node: Timer): void {
  node.previous = place.previous;
  node.next = place;
  place.previous.next = node;
  place.previous = node;
}

function unlink(node: Timer): void {
  node.previous.next = node.next;
  node.next.previous = node.previous;
  node.previous = node;
  node.next = node;
}

const trailingZeros = (word: number): number => 31 - Math.clz32(word & -word);

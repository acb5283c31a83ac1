// Hashed timing wheel, scheme 6 of Varghese & Lauck (SOSP 1987): starting and stopping a timer cost O(1). A timer never
// fires early by the clock, which counts whole milliseconds, and at most one tick late while the clock runs. It does
// not poll: one clock timer is armed for the next occupied slot, so an idle program is not woken for empty ones.

import type { Cancel, Clock } from "../ports.js";

export const tickMs = 20;

// 8192 ticks of 20 ms are 164 s: the default idle timeout fits in one revolution and costs a single wake-up.
const slotCount = 8_192;
const slotMask = slotCount - 1;

/**
 * An alternative to a callback function: with thousands of timers, a closure for each would take more memory than the
 * timer.
 */
export interface Due {
  onDue(): void;
}

/** A node of a circular doubly linked list. The list's head is a Timer too, so unlinking needs no special case. */
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

/** The callback of list heads. */
const noCallback = (): void => undefined;

export class TimerWheel {
  readonly #clock: Clock;
  readonly #post: (task: () => void) => void;
  readonly #origin: number;
  readonly #slots: (Timer | undefined)[] = Array.from({ length: slotCount });
  readonly #occupied = new Uint32Array(slotCount / 32);
  /** Due timers that were not called yet. They stay in a list so that a callback may cancel another one or throw. */
  readonly #due = this.#emptyList();
  #doneTick = 0;
  #size = 0;
  #armedTick = Infinity;
  #cancelClock: Cancel | undefined;

  /** `post` runs its task in a turn; timer callbacks run there. */
  constructor(clock: Clock, post: (task: () => void) => void) {
    this.#clock = clock;
    this.#post = post;
    this.#origin = clock.now();
  }

  get size(): number {
    return this.#size;
  }

  /** `callback` runs once, `delayMs` or more from now. */
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
    if (this.#size === 0) this.#disarmClock();
  }

  /** Cancels every timer. */
  clear(): void {
    for (const head of [...this.#slots, this.#due]) while (head !== undefined && head.next !== head) unlink(head.next);
    this.#occupied.fill(0);
    this.#size = 0;
    this.#disarmClock();
  }

  /** Runs the due timers. It visits each slot at most once, however long the machine slept. */
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
    if (this.#size === 0) this.#disarmClock();
  }

  #rearm(): void {
    this.#disarmClock();
    const tick = this.#nextOccupied(this.#doneTick + 1);
    if (tick !== Infinity) this.#arm(tick);
  }

  #arm(tick: number): void {
    this.#cancelClock?.();
    this.#armedTick = tick;
    const delayMs = Math.max(1, this.#origin + tick * tickMs - this.#clock.now());
    this.#cancelClock = this.#clock.after(delayMs, () => this.#post(() => this.advance()));
  }

  #disarmClock(): void {
    this.#cancelClock?.();
    this.#cancelClock = undefined;
    this.#armedTick = Infinity;
  }

  /** The first tick from `from` on whose slot contains a timer; Infinity if there is none within one revolution. */
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
    return new Timer(this, Infinity, noCallback);
  }

  #head(slot: number): Timer {
    return (this.#slots[slot] ??= this.#emptyList());
  }

  #mark(slot: number): void {
    this.#occupied[slot >> 5] = (this.#occupied[slot >> 5] as number) | (1 << (slot & 31));
  }

  /** Marks an empty slot as free, so that it does not wake the program. */
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

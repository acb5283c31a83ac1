// The write under way to one peer: which connection carries it, whether the kernel has taken all of it, whether the peer
// has taken nothing for the stall period, and when the next write may start.

import { stallMs } from "../core/limits.js";
import type { Timer, TimerWheel } from "../reactor/timer-wheel.js";
import type { Link } from "./link.js";

export interface WriteEvents {
  /** `stalled` may have changed. */
  onProgress(): void;
  /** The pause between two writes is over. */
  onPauseEnded(): void;
}

export class WriteState {
  readonly #wheel: TimerWheel;
  readonly #events: WriteEvents;
  /** The connection whose kernel has not yet taken all that was carried. */
  #link: Link | undefined;
  #pauseTimer: Timer | undefined;
  /** The peer takes no messages until it grants more credit. */
  #awaitingCredit = false;
  #stallTimer: Timer | undefined;
  #stalled = false;

  constructor(wheel: TimerWheel, events: WriteEvents) {
    this.#wheel = wheel;
    this.#events = events;
  }

  /** The peer should be taking messages, and has taken none for the stall period. */
  get stalled(): boolean {
    return this.#stalled;
  }

  get free(): boolean {
    return this.#link === undefined && this.#pauseTimer?.pending !== true;
  }

  get link(): Link | undefined {
    return this.#link;
  }

  begin(link: Link): void {
    this.#link = link;
  }

  /** Starts the stall timer: the kernel did not take the write at once, or a dial has started. */
  startWaiting(): void {
    this.#stallTimer?.cancel();
    this.#stallTimer = this.#wheel.after(stallMs, () => this.#setStalled(true));
  }

  /** The write was taken or given up. Returns the connection that carried it. */
  end(pauseMs = 0): Link | undefined {
    const link = this.#link;
    this.#link = undefined;
    this.#endStall();
    if (pauseMs > 0) this.#pauseTimer = this.#wheel.after(pauseMs, () => this.#events.onPauseEnded());
    return link;
  }

  awaitCredit(awaiting: boolean): void {
    if (awaiting && !this.#awaitingCredit) this.startWaiting();
    if (!awaiting && this.#awaitingCredit) this.stopWaiting();
    this.#awaitingCredit = awaiting;
  }

  /** Stops the stall timer unless a write is still under way. */
  stopWaiting(): void {
    if (this.#link === undefined) this.#endStall();
  }

  cancel(): void {
    this.#stallTimer?.cancel();
    this.#pauseTimer?.cancel();
  }

  #endStall(): void {
    this.#stallTimer?.cancel();
    this.#setStalled(false);
  }

  #setStalled(stalled: boolean): void {
    this.#stalled = stalled;
    this.#events.onProgress();
  }
}

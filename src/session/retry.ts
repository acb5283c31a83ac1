// When to dial again: later after each failure, sooner when somebody asks.

import { backoffMs } from "../core/backoff.js";
import { dialBurst, dialsPerSecond, hastenedRetryMs } from "../core/limits.js";
import { TokenBucket } from "../core/token-bucket.js";
import type { Random } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";

export class Retry {
  readonly #reactor: Reactor;
  readonly #random: Random;
  readonly #onDue: () => void;
  /** Dials since a word was last heard. */
  #dials = 0;
  /** A friend who always has a word, and leaves after it, does not keep us dialling. */
  readonly #often: TokenBucket;
  #tooOften = false;
  #dueAt = 0;
  #timer: Timer | undefined;

  constructor(reactor: Reactor, random: Random, onDue: () => void) {
    this.#reactor = reactor;
    this.#random = random;
    this.#onDue = onDue;
    this.#often = new TokenBucket({ perSecond: dialsPerSecond, burst: dialBurst, nowMs: reactor.now });
  }

  /** When the next dial is due, if one is. */
  get at(): number | undefined {
    return this.#timer?.pending === true ? this.#dueAt : undefined;
  }

  /** Whether the next dial should wait: the last one led to nothing, or there were too many. */
  get cautious(): boolean {
    return this.#dials > 0 || this.#tooOften;
  }

  dialled(): void {
    this.#dials += 1;
    this.#tooOften = !this.#often.take(this.#reactor.now);
  }

  /** A word was heard, or the connection ended in peace. Connecting alone proves nothing. */
  forgive(): void {
    this.#dials = 0;
  }

  /** A connection for one message has carried it: the next message may have its own at once. */
  done(): void {
    this.#dials = 0;
    this.#tooOften = false;
  }

  schedule(): void {
    this.#after(backoffMs(Math.max(1, this.#dials), this.#random.next()));
  }

  /** Whoever types another line expects a try soon, not at the end of a long back-off, and others soon after it. */
  hasten(): void {
    if (this.#dueAt - this.#reactor.now <= hastenedRetryMs) return;
    this.#dials = Math.min(this.#dials, 1);
    this.#after(hastenedRetryMs);
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  #after(delayMs: number): void {
    this.cancel();
    this.#dueAt = this.#reactor.now + delayMs;
    this.#timer = this.#reactor.wheel.after(delayMs, this.#onDue);
  }
}

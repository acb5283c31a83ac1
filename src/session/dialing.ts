// Dialing one peer: the dial under way with its time limit, and when the next dial is due (later after each failure).

import { backoffMs } from "../core/backoff.js";
import { reasonOf } from "../core/errors.js";
import { attemptsKept, dialBurst, dialMs, dialsPerSecond, hastenedRetryMs } from "../core/limits.js";
import { TokenBucket } from "../core/token-bucket.js";
import type { Endpoint } from "../core/types.js";
import type { Account, Attempt } from "../core/why.js";
import type { Random } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";
import type { Link } from "./link.js";

const none: readonly Attempt[] = [];

export class Dial {
  readonly #reactor: Reactor;
  #link: Link | undefined;
  #outdated = false;
  #timer: Timer | undefined;
  #limit = 0;
  #attempts: readonly Attempt[] = none;

  constructor(reactor: Reactor) {
    this.#reactor = reactor;
  }

  /** Whether it goes to an address or in a dialect that the row no longer has. */
  get outdated(): boolean {
    return this.#outdated;
  }

  get out(): boolean {
    return this.#link !== undefined;
  }

  is(link: Link): boolean {
    return link === this.#link;
  }

  /** The last dials, oldest first, and when the next one is due. */
  account(next: { readonly at: number | undefined }): Pick<Account, "attempts" | "retryAt"> {
    return { attempts: this.#attempts, retryAt: next.at };
  }

  start(link: Link, { host, port }: Endpoint): void {
    this.#link = link;
    this.#attempts = [
      ...this.#attempts.slice(1 - attemptsKept),
      { host, port, at: this.#reactor.now, result: undefined },
    ];
    this.#outdated = false;
    this.limit(dialMs);
  }

  /** At most that long from now; an earlier limit stands. */
  limit(limitMs: number): void {
    const limit = this.#reactor.now + limitMs;
    if (this.#timer?.pending === true && limit >= this.#limit) return;
    this.#limit = limit;
    this.#timer?.cancel();
    this.#timer = this.#reactor.wheel.after(limitMs, () => this.#link?.break(reasonOf("ETIMEDOUT")));
  }

  /** The row has changed: whoever hears of the failure dials anew. */
  outdate(): void {
    this.#outdated = this.#link !== undefined;
  }

  stood(): void {
    this.#end("reached");
  }

  failed(reason: string): void {
    this.#end({ reason });
  }

  /** Nobody wants to hear of it any more. */
  giveUp(): void {
    const link = this.#link;
    this.#end({ reason: "not needed any more" });
    link?.destroy();
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  #end(result: Attempt["result"]): void {
    const last = this.#attempts.at(-1);
    if (this.#link !== undefined && last !== undefined)
      this.#attempts = [...this.#attempts.slice(0, -1), { ...last, result }];
    this.#link = undefined;
    this.cancel();
  }
}

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

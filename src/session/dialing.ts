// Dialing one peer: the dial under way with its time limit, and when the next dial is due (later after each failure).

import { backoffMs } from "../core/backoff.js";
import { reasonOf } from "../core/errors.js";
import { attemptsKept, dialBurst, dialMs, dialsPerSecond, hastenedRetryMs } from "../core/limits.js";
import { TokenBucket } from "../core/token-bucket.js";
import type { Endpoint } from "../core/types.js";
import type { DeliveryReport, Attempt } from "../core/why.js";
import type { Random } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";
import type { Link } from "./link.js";

const none: readonly Attempt[] = [];

/** The dial under way, if any, its time limit, and the results of the last dials. */
export class Dial {
  readonly #reactor: Reactor;
  #link: Link | undefined;
  #outdated = false;
  #timer: Timer | undefined;
  #limitAt = 0;
  #attempts: readonly Attempt[] = none;

  constructor(reactor: Reactor) {
    this.#reactor = reactor;
  }

  /** Whether the dial uses an address or a dialect that the peer's row no longer has. */
  get outdated(): boolean {
    return this.#outdated;
  }

  get active(): boolean {
    return this.#link !== undefined;
  }

  is(link: Link): boolean {
    return link === this.#link;
  }

  /** The last dials, oldest first, and when the next one is due. */
  account(next: { readonly at: number | undefined }): Pick<DeliveryReport, "attempts" | "retryAt"> {
    return { attempts: this.#attempts, retryAt: next.at };
  }

  start(link: Link, { host, port }: Endpoint): void {
    this.#link = link;
    this.#attempts = [
      ...this.#attempts.slice(1 - attemptsKept),
      { host, port, at: this.#reactor.now, result: undefined },
    ];
    this.#outdated = false;
    this.limitTo(dialMs);
  }

  /** Fails the dial `limitMs` from now; an earlier limit stays in force. */
  limitTo(limitMs: number): void {
    const limit = this.#reactor.now + limitMs;
    if (this.#timer?.pending === true && limit >= this.#limitAt) return;
    this.#limitAt = limit;
    this.#timer?.cancel();
    this.#timer = this.#reactor.wheel.after(limitMs, () => this.#link?.break(reasonOf("ETIMEDOUT")));
  }

  /** The row has changed: after a failure, dial the new address at once. */
  markOutdated(): void {
    this.#outdated = this.#link !== undefined;
  }

  succeeded(): void {
    this.#end("reached");
  }

  failed(reason: string): void {
    this.#end({ reason });
  }

  /** Drops the dial; its result is not reported. */
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

/** When the next dial is due: later after each failure, sooner when the user asks. */
export class Retry {
  readonly #reactor: Reactor;
  readonly #random: Random;
  readonly #onDue: () => void;
  /** Dials since the peer last said something. */
  #dials = 0;
  /** Limits dials to a peer that sends something each time and then hangs up. */
  readonly #dialRate: TokenBucket;
  #overRate = false;
  #dueAt = 0;
  #timer: Timer | undefined;

  constructor(reactor: Reactor, random: Random, onDue: () => void) {
    this.#reactor = reactor;
    this.#random = random;
    this.#onDue = onDue;
    this.#dialRate = new TokenBucket({ perSecond: dialsPerSecond, burst: dialBurst, nowMs: reactor.now });
  }

  /** When the next dial is due; undefined if none is scheduled. */
  get at(): number | undefined {
    return this.#timer?.pending === true ? this.#dueAt : undefined;
  }

  /** The next dial should wait: the last one failed, or there were too many. */
  get mustWait(): boolean {
    return this.#dials > 0 || this.#overRate;
  }

  dialled(): void {
    this.#dials += 1;
    this.#overRate = !this.#dialRate.take(this.#reactor.now);
  }

  /** Resets the back-off: the peer said something, or the connection ended normally. Connecting alone is not enough. */
  forgive(): void {
    this.#dials = 0;
  }

  /** A one-shot connection has carried its message: the next message may dial at once. */
  messageCarried(): void {
    this.#dials = 0;
    this.#overRate = false;
  }

  schedule(): void {
    this.#after(backoffMs(Math.max(1, this.#dials), this.#random.next()));
  }

  /** The user typed another line and expects a dial soon, not after a long back-off. The back-off restarts from there. */
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

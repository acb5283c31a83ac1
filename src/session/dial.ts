// The dial that is out, if any, and how long it may take.

import { reasonOf } from "../core/errors.js";
import { attemptsKept, dialMs } from "../core/limits.js";
import type { Endpoint } from "../core/types.js";
import type { Account, Attempt } from "../core/why.js";
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

// The dial that is out, if any, and how long it may take.

import { reasonOf } from "../core/errors.js";
import { dialMs } from "../core/limits.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";
import type { Link } from "./link.js";

export class Dial {
  readonly #reactor: Reactor;
  #link: Link | undefined;
  #outdated = false;
  #timer: Timer | undefined;
  #limit = 0;

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

  start(link: Link): void {
    this.#link = link;
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

  /** It stands, or has failed. */
  end(): void {
    this.#link = undefined;
    this.cancel();
  }

  /** Nobody wants to hear of it any more. */
  giveUp(): void {
    const link = this.#link;
    this.end();
    link?.destroy();
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}

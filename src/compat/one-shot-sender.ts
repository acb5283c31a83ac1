// Errands, so many at once; the rest waits its turn.

import type { Endpoint } from "../core/types.js";
import type { Connection } from "../ports.js";
import { PostedConnection } from "../reactor/posted.js";
import type { Reactor } from "../reactor/reactor.js";
import { Errand, type ErrandParts } from "./one-shot-send.js";

export interface ErrandsParts {
  readonly reactor: Reactor;
  dial(to: Endpoint): Connection;
  readonly lingerMs: number;
  /** Of those whose outcome is open, and of those that wait for the other side's end: some older programs never close. */
  readonly atOnceMax: number;
}

export interface ErrandOrder {
  readonly to: Endpoint;
  readonly message: ErrandParts["message"];
  readonly deadlineMs: number;
  readonly onOutcome: ErrandParts["onOutcome"];
}

export class Errands {
  readonly #parts: ErrandsParts;
  #waiting: ErrandOrder[] = [];
  /** From the dial until the connection is gone. */
  readonly #connected = new Set<Errand>();
  /** Those of them whose outcome was told. */
  readonly #lingering = new Set<Errand>();
  #running = 0;

  constructor(parts: ErrandsParts) {
    this.#parts = parts;
  }

  /** Those whose outcome is open. */
  get pending(): number {
    return this.#running + this.#waiting.length;
  }

  get connections(): number {
    return this.#connected.size;
  }

  run(order: ErrandOrder): void {
    if (this.#running < this.#parts.atOnceMax) this.#start(order);
    else this.#waiting.push(order);
  }

  destroy(): void {
    this.#waiting = [];
    for (const errand of this.#connected) errand.destroy();
  }

  #start({ to, message, deadlineMs, onOutcome }: ErrandOrder): void {
    const { reactor, lingerMs } = this.#parts;
    this.#running += 1;
    const errand: Errand = new Errand({
      ...{ reactor, lingerMs, message, deadlineMs },
      connection: new PostedConnection(reactor, this.#parts.dial(to)),
      onOutcome: (failure) => {
        this.#running -= 1;
        this.#linger(errand);
        this.#startNext();
        onOutcome(failure);
      },
      onClosed: () => {
        this.#connected.delete(errand);
        this.#lingering.delete(errand);
      },
    });
    this.#connected.add(errand);
  }

  #linger(errand: Errand): void {
    const [longest] = this.#lingering;
    if (longest !== undefined && this.#lingering.size >= this.#parts.atOnceMax) longest.destroy();
    this.#lingering.add(errand);
  }

  #startNext(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#start(next);
  }
}

// Errands, so many at once; the rest waits its turn.

import type { Endpoint } from "../core/types.js";
import type { Connection } from "../ports.js";
import { PostedConnection } from "../reactor/posted.js";
import type { Reactor } from "../reactor/reactor.js";
import { OneShotSend, type OneShotSendParts } from "./one-shot-send.js";

export interface OneShotSenderParts {
  readonly reactor: Reactor;
  dial(to: Endpoint): Connection;
  readonly lingerMs: number;
  /** Of those whose outcome is open, and of those that wait for the other side's end: some older programs never close. */
  readonly atOnceMax: number;
}

export interface OneShotMessage {
  readonly to: Endpoint;
  readonly message: OneShotSendParts["message"];
  readonly deadlineMs: number;
  readonly onOutcome: OneShotSendParts["onOutcome"];
}

export class OneShotSender {
  readonly #parts: OneShotSenderParts;
  #waiting: OneShotMessage[] = [];
  /** From the dial until the connection is gone. */
  readonly #connected = new Set<OneShotSend>();
  /** Those of them whose outcome was told. */
  readonly #lingering = new Set<OneShotSend>();
  #running = 0;

  constructor(parts: OneShotSenderParts) {
    this.#parts = parts;
  }

  /** Those whose outcome is open. */
  get pending(): number {
    return this.#running + this.#waiting.length;
  }

  get connections(): number {
    return this.#connected.size;
  }

  run(order: OneShotMessage): void {
    if (this.#running < this.#parts.atOnceMax) this.#start(order);
    else this.#waiting.push(order);
  }

  destroy(): void {
    this.#waiting = [];
    for (const errand of this.#connected) errand.destroy();
  }

  #start({ to, message, deadlineMs, onOutcome }: OneShotMessage): void {
    const { reactor, lingerMs } = this.#parts;
    this.#running += 1;
    const errand: OneShotSend = new OneShotSend({
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

  #linger(errand: OneShotSend): void {
    const [longest] = this.#lingering;
    if (longest !== undefined && this.#lingering.size >= this.#parts.atOnceMax) longest.destroy();
    this.#lingering.add(errand);
  }

  #startNext(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#start(next);
  }
}

// Runs one-shot sends, a limited number at once; the others wait in order.

import type { Endpoint } from "../core/types.js";
import type { Connection } from "../ports.js";
import { PostedConnection } from "../reactor/posted.js";
import type { Reactor } from "../reactor/reactor.js";
import { OneShotSend, type OneShotSendParts } from "./one-shot-send.js";

export interface OneShotSenderParts {
  readonly reactor: Reactor;
  dial(to: Endpoint): Connection;
  readonly lingerMs: number;
  /** Limit for sends with an open outcome, and again for sends that wait for the peer's FIN: some older programs never close. */
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
  /** The connected ones whose outcome was reported. */
  readonly #lingering = new Set<OneShotSend>();
  #running = 0;

  constructor(parts: OneShotSenderParts) {
    this.#parts = parts;
  }

  /** Number of messages with an open outcome. */
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
    for (const send of this.#connected) send.destroy();
  }

  #start({ to, message, deadlineMs, onOutcome }: OneShotMessage): void {
    const { reactor, lingerMs } = this.#parts;
    this.#running += 1;
    const send: OneShotSend = new OneShotSend({
      ...{ reactor, lingerMs, message, deadlineMs },
      connection: new PostedConnection(reactor, this.#parts.dial(to)),
      onOutcome: (failure) => {
        this.#running -= 1;
        this.#linger(send);
        this.#startNext();
        onOutcome(failure);
      },
      onClosed: () => {
        this.#connected.delete(send);
        this.#lingering.delete(send);
      },
    });
    this.#connected.add(send);
  }

  #linger(send: OneShotSend): void {
    const [longest] = this.#lingering;
    if (longest !== undefined && this.#lingering.size >= this.#parts.atOnceMax) longest.destroy();
    this.#lingering.add(send);
  }

  #startNext(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#start(next);
  }
}

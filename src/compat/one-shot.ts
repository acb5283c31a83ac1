// Sends each message on a connection of its own: dial, write, FIN, then wait a while for the peer's FIN. Reports each outcome
// once. Received bytes are dropped: an answer comes on a connection of its own.

import { reasonOf } from "../core/errors.js";
import { oneShotLingerMs, oneShotsMax } from "../core/older-limits.js";
import type { Bytes, Endpoint } from "../core/types.js";
import type { Connection, ConnectionEvents } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";

export interface OneShotMessage {
  readonly to: Endpoint;
  /** The message, given our own address on the open connection; undefined: it is not wanted any more. */
  readonly message: (localHost: string) => Bytes | undefined;
  /** Limit from the dial until the kernel has taken the message. */
  readonly deadlineMs: number;
  /** undefined: the kernel has taken the message, and our FIN follows. Else the reason in plain words. */
  readonly onOutcome: (failure: string | undefined) => void;
}

/** Runs a limited number of sends at once; the others wait in order. */
export class OneShotSender {
  readonly #reactor: Reactor;
  readonly #dial: (to: Endpoint) => Connection;
  #waiting: OneShotMessage[] = [];
  /** With an open outcome. */
  readonly #running = new Set<OneShotSend>();
  /** Waiting for the peer's FIN, the longest first: some older programs never close. */
  readonly #lingering = new Set<OneShotSend>();

  /** The callbacks of dialled connections run in turns. */
  constructor(reactor: Reactor, dial: (to: Endpoint) => Connection) {
    this.#reactor = reactor;
    this.#dial = dial;
  }

  /** Number of messages with an open outcome. */
  get pending(): number {
    return this.#running.size + this.#waiting.length;
  }

  get connections(): number {
    return this.#running.size + this.#lingering.size;
  }

  run(message: OneShotMessage): void {
    if (this.#running.size < oneShotsMax) this.#start(message);
    else this.#waiting.push(message);
  }

  destroy(): void {
    this.#waiting = [];
    for (const send of [...this.#running, ...this.#lingering]) send.destroy();
  }

  #start(order: OneShotMessage): void {
    const send: OneShotSend = new OneShotSend(this.#reactor, this.#dial(order.to), {
      ...order,
      onOutcome: (failure) => {
        this.#running.delete(send);
        this.#linger(send);
        const next = this.#waiting.shift();
        if (next !== undefined) this.#start(next);
        order.onOutcome(failure);
      },
      onClosed: () => this.#lingering.delete(send),
    });
    this.#running.add(send);
  }

  #linger(send: OneShotSend): void {
    const [longest] = this.#lingering;
    if (longest !== undefined && this.#lingering.size >= oneShotsMax) longest.destroy();
    this.#lingering.add(send);
  }
}

type SendOrder = Omit<OneShotMessage, "to"> & { readonly onClosed: () => void };

class OneShotSend implements ConnectionEvents {
  readonly #reactor: Reactor;
  readonly #connection: Connection;
  readonly #order: SendOrder;
  #timer: Timer;
  #told = false;

  constructor(reactor: Reactor, connection: Connection, order: SendOrder) {
    this.#reactor = reactor;
    this.#connection = connection;
    this.#order = order;
    this.#timer = reactor.wheel.after(order.deadlineMs, () => this.#giveUp("no answer"));
    connection.bind(this);
  }

  destroy(): void {
    this.#giveUp("given up");
  }

  onOpen(): void {
    if (this.#told) return;
    const bytes = this.#order.message(this.#connection.localHost);
    if (bytes === undefined) return this.#giveUp("no longer wanted");
    if (this.#connection.write(bytes)) this.#finish();
  }

  onDrain(): void {
    if (!this.#told) this.#finish();
  }

  onBytes(): void {
    // Bytes are read, so that closing sends a FIN and not a reset.
  }

  onEnd(): void {
    // The peer may still read. `onClose` follows when it closes.
  }

  onClose(code = "ECONNRESET"): void {
    this.#timer.cancel();
    this.#tell(reasonOf(code));
    this.#order.onClosed();
  }

  #finish(): void {
    this.#connection.end();
    this.#timer.cancel();
    this.#timer = this.#reactor.wheel.after(oneShotLingerMs, () => this.#connection.destroy());
    this.#tell(undefined);
  }

  #giveUp(reason: string): void {
    this.#timer.cancel();
    this.#connection.destroy();
    this.#tell(reason);
  }

  #tell(failure: string | undefined): void {
    if (this.#told) return;
    this.#told = true;
    this.#order.onOutcome(failure);
  }
}

// Sends one message on a connection of its own: dial, write, FIN, then wait a while for the peer's FIN. Reports the outcome
// once. Received bytes are dropped: an answer comes on a connection of its own.

import { reasonOf } from "../core/errors.js";
import type { Bytes } from "../core/types.js";
import type { Connection, ConnectionEvents } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";

export interface OneShotSendParts {
  readonly reactor: Reactor;
  /** Just dialled; its callbacks run in turns. */
  readonly connection: Connection;
  /** The message, given our own address on the open connection; undefined: it is not wanted any more. */
  readonly message: (localHost: string) => Bytes | undefined;
  /** Limit from the dial until the kernel has taken the message. */
  readonly deadlineMs: number;
  /** After our FIN: destroy the connection if the peer keeps it open this long. */
  readonly lingerMs: number;
  /** undefined: the kernel has taken the message, and our FIN follows. Else the reason in plain words. */
  readonly onOutcome: (failure: string | undefined) => void;
  /** The connection is closed. Always the last call. */
  readonly onClosed?: () => void;
}

export class OneShotSend implements ConnectionEvents {
  readonly #parts: OneShotSendParts;
  #timer: Timer;
  #told = false;

  constructor(parts: OneShotSendParts) {
    this.#parts = parts;
    this.#timer = parts.reactor.wheel.after(parts.deadlineMs, () => this.#giveUp("no answer"));
    parts.connection.bind(this);
  }

  /** Ends it at once, in every state. */
  destroy(): void {
    this.#giveUp("given up");
  }

  onOpen(): void {
    if (this.#told) return;
    const { connection, message } = this.#parts;
    const bytes = message(connection.localHost);
    if (bytes === undefined) return this.#giveUp("no longer wanted");
    if (connection.write(bytes)) this.#finish();
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

  onClose(code?: string): void {
    this.#timer.cancel();
    this.#tell(reasonOf(code ?? "ECONNRESET"));
    this.#parts.onClosed?.();
  }

  #finish(): void {
    const { connection, reactor, lingerMs } = this.#parts;
    connection.end();
    this.#timer.cancel();
    this.#timer = reactor.wheel.after(lingerMs, () => connection.destroy());
    this.#tell(undefined);
  }

  #giveUp(reason: string): void {
    this.#timer.cancel();
    this.#parts.connection.destroy();
    this.#tell(reason);
  }

  #tell(failure: string | undefined): void {
    if (this.#told) return;
    this.#told = true;
    this.#parts.onOutcome(failure);
  }
}

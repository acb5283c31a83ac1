// One message on a connection of its own: dial, write, FIN, and wait a while for the other side's. What became of it is told
// once. It reads nothing: who answers does so on a connection of his own.

import { reasonOf } from "../core/errors.js";
import type { Bytes } from "../core/types.js";
import type { Connection, ConnectionEvents } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";

export interface OneShotSendParts {
  readonly reactor: Reactor;
  /** Dialled, and its callbacks come in turns. */
  readonly connection: Connection;
  /** What to say, once it is known which of our addresses leads to the other side; undefined: nothing any more. */
  readonly message: (localHost: string) => Bytes | undefined;
  /** For everything until the kernel has taken the message. */
  readonly deadlineMs: number;
  /** After our FIN: destroy when the other side stays this long. */
  readonly lingerMs: number;
  /** The kernel has taken all of it, and our FIN follows; or in plain words why not. */
  readonly onOutcome: (failure: string | undefined) => void;
  /** The connection is gone. Always last. */
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

  /** At once, whatever has become of it. */
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
    // Read, so that our end is a FIN and no reset.
  }

  onEnd(): void {
    // It reads on, or it closes and we hear of that.
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

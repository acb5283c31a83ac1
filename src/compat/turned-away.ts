// Tells surplus callers that there is no room. Each gets a moment to read it; callers beyond the limit are reset at once.

import { refusedClientsMax, refusedClientMs } from "../core/older-limits.js";
import type { Bytes } from "../core/types.js";
import type { Connection, ConnectionEvents } from "../ports.js";
import { PostedConnection } from "../reactor/posted.js";
import type { Reactor } from "../reactor/reactor.js";

export class TurnedAway {
  readonly #reactor: Reactor;
  readonly #connections = new Set<Connection>();

  constructor(reactor: Reactor) {
    this.#reactor = reactor;
  }

  /** Writes `refusal`, if there is one, and closes the connection. Without one the caller is expected to close. */
  add(caller: Connection, refusal: Bytes | undefined): void {
    if (this.#connections.size >= refusedClientsMax) return caller.reset();
    const connection = new PostedConnection(this.#reactor, caller);
    this.#connections.add(connection);
    connection.bind(new CloseWatcher(() => this.#connections.delete(connection)));
    if (refusal !== undefined) {
      connection.write(refusal);
      connection.end();
    }
    this.#reactor.wheel.after(refusedClientMs, () => {
      if (this.#connections.has(connection)) connection.destroy();
    });
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy();
    this.#connections.clear();
  }
}

/** Ignores everything but the close of the connection. */
class CloseWatcher implements ConnectionEvents {
  readonly onClose: () => void;

  constructor(onClose: () => void) {
    this.onClose = onClose;
  }

  onOpen(): void {
    // Accepted connections are open from the start.
  }

  onBytes(): void {
    // The answer was given already.
  }

  onDrain(): void {
    // Nothing more is written.
  }

  onEnd(): void {
    // Our FIN was sent already, or the timer closes the connection.
  }
}

// Tells surplus callers that there is no room. Each gets a moment to read it; callers beyond the limit are reset at once.

import { refusedClientsMax, refusedClientMs } from "../core/older-limits.js";
import type { Bytes } from "../core/types.js";
import type { Connection } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";

const ignore = (): void => undefined;

export class TurnedAway {
  readonly #reactor: Reactor;
  readonly #connections = new Set<Connection>();

  constructor(reactor: Reactor) {
    this.#reactor = reactor;
  }

  /**
   * Writes `refusal`, if there is one, and closes the connection. Without one the caller is expected to close. The
   * connection's callbacks run in turns.
   */
  add(connection: Connection, refusal: Bytes | undefined): void {
    if (this.#connections.size >= refusedClientsMax) return connection.reset();
    this.#connections.add(connection);
    const onClose = (): unknown => this.#connections.delete(connection);
    connection.bind({ onOpen: ignore, onBytes: ignore, onDrain: ignore, onEnd: ignore, onClose });
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

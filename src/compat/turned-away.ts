// Callers who are told that there is no room for them. Each has a moment to read it; of a crowd the rest are cut off.

import { turnedAwayMax, turnedAwayMs } from "../core/older-limits.js";
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

  /** `word` may be undefined: then nothing is said. */
  add(caller: Connection, word: Bytes | undefined): void {
    if (this.#connections.size >= turnedAwayMax) return caller.reset();
    const connection = new PostedConnection(this.#reactor, caller);
    this.#connections.add(connection);
    connection.bind(new Bystander(() => this.#connections.delete(connection)));
    if (word !== undefined) {
      connection.write(word);
      connection.end();
    }
    this.#reactor.wheel.after(turnedAwayMs, () => {
      if (this.#connections.has(connection)) connection.destroy();
    });
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy();
    this.#connections.clear();
  }
}

/** Heeds nothing of what is said, and tells when it is over. */
class Bystander implements ConnectionEvents {
  readonly onClose: () => void;

  constructor(onClose: () => void) {
    this.onClose = onClose;
  }

  onOpen(): void {
    // It stands from the start.
  }

  onBytes(): void {
    // Whatever it says, the answer was given.
  }

  onDrain(): void {
    // Nothing follows.
  }

  onEnd(): void {
    // Our own end is out already.
  }
}

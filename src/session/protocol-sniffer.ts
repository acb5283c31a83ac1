// Reads the first bytes of an accepted connection to tell the secure protocol from clear text. The secure preamble starts
// with a byte that no text starts with, so a few bytes are enough.

import { concat } from "../core/bytes.js";
import type { Bytes } from "../core/types.js";
import type { ConnectionEvents } from "../ports.js";
import type { PostedConnection } from "../reactor/posted.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";
import { beginsSecure } from "../wire/secure/preamble.js";

// Older programs may send anything, but not these four bytes by chance.
const secureBytesNeeded = 4;

export interface SnifferEvents {
  /** `first`: the bytes read so far; the receiver of the connection must read them again. */
  onSecure(connection: PostedConnection, first: Bytes): void;
  onClear(connection: PostedConnection, first: Bytes): void;
  /** The peer sent nothing within the time limit, or ended before. */
  onSilence(connection: PostedConnection): void;
  onGone(): void;
}

export class ProtocolSniffer implements ConnectionEvents {
  readonly #connection: PostedConnection;
  readonly #events: SnifferEvents;
  readonly #timer: Timer;
  #first: Bytes = new Uint8Array(0);
  #decided = false;

  constructor(
    connection: PostedConnection,
    { reactor, limitMs }: { readonly reactor: Reactor; readonly limitMs: number },
    events: SnifferEvents,
  ) {
    this.#connection = connection;
    this.#events = events;
    this.#timer = reactor.wheel.after(limitMs, () => this.#decide(() => events.onSilence(connection)));
    connection.bind(this);
  }

  onOpen(): void {
    // Accepted connections are open from the start.
  }

  onBytes(chunk: Bytes): void {
    this.#first = this.#first.length === 0 ? chunk : concat([this.#first, chunk]);
    if (!beginsSecure(this.#first)) this.#decide(() => this.#events.onClear(this.#connection, this.#first));
    else if (this.#first.length >= secureBytesNeeded)
      this.#decide(() => this.#events.onSecure(this.#connection, this.#first));
  }

  onDrain(): void {
    // Nothing was written.
  }

  onEnd(): void {
    this.#decide(() => this.#events.onSilence(this.#connection));
  }

  onClose(): void {
    this.#timer.cancel();
    if (!this.#decided) this.#events.onGone();
    this.#decided = true;
  }

  #decide(act: () => void): void {
    if (this.#decided) return;
    this.#decided = true;
    this.#timer.cancel();
    act();
  }
}

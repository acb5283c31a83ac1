// A connection that somebody dialled, before its first bytes tell what it speaks. Secure bytes begin with one that no
// text begins with, so a few of them are enough.

import { concat } from "../core/bytes.js";
import type { Bytes } from "../core/types.js";
import type { ConnectionEvents } from "../ports.js";
import type { PostedConnection } from "../reactor/posted.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";
import { beginsSecure } from "../wire/secure/preamble.js";

// Older programs send all sorts of things, but not these four by chance.
const tellingBytes = 4;

export interface ArrivalEvents {
  /** What was read so far must be read again by whoever takes it on. */
  onSecure(connection: PostedConnection, first: Bytes): void;
  onClear(connection: PostedConnection, first: Bytes): void;
  /** It said nothing within the time, or ended before. */
  onSilence(connection: PostedConnection): void;
  onGone(): void;
}

export class Arrival implements ConnectionEvents {
  readonly #connection: PostedConnection;
  readonly #events: ArrivalEvents;
  readonly #timer: Timer;
  #first: Bytes = new Uint8Array(0);
  #decided = false;

  constructor(
    connection: PostedConnection,
    { reactor, limitMs }: { readonly reactor: Reactor; readonly limitMs: number },
    events: ArrivalEvents,
  ) {
    this.#connection = connection;
    this.#events = events;
    this.#timer = reactor.wheel.after(limitMs, () => this.#decide(() => events.onSilence(connection)));
    connection.bind(this);
  }

  onOpen(): void {
    // Accepted connections stand from the start.
  }

  onBytes(chunk: Bytes): void {
    this.#first = this.#first.length === 0 ? chunk : concat([this.#first, chunk]);
    if (!beginsSecure(this.#first)) this.#decide(() => this.#events.onClear(this.#connection, this.#first));
    else if (this.#first.length >= tellingBytes)
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

// The common part of neighbours that open a connection for each message: they accept, read once, and some never close.

import type { Connection, Network } from "../../../src/ports.js";
import type { Bytes } from "../../../src/core/types.js";
import type { Dice } from "./dice.js";
import type { VirtualClock } from "./virtual-time.js";

export interface OldParts {
  readonly name: string;
  readonly network: Network;
  readonly clock: VirtualClock;
  readonly dice: Dice;
  readonly host: string;
  readonly port: number;
  /** The address of our program. */
  readonly peer: { readonly host: string; readonly port: number };
}

export interface OldOneShotEvents {
  /** Takes the one read of a connection. */
  onRead(piece: Bytes): void;
  /** A connection ended without a byte. */
  onNothing(): void;
}

export function hearOneShots({ network, port, dice }: OldParts, bytes: number, events: OldOneShotEvents): void {
  const closes = dice.chance(0.7);
  network.listen(
    { host: "", port },
    {
      onListening: () => undefined,
      onFailure: () => undefined,
      onConnection: (connection) =>
        readOnce(connection, { bytes, closes, ...events, onRead: events.onRead.bind(events) }),
    },
  );
}

interface Reading extends OldOneShotEvents {
  readonly bytes: number;
  readonly closes: boolean;
}

function readOnce(connection: Connection, { bytes, closes, onRead, onNothing }: Reading): void {
  let read = false;
  connection.bind({
    onOpen: () => undefined,
    onBytes: (chunk) => {
      if (!read) onRead(chunk.subarray(0, bytes));
      read = true;
      if (closes) connection.end();
    },
    onDrain: () => undefined,
    onEnd: () => read || onNothing(),
    onClose: () => undefined,
  });
}

/** It blocks in connect() like those programs: it dials the next connection when the last one is open and has its message. */
export class OneByOne {
  readonly #parts: OldParts;
  readonly #messages: Bytes[] = [];
  /** Some connect before they have a message. */
  readonly #ahead: boolean;
  #connection: Connection | undefined;
  #stands = false;

  constructor(parts: OldParts, { ahead }: { readonly ahead: boolean }) {
    this.#parts = parts;
    this.#ahead = ahead;
  }

  say(message: Bytes): void {
    this.#messages.push(message);
    this.#connection ??= this.dial();
    this.#speak();
  }

  dial(): Connection {
    const { network, peer } = this.#parts;
    const connection = network.dial({ ...peer, localHost: undefined });
    this.#connection = connection;
    this.#stands = false;
    connection.bind({
      onOpen: () => {
        this.#stands = true;
        this.#speak();
      },
      onBytes: () => undefined,
      onDrain: () => undefined,
      onEnd: () => connection.end(),
      onClose: () => this.#lose(connection),
    });
    return connection;
  }

  #speak(): void {
    const message = this.#messages[0];
    if (this.#connection === undefined || !this.#stands || message === undefined) return;
    this.#messages.shift();
    this.#writeTorn(this.#connection, message);
    this.#connection.end();
    this.#connection = undefined;
    if (this.#ahead || this.#messages.length > 0) this.dial();
  }

  /** In one piece, or in two that arrive one after the other. */
  #writeTorn(connection: Connection, bytes: Bytes): void {
    const { dice } = this.#parts;
    const cut = dice.chance(0.3) ? dice.whole(1, bytes.length - 1) : bytes.length;
    connection.write(bytes.subarray(0, cut));
    if (cut < bytes.length) connection.write(bytes.subarray(cut));
  }

  #lose(connection: Connection): void {
    if (connection === this.#connection) this.#connection = undefined;
  }
}

// The outside, as the program sees it. Adapters in platform/ and in the simulation satisfy these; nothing else does I/O.

import type { Bytes } from "./core/types.js";

export interface Clock {
  /** Milliseconds on a clock that never goes back; fractions allowed, the origin is arbitrary. */
  now(): number;
  /** Calls back once, `delayMs` or more from now; a callback that comes too early is the caller's to bear. */
  after(delayMs: number, callback: () => void): Cancel;
  /** Calls back once, after everything that this round of polling has ready. */
  endOfPoll(callback: () => void): void;
}
export type Cancel = () => void;

/** Every callback comes from the event loop, never from inside a call to the connection. */
export interface ConnectionEvents {
  /** A dialled connection stands; an accepted one stands from the start and gets no such call. */
  onOpen(): void;
  onBytes(chunk: Bytes): void;
  /** The kernel has taken everything that was written. */
  onDrain(): void;
  /** The other side's FIN: it writes no more, and may go on reading. */
  onEnd(): void;
  /** Exactly once and always last. `code` is a system error code where something broke. */
  onClose(code?: string): void;
}

export interface Connection {
  /** Canonical address of the other end. */
  readonly remoteHost: string;
  bind(events: ConnectionEvents): void;
  /**
   * True: the kernel has taken it all, and the chunk may be used again. False: it takes the rest as it can and `onDrain`
   * follows; write no more and leave the chunk alone till then.
   */
  write(chunk: Bytes): boolean;
  pause(): void;
  resume(): void;
  /** Flush, FIN, go on reading. */
  end(): void;
  /** At once, both directions. The other end sees a reset when bytes were unread, else a FIN. */
  destroy(): void;
  /** At once, with a reset: the other side is told that what it sent was not read. */
  reset(): void;
}

export interface ListenerEvents {
  onListening(port: number): void;
  onConnection(connection: Connection): void;
  /** Cannot listen; `code` is a system error code. Nothing follows. */
  onFailure(code: string): void;
}

export interface Listener {
  close(): void;
}

export interface Network {
  listen(at: { readonly host: string; readonly port: number }, events: ListenerEvents): Listener;
  /** `localHost` is the address to dial from; undefined leaves the choice to the kernel. */
  dial(to: { readonly host: string; readonly port: number; readonly localHost: string | undefined }): Connection;
}

export interface ConsoleEvents {
  onBytes(chunk: Bytes): void;
  /** stdin has ended; the program goes on. */
  onEnd(): void;
  /** The reader of stdout has taken everything. */
  onDrain(): void;
  /** The reader of stdout went away: what is written from now on is dropped. */
  onReaderGone(): void;
}

export interface Console {
  /** Whether a person types: stdin is a terminal. */
  readonly interactive: boolean;
  bind(events: ConsoleEvents): void;
  /** True: taken, and the chunk may be used again. False: in use until `onDrain`; write no more till then. */
  write(chunk: Bytes): boolean;
  pause(): void;
  resume(): void;
}

export interface Random {
  /** In [0, 1). */
  next(): number;
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** `event` is a stable key. Never the text of a message, never a key. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

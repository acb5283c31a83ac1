// Fake connections whose peer is the test: they record the program's calls, and the test calls the peer's actions.

import type { Connection, ConnectionEvents, Listener, Network } from "../../../src/ports.js";
import type { Contact } from "../../../src/core/notice.js";
import type { Bytes } from "../../../src/core/types.js";
import { fromUtf8, toUtf8 } from "../../../src/core/utf8.js";

export class FakeConnection implements Connection {
  readonly remoteHost: string;
  localHost = "10.1.1.0";
  readonly written: string[] = [];
  /** The same as bytes. */
  readonly chunks: Bytes[] = [];
  /** The peer's proven identity, if the test sets one. */
  contact: Contact | undefined;
  /** The result of `write`: whether the kernel takes everything at once. */
  takes = true;
  ended = false;
  destroyed = false;
  /** Destroyed with a reset. */
  wasReset = false;
  paused = false;
  /** Writes after our FIN, after destroy, or before the kernel has taken the last write. */
  lateWrites = 0;
  #events: ConnectionEvents | undefined;
  #closed = false;
  #inUse: { readonly chunk: Bytes; readonly text: string } | undefined;

  constructor(remoteHost = "10.1.2.0") {
    this.remoteHost = remoteHost;
  }

  get text(): string {
    return this.written.join("");
  }

  bind(events: ConnectionEvents): void {
    this.#events = events;
  }

  write(chunk: Bytes): boolean {
    if (this.ended || this.destroyed) this.lateWrites += 1;
    if (this.#inUse !== undefined) this.lateWrites += 1;
    const text = fromUtf8(chunk);
    this.written.push(text);
    this.chunks.push(new Uint8Array(chunk));
    if (!this.takes) this.#inUse = { chunk, text };
    return this.takes;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
  }

  reset(): void {
    this.destroyed = true;
    this.wasReset = true;
  }

  // Actions of the peer and of the kernel.

  open(): void {
    this.#events?.onOpen();
  }

  say(text: string): void {
    this.#events?.onBytes(toUtf8(text));
  }

  sayBytes(chunk: Bytes): void {
    this.#events?.onBytes(chunk);
  }

  drain(): void {
    if (this.overwritten) throw new Error("a chunk was overwritten before the kernel took it");
    this.#inUse = undefined;
    this.takes = true;
    this.#events?.onDrain();
  }

  fin(): void {
    this.#events?.onEnd();
  }

  close(code?: string): void {
    if (this.#closed) throw new Error("closed twice");
    this.#closed = true;
    this.#events?.onClose(code);
  }

  /** Whether a chunk was changed before the kernel took it. */
  get overwritten(): boolean {
    return this.#inUse !== undefined && fromUtf8(this.#inUse.chunk) !== this.#inUse.text;
  }

  get closed(): boolean {
    return this.#closed;
  }
}

export interface Dial {
  readonly host: string;
  readonly port: number;
  readonly localHost: string | undefined;
  readonly connection: FakeConnection;
}

export class FakeNetwork implements Network {
  readonly dials: Dial[] = [];
  /** The result of `write` on new connections. */
  takes = true;

  listen(): Listener {
    return { close: () => undefined };
  }

  dial(to: { readonly host: string; readonly port: number; readonly localHost: string | undefined }): Connection {
    const connection = new FakeConnection(to.host);
    connection.takes = this.takes;
    this.dials.push({ ...to, connection });
    return connection;
  }

  /** The connection that was dialled last. */
  get last(): FakeConnection {
    const dial = this.dials.at(-1);
    if (dial === undefined) throw new Error("no connection was dialled");
    return dial.connection;
  }
}

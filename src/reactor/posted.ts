// Brings every callback of a connection into a turn, in the order in which it came, and bounds how many may wait.

import { postedChunksMax } from "../core/limits.js";
import type { Bytes } from "../core/types.js";
import type { Connection, ConnectionEvents } from "../ports.js";
import type { Reactor, Task } from "./reactor.js";

export class PostedConnection implements Connection, ConnectionEvents {
  readonly #reactor: Pick<Reactor, "post">;
  readonly #inner: Connection;
  #events: ConnectionEvents | undefined;
  #waitingChunks = 0;
  #paused = false;
  #destroyed = false;
  /** What was posted before a pause and came to its turn during it. Few connections ever need it. */
  #kept: (() => void)[] | undefined;

  constructor(reactor: Pick<Reactor, "post">, inner: Connection) {
    this.#reactor = reactor;
    this.#inner = inner;
  }

  get remoteHost(): string {
    return this.#inner.remoteHost;
  }

  get localHost(): string {
    return this.#inner.localHost;
  }

  /** A later owner takes over from an earlier one. */
  bind(events: ConnectionEvents): void {
    const first = this.#events === undefined;
    this.#events = events;
    if (first) this.#inner.bind(this);
  }

  write(chunk: Bytes): boolean {
    return this.#inner.write(chunk);
  }

  pause(): void {
    this.#paused = true;
    this.#inner.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#goOn();
    if (this.#waitingChunks < postedChunksMax) this.#inner.resume();
  }

  end(): void {
    this.#inner.end();
  }

  destroy(): void {
    this.#inner.destroy();
    this.#release();
  }

  reset(): void {
    this.#inner.reset();
    this.#release();
  }

  /** What an earlier owner read and the present one is to read first. */
  unread(chunk: Bytes): void {
    this.#waitingChunks += 1;
    const deliver = (): void => this.#deliver(chunk);
    if (this.#kept !== undefined || this.#holding) (this.#kept ??= []).unshift(deliver);
    else deliver();
  }

  onOpen(): void {
    this.#post(() => this.#events?.onOpen());
  }

  onBytes(chunk: Bytes): void {
    this.#waitingChunks += 1;
    if (this.#waitingChunks === postedChunksMax) this.#inner.pause();
    this.#postInOrder(() => this.#deliver(chunk), true);
  }

  onDrain(): void {
    this.#post(() => this.#events?.onDrain());
  }

  onEnd(): void {
    this.#postInOrder(() => this.#events?.onEnd());
  }

  onClose(code?: string): void {
    this.#postInOrder(() => this.#events?.onClose(code));
  }

  #deliver(chunk: Bytes): void {
    if (this.#waitingChunks === postedChunksMax && !this.#paused) this.#inner.resume();
    this.#waitingChunks -= 1;
    this.#events?.onBytes(chunk);
  }

  /** Bytes wait out a pause, and their end waits for them. */
  #postInOrder(run: () => void, bytes = false): void {
    this.#post(() => {
      if (this.#kept !== undefined || (bytes && this.#holding)) (this.#kept ??= []).push(run);
      else run();
    });
  }

  get #holding(): boolean {
    return this.#paused && !this.#destroyed;
  }

  /** The close of a destroyed connection comes whether or not somebody resumes it. */
  #release(): void {
    this.#destroyed = true;
    this.#goOn();
  }

  #goOn(): void {
    if (this.#kept !== undefined) this.#post(() => this.#catchUp());
  }

  #catchUp(): void {
    for (let run = this.#kept?.[0]; run !== undefined && !this.#holding; run = this.#kept?.[0]) {
      this.#kept?.shift();
      run();
    }
    if (this.#kept?.length === 0) this.#kept = undefined;
  }

  #post(run: () => void): void {
    const task: Task = { run, fail: () => this.destroy() };
    this.#reactor.post("connection", task);
  }
}

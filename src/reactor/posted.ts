// Posts every callback of a connection into a turn, in order, and bounds the chunks that may wait.

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
  /** Callbacks posted before a pause whose turn came during it. Few connections ever need it. */
  #deferred: (() => void)[] | undefined;

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

  /** A later call replaces the events' receiver. */
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
    this.#postDeferred();
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

  /** Pushes back a chunk that an earlier receiver read, so that the current one gets it first. */
  pushBack(chunk: Bytes): void {
    this.#waitingChunks += 1;
    const deliver = (): void => this.#deliver(chunk);
    if (this.#deferred !== undefined || this.#deferring) (this.#deferred ??= []).unshift(deliver);
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

  /** During a pause, bytes are deferred, and the end and the close are deferred behind them. */
  #postInOrder(run: () => void, bytes = false): void {
    this.#post(() => {
      if (this.#deferred !== undefined || (bytes && this.#deferring)) (this.#deferred ??= []).push(run);
      else run();
    });
  }

  get #deferring(): boolean {
    return this.#paused && !this.#destroyed;
  }

  /** Delivers the deferred callbacks of a destroyed connection, so that its close is reported without a resume. */
  #release(): void {
    this.#destroyed = true;
    this.#postDeferred();
  }

  #postDeferred(): void {
    if (this.#deferred !== undefined) this.#post(() => this.#runDeferred());
  }

  #runDeferred(): void {
    for (let run = this.#deferred?.[0]; run !== undefined && !this.#deferring; run = this.#deferred?.[0]) {
      this.#deferred?.shift();
      run();
    }
    if (this.#deferred?.length === 0) this.#deferred = undefined;
  }

  #post(run: () => void): void {
    const task: Task = { run, fail: () => this.destroy() };
    this.#reactor.post("connection", task);
  }
}

// stdin and stdout. A reader of stdout that stalls or leaves must not stop the event loop, so writes never block.

import { fstatSync } from "node:fs";
import net from "node:net";
import type { Readable, Writable } from "node:stream";
import type { Bytes } from "../core/types.js";
import type { Console, ConsoleEvents } from "../ports.js";

export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
}

export class NodeConsole implements Console {
  readonly #streams: Streams;
  #events: ConsoleEvents | undefined;
  #gone = false;
  #draining = false;

  constructor(streams: Streams) {
    this.#streams = streams;
    streams.stdout.on("error", () => this.#leave());
    streams.stdin.on("error", () => this.#events?.onEnd());
  }

  get interactive(): boolean {
    return this.#streams.stdin.isTTY === true;
  }

  bind(events: ConsoleEvents): void {
    this.#events = events;
    this.#streams.stdin.on("data", (chunk: Buffer) => events.onBytes(chunk));
    this.#streams.stdin.on("end", () => events.onEnd());
  }

  write(chunk: Bytes): boolean {
    if (this.#gone) return true;
    this.#streams.stdout.write(chunk, this.#written);
    this.#draining = this.#streams.stdout.writableLength > 0;
    return !this.#draining;
  }

  pause(): void {
    this.#streams.stdin.pause();
  }

  resume(): void {
    this.#streams.stdin.resume();
  }

  readonly #written = (error?: Error | null): void => {
    // The callback of an earlier write that was taken at once comes a tick late; it must not count for this write.
    if (!this.#draining || error || this.#streams.stdout.writableLength > 0) return;
    this.#draining = false;
    this.#events?.onDrain();
  };

  #leave(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#events?.onReaderGone();
    if (this.#draining) this.#events?.onDrain();
    this.#draining = false;
  }
}

/** For stdout and stderr. Node makes pipes blocking there; the same descriptor as a socket does not block. Files never stall. */
export function nonBlocking(stream: NodeJS.WriteStream & { readonly fd: number }): Writable {
  const kind = fstatSync(stream.fd);
  if (kind.isFIFO() || kind.isSocket()) return new net.Socket({ fd: stream.fd, readable: false, writable: true });
  // A terminal stopped with Ctrl-S blocks as well. libuv reopens the terminal, so this changes no other program's descriptor.
  (stream as { _handle?: { setBlocking?: (blocking: boolean) => void } })._handle?.setBlocking?.(false);
  return stream;
}

/** Lines in and out, without a terminal. */
export const openPipeConsole = (): NodeConsole =>
  new NodeConsole({ stdin: process.stdin, stdout: nonBlocking(process.stdout) });

/** Standard input only; the command writes its output directly. */
export const openStandardInput = (): Pick<Console, "bind" | "pause" | "resume"> =>
  new NodeConsole({ stdin: process.stdin, stdout: process.stdout });

/** For the log. */
export const openStandardError = (): Writable => nonBlocking(process.stderr);

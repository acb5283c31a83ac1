// Network over node:net. allowHalfOpen on both ends: otherwise Node answers a FIN by itself, and the program needs the time between the two.

import net from "node:net";
import { canonicalAddress } from "../core/address.js";
import { listenBacklog } from "../core/limits.js";
import type { Bytes } from "../core/types.js";
import type { Connection, ConnectionEvents, Listener, ListenerEvents, Network } from "../ports.js";

export class NodeNetwork implements Network {
  listen(at: { readonly host: string; readonly port: number }, events: ListenerEvents): Listener {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
    let listening = false;
    server.on("connection", (socket) => {
      const connection = new NodeConnection(socket, socket.remoteAddress ?? "");
      // It was reset before its address could be read. That is no unknown host.
      if (connection.remoteHost === "") connection.destroy();
      else events.onConnection(connection);
    });
    server.on("listening", () => {
      listening = true;
      events.onListening((server.address() as net.AddressInfo).port);
    });
    // After the start an error means that one accept failed (out of descriptors); the next may succeed.
    server.on("error", (error) => listening || events.onFailure(codeOf(error)));
    server.listen({ host: at.host, port: at.port, ipv6Only: false, backlog: listenBacklog });
    return { close: () => server.close() };
  }

  dial(to: { readonly host: string; readonly port: number; readonly localHost: string | undefined }): Connection {
    // With addresses of different families Node reports EINVAL.
    const from = to.localHost === undefined ? {} : { localAddress: to.localHost };
    const socket = net.connect({ host: to.host, port: to.port, allowHalfOpen: true, noDelay: true, ...from });
    return new NodeConnection(socket, to.host);
  }
}

/** A connection over TCP, or over a local socket, whose addresses are empty. */
export class NodeConnection implements Connection {
  readonly remoteHost: string;
  readonly #socket: BoundSocket;
  #code: string | undefined;
  #draining = false;
  events: ConnectionEvents | undefined;

  constructor(socket: BoundSocket, remoteAddress: string) {
    this.#socket = socket;
    this.remoteHost = canonical(remoteAddress);
    socket[owner] = this;
    // Without a listener an error would end the process, and it may come before `bind`.
    socket.on("error", onError);
  }

  get localHost(): string {
    return canonical(this.#socket.localAddress ?? "");
  }

  bind(events: ConnectionEvents): void {
    this.events = events;
    if (this.#socket.connecting) this.#socket.on("connect", onConnect);
    this.#socket.on("data", onData).on("end", onEnd).on("close", onClose).resume();
  }

  write(chunk: Bytes): boolean {
    // Node drops this write: don't report it as taken. The close that follows has the reason.
    if (this.#socket.destroyed) return false;
    this.#socket.write(chunk, (error) => this.#onWritten(error));
    this.#draining = this.#socket.writableLength > 0;
    return !this.#draining && this.#socket.errored === null;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  fail(code: string): void {
    this.#code ??= code;
  }

  close(): void {
    this.events?.onClose(this.#code);
  }

  #onWritten(error?: Error | null): void {
    // The callback of an earlier write that the kernel took at once comes a tick late; it must not count for this write.
    if (!this.#draining || error || this.#socket.writableLength > 0) return;
    this.#draining = false;
    this.events?.onDrain();
  }
}

// One set of listeners for all sockets: five closures for each would take more memory than the rest of an idle connection.
const owner = Symbol("owner");
type BoundSocket = net.Socket & { [owner]?: NodeConnection };

function onError(this: BoundSocket, error: Error): void {
  this[owner]?.fail(codeOf(error));
}

function onConnect(this: BoundSocket): void {
  this[owner]?.events?.onOpen();
}

function onData(this: BoundSocket, chunk: Buffer): void {
  this[owner]?.events?.onBytes(chunk);
}

function onEnd(this: BoundSocket): void {
  this[owner]?.events?.onEnd();
}

function onClose(this: BoundSocket): void {
  this[owner]?.close();
}

const canonical = (address: string): string => canonicalAddress(address) ?? address;

export const codeOf = (error: Error & { readonly code?: string }): string => error.code ?? error.message;

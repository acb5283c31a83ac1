// Network over node:net. Half-open on both ends, or Node answers the FIN for us; we need the window between the two FINs.

import net from "node:net";
import { canonicalAddress } from "../core/address.js";
import type { Bytes } from "../core/types.js";
import type { Connection, ConnectionEvents, Listener, ListenerEvents, Network } from "../ports.js";

export class NodeNetwork implements Network {
  listen(at: { readonly host: string; readonly port: number }, events: ListenerEvents): Listener {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
    let listening = false;
    server.on("connection", (socket) => events.onConnection(new NodeConnection(socket, socket.remoteAddress ?? "")));
    server.on("listening", () => {
      listening = true;
      events.onListening((server.address() as net.AddressInfo).port);
    });
    // After the start an error means one accept failed (out of descriptors): the next may not.
    server.on("error", (error) => listening || events.onFailure(codeOf(error)));
    server.listen({ host: at.host, port: at.port, ipv6Only: false });
    return { close: () => server.close() };
  }

  dial(to: { readonly host: string; readonly port: number; readonly localHost: string | undefined }): Connection {
    const from =
      to.localHost === undefined || net.isIP(to.localHost) !== net.isIP(to.host) ? {} : { localAddress: to.localHost };
    const socket = net.connect({ host: to.host, port: to.port, allowHalfOpen: true, noDelay: true, ...from });
    return new NodeConnection(socket, to.host);
  }
}

class NodeConnection implements Connection {
  readonly remoteHost: string;
  readonly #socket: net.Socket;
  #events: ConnectionEvents | undefined;
  #code: string | undefined;
  #draining = false;

  constructor(socket: net.Socket, remoteAddress: string) {
    this.#socket = socket;
    this.remoteHost = canonicalAddress(remoteAddress) ?? remoteAddress;
    // Without a listener an error would end the process; it may come before anybody binds.
    socket.on("error", (error) => (this.#code ??= codeOf(error)));
  }

  bind(events: ConnectionEvents): void {
    this.#events = events;
    this.#socket.on("connect", () => events.onOpen());
    this.#socket.on("data", (chunk: Buffer) => events.onBytes(chunk));
    this.#socket.on("end", () => events.onEnd());
    this.#socket.on("close", () => events.onClose(this.#code));
    this.#socket.resume();
  }

  write(chunk: Bytes): boolean {
    this.#socket.write(chunk, this.#written);
    this.#draining = this.#socket.writableLength > 0;
    return !this.#draining;
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

  readonly #written = (error?: Error | null): void => {
    // The callback of an earlier write, which the kernel took at once, comes a tick late and must not answer for this one.
    if (!this.#draining || error || this.#socket.writableLength > 0) return;
    this.#draining = false;
    this.#events?.onDrain();
  };
}

const codeOf = (error: Error & { readonly code?: string }): string => error.code ?? error.message;

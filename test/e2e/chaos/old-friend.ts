// An older program with the line dialect and no keys. Sends lines to all friends and counts received ones.

import net from "node:net";
import type { At } from "../kit/group.js";

const redialMs = 500;

export class OldFriend {
  said = 0;
  heard = 0;
  readonly #host: string;
  readonly #server: net.Server;
  readonly #sockets = new Map<string, net.Socket>();
  #closed = false;

  constructor(at: At, friends: readonly At[]) {
    this.#host = at.host;
    this.#server = net.createServer((socket) => this.#listen(socket));
    this.#server.listen(at);
    for (const friend of friends) this.#dial(friend);
  }

  /** Sends a line to each connected friend. */
  say(): void {
    for (const socket of this.#sockets.values()) {
      this.said += 1;
      socket.write(`${this.said}\n`);
    }
  }

  close(): void {
    this.#closed = true;
    this.#server.close();
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  #dial(friend: At): void {
    if (this.#closed) return;
    const socket = net.connect({ ...friend, localAddress: this.#host }, () => this.#sockets.set(friend.host, socket));
    this.#listen(socket);
    socket.on("close", () => {
      this.#sockets.delete(friend.host);
      setTimeout(() => this.#dial(friend), redialMs).unref();
    });
  }

  #listen(socket: net.Socket): void {
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => (this.heard += chunk.toString("latin1").split("\n").length - 1));
  }
}

// A proxy between two members that can break or pause connections. Forwards bytes and FINs in both directions.

import { once } from "node:events";
import net from "node:net";
import type { At } from "../kit/group.js";

interface Pair {
  readonly caller: net.Socket;
  readonly callee: net.Socket;
}

export class Link {
  readonly #pairs = new Set<Pair>();
  readonly #server: net.Server;

  private constructor(server: net.Server) {
    this.#server = server;
  }

  /** Forwards connections from `at` to `to`, with the source address `from`. */
  static async open(at: At, to: At, from: string): Promise<Link> {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true });
    const link = new Link(server);
    server.on("connection", (caller) => link.#join(caller, to, from));
    server.listen(at);
    await once(server, "listening");
    return link;
  }

  /** Whether a connection is open. */
  get connected(): boolean {
    return this.#pairs.size > 0;
  }

  cut(): void {
    for (const { caller, callee } of this.#pairs) {
      caller.resetAndDestroy();
      callee.destroy();
    }
  }

  /** Forwards nothing for this time. */
  hold(ms: number): void {
    const held = [...this.#pairs].flatMap(({ caller, callee }) => [caller, callee]);
    for (const socket of held) socket.pause();
    setTimeout(() => held.forEach((socket) => socket.resume()), ms);
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(caller: net.Socket, to: At, from: string): void {
    const callee = net.connect({ ...to, localAddress: from, allowHalfOpen: true, noDelay: true });
    const pair = { caller, callee };
    this.#pairs.add(pair);
    for (const [one, other] of [
      [caller, callee],
      [callee, caller],
    ] as const) {
      one.on("error", () => undefined);
      one.on("close", () => {
        this.#pairs.delete(pair);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}

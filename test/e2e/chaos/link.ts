// A link that can be cut: what one member reaches another through. It forwards bytes both ways, FINs included, until it is
// told to cut what stands or to hold it for a while.

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

  /** Who connects to `at` gets to `to`, and seems to call from `from`. */
  static async open(at: At, to: At, from: string): Promise<Link> {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true });
    const link = new Link(server);
    server.on("connection", (caller) => link.#join(caller, to, from));
    server.listen(at);
    await once(server, "listening");
    return link;
  }

  /** Whether anybody is connected through it. */
  get stands(): boolean {
    return this.#pairs.size > 0;
  }

  cut(): void {
    for (const { caller, callee } of this.#pairs) {
      caller.resetAndDestroy();
      callee.destroy();
    }
  }

  /** Nothing comes through for so long. */
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

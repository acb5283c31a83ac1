// A wire between two members that tests can record, cut, stall, truncate and tamper with. It forwards bytes
// in order.

import { once } from "node:events";
import net from "node:net";
import type { Test } from "tap";
import type { At, Group } from "./group.js";

/** The direction of bytes: from the dialling member, or to it. */
export type Way = "there" | "back";

export interface ProxyOptions {
  readonly at: At;
  readonly to: At;
  /** The address that it dials from. */
  readonly from: string;
  /** Changes a chunk that begins at `offset` of its direction on the nth connection, counted from 1. */
  readonly tamper?: (
    chunk: Buffer,
    where: { readonly way: Way; readonly offset: number; readonly nth: number },
  ) => Buffer;
  /** Called once per connection: the place to break it off, if any. */
  readonly breakOff?: () => BreakOff | undefined;
}

/** Forwards that many bytes of one direction, then sends a FIN to both ends and nothing more. */
export interface BreakOff {
  readonly way: Way;
  readonly after: number;
}

interface Road {
  readonly source: net.Socket;
  readonly target: net.Socket;
  readonly way: Way;
  readonly nth: number;
  /** Number of bytes to forward. */
  readonly limit: number;
}

export class Proxy {
  /** All bytes of both directions. */
  readonly recorded: Buffer[] = [];
  connections = 0;
  readonly #options: ProxyOptions;
  readonly #sockets = new Set<net.Socket>();
  readonly #mute = new Set<net.Socket>();
  readonly #server = net.createServer({ allowHalfOpen: true }, (socket) => this.#join(socket));

  private constructor(options: ProxyOptions) {
    this.#options = options;
  }

  static async start(t: Test, options: ProxyOptions): Promise<Proxy> {
    const proxy = new Proxy(options);
    t.teardown(() => {
      proxy.#server.close();
      proxy.cut();
    });
    proxy.#server.listen(options.at);
    await once(proxy.#server, "listening");
    return proxy;
  }

  /** Breaks every open connection with a reset. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Swallows all further bytes on the open connections, and their ends. */
  swallow(): void {
    for (const socket of this.#sockets) this.#mute.add(socket);
  }

  #join(dialled: net.Socket): void {
    const { to, from, breakOff } = this.#options;
    this.connections += 1;
    const nth = this.connections;
    const end = breakOff?.();
    const onward = net.connect({ ...to, localAddress: from, allowHalfOpen: true });
    const limitOf = (way: Way): number => (end?.way === way ? end.after : Infinity);
    this.#forward({ source: dialled, target: onward, way: "there", nth, limit: limitOf("there") });
    this.#forward({ source: onward, target: dialled, way: "back", nth, limit: limitOf("back") });
  }

  #forward({ source, target, way, nth, limit }: Road): void {
    let offset = 0;
    this.#sockets.add(source.setNoDelay(true));
    source.on("data", (chunk: Buffer) => {
      if (this.#mute.has(source)) return;
      this.recorded.push(chunk);
      const forwarded = this.#options.tamper?.(chunk, { way, offset, nth }) ?? chunk;
      target.write(forwarded.subarray(0, limit - offset));
      offset += chunk.length;
      if (offset >= limit) this.#breakOff(source, target);
    });
    source.on("end", () => this.#mute.has(source) || target.end());
    source.on("error", () => undefined);
    source.on("close", () => {
      this.#sockets.delete(source);
      if (this.#mute.has(source)) return;
      if (source.errored) target.resetAndDestroy();
      else target.destroySoon();
    });
  }

  #breakOff(...ends: readonly net.Socket[]): void {
    for (const end of ends) {
      this.#mute.add(end);
      end.end();
    }
  }
}

/** One wire for each dial direction between two members, and the arguments for the members to use them. */
export interface Wires {
  readonly alice: readonly string[];
  readonly bob: readonly string[];
  /** The first is the one that Alice dials. */
  readonly both: readonly [Proxy, Proxy];
}

/** Gives `Alice` and `Bob` of this group a wire for each direction: each sees the other at the wire's addresses. */
export async function wiresBetween(
  t: Test,
  group: Group,
  evil: Pick<ProxyOptions, "tamper" | "breakOff"> = {},
): Promise<Wires> {
  const [nearAlice, nearBob] = [group.spareHost(1), group.spareHost(2)];
  const wire = (near: string, to: string, from: string): Promise<Proxy> =>
    Proxy.start(t, { at: { host: near, port: group.port }, to: group.at(to), from, ...evil });
  return {
    alice: group.writeFor("Alice", "Alice", `Bob@${nearBob}`),
    bob: group.writeFor("Bob", `Alice@${nearAlice}`, "Bob"),
    both: [await wire(nearBob, "Bob", nearAlice), await wire(nearAlice, "Alice", nearBob)],
  };
}

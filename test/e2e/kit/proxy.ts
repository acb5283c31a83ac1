// A wire between two members that can be listened to, cut, stalled, truncated and tampered with. What it forwards it
// forwards in order.

import { once } from "node:events";
import net from "node:net";
import type { Test } from "tap";
import type { At, Group } from "./group.js";

/** Which way bytes go: as the one who dialled says them, or as he hears them. */
export type Way = "there" | "back";

export interface ProxyOptions {
  readonly at: At;
  readonly to: At;
  /** The address that it dials from. */
  readonly from: string;
  /** What becomes of a chunk that begins at `offset` of its way on the nth connection, counted from 1. */
  readonly tamper?: (
    chunk: Buffer,
    where: { readonly way: Way; readonly offset: number; readonly nth: number },
  ) => Buffer;
  /** Asked once per connection: where it breaks off, if anywhere. */
  readonly breakOff?: () => BreakOff | undefined;
}

/** So many bytes of one way are forwarded, then both ends hear a FIN and nothing more. */
export interface BreakOff {
  readonly way: Way;
  readonly after: number;
}

interface Road {
  readonly source: net.Socket;
  readonly target: net.Socket;
  readonly way: Way;
  readonly nth: number;
  /** Bytes that are forwarded. */
  readonly limit: number;
}

export class Proxy {
  /** Everything that was said in both directions. */
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

  /** Every connection that stands breaks with a reset. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Whatever is said from now on over the connections that stand is swallowed, their end included. */
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

/** A wire for each direction in which two members may dial each other, and the arguments by which they use them. */
export interface Wires {
  readonly alice: readonly string[];
  readonly bob: readonly string[];
  /** The first is the one that Alice dials. */
  readonly both: readonly [Proxy, Proxy];
}

/** `Alice` and `Bob` of this group see each other at the near end of a wire, and come out of it there. */
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

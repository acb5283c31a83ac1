// A stand-in for the older program of two ports: it reads once, at most 2000 bytes, per connection.

import { once } from "node:events";
import net from "node:net";
import type { Test } from "tap";
import { freePort } from "./free-port.js";
import { until } from "./patience.js";

const here = "127.0.0.1";
const bufferBytes = 2_000;
const secureDistance = 1_000;

/** A port whose private port is free as well. */
export async function twoPorts(): Promise<number> {
  for (;;) {
    const port = await freePort(here);
    if ((await canListen(port)) && (await canListen(port + secureDistance))) return port;
  }
}

async function canListen(port: number): Promise<boolean> {
  const server = net.createServer().listen(port, here);
  const free = await Promise.race([
    once(server, "listening").then(() => true),
    once(server, "error").then(() => false),
  ]);
  server.close();
  return free;
}

export class OldSays {
  /** The read of each connection that carried bytes. */
  readonly read: Buffer[] = [];
  /** Number of connections without a byte. */
  empty = 0;
  connections = 0;
  readonly port: number;
  readonly #server = net.createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));

  private constructor(port: number) {
    this.port = port;
  }

  static async start(t: Test, port: number): Promise<OldSays> {
    const old = new OldSays(port);
    t.teardown(() => void old.#server.close());
    old.#server.listen(port, here);
    await once(old.#server, "listening");
    return old;
  }

  async hears(count: number): Promise<void> {
    await until(
      () => this.read.length >= count,
      () => `${String(count)} messages, heard ${JSON.stringify(this.read.map(String))}`,
    );
  }

  /** Closes it; its port is free then. */
  async stop(): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }

  /** Sends like that program: one connection, one write, close. */
  async send(to: number, bytes: Buffer | string): Promise<void> {
    const socket = net.connect(to, here);
    await once(socket, "connect");
    socket.end(bytes);
    socket.resume();
    await once(socket, "close");
  }

  #serve(socket: net.Socket): void {
    this.connections += 1;
    let heard = false;
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      if (!heard) this.read.push(chunk.subarray(0, bufferBytes));
      heard = true;
    });
    socket.on("end", () => {
      if (!heard) this.empty += 1;
      socket.end();
    });
  }
}

/** Opens silent connections, as that program does. */
export async function silent(t: Test, to: number, count: number): Promise<readonly net.Socket[]> {
  const sockets = Array.from({ length: count }, () => net.connect(to, here).on("error", () => undefined));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  return sockets;
}

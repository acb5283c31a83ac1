// A neighbour that is a plain socket: it does only what the test tells it to do.

import { once } from "node:events";
import net from "node:net";
import type { Test } from "tap";
import type { At } from "./group.js";
import { Heard } from "./heard.js";
import { inTime, timePasses, until } from "./patience.js";

/** A reset right after the accept may report the connection as broken before it was reported as open. */
async function stood(socket: net.Socket): Promise<void> {
  await once(socket, "connect").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error;
  });
}

/** One connection of a neighbour. It answers no FIN by itself. */
export class Wire {
  readonly heard: Heard;
  readonly #socket: net.Socket;
  #ended = false;
  #closed = false;

  constructor(socket: net.Socket, whose: string) {
    this.#socket = socket;
    this.heard = new Heard(whose);
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.heard.add(chunk));
    socket.on("end", () => (this.#ended = true));
    socket.on("close", () => (this.#closed = true));
    socket.on("error", () => undefined);
  }

  static async dial(t: Test, from: string, to: At): Promise<Wire> {
    const socket = net.connect({ host: to.host, port: to.port, localAddress: from, allowHalfOpen: true });
    t.teardown(() => socket.destroy());
    const wire = new Wire(socket, `connection from ${from}`);
    await inTime(stood(socket), () => `connection from ${from} to stand`);
    return wire;
  }

  /** Whether the peer's FIN has arrived. */
  get ended(): boolean {
    return this.#ended;
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Writes as fast as the peer reads. */
  async feed(chunks: Iterable<string | Uint8Array>): Promise<void> {
    for (const chunk of chunks) if (!this.#socket.write(chunk)) await once(this.#socket, "drain");
  }

  /** Resolves when written bytes have waited for the peer for a second. */
  async stalls(): Promise<void> {
    let [written, since] = [-1, performance.now()];
    const still = (): boolean => {
      if (this.#socket.bytesWritten !== written) [written, since] = [this.#socket.bytesWritten, performance.now()];
      return this.#socket.writableLength > 0 && performance.now() - since > 1_000;
    };
    await until(still, () => "the peer to take no more");
  }

  /** Sends each piece in a packet of its own: the next one after the kernel has taken this one and a moment has passed. */
  async writeInPieces(...pieces: readonly (string | Uint8Array)[]): Promise<void> {
    for (const piece of pieces) {
      await new Promise((taken) => this.#socket.write(piece, taken));
      await timePasses(30);
    }
  }

  /** Sends a FIN and reads on. */
  end(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  stopReading(): void {
    this.#socket.pause();
  }

  goOnReading(): void {
    this.#socket.resume();
  }

  async seesEnd(): Promise<void> {
    await until(
      () => this.#ended,
      () => `a FIN on a connection that got:\n${this.heard.tail()}`,
    );
  }

  /** Resolves at a FIN or a reset; unread bytes decide which one it is. */
  async isTurnedAway(): Promise<void> {
    await until(
      () => this.#ended || this.#closed,
      () => "to be turned away",
    );
  }

  async seesClose(): Promise<void> {
    await until(
      () => this.#closed,
      () => `the end of a connection that got:\n${this.heard.tail()}`,
    );
  }
}

/** A neighbour that listens. */
export class Neighbour {
  /** Connections in order of acceptance. */
  readonly wires: Wire[] = [];
  readonly #server = net.createServer({ allowHalfOpen: true });

  private constructor(t: Test, whose: string) {
    this.#server.on("connection", (socket) => {
      t.teardown(() => socket.destroy());
      this.wires.push(new Wire(socket, `connection ${this.wires.length + 1} to ${whose}`));
    });
    t.teardown(() => this.#server.close());
  }

  static async listen(t: Test, at: At): Promise<Neighbour> {
    const neighbour = new Neighbour(t, at.host);
    neighbour.#server.listen(at);
    await once(neighbour.#server, "listening");
    return neighbour;
  }

  /** The nth accepted connection, counted from 1. */
  async wire(number = 1): Promise<Wire> {
    await until(
      () => this.wires.length >= number,
      () => `connection ${number}, there are ${this.wires.length}`,
    );
    return this.wires[number - 1]!;
  }
}

// Neighbours that behave like the older programs, read by read, including their crashes.

import { once } from "node:events";
import net from "node:net";
import type { Test } from "tap";
import type { At } from "./group.js";
import { until } from "./patience.js";

export type Manner = "named" | "tagged" | "says";

export interface OlderOptions {
  readonly manner: Manner;
  readonly at: At;
  /** For tagged: whether it closes after the read. */
  readonly closes?: boolean;
}

interface Reads {
  readonly bytes: number;
  /** Reads of each connection. */
  readonly times: number;
  /** Number of connections in its whole life. */
  readonly serves: number;
  readonly dies: boolean;
}

const readsOf: Readonly<Record<Manner, Reads>> = {
  named: { bytes: 99_999, times: Infinity, serves: 5, dies: true },
  tagged: { bytes: 1_024, times: 1, serves: Infinity, dies: false },
  says: { bytes: 2_000, times: 1, serves: Infinity, dies: false },
};

export class Older {
  /** The text of each read. */
  readonly reads: string[] = [];
  /** Number of accepted connections. */
  accepted = 0;
  fate = "alive";
  readonly #t: Test;
  readonly #options: OlderOptions;
  readonly #manner: Reads;
  readonly #server = net.createServer({ allowHalfOpen: true });

  private constructor(t: Test, options: OlderOptions) {
    this.#t = t;
    this.#options = options;
    this.#manner = readsOf[options.manner];
    this.#server.on("connection", (socket) => this.#accept(socket));
    t.teardown(() => this.#server.close());
  }

  static async start(t: Test, options: OlderOptions): Promise<Older> {
    const older = new Older(t, options);
    older.#server.listen(options.at);
    await once(older.#server, "listening");
    return older;
  }

  /** Shown messages: each read up to the first NUL. */
  get shown(): readonly string[] {
    return this.reads.map((read) => read.split("\0")[0]!);
  }

  async hears(...expected: readonly string[]): Promise<void> {
    const heard = (): boolean => expected.every((read) => this.reads.includes(read));
    await until(heard, () => `${JSON.stringify(expected)}, heard ${JSON.stringify(this.reads)}`);
  }

  /** Dials from its own address and writes, in pieces that may be read one by one. */
  async dial(to: At, ...pieces: readonly string[]): Promise<net.Socket> {
    const { host } = this.#options.at;
    const socket = net.connect({
      host: to.host,
      port: to.port,
      localAddress: host,
      allowHalfOpen: true,
      noDelay: true,
    });
    this.#t.teardown(() => socket.destroy());
    socket.on("error", () => undefined).resume();
    await once(socket, "connect");
    for (const piece of pieces) await new Promise((taken) => socket.write(piece, taken));
    return socket;
  }

  /** Sends a message on a connection of its own. */
  async say(to: At, message: string): Promise<void> {
    (await this.dial(to, message)).end();
  }

  #accept(socket: net.Socket): void {
    this.accepted += 1;
    this.#t.teardown(() => socket.destroy());
    socket.on("error", () => undefined);
    if (this.accepted > this.#manner.serves) return void socket.pause();
    let times = 0;
    socket.on("data", (chunk: Buffer) => {
      times += 1;
      if (times > this.#manner.times) return;
      const read = chunk.subarray(0, this.#manner.bytes).toString();
      // A loaded machine may wake the model once for two writes. test/sim/mixed.test.ts shows that each has its wake-up.
      for (const message of this.#options.manner === "named" ? read.split(/(?<=\0)/) : [read])
        this.#read(socket, message);
    });
    if (this.#manner.dies) socket.on("end", () => this.#die("crashed at the end of a connection"));
    if (this.#manner.dies) socket.on("close", () => this.#die("crashed at the end of a connection"));
  }

  #read(socket: net.Socket, read: string): void {
    this.reads.push(read);
    if (this.#manner.dies && !read.split("\0")[0]!.includes("/")) this.#die("crashed on a read without a slash");
    if (this.#options.closes === true) socket.end();
  }

  #die(how: string): void {
    if (this.fate === "alive") this.fate = how;
  }
}

// A stand-in for the older program of seed 003: it takes each read for one frame. It loses coalesced frames,
// crashes on text without a colon, and ends with the connection.

import { once } from "node:events";
import net from "node:net";
import type { Test } from "tap";
import { until } from "./patience.js";

const bufferBytes = 99;

export class OldNumbered {
  /** The bytes of each read. */
  readonly read: string[] = [];
  readonly texts: string[] = [];
  /** Reasons for crashes, and lost frames. */
  readonly harm: string[] = [];
  ended = false;
  #socket: net.Socket | undefined;
  #sent = 0;

  /** Listens, and sends `answer` to each caller. */
  static async listening(t: Test, at: { readonly host: string; readonly port: number }, answer: "y" | "n") {
    const old = new OldNumbered();
    const server = net.createServer((socket) => {
      old.#serve(socket);
      socket.write(answer);
      if (answer === "n") socket.end();
    });
    server.listen(at);
    t.teardown(() => {
      server.close();
      old.#socket?.destroy();
    });
    await once(server, "listening");
    return old;
  }

  static async calling(t: Test, to: { readonly host: string; readonly port: number; readonly localAddress: string }) {
    const old = new OldNumbered();
    const socket = net.connect(to);
    t.teardown(() => socket.destroy());
    old.#serve(socket);
    await once(socket, "connect");
    return old;
  }

  say(text: string): void {
    this.#sent += 1;
    this.write(`#${String(this.#sent)}:${text}`);
  }

  write(bytes: string): void {
    this.#socket?.write(bytes);
  }

  async reads(bytes: string): Promise<void> {
    await until(
      () => this.read.includes(bytes),
      () => `${JSON.stringify(bytes)} among ${JSON.stringify(this.read)}`,
    );
  }

  #serve(socket: net.Socket): void {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#hear(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => (this.ended = true));
  }

  #hear(chunk: Buffer): void {
    const bytes = chunk.toString();
    this.read.push(bytes);
    const [frame = "", number] = /^(?:#(\d+):.*|ACK\d+|\/exit|[yn])/su.exec(bytes) ?? [];
    if (frame === "") this.harm.push(`crashed on ${bytes}`);
    if (chunk.length > bufferBytes) this.harm.push(`cut ${bytes}`);
    if (/^(?:ACK\d+(?!\d)|\/exit|[yn])./su.test(bytes) || /.(?:#\d+:|ACK\d+$)/su.test(bytes))
      this.harm.push(`lost a part of ${bytes}`);
    if (number === undefined) return;
    this.texts.push(bytes.slice(bytes.indexOf(":") + 1));
    this.write(`ACK${number}`);
  }
}

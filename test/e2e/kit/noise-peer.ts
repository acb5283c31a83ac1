// An independent peer of the secure dialect, written from PROTOCOL.md with a Noise library, to send what no honest member sends.

import { once } from "node:events";
import { createRequire } from "node:module";
import net from "node:net";
import type { Test } from "tap";
import type { At } from "./group.js";
import { inTime, until } from "./patience.js";

export interface Keys {
  readonly publicKey: Buffer;
  readonly secretKey: Buffer;
}

interface Handshake {
  readonly complete: boolean;
  readonly tx: Buffer;
  readonly rx: Buffer;
  initialise(prologue: Buffer): void;
  send(): Uint8Array;
  recv(message: Buffer): void;
}

interface Cipher {
  encrypt(plain: Buffer): Uint8Array;
  decrypt(sealed: Buffer): Uint8Array;
}

const library = createRequire(import.meta.url);
const Noise = library("noise-handshake") as new (pattern: "XX", initiator: boolean, keys: Keys) => Handshake;
const CipherState = library("noise-handshake/cipher") as new (key: Buffer) => Cipher;
const curve = library("noise-handshake/dh") as { generateKeyPair(): Keys };

export const newKeys = (): Keys => curve.generateKeyPair();

export const kinds = { hello: 1, refused: 2, position: 3, stream: 4, texts: 5, ack: 6, bye: 7, textsAt: 8 } as const;

export interface Frame {
  readonly kind: number;
  readonly body: Buffer;
}

const withLength = (bytes: Uint8Array): Buffer => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

export const frame = (kind: number, ...body: readonly Uint8Array[]): Buffer => {
  const whole = Buffer.concat(body);
  const header = Buffer.alloc(5);
  header.writeUInt8(kind);
  header.writeUInt32BE(whole.length, 1);
  return Buffer.concat([header, whole]);
};

export const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

export const preamble = (major = 1, minor = 0): Buffer => Buffer.from([0xfe, 0x70, 0x32, 0x70, major, minor]);

export const hello = (name: string, minor = 0): Buffer =>
  frame(kinds.hello, Buffer.from([minor, Buffer.byteLength(name)]), Buffer.from(name));

/** The position of a receiver that knows no stream and grants a mebibyte. */
export const position = (): Buffer => frame(kinds.position, Buffer.alloc(16), u64(0), Buffer.alloc(8), u64(1_048_576));

const streamName = Buffer.alloc(16, 7);

export const stream = (from = 1): Buffer => frame(kinds.stream, streamName, u64(from));

const tag = Buffer.alloc(8, 9);
const linesOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(""));

export const texts = (seq: number, ...lines: readonly string[]): Buffer =>
  frame(kinds.texts, u64(seq), tag, linesOf(lines));

export const textsAt = (seq: number, written: number, ...lines: readonly string[]): Buffer =>
  frame(kinds.textsAt, u64(seq), tag, u64(written), linesOf(lines));

export class NoisePeer {
  /** All sent bytes, as on the wire. */
  readonly sent: Buffer[] = [];
  readonly #socket: net.Socket;
  readonly #keys: Keys;
  #received = Buffer.alloc(0);
  #plain = Buffer.alloc(0);
  #over = false;
  #sealing: Cipher | undefined;
  #opening: Cipher | undefined;

  constructor(t: Test, socket: net.Socket, keys: Keys) {
    this.#socket = socket.setNoDelay(true);
    this.#keys = keys;
    t.teardown(() => socket.destroy());
    socket.on("data", (chunk: Buffer) => (this.#received = Buffer.concat([this.#received, chunk])));
    socket.on("end", () => (this.#over = true));
    socket.on("close", () => (this.#over = true));
    socket.on("error", () => undefined);
  }

  static async dial(t: Test, from: string, to: At, keys = newKeys()): Promise<NoisePeer> {
    const socket = net.connect({ ...to, localAddress: from, allowHalfOpen: true });
    const peer = new NoisePeer(t, socket, keys);
    await inTime(once(socket, "connect"), () => `connection from ${from} to stand`);
    return peer;
  }

  /** Accepts the first connection. */
  static async accept(t: Test, at: At, keys = newKeys()): Promise<NoisePeer> {
    const server = net.createServer({ allowHalfOpen: true });
    t.teardown(() => server.close());
    server.listen(at);
    const [socket] = (await inTime(once(server, "connection"), () => `a dial to ${at.host}`)) as [net.Socket];
    server.close();
    return new NoisePeer(t, socket, keys);
  }

  get publicKey(): string {
    return this.#keys.publicKey.toString("hex");
  }

  /** Whether the peer has ended the connection by a FIN or a reset. */
  get over(): boolean {
    return this.#over;
  }

  get receivedBytes(): number {
    return this.#received.length;
  }

  write(bytes: Uint8Array): void {
    this.sent.push(Buffer.from(bytes));
    this.#socket.write(bytes);
  }

  async initiate(ours = preamble()): Promise<this> {
    const noise = new Noise("XX", true, this.#keys);
    noise.initialise(Buffer.concat([Buffer.from("p2p secure"), ours]));
    this.write(Buffer.concat([ours, withLength(noise.send())]));
    await this.#take(6);
    noise.recv(await this.#message());
    this.write(withLength(noise.send()));
    return this.#established(noise);
  }

  async respond(): Promise<this> {
    const noise = new Noise("XX", false, this.#keys);
    noise.initialise(Buffer.concat([Buffer.from("p2p secure"), await this.#take(6)]));
    noise.recv(await this.#message());
    this.write(Buffer.concat([preamble(), withLength(noise.send())]));
    noise.recv(await this.#message());
    return this.#established(noise);
  }

  /** One record that holds these frames. */
  seal(...frames: readonly Buffer[]): Buffer {
    return withLength(this.#sealing!.encrypt(Buffer.concat(frames)));
  }

  say(...frames: readonly Buffer[]): void {
    this.write(this.seal(...frames));
  }

  /** The next frame; if kinds are given, skips frames of other kinds. */
  async hears(...wanted: readonly number[]): Promise<Frame> {
    for (;;) {
      while (this.#plain.length < 5 || this.#plain.length < 5 + this.#plain.readUInt32BE(1)) await this.#open();
      const length = this.#plain.readUInt32BE(1);
      const found = { kind: this.#plain[0]!, body: this.#plain.subarray(5, 5 + length) };
      this.#plain = this.#plain.subarray(5 + length);
      if (wanted.length === 0 || wanted.includes(found.kind)) return found;
    }
  }

  async isTurnedAway(): Promise<void> {
    await until(
      () => this.#over,
      () => "to be turned away",
    );
  }

  end(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  #established(noise: Handshake): this {
    this.#sealing = new CipherState(noise.tx);
    this.#opening = new CipherState(noise.rx);
    return this;
  }

  async #open(): Promise<void> {
    const record = await this.#message();
    this.#plain = Buffer.concat([this.#plain, this.#opening!.decrypt(record)]);
  }

  async #message(): Promise<Buffer> {
    const length = (await this.#take(2)).readUInt16BE();
    return this.#take(length);
  }

  async #take(bytes: number): Promise<Buffer> {
    await until(
      () => this.#received.length >= bytes || this.#over,
      () => `${bytes} bytes, there are ${this.#received.length}`,
    );
    if (this.#received.length < bytes) throw new Error(`the connection ended before ${bytes} more bytes came`);
    const taken = this.#received.subarray(0, bytes);
    this.#received = this.#received.subarray(bytes);
    return Buffer.from(taken);
  }
}

// The other end of a secure connection: a real channel and real frames, said and heard when the test says so.

import type { Bytes } from "../../../src/core/types.js";
import { SecureChannel } from "../../../src/wire/secure/channel.js";
import { FrameReader } from "../../../src/wire/secure/frame-reader.js";
import { FrameWriter } from "../../../src/wire/secure/frame-writer.js";
import type { Frame } from "../../../src/wire/secure/frames.js";
import type { FakeConnection } from "./fake-network.js";
import { channelOf, type Secrets } from "./two-channels.js";

export interface FriendParts {
  readonly connection: FakeConnection;
  readonly initiator: boolean;
  readonly secrets: Secrets;
  readonly name: string;
  /** Lets our side do what is to be done. */
  readonly turn: () => void;
}

export class SecureFriend {
  /** What was said to this end, frame by frame. */
  readonly frames: Frame[] = [];
  readonly faults: string[] = [];
  /** What this end says first. */
  readonly opening: Bytes;
  readonly #parts: FriendParts;
  readonly #channel: SecureChannel;
  readonly #reader = new FrameReader();
  readonly #writer = new FrameWriter();
  #read = 0;

  constructor(parts: FriendParts) {
    this.#parts = parts;
    this.#channel = channelOf(parts);
    this.opening = this.#channel.start();
  }

  /** Handshake, and then this end's hello with whatever else it says at once. */
  greet(...more: readonly Frame[]): this {
    if (this.#parts.initiator) this.sayBytes(this.opening);
    this.hear();
    if (this.#parts.initiator || this.frames.some(({ kind }) => kind === "hello"))
      this.say({ kind: "hello", minor: 0, name: this.#parts.name }, ...more);
    return this.hear();
  }

  say(...frames: readonly Frame[]): this {
    this.sayBytes(this.#channel.seal(this.#writer.encode(frames)));
    return this.hear();
  }

  /** Plain bytes of no whole frame. */
  sayPlain(bytes: Bytes): this {
    this.sayBytes(this.#channel.seal(bytes));
    return this.hear();
  }

  /** What is said is cut in two on its way. */
  saySlowly(...frames: readonly Frame[]): this {
    const bytes = new Uint8Array(this.#channel.seal(this.#writer.encode(frames)));
    this.sayBytes(bytes.subarray(0, 7));
    this.sayBytes(bytes.subarray(7));
    return this.hear();
  }

  sayBytes(bytes: Bytes): void {
    this.#parts.connection.sayBytes(bytes);
    this.#parts.turn();
  }

  /** Reads what our side has written, and answers it. */
  hear(): this {
    this.#parts.turn();
    for (let chunk = this.#next(); chunk !== undefined; chunk = this.#next())
      for (const event of this.#channel.push(chunk)) {
        if (event.kind === "send") this.sayBytes(event.bytes);
        if (event.kind === "plain") this.frames.push(...this.#reader.push(event.bytes));
        if (event.kind === "fault") this.faults.push(event.reason);
      }
    return this;
  }

  #next(): Bytes | undefined {
    const chunk = this.#parts.connection.chunks[this.#read];
    if (chunk !== undefined) this.#read += 1;
    return chunk;
  }
}

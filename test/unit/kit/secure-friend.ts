// The peer of a secure connection: a real channel and real frames, sent and read when the test calls for it.

import type { Bytes } from "../../../src/core/types.js";
import { SecureChannel } from "../../../src/wire/secure/channel.js";
import { FrameReader } from "../../../src/wire/secure/frame-reader.js";
import { FrameWriter } from "../../../src/wire/secure/frame-writer.js";
import { ourFeatures } from "../../../src/wire/secure/features.js";
import type { Frame } from "../../../src/wire/secure/frames.js";
import { ourVersion, type Version } from "../../../src/wire/secure/preamble.js";
import type { FakeConnection } from "./fake-network.js";
import { channelOf, type Secrets } from "./two-channels.js";

export interface FriendParts {
  readonly connection: FakeConnection;
  readonly initiator: boolean;
  readonly secrets: Secrets;
  readonly name: string;
  /** The version that the friend's program speaks. */
  readonly version?: Version;
  /** Runs a turn of our side. */
  readonly turn: () => void;
}

/** The hello of a program that speaks this version. */
export function helloOf(name: string, { minor } = ourVersion): Frame {
  const hello = { kind: "hello", minor, name } as const;
  return minor === 0 ? hello : { ...hello, features: ourFeatures };
}

export class SecureFriend {
  /** The frames received. */
  readonly frames: Frame[] = [];
  readonly faults: string[] = [];
  /** The first bytes to send. */
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

  /** Completes the handshake and sends the hello, followed by `more` frames. */
  greet(...more: readonly Frame[]): this {
    if (this.#parts.initiator) this.sayBytes(this.opening);
    this.hear();
    if (this.#parts.initiator || this.frames.some(({ kind }) => kind === "hello"))
      this.say(helloOf(this.#parts.name, this.#parts.version), ...more);
    return this.hear();
  }

  say(...frames: readonly Frame[]): this {
    this.sayBytes(this.#channel.seal(this.#writer.encode(frames)));
    return this.hear();
  }

  /** Sends plain bytes that are not a whole frame. */
  sayPlain(bytes: Bytes): this {
    this.sayBytes(this.#channel.seal(bytes));
    return this.hear();
  }

  /** Sends frames in two chunks. */
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

  /** Reads the bytes that our side has written, and answers the handshake. */
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

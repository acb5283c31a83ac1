// Decodes a connection's plain bytes into frames. It buffers at most one unfinished frame, skips frames of unknown
// kinds, and accepts only a hello before the peer is identified. No frame follows a fault.

import { frameBytesMax } from "../../core/limits.js";
import type { Bytes } from "../../core/types.js";
import { decoders, faulty, headerBytes, kinds, type Frame } from "./frames.js";

export class FrameReader {
  #headerLength = 0;
  #kind = 0;
  /** Bytes of the whole body. */
  #bytes = 0;
  /** Bytes of this frame's body that are still to be read, and bytes after them that are still to be skipped. */
  #missing = 0;
  #skipping = 0;
  #held: Bytes | undefined;
  #greeted: boolean;
  #over = false;

  /** `greeted`: the hello was already read. */
  constructor(greeted = false) {
    this.#greeted = greeted;
  }

  /** Whether a frame is unfinished. */
  get unfinished(): boolean {
    return this.#headerLength > 0;
  }

  push(chunk: Bytes): readonly Frame[] {
    const frames: Frame[] = [];
    for (let at = 0; at < chunk.length && !this.#over;) {
      if (this.#headerLength < headerBytes) at += this.#readHeader(chunk.subarray(at), frames);
      else if (this.#missing > 0) at += this.#readBody(chunk.subarray(at), frames);
      else at += this.#skip(chunk.length - at);
    }
    return frames;
  }

  /** Like `#readBody` and `#skip`, returns how many bytes it consumed. */
  #readHeader(chunk: Bytes, frames: Frame[]): number {
    const taken = chunk.subarray(0, headerBytes - this.#headerLength);
    for (const byte of taken) this.#readHeaderByte(byte);
    if (this.#headerLength === headerBytes) this.#beginBody(frames);
    return taken.length;
  }

  #readHeaderByte(byte: number): void {
    if (this.#headerLength === 0) [this.#kind, this.#bytes] = [byte, 0];
    else this.#bytes = this.#bytes * 256 + byte;
    this.#headerLength += 1;
  }

  #readBody(chunk: Bytes, frames: Frame[]): number {
    const part = chunk.subarray(0, this.#missing);
    if (this.#held === undefined && part.length === this.#missing) return this.#finish(part, part.length, frames);
    const held = (this.#held ??= new Uint8Array(this.#missing));
    held.set(part, held.length - this.#missing);
    if (part.length === this.#missing) return this.#finish(held, part.length, frames);
    this.#missing -= part.length;
    return part.length;
  }

  #skip(available: number): number {
    const taken = Math.min(available, this.#skipping);
    this.#skipping -= taken;
    if (this.#skipping === 0) this.#headerLength = 0;
    return taken;
  }

  #beginBody(frames: Frame[]): void {
    const [kind, bytes] = [this.#kind, this.#bytes];
    const decoder = decoders.get(kind);
    const wrong = this.#faultOf(kind, bytes);
    if (wrong !== undefined) return this.#fail(wrong, frames);
    this.#missing = decoder === undefined ? 0 : Math.min(bytes, decoder.bytesRead);
    this.#skipping = bytes - this.#missing;
    if (bytes === 0) this.#headerLength = 0;
  }

  #faultOf(kind: number, bytes: number): string | undefined {
    const decoder = decoders.get(kind);
    if (bytes > frameBytesMax) return "a frame that is too long";
    if (decoder === undefined) return undefined;
    if (bytes < decoder.bytesMin) return "a frame that is too short";
    if (decoder.tooLong !== undefined && bytes > decoder.bytesRead) return decoder.tooLong;
    if (kind === kinds.refused || this.#greeted !== (kind === kinds.hello)) return undefined;
    return this.#greeted ? "a second hello" : "a frame before its hello";
  }

  #finish(body: Bytes, taken: number, frames: Frame[]): number {
    this.#held = undefined;
    this.#missing = 0;
    if (this.#skipping === 0) this.#headerLength = 0;
    const frame = decoders.get(this.#kind)?.decode(body) ?? faulty("a frame of no kind");
    this.#greeted ||= frame.kind === "hello";
    this.#over ||= frame.kind === "fault";
    frames.push(frame);
    return taken;
  }

  #fail(reason: string, frames: Frame[]): void {
    this.#over = true;
    frames.push(faulty(reason));
  }
}

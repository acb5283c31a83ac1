// Encodes the frames of one write into one buffer, which is reused. The peer drops the connection for a frame that is
// out of bounds, at every retry again; such a frame is a bug of this program, and throws.

import { fromHex } from "../../core/bytes.js";
import { frameTextsBytesMax, nameBytesMax, writeCharsMax } from "../../core/limits.js";
import type { Bytes } from "../../core/types.js";
import { toUtf8, utf8RoomFor, writeUtf8 } from "../../core/utf8.js";
import type { EntryEvent, Place, TextsEvent } from "../event.js";
import { entryBytesMin } from "./entry.js";
import { bitsOfFeatures } from "./features.js";
import {
  byes,
  featuresBytes,
  headerBytes,
  kinds,
  placeBytes,
  refusals,
  timeBytes,
  type Frame,
  type HelloFrame,
} from "./frames.js";

const bufferBytes = utf8RoomFor(" ") * writeCharsMax + 1_024;
const fixedBytesMax = headerBytes + 2 + nameBytesMax + featuresBytes;
const nothing: Bytes = new Uint8Array(0);

export class FrameWriter {
  #buffer = nothing;
  #view = new DataView(nothing.buffer);
  #end = 0;

  /** The bytes are valid until the next call, unless `keep` is called first. Fault events are not encoded. */
  encode(frames: readonly Frame[]): Bytes {
    this.#end = 0;
    for (const frame of frames) this.#frame(frame);
    return this.#buffer.subarray(0, this.#end);
  }

  /** Keeps the bytes of the last call valid: the next call uses another buffer. */
  keep(): void {
    this.#buffer = nothing;
  }

  #frame(frame: Frame): void {
    if (frame.kind === "fault") return;
    this.#reserve(roomFor(frame));
    const start = this.#end;
    this.#end += headerBytes;
    this.#body(frame);
    this.#buffer[start] = frame.kind === "texts" && frame.written !== undefined ? kinds["texts-at"] : kinds[frame.kind];
    this.#view.setUint32(start + 1, this.#end - start - headerBytes);
  }

  #body(frame: Exclude<Frame, { kind: "fault" }>): void {
    switch (frame.kind) {
      case "hello":
        return this.#hello(frame);
      case "refused":
        return this.#byte(frame.reason === "other" ? 0 : refusals.indexOf(frame.reason) + 1);
      case "position":
        this.#hex(frame.stream);
        this.#number(frame.received);
        this.#hex(frame.tag);
        return this.#number(frame.granted);
      case "stream":
        this.#hex(frame.stream);
        return this.#number(frame.from);
      case "texts":
        return this.#texts(frame);
      case "entry":
        return this.#entry(frame);
      case "ack":
        this.#number(frame.received);
        return this.#number(frame.granted);
      case "bye":
        return this.#byte(byes.indexOf(frame.reason) + 1);
    }
  }

  #hello({ minor, name, features }: HelloFrame): void {
    const bytes = toUtf8(name.normalize("NFC"));
    if (bytes.length === 0 || bytes.length > nameBytesMax) throw new Error(`a name of ${bytes.length} bytes`);
    this.#byte(minor);
    this.#byte(bytes.length);
    this.#bytes(bytes);
    if (minor > 0 && features !== undefined) this.#bits(bitsOfFeatures(features));
  }

  /** The hot path: encodes the texts directly into the buffer. */
  #texts({ batch, at, written }: TextsEvent): void {
    if (at === undefined) throw new Error("texts without a sequence number");
    this.#place(at);
    if (written !== undefined) this.#number(written);
    const bytes = writeUtf8(batch.texts, this.#buffer.subarray(this.#end));
    if (bytes === 0 || bytes > frameTextsBytesMax) throw new Error(`${bytes} bytes of texts in one frame`);
    this.#end += bytes;
  }

  #entry({ at, message: { raw } }: EntryEvent): void {
    if (raw.length < entryBytesMin || raw.length > frameTextsBytesMax)
      throw new Error(`an entry of ${raw.length} bytes`);
    this.#place(at);
    this.#bytes(raw);
  }

  #place({ seq, tag }: Place): void {
    this.#number(seq);
    this.#hex(tag);
  }

  #byte(value: number): void {
    this.#buffer[this.#end] = value;
    this.#end += 1;
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`a number ${value}`);
    this.#bits(BigInt(value));
  }

  #bits(value: bigint): void {
    this.#view.setBigUint64(this.#end, value);
    this.#end += 8;
  }

  #hex(digits: string): void {
    this.#bytes(fromHex(digits));
  }

  #bytes(bytes: Bytes): void {
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  #reserve(bytes: number): void {
    const needed = this.#end + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, bufferBytes, 2 * this.#end));
    larger.set(this.#buffer.subarray(0, this.#end));
    this.#buffer = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** An upper bound for the bytes of a frame. */
function roomFor(frame: Frame): number {
  if (frame.kind === "texts") return headerBytes + placeBytes + timeBytes + utf8RoomFor(frame.batch.texts);
  return frame.kind === "entry" ? headerBytes + placeBytes + frame.message.raw.length : fixedBytesMax;
}

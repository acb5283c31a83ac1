// Text to bytes and back. What is not UTF-8 becomes U+FFFD and touches no neighbouring line.

import { writeCharsMax } from "./limits.js";
import type { Bytes } from "./types.js";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strictDecoder = new TextDecoder("utf-8", { fatal: true });
const encoder = new TextEncoder();
const nothing: Bytes = new Uint8Array(0);

export const fromUtf8 = (bytes: Bytes): string => decoder.decode(bytes);

export function isUtf8(bytes: Bytes): boolean {
  try {
    strictDecoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

export const toUtf8 = (text: string): Bytes => encoder.encode(text);

// Room for a write whose lines were given a sender's name. A UTF-16 unit takes three bytes at most.
const bytesPerChar = 3;
const bufferBytes = 2 * bytesPerChar * writeCharsMax;

/** Encodes into one buffer again and again: at full speed a fresh one for each write costs three times the encoding. */
export class Utf8Writer {
  #buffer = nothing;

  /** The bytes are valid until the next call, unless `keep` comes first. */
  encode(text: string): Bytes {
    if (text.length * bytesPerChar > bufferBytes) return toUtf8(text);
    if (this.#buffer.length === 0) this.#buffer = new Uint8Array(bufferBytes);
    return this.#buffer.subarray(0, encoder.encodeInto(text, this.#buffer).written);
  }

  /** Somebody still reads the bytes of the last call: the next one gets another buffer. */
  keep(): void {
    this.#buffer = nothing;
  }
}

let scratch = nothing;

/** How many bytes a text takes. Encoding it is the fastest way to know: 6 us for a thousand short lines. */
export function utf8Bytes(text: string): number {
  if (scratch.length === 0) scratch = new Uint8Array(bytesPerChar * writeCharsMax);
  let bytes = 0;
  for (let at = 0; at < text.length;) {
    const { read, written } = encoder.encodeInto(text.slice(at), scratch);
    at += read;
    bytes += written;
  }
  return bytes;
}

/** Pieces of at most `bytes` bytes each, cut between characters; `bytes` is 4 or more. */
export function piecesOfText(text: string, bytes: number): readonly string[] {
  if (text.length * bytesPerChar <= bytes) return [text];
  const room = new Uint8Array(bytes);
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += pieces.at(-1)?.length ?? 0)
    pieces.push(text.slice(at, at + encoder.encodeInto(text.slice(at, at + bytes), room).read));
  return pieces;
}

/** Writes a text to the start of `target`, which must have room for it: three bytes for each UTF-16 unit are enough. */
export const writeUtf8 = (text: string, target: Bytes): number => encoder.encodeInto(text, target).written;

export const utf8RoomFor = (text: string): number => bytesPerChar * text.length;

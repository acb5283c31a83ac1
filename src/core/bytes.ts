// Joins byte arrays and converts them to and from hexadecimal digits, the form of keys, streams and tags inside the
// program.

import type { Bytes } from "./types.js";

/** A single part is returned without a copy. */
export function concat(parts: readonly Bytes[]): Bytes {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const digitPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function toHex(bytes: Bytes): string {
  let digits = "";
  for (const byte of bytes) digits += digitPairs[byte] ?? "";
  return digits;
}

/** `digits` must be pairs of hexadecimal digits. */
export function fromHex(digits: string): Bytes {
  const bytes = new Uint8Array(digits.length / 2);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

// Names of members and groups. A valid name is also a safe folder name: no separator, no leading dot.

import { nameLengthMax } from "./limits.js";
import type { PeerName } from "./types.js";

const pattern = /^[\p{L}\p{Nd}][\p{L}\p{M}\p{Nd}._-]*$/u;

/** Describes a valid name in error messages. */
export const nameRule = `1 to ${nameLengthMax} letters, digits, ".", "_" or "-", beginning with a letter or digit`;

/** In Unicode normal form C; undefined if `text` is not a valid name. */
export function toPeerName(text: string): PeerName | undefined {
  const name = text.normalize("NFC");
  return pattern.test(name) && Array.from(name).length <= nameLengthMax ? (name as PeerName) : undefined;
}

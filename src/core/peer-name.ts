// What a member or a group may be called. Such a name is also safe as a folder's name: no separator, no leading dot.

import { nameLengthMax } from "./limits.js";
import type { PeerName } from "./types.js";

const pattern = /^[\p{L}\p{Nd}][\p{L}\p{M}\p{Nd}._-]*$/u;

/** For errors: what `toPeerName` takes. */
export const nameRule = `1 to ${nameLengthMax} letters, digits, ".", "_" or "-", beginning with a letter or digit`;

/** In Unicode normal form C; undefined for what cannot be a name. */
export function toPeerName(text: string): PeerName | undefined {
  const name = text.normalize("NFC");
  return pattern.test(name) && Array.from(name).length <= nameLengthMax ? (name as PeerName) : undefined;
}

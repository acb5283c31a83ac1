// A text as a picture that telephones read.

import { encode } from "uqr";

/** Rows of modules, true where dark, with the light edge that readers need. */
export function qrCode(text: string): readonly (readonly boolean[])[] {
  return encode(text, { border: quietModules }).data;
}

/** The standard asks for four; with two a fingerprint of each side fits 40 columns, and telephones make do with less. */
const quietModules = 2;

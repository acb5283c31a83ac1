// Draws a text as a QR code.

import { encode } from "uqr";

/** Rows of modules, true is dark, with the light edge that readers need. */
export function qrCode(text: string): readonly (readonly boolean[])[] {
  return encode(text, { border: quietModules }).data;
}

/** The standard asks for four modules; with two both fingerprints fit 40 columns, and phones read it. */
const quietModules = 2;

// Typed messages with their bytes.

import type { TypedMessage } from "../../../src/core/typed-message.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { encodeEntry } from "../../../src/wire/secure/entry.js";
import { keyOf } from "./keys.js";

const usual: Omit<TypedMessage, "raw"> = {
  id: "000102030405060708090a0b0c0d0e0f",
  kind: 700,
  silent: false,
  conversation: "plans",
  place: { author: keyOf("a"), chain: "1".repeat(32), number: 3 },
  written: 1_700_000_000_123,
  refersTo: { author: keyOf("b"), chain: "2".repeat(32), number: 4_294_967_296 },
  fallback: "Gr\u00fc\u00dfe",
  body: toUtf8("a body\n"),
  signature: new Uint8Array(0),
};

/** A message with these fields, and usual ones for the rest. */
export function entryOf(fields: Partial<Omit<TypedMessage, "raw">> = {}): TypedMessage {
  const message = { ...usual, ...fields };
  return { ...message, raw: encodeEntry(message) };
}

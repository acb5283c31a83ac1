// Making, counting and joining batches.

import type { Batch } from "./types.js";
import { utf8Bytes } from "./utf8.js";

export function countLines(texts: string): number {
  let count = 0;
  for (let at = texts.indexOf("\n"); at >= 0; at = texts.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** `texts` must be empty or end with a line feed. */
export const batchOf = (texts: string): Batch => ({ texts, count: countLines(texts) });

/** What a batch costs on the wire, line feeds included. */
export const textsBytes = (batch: Batch): number => utf8Bytes(batch.texts);

export function joinBatches(batches: readonly Batch[]): Batch {
  const [only] = batches;
  if (only !== undefined && batches.length === 1) return only;
  return {
    texts: batches.map((batch) => batch.texts).join(""),
    count: batches.reduce((sum, batch) => sum + batch.count, 0),
  };
}

/** The first texts of a batch, as many as there is room for. */
export function firstOf(batch: Batch, room: { readonly messages: number; readonly chars: number }): Batch {
  if (batch.count <= room.messages && batch.texts.length <= room.chars) return batch;
  let [count, end] = [0, 0];
  while (count < Math.min(room.messages, batch.count)) {
    const next = batch.texts.indexOf("\n", end) + 1;
    if (next > room.chars) break;
    [count, end] = [count + 1, next];
  }
  return { texts: batch.texts.slice(0, end), count };
}

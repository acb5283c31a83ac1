// Making, counting and joining batches.

import type { Batch } from "./types.js";

export function countLines(texts: string): number {
  let count = 0;
  for (let at = texts.indexOf("\n"); at >= 0; at = texts.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** `texts` must be empty or end with a line feed. */
export const batchOf = (texts: string): Batch => ({ texts, count: countLines(texts) });

export function joinBatches(batches: readonly Batch[]): Batch {
  const [only] = batches;
  if (only !== undefined && batches.length === 1) return only;
  return {
    texts: batches.map((batch) => batch.texts).join(""),
    count: batches.reduce((sum, batch) => sum + batch.count, 0),
  };
}

// Makes, counts, splits and joins batches.

import { writeCharsMax } from "./limits.js";
import type { Batch } from "./types.js";
import { fromUtf8, piecesOfText, toUtf8, utf8Bytes } from "./utf8.js";

export function countLines(texts: string): number {
  let count = 0;
  for (let at = texts.indexOf("\n"); at >= 0; at = texts.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** `texts` must be empty or end with a line feed. */
export const batchOf = (texts: string): Batch => ({ texts, count: countLines(texts) });

/** Bytes of the texts on the wire, line feeds included. */
export const textsBytes = (batch: Batch): number => utf8Bytes(batch.texts);

export function joinBatches(batches: readonly Batch[]): Batch {
  const [only] = batches;
  if (only !== undefined && batches.length === 1) return only;
  return {
    texts: batches.map((batch) => batch.texts).join(""),
    count: batches.reduce((sum, batch) => sum + batch.count, 0),
  };
}

/** The first texts of a batch, as many as fit into `room`. */
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

/**
 * Splits a batch between texts into pieces of at most `chars` characters; a longer single text is a piece of its own.
 */
export function piecesOf(batch: Batch, chars: number): readonly Batch[] {
  if (batch.texts.length <= chars) return batch.count === 0 ? [] : [batch];
  const pieces: Batch[] = [];
  for (let start = 0; start < batch.texts.length;) {
    const cut = batch.texts.lastIndexOf("\n", start + chars - 1) + 1;
    const end = cut > start ? cut : batch.texts.indexOf("\n", start) + 1;
    pieces.push(batchOf(batch.texts.slice(start, end)));
    start = end;
  }
  return pieces;
}

/**
 * One text each, at most `bytes` bytes long. A longer text is split; only its last piece has a count of 1, the others
 * 0.
 */
export function portionsOf(batch: Batch, bytes: number): readonly Batch[] {
  return batch.texts
    .slice(0, -1)
    .split("\n")
    .flatMap((text) => {
      const pieces = piecesOfText(text, bytes);
      return pieces.map((piece, index) => ({ texts: `${piece}\n`, count: index === pieces.length - 1 ? 1 : 0 }));
    });
}

/**
 * Removes empty texts. An empty text is the placeholder of a cancelled message: it keeps its number and is not shown.
 */
export function withoutEmpty(batch: Batch): Batch {
  if (!batch.texts.startsWith("\n") && !batch.texts.includes("\n\n")) return batch;
  return batchOf(batch.texts.replace(/^\n+/, "").replace(/\n{2,}/g, "\n"));
}

/** The batch without its first `messages` texts. */
export function restOf(batch: Batch, messages: number): Batch {
  if (messages <= 0) return batch;
  let end = 0;
  for (let skipped = 0; skipped < Math.min(messages, batch.count); skipped += 1)
    end = batch.texts.indexOf("\n", end) + 1;
  return { texts: batch.texts.slice(end), count: Math.max(batch.count - messages, 0) };
}

/** Copies short texts: a short slice would keep the whole chunk that it was cut from in memory. */
export const ownTexts = (batch: Batch): Batch =>
  batch.texts.length >= writeCharsMax / 4 ? batch : { ...batch, texts: fromUtf8(toUtf8(batch.texts)) };

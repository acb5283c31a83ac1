// Ranges of consecutive ordinals, and the parts of a batch inside and outside of them. Pure.

import { firstOf, restOf } from "./batch.js";
import type { Batch } from "./types.js";

/** Ordinals `first` to `last`, both included. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

export const spanLength = ({ first, last }: Span): number => last - first + 1;

export const spansLength = (spans: readonly Span[]): number => spans.reduce((sum, span) => sum + spanLength(span), 0);

/** The intersection of two spans. */
export function common(one: Span, other: Span): Span | undefined {
  const [first, last] = [Math.max(one.first, other.first), Math.min(one.last, other.last)];
  return first <= last ? { first, last } : undefined;
}

/** The parts of a span outside `others`, which must be sorted and must not overlap. */
export function without(span: Span, others: readonly Span[]): readonly Span[] {
  const left: Span[] = [];
  let { first } = span;
  for (const other of others) {
    if (other.last < first) continue;
    if (other.first > span.last) break;
    if (other.first > first) left.push({ first, last: other.first - 1 });
    first = other.last + 1;
  }
  if (first <= span.last) left.push({ first, last: span.last });
  return left;
}

interface Placed {
  readonly ordinal: number;
  readonly batch: Batch;
}

/** The messages of a batch that are not in `spans`. */
export function partsOutside({ ordinal, batch }: Placed, spans: readonly Span[]): readonly Placed[] {
  return without({ first: ordinal, last: ordinal + batch.count - 1 }, spans).map(({ first, last }) => ({
    ordinal: first,
    batch: firstOf(restOf(batch, first - ordinal), { messages: last - first + 1, chars: Infinity }),
  }));
}

/** The same batch with the texts in `spans` replaced by empty ones. */
export function emptied({ ordinal, batch }: Placed, spans: readonly Span[]): Batch {
  let [texts, next] = ["", ordinal];
  for (const part of partsOutside({ ordinal, batch }, spans)) {
    texts += "\n".repeat(part.ordinal - next) + part.batch.texts;
    next = part.ordinal + part.batch.count;
  }
  return { texts: texts + "\n".repeat(ordinal + batch.count - next), count: batch.count };
}

// The withdrawn messages in one friend's queue. Keeps their count, so that the store is asked only if there are any.

import type { Outgoing } from "../core/record.js";
import { spansLength, type Span } from "../core/span.js";
import type { Peer } from "../core/types.js";
import type { Notebook } from "../ports.js";

export class CancelledSet {
  readonly #notebook: Notebook;
  readonly #peer: () => Peer;
  #count = 0;
  #last = 0;

  constructor(notebook: Notebook, peer: () => Peer, record: Pick<Outgoing, "retired" | "next">) {
    this.#notebook = notebook;
    this.#peer = peer;
    this.recount(record);
  }

  /** Number of messages that are withdrawn and not retired. */
  get count(): number {
    return this.#count;
  }

  /** No withdrawn message has a greater ordinal. */
  get last(): number {
    return this.#last;
  }

  add(spans: readonly Span[]): void {
    this.#count += spansLength(spans);
    this.#last = spans.reduce((most, { last }) => Math.max(most, last), this.#last);
  }

  /** Messages after `from`, up to `to`, were retired. Returns how many of them are withdrawn. */
  pass(from: number, to: number): number {
    if (this.#count === 0) return 0;
    const gone = spansLength(this.#in({ first: from + 1, last: to }));
    this.#count -= gone;
    return gone;
  }

  /** The number of consecutive withdrawn messages that starts at `ordinal`. */
  from(ordinal: number): number {
    if (this.#count === 0) return 0;
    let next = ordinal;
    for (const { first, last } of this.#in({ first: ordinal, last: this.#last })) {
      if (first > next) break;
      next = last + 1;
    }
    return next - ordinal;
  }

  /** Counts again from the store, after this turn's changes were rolled back. */
  recount({ retired, next }: Pick<Outgoing, "retired" | "next">): void {
    const all = this.#in({ first: retired + 1, last: next - 1 });
    this.#count = spansLength(all);
    this.#last = all.at(-1)?.last ?? 0;
  }

  #in(span: Span): readonly Span[] {
    return this.#notebook.withdrawn(this.#peer().name, span);
  }
}

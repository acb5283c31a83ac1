// Which of the messages that wait for one friend are not to be sent any more: counted, and looked up where there are any.

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

  /** Messages that are withdrawn and not retired. */
  get count(): number {
    return this.#count;
  }

  /** None has an ordinal above this. */
  get last(): number {
    return this.#last;
  }

  add(spans: readonly Span[]): void {
    this.#count += spansLength(spans);
    this.#last = spans.reduce((most, { last }) => Math.max(most, last), this.#last);
  }

  /** Messages up to `to` are retired, up to `from` they were before. Returns how many of them are withdrawn. */
  pass(from: number, to: number): number {
    if (this.#count === 0) return 0;
    const gone = spansLength(this.#in({ first: from + 1, last: to }));
    this.#count -= gone;
    return gone;
  }

  /** How many in a row are withdrawn from `ordinal` on. */
  from(ordinal: number): number {
    if (this.#count === 0) return 0;
    let next = ordinal;
    for (const { first, last } of this.#in({ first: ordinal, last: this.#last })) {
      if (first > next) break;
      next = last + 1;
    }
    return next - ordinal;
  }

  /** What this turn has changed was not kept. */
  recount({ retired, next }: Pick<Outgoing, "retired" | "next">): void {
    const all = this.#in({ first: retired + 1, last: next - 1 });
    this.#count = spansLength(all);
    this.#last = all.at(-1)?.last ?? 0;
  }

  #in(span: Span): readonly Span[] {
    return this.#notebook.withdrawn(this.#peer().name, span);
  }
}

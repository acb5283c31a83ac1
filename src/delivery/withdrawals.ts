// Withdraws messages to one friend when a client cancels them or when they expire. The store marks them in the turn's
// transaction; results are reported after the commit.

import type { Cancellation, Which } from "../core/outcome.js";
import type { Withdrawal } from "../core/record.js";
import { common, spansLength, type Span } from "../core/span.js";
import type { PeerName, Result } from "../core/types.js";
import type { Notebook } from "../ports.js";
import type { Delivery } from "./delivery.js";

/** Tells which of the friend's messages may be withdrawn now. */
type Range = Pick<Delivery, "firstCancellable" | "nextOrdinal" | "progress">;

interface CancelRequest {
  readonly which: Which;
  readonly answer: (done: Cancellation) => void;
}

interface WithdrawnSpans {
  readonly state: Withdrawal;
  readonly spans: readonly Span[];
}

export class Withdrawals {
  readonly #notebook: Notebook;
  readonly #peer: () => PeerName;
  #requests: CancelRequest[] = [];
  /** Withdrawn in this turn's transaction. */
  #done: WithdrawnSpans[] = [];
  #answers: ((committed: Result<null>) => void)[] = [];
  #nextExpiry: number | undefined;

  constructor(notebook: Notebook, peer: () => PeerName) {
    this.#notebook = notebook;
    this.#peer = peer;
    this.#nextExpiry = notebook.nextExpiry(peer());
  }

  /** Wall-clock time of the next expiry, in milliseconds since 1970 UTC. */
  get nextExpiry(): number | undefined {
    return this.#nextExpiry;
  }

  cancel(which: Which, answer: CancelRequest["answer"]): void {
    this.#requests.push({ which, answer });
  }

  /** A message expires at `time`. */
  expireAt(time: number): void {
    this.#nextExpiry = Math.min(time, this.#nextExpiry ?? Infinity);
  }

  /** Before the delivery settles. Returns the spans withdrawn in this turn. */
  settle(range: Range, time: number): readonly Span[] {
    const before = this.#done.length;
    for (const request of this.#requests.splice(0)) this.#cancel(request, range);
    if (this.#nextExpiry !== undefined && this.#nextExpiry <= time) this.#expire(range, time);
    return this.#done.slice(before).flatMap(({ spans }) => spans);
  }

  /** After the commit. Returns the spans that are now stored as withdrawn. */
  flush(committed: Result<null>): readonly WithdrawnSpans[] {
    for (const answer of this.#answers.splice(0)) answer(committed);
    const done = this.#done.splice(0);
    if (this.#nextExpiry !== undefined) this.#nextExpiry = this.#notebook.nextExpiry(this.#peer());
    return committed.ok ? done : [];
  }

  #cancel({ which, answer }: CancelRequest, range: Range): void {
    const wanted = this.#wanted(which, range);
    const cancelled = spansLength(this.#withdraw(wanted, range, "cancelled"));
    const late = wanted.reduce((sum, span) => sum + this.#late(span, range), 0);
    this.#answers.push((committed) =>
      answer(committed.ok ? { cancelled, late } : { cancelled: 0, late, reason: committed.message }),
    );
  }

  #expire(range: Range, time: number): void {
    const due = this.#notebook.expiring(this.#peer(), time);
    this.#withdraw(due, range, "expired");
    this.#notebook.dropExpiries(this.#peer(), time);
  }

  #wanted(which: Which, { progress, nextOrdinal }: Range): readonly Span[] {
    if (which === "all") return [{ first: progress.retired + 1, last: nextOrdinal - 1 }];
    if ("id" in which) return this.#notebook.named(this.#peer(), which.id).map((at) => ({ first: at, last: at }));
    const ordinal = this.#notebook.ordinalOf(this.#peer(), which.seq);
    return ordinal === undefined ? [] : [{ first: ordinal, last: ordinal }];
  }

  /** Withdraws the messages in `wanted` that were not written to a connection. */
  #withdraw(wanted: readonly Span[], { firstCancellable, nextOrdinal }: Range, state: Withdrawal): readonly Span[] {
    const possible = wanted.flatMap((span) => common(span, { first: firstCancellable, last: nextOrdinal - 1 }) ?? []);
    const spans = possible.flatMap((span) => this.#notebook.withdraw(this.#peer(), span, state));
    if (spans.length > 0) this.#done.push({ state, spans });
    return spans;
  }

  /** Counts the messages in `span` that may have been sent already. */
  #late(span: Span, { firstCancellable }: Range): number {
    const sent = common(span, { first: 1, last: firstCancellable - 1 });
    if (sent === undefined) return 0;
    return spansLength([sent]) - spansLength(this.#notebook.withdrawn(this.#peer(), sent));
  }
}

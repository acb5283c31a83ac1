// Withdraws messages to one friend when a client cancels them, when they expire, or when the friend's program is too old
// for them. The store marks them in the turn's
// transaction; results are reported after the commit.

import type { Cancellation, CancelTarget } from "../core/outcome.js";
import type { Withdrawal } from "../core/record.js";
import { common, spansLength, type Span } from "../core/span.js";
import type { PeerName, Result } from "../core/types.js";
import type { Notebook } from "../ports.js";
import type { Delivery } from "./delivery.js";

/** How far the delivery to the friend has got: it decides which messages may still be withdrawn. */
type DeliveryPosition = Pick<Delivery, "firstCancellable" | "nextOrdinal" | "progress">;

interface CancelRequest {
  readonly target: CancelTarget;
  readonly answer: (result: Cancellation) => void;
}

interface WithdrawnSpans {
  readonly state: Withdrawal;
  readonly spans: readonly Span[];
}

export class Withdrawals {
  readonly #notebook: Notebook;
  readonly #peer: () => PeerName;
  #requests: CancelRequest[] = [];
  /** Withdrawn in this turn's transaction, not yet reported. */
  #withdrawn: WithdrawnSpans[] = [];
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

  cancel(target: CancelTarget, answer: CancelRequest["answer"]): void {
    this.#requests.push({ target, answer });
  }

  /** Notes that a message expires at `time`. */
  noteExpiry(time: number): void {
    this.#nextExpiry = Math.min(time, this.#nextExpiry ?? Infinity);
  }

  /** Call before `settle` of the delivery. Returns the spans withdrawn in this turn. */
  settle(position: DeliveryPosition, time: number): readonly Span[] {
    const before = this.#withdrawn.length;
    for (const request of this.#requests.splice(0)) this.#cancel(request, position);
    if (this.#nextExpiry !== undefined && this.#nextExpiry <= time) this.#expire(position, time);
    return this.#withdrawn.slice(before).flatMap(({ spans }) => spans);
  }

  /** The friend's program is too old for these messages. Call between `settle` and the commit. */
  fail(span: Span): void {
    this.#withdrawn.push({ state: "failed", spans: this.#notebook.withdraw(this.#peer(), span, "failed") });
  }

  /** Call after the commit. Returns the spans that are now stored as withdrawn. */
  flush(committed: Result<null>): readonly WithdrawnSpans[] {
    for (const answer of this.#answers.splice(0)) answer(committed);
    const done = this.#withdrawn.splice(0);
    if (this.#nextExpiry !== undefined) this.#nextExpiry = this.#notebook.nextExpiry(this.#peer());
    return committed.ok ? done : [];
  }

  #cancel({ target, answer }: CancelRequest, position: DeliveryPosition): void {
    const wanted = this.#wanted(target, position);
    const cancelled = spansLength(this.#withdraw(wanted, position, "cancelled"));
    const late = wanted.reduce((sum, span) => sum + this.#late(span, position), 0);
    this.#answers.push((committed) =>
      answer(committed.ok ? { cancelled, late } : { cancelled: 0, late, reason: committed.message }),
    );
  }

  #expire(position: DeliveryPosition, time: number): void {
    const due = this.#notebook.expiring(this.#peer(), time);
    this.#withdraw(due, position, "expired");
    this.#notebook.dropExpiries(this.#peer(), time);
  }

  #wanted(target: CancelTarget, { progress, nextOrdinal }: DeliveryPosition): readonly Span[] {
    if (target === "all") return [{ first: progress.retired + 1, last: nextOrdinal - 1 }];
    if ("id" in target) return this.#notebook.named(this.#peer(), target.id).map((at) => ({ first: at, last: at }));
    const ordinal = this.#notebook.ordinalOf(this.#peer(), target.seq);
    return ordinal === undefined ? [] : [{ first: ordinal, last: ordinal }];
  }

  /** Withdraws the messages in `wanted` that were not written to a connection. */
  #withdraw(
    wanted: readonly Span[],
    { firstCancellable, nextOrdinal }: DeliveryPosition,
    state: Withdrawal,
  ): readonly Span[] {
    const possible = wanted.flatMap((span) => common(span, { first: firstCancellable, last: nextOrdinal - 1 }) ?? []);
    const spans = possible.flatMap((span) => this.#notebook.withdraw(this.#peer(), span, state));
    if (spans.length > 0) this.#withdrawn.push({ state, spans });
    return spans;
  }

  /** Counts the messages in `span` that may have been sent already. */
  #late(span: Span, { firstCancellable }: DeliveryPosition): number {
    const sent = common(span, { first: 1, last: firstCancellable - 1 });
    if (sent === undefined) return 0;
    return spansLength([sent]) - spansLength(this.#notebook.withdrawn(this.#peer(), sent));
  }
}

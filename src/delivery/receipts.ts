// Reports the outcomes of messages to the origins that sent them to one friend: one final outcome per message and run.
// A later run reports final outcomes that a crash kept from being reported. Messages without an origin cost nothing; a
// million messages of one origin are one entry. Pure, except for the notebook, which holds the callers' names.

import { outcomesPerTurn } from "../core/limits.js";
import type { Origin, Outcome, OutcomeKind, SendOptions } from "../core/outcome.js";
import type { Withdrawal } from "../core/record.js";
import { without, type Span } from "../core/span.js";
import type { PeerName, Result } from "../core/types.js";
import type { Notebook } from "../ports.js";
import { splitBySpan, OpenEntries, type OpenEntry } from "./open-entries.js";

/** Ordinals up to which messages are stored, were written to a connection, and are done. */
export interface Progress {
  readonly kept: number;
  readonly written: number;
  readonly retired: number;
}

export interface ReceiptsParts {
  readonly peer: () => PeerName;
  readonly notebook: Notebook;
  /** Gets the outcomes of messages that an earlier run accepted. */
  readonly reporter: () => Origin | undefined;
  readonly tell: (origin: Origin, outcome: Parameters<Origin["outcome"]>[0]) => void;
}

/** Accepted messages that are not stored yet. */
interface Handed extends Span {
  readonly origin: Origin;
  readonly number: undefined;
  readonly id: string | undefined;
  readonly expires: number | undefined;
}

/** An outcome to report: for all messages of the entry or, without an entry, for the named messages in the span. */
interface Report {
  readonly span: Span;
  /** Undefined: read it from the store. */
  readonly kind: OutcomeKind | undefined;
  readonly final: boolean;
  readonly entry: OpenEntry | undefined;
}

interface Stored extends Span {
  readonly number: number;
}

/** Final outcomes that were reported, and the origin that got them. */
interface Ended {
  readonly span: Span;
  readonly origin: Origin | undefined;
}

const wasRead = ({ origin }: Ended): boolean => origin?.pending !== true;

export class Receipts {
  readonly #parts: ReceiptsParts;
  readonly #open = new OpenEntries();
  #handed: Handed[] = [];
  /** How many of `#handed` have their notes in this turn's transaction. */
  #noted = 0;
  #stored: Stored[] = [];
  /** The progress that was reported. */
  #told: Progress;
  #reports: Report[] = [];
  /** Final outcomes were reported; a later turn deletes their notes. */
  #ended: Ended[] = [];
  /** This turn's transaction deletes their notes. */
  #dropping: readonly Ended[] = [];

  constructor(parts: ReceiptsParts, start: Progress, nextOrdinal: number) {
    this.#parts = parts;
    this.#told = start;
    this.#recall(start.retired, nextOrdinal - 1);
  }

  /** Whether another turn is needed. */
  get unfinished(): boolean {
    return this.#reports.length > 0 || this.#ended.some(wasRead);
  }

  /** Whether origins have yet to read final outcomes; a turn is needed once they have. */
  get awaitingRead(): boolean {
    return this.#ended.length > 0;
  }

  /** `count` messages from ordinal `first` on were accepted. */
  add(first: number, count: number, { origin, id, expires }: SendOptions): void {
    const before = this.#handed.at(-1);
    const joins = before !== undefined && before.last === first - 1 && before.origin === origin;
    if (joins && before.id === undefined && id === undefined && before.expires === expires)
      this.#handed[this.#handed.length - 1] = { ...before, last: first + count - 1 };
    else this.#handed.push({ first, last: first + count - 1, origin, id, expires, number: undefined });
  }

  /** These messages are in this turn's transaction; `number` is the store number of the first. */
  stored(first: number, count: number, number: number): void {
    if (this.#handed.length > 0) this.#stored.push({ first, last: first + count - 1, number });
  }

  /**
   * Before the commit. Returns the earliest expiry among newly accepted messages, in wall-clock milliseconds; Infinity
   * for none.
   */
  settle(): number {
    const { notebook, peer } = this.#parts;
    this.#dropping = this.#ended.filter(wasRead);
    for (const { span } of this.#dropping) notebook.dropNotes(peer(), span);
    const fresh = this.#handed.slice(this.#noted);
    this.#noted = this.#handed.length;
    return fresh.reduce((least, handed) => Math.min(least, this.#putNotes(handed)), Infinity);
  }

  /** After the commit: messages up to `kept` are in the store. */
  committed({ ok }: Result<null>, kept: number): void {
    if (ok) this.#keep(kept);
    if (ok && this.#dropping.length > 0) this.#ended = this.#ended.filter((each) => !this.#dropping.includes(each));
    this.#stored = [];
    this.#noted = 0;
    this.#dropping = [];
  }

  /** Reports a delivery's progress. `end` is the final outcome of that delivery. */
  advance({ kept, written, retired }: Progress, end: "sent" | "delivered"): void {
    if (end === "delivered") this.#reportSent(written);
    this.#retire(retired, end);
    const { written: before, retired: done } = this.#told;
    this.#told = { kept, written: Math.max(written, before), retired: Math.max(retired, done) };
  }

  /** Accepted messages from ordinal `from` on could not be stored. */
  fail(from: number, reason: string): void {
    const { retired, written } = this.#told;
    for (const handed of this.#handed.filter(({ first }) => first >= from)) this.#tellHanded(handed, "failed", reason);
    this.#handed = this.#handed.filter(({ first }) => first < from);
    this.#told = { kept: from - 1, written: Math.min(written, from - 1), retired: Math.min(retired, from - 1) };
  }

  /** The store has marked these messages as withdrawn. */
  withdrawn(spans: readonly Span[], kind: Withdrawal): void {
    for (const span of spans) this.#end(span, kind);
  }

  /** Last in the turn: reports outcomes, for at most `outcomesPerTurn` named messages and all unnamed ones. */
  tell(): void {
    let room = outcomesPerTurn;
    while (room > 0) {
      const report = this.#reports.shift();
      if (report === undefined) return;
      const notes = this.#notesOf(report, room);
      room -= notes.length;
      const { span } = report;
      const last = room > 0 ? span.last : (notes.at(-1)?.ordinal ?? span.last);
      this.#tell({ ...report, span: { first: span.first, last } }, notes);
      if (last < span.last) this.#reports.unshift({ ...report, span: { first: last + 1, last: span.last } });
    }
  }

  /** Queues the outcomes of an earlier run that may not have been reported. */
  #recall(retired: number, last: number): void {
    const { notebook, peer } = this.#parts;
    const spans = [{ first: 1, last: retired }, ...notebook.withdrawn(peer(), { first: retired + 1, last })];
    const noted = spans.filter((span) => notebook.notes(peer(), span, 1).length > 0);
    this.#reports = noted.map((span) => ({ span, kind: undefined, final: true, entry: undefined }));
  }

  #putNotes({ first, last, id, expires }: Handed): number {
    const { notebook, peer } = this.#parts;
    if (id !== undefined) notebook.putNote(peer(), { ordinal: first, id });
    if (expires !== undefined) notebook.putExpiry(peer(), { first, last }, expires);
    return expires ?? Infinity;
  }

  #keep(kept: number): void {
    let at = 0;
    const [mine, rest] = splitBySpan(this.#handed, { first: 0, last: kept });
    for (const handed of mine) {
      while ((this.#stored[at]?.last ?? Infinity) < handed.first) at += 1;
      const stored = this.#stored[at];
      const number = stored && stored.number + handed.first - stored.first;
      this.#tellHanded(handed, "queued", undefined, number);
      this.#open.push({ first: handed.first, last: handed.last, origin: handed.origin, number });
    }
    this.#handed = rest;
  }

  #reportSent(written: number): void {
    const span = { first: this.#told.written + 1, last: written };
    for (const entry of this.#open.within(span)) this.#reports.push({ span: entry, kind: "sent", final: false, entry });
  }

  #retire(retired: number, end: "sent" | "delivered"): void {
    const span = { first: this.#told.retired + 1, last: retired };
    if (span.first > span.last) return;
    // Sent before they were stored, and then the commit failed.
    const [gone, rest] = splitBySpan(this.#handed, span);
    for (const handed of gone) this.#tellHanded(handed, end);
    this.#handed = rest;
    const { notebook, peer } = this.#parts;
    for (const each of without(span, notebook.withdrawn(peer(), span))) this.#end(each, end);
  }

  /** Queues the final outcome of all messages in `span`. */
  #end(span: Span, kind: OutcomeKind): void {
    const mine = this.#open.take(span);
    const { notebook, peer } = this.#parts;
    const others = without(span, mine).filter((each) => notebook.notes(peer(), each, 1).length > 0);
    for (const entry of mine) this.#reports.push({ span: entry, kind, final: true, entry });
    for (const each of others) this.#reports.push({ span: each, kind, final: true, entry: undefined });
  }

  #notesOf({ span, entry }: Report, max: number): ReturnType<Notebook["notes"]> {
    if (entry === undefined && this.#parts.reporter() === undefined) return [];
    return this.#parts.notebook.notes(this.#parts.peer(), span, max);
  }

  #tell(report: Report, notes: ReturnType<Notebook["notes"]>): void {
    const { span, entry, final } = report;
    let next = span.first;
    for (const { ordinal, id } of notes) {
      if (entry !== undefined) this.#tellEntry(report, entry, { first: next, last: ordinal - 1 });
      if (entry !== undefined) this.#tellEntry(report, entry, { first: ordinal, last: ordinal }, id);
      else this.#tellReporter(report, ordinal, id);
      next = ordinal + 1;
    }
    if (entry !== undefined) this.#tellEntry(report, entry, { first: next, last: span.last });
    const origin = entry?.origin ?? this.#parts.reporter();
    if (final && notes.length > 0) this.#ended.push({ span, origin });
  }

  #tellEntry({ kind = "sent", final }: Report, entry: OpenEntry, { first, last }: Span, id?: string): void {
    if (first > last) return;
    const number = entry.number === undefined ? undefined : entry.number + first - entry.first;
    const to = this.#parts.peer();
    this.#parts.tell(entry.origin, { kind, final, to, count: last - first + 1, number, id, ...reasonOf(kind) });
  }

  #tellReporter({ kind, final }: Report, ordinal: number, id: string): void {
    const { notebook, peer, reporter, tell } = this.#parts;
    const origin = reporter();
    const state = kind ?? notebook.stateOf(peer(), ordinal);
    if (origin === undefined || state === "waiting" || state === "received") return;
    const number = notebook.numberOf(peer(), ordinal);
    tell(origin, { kind: state, final, to: peer(), count: 1, number, id, ...reasonOf(state) });
  }

  #tellHanded(handed: Handed, kind: OutcomeKind, reason?: string, number?: number): void {
    const { first, last, origin, id } = handed;
    const outcome = { kind, final: kind !== "queued", to: this.#parts.peer(), count: last - first + 1, number, id };
    this.#parts.tell(origin, reason === undefined ? outcome : { ...outcome, reason });
  }
}

/** A stored message fails only for this reason. */
const reasonOf = (kind: OutcomeKind): Pick<Outcome, "reason"> =>
  kind === "failed" ? { reason: "the friend's program is too old for this" } : {};

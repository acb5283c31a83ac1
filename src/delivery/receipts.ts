// Who is to hear what became of which messages to one friend. Pure but for the notebook, where the callers' names for single
// messages stand. It promises one end for each message in a run, and what was not told before a crash to a later run. Messages
// that nobody asks about cost nothing, and a million of one origin are one entry.

import { outcomesPerTurn } from "../core/limits.js";
import type { Origin, OutcomeKind, SendOptions } from "../core/outcome.js";
import type { Withdrawal } from "../core/record.js";
import { without, type Span } from "../core/span.js";
import type { PeerName, Result } from "../core/types.js";
import type { Notebook } from "../ports.js";
import { carve, OpenEntries, type Entry } from "./open-entries.js";

/** Ordinals up to which messages are in the store, were written to a connection, are done with. */
export interface Progress {
  readonly kept: number;
  readonly written: number;
  readonly retired: number;
}

export interface ReceiptsParts {
  readonly peer: () => PeerName;
  readonly notebook: Notebook;
  /** Hears of messages that an earlier run has taken. */
  readonly reporter: () => Origin | undefined;
  readonly tell: (origin: Origin, outcome: Parameters<Origin["outcome"]>[0]) => void;
}

/** Handed over, and not in the store yet. */
interface Handed extends Span {
  readonly origin: Origin;
  readonly number: undefined;
  readonly id: string | undefined;
  readonly expires: number | undefined;
}

/** To be told: of all messages of an entry, or without an origin, of those in the span that have a name. */
interface Telling {
  readonly span: Span;
  /** Undefined: what the store says. */
  readonly kind: OutcomeKind | undefined;
  readonly final: boolean;
  readonly entry: Entry | undefined;
}

interface Stored extends Span {
  readonly number: number;
}

/** Ends that were told, and to whom. */
interface Ended {
  readonly span: Span;
  readonly origin: Origin | undefined;
}

const wasRead = ({ origin }: Ended): boolean => origin?.pending !== true;

export class Receipts {
  readonly #parts: ReceiptsParts;
  readonly #open = new OpenEntries();
  #handed: Handed[] = [];
  /** How many of them have their notes in this turn's transaction. */
  #noted = 0;
  #stored: Stored[] = [];
  #told: Progress;
  #tellings: Telling[] = [];
  /** Their ends were told: the notes go with a later turn than the one that told them. */
  #ended: Ended[] = [];
  #dropping: readonly Ended[] = [];

  constructor(parts: ReceiptsParts, start: Progress, upcoming: number) {
    this.#parts = parts;
    this.#told = start;
    this.#recall(start.retired, upcoming - 1);
  }

  /** Whether another turn is needed. */
  get unfinished(): boolean {
    return this.#tellings.length > 0 || this.#ended.some(wasRead);
  }

  /** Whether a turn will be needed when everybody has read what he was told. */
  get owing(): boolean {
    return this.#ended.length > 0;
  }

  /** Messages from ordinal `first` on were accepted. */
  add(first: number, count: number, { origin, id, expires }: SendOptions): void {
    const before = this.#handed.at(-1);
    const joins = before !== undefined && before.last === first - 1 && before.origin === origin;
    if (joins && before.id === undefined && id === undefined && before.expires === expires)
      this.#handed[this.#handed.length - 1] = { ...before, last: first + count - 1 };
    else this.#handed.push({ first, last: first + count - 1, origin, id, expires, number: undefined });
  }

  /** These are in this turn's transaction, the first with store number `number`. */
  stored(first: number, count: number, number: number): void {
    if (this.#handed.length > 0) this.#stored.push({ first, last: first + count - 1, number });
  }

  /** Before the commit. Returns when the first of what was handed over now expires: Infinity for never. */
  settle(): number {
    const { notebook, peer } = this.#parts;
    this.#dropping = this.#ended.filter(wasRead);
    for (const { span } of this.#dropping) notebook.dropNotes(peer(), span);
    const fresh = this.#handed.slice(this.#noted);
    this.#noted = this.#handed.length;
    return fresh.reduce((least, handed) => Math.min(least, this.#note(handed)), Infinity);
  }

  /** After it: messages up to `kept` are in the store. */
  committed({ ok }: Result<null>, kept: number): void {
    if (ok) this.#keep(kept);
    if (ok && this.#dropping.length > 0) this.#ended = this.#ended.filter((each) => !this.#dropping.includes(each));
    this.#stored = [];
    this.#noted = 0;
    this.#dropping = [];
  }

  /** How far a delivery has come. `end` is the most that it can claim. */
  advance({ kept, written, retired }: Progress, end: "sent" | "delivered"): void {
    if (end === "delivered") this.#step(written);
    this.#retire(retired, end);
    const { written: before, retired: done } = this.#told;
    this.#told = { kept, written: Math.max(written, before), retired: Math.max(retired, done) };
  }

  /** What was handed over from ordinal `from` on could not be kept. */
  fail(from: number, reason: string): void {
    const { retired, written } = this.#told;
    for (const handed of this.#handed.filter(({ first }) => first >= from)) this.#tellHanded(handed, "failed", reason);
    this.#handed = this.#handed.filter(({ first }) => first < from);
    this.#told = { kept: from - 1, written: Math.min(written, from - 1), retired: Math.min(retired, from - 1) };
  }

  /** These are in the store as not to be sent any more. */
  withdrawn(spans: readonly Span[], kind: Withdrawal): void {
    for (const span of spans) this.#end(span, kind);
  }

  /** Last in the turn: so many messages that have names, and all that have none. */
  tell(): void {
    let room = outcomesPerTurn;
    while (room > 0) {
      const telling = this.#tellings.shift();
      if (telling === undefined) return;
      const notes = this.#notesOf(telling, room);
      room -= notes.length;
      const { span } = telling;
      const last = room > 0 ? span.last : (notes.at(-1)?.ordinal ?? span.last);
      this.#tell({ ...telling, span: { first: span.first, last } }, notes);
      if (last < span.last) this.#tellings.unshift({ ...telling, span: { first: last + 1, last: span.last } });
    }
  }

  /** What ended before this run, and was perhaps not told. */
  #recall(retired: number, last: number): void {
    const { notebook, peer } = this.#parts;
    const spans = [{ first: 1, last: retired }, ...notebook.withdrawn(peer(), { first: retired + 1, last })];
    const noted = spans.filter((span) => notebook.notes(peer(), span, 1).length > 0);
    this.#tellings = noted.map((span) => ({ span, kind: undefined, final: true, entry: undefined }));
  }

  #note({ first, last, id, expires }: Handed): number {
    const { notebook, peer } = this.#parts;
    if (id !== undefined) notebook.putNote(peer(), { ordinal: first, id });
    if (expires !== undefined) notebook.putExpiry(peer(), { first, last }, expires);
    return expires ?? Infinity;
  }

  #keep(kept: number): void {
    let at = 0;
    const [mine, rest] = carve(this.#handed, { first: 0, last: kept });
    for (const handed of mine) {
      while ((this.#stored[at]?.last ?? Infinity) < handed.first) at += 1;
      const stored = this.#stored[at];
      const number = stored && stored.number + handed.first - stored.first;
      this.#tellHanded(handed, "queued", undefined, number);
      this.#open.push({ first: handed.first, last: handed.last, origin: handed.origin, number });
    }
    this.#handed = rest;
  }

  #step(written: number): void {
    const span = { first: this.#told.written + 1, last: written };
    for (const entry of this.#open.within(span))
      this.#tellings.push({ span: entry, kind: "sent", final: false, entry });
  }

  #retire(retired: number, end: "sent" | "delivered"): void {
    const span = { first: this.#told.retired + 1, last: retired };
    if (span.first > span.last) return;
    // Sent before the store had it, and now the store cannot take it.
    const [gone, rest] = carve(this.#handed, span);
    for (const handed of gone) this.#tellHanded(handed, end);
    this.#handed = rest;
    const { notebook, peer } = this.#parts;
    for (const each of without(span, notebook.withdrawn(peer(), span))) this.#end(each, end);
  }

  /** The end of everything in `span`, whoever handed it over. */
  #end(span: Span, kind: OutcomeKind): void {
    const mine = this.#open.take(span);
    const { notebook, peer } = this.#parts;
    const others = without(span, mine).filter((each) => notebook.notes(peer(), each, 1).length > 0);
    for (const entry of mine) this.#tellings.push({ span: entry, kind, final: true, entry });
    for (const each of others) this.#tellings.push({ span: each, kind, final: true, entry: undefined });
  }

  #notesOf({ span, entry }: Telling, max: number): ReturnType<Notebook["notes"]> {
    if (entry === undefined && this.#parts.reporter() === undefined) return [];
    return this.#parts.notebook.notes(this.#parts.peer(), span, max);
  }

  #tell(telling: Telling, notes: ReturnType<Notebook["notes"]>): void {
    const { span, entry, final } = telling;
    let next = span.first;
    for (const { ordinal, id } of notes) {
      if (entry !== undefined) this.#tellEntry(telling, entry, { first: next, last: ordinal - 1 });
      if (entry !== undefined) this.#tellEntry(telling, entry, { first: ordinal, last: ordinal }, id);
      else this.#report(telling, ordinal, id);
      next = ordinal + 1;
    }
    if (entry !== undefined) this.#tellEntry(telling, entry, { first: next, last: span.last });
    const origin = entry?.origin ?? this.#parts.reporter();
    if (final && notes.length > 0) this.#ended.push({ span, origin });
  }

  #tellEntry({ kind = "sent", final }: Telling, entry: Entry, { first, last }: Span, id?: string): void {
    if (first > last) return;
    const number = entry.number === undefined ? undefined : entry.number + first - entry.first;
    const to = this.#parts.peer();
    this.#parts.tell(entry.origin, { kind, final, to, count: last - first + 1, number, id });
  }

  #report({ kind, final }: Telling, ordinal: number, id: string): void {
    const { notebook, peer, reporter, tell } = this.#parts;
    const origin = reporter();
    const state = kind ?? notebook.stateOf(peer(), ordinal);
    if (origin === undefined || state === "waiting" || state === "received") return;
    tell(origin, { kind: state, final, to: peer(), count: 1, number: notebook.numberOf(peer(), ordinal), id });
  }

  #tellHanded(handed: Handed, kind: OutcomeKind, reason?: string, number?: number): void {
    const { first, last, origin, id } = handed;
    const outcome = { kind, final: kind !== "queued", to: this.#parts.peer(), count: last - first + 1, number, id };
    this.#parts.tell(origin, reason === undefined ? outcome : { ...outcome, reason });
  }
}

// What the store in memory knows of single messages: names, expiry, withdrawal.

import type { MessageState, Note, Withdrawal, Withdrawn } from "../core/record.js";
import { common, without, type Span } from "../core/span.js";
import type { PeerName } from "../core/types.js";
import type { Notebook } from "../ports.js";

/** What the notebook asks of the store around it. */
export interface Pages {
  /** How the write that was just made is undone. */
  journal(undo: () => void): void;
  numberOf(peer: PeerName, ordinal: number): number | undefined;
  ordinalOf(peer: PeerName, number: number): number | undefined;
  /** Of a message that was not withdrawn. */
  stateOf(peer: PeerName, ordinal: number): MessageState;
}

interface Expiry extends Span {
  readonly expires: number;
}

interface Page {
  /** By ordinal. */
  readonly notes: Map<number, string>;
  expiries: Expiry[];
  withdrawn: readonly Withdrawn[];
}

export class MemoryNotebook implements Notebook {
  readonly #store: Pages;
  readonly #pages = new Map<PeerName, Page>();

  constructor(store: Pages) {
    this.#store = store;
  }

  putNote(peer: PeerName, { ordinal, id }: Note): void {
    const { notes } = this.#pageOf(peer);
    notes.set(ordinal, id);
    this.#store.journal(() => notes.delete(ordinal));
  }

  notes(peer: PeerName, span: Span, max: number): readonly Note[] {
    return this.#notesIn(peer, span).slice(0, max);
  }

  named(peer: PeerName, id: string): readonly number[] {
    const notes = this.#pages.get(peer)?.notes ?? [];
    return [...notes].filter(([, name]) => name === id).map(([ordinal]) => ordinal);
  }

  dropNotes(peer: PeerName, span: Span): void {
    const { notes } = this.#pageOf(peer);
    const dropped = this.#notesIn(peer, span);
    for (const { ordinal } of dropped) notes.delete(ordinal);
    this.#store.journal(() => dropped.forEach(({ ordinal, id }) => notes.set(ordinal, id)));
  }

  putExpiry(peer: PeerName, { first, last }: Span, expires: number): void {
    const page = this.#pageOf(peer);
    page.expiries.push({ first, last, expires });
    this.#store.journal(() => page.expiries.pop());
  }

  nextExpiry(peer: PeerName): number | undefined {
    const { expiries = [] } = this.#pages.get(peer) ?? {};
    const least = expiries.reduce((soonest, { expires }) => Math.min(soonest, expires), Infinity);
    return least === Infinity ? undefined : least;
  }

  expiring(peer: PeerName, time: number): readonly Span[] {
    return this.#pageOf(peer).expiries.filter(({ expires }) => expires <= time);
  }

  dropExpiries(peer: PeerName, time: number): void {
    const page = this.#pageOf(peer);
    const before = page.expiries;
    page.expiries = before.filter(({ expires }) => expires > time);
    this.#store.journal(() => (page.expiries = before));
  }

  withdraw(peer: PeerName, span: Span, state: Withdrawal): readonly Span[] {
    const page = this.#pageOf(peer);
    const before = page.withdrawn;
    const fresh = without(span, before);
    const added = fresh.map(({ first, last }) => ({ first, last, state }));
    page.withdrawn = joined([...before, ...added].sort((one, other) => one.first - other.first));
    this.#store.journal(() => (page.withdrawn = before));
    return fresh;
  }

  withdrawn(peer: PeerName, span: Span): readonly Withdrawn[] {
    return (this.#pages.get(peer)?.withdrawn ?? []).flatMap((each) => {
      const shared = common(each, span);
      return shared === undefined ? [] : [{ ...shared, state: each.state }];
    });
  }

  numberOf(peer: PeerName, ordinal: number): number | undefined {
    return this.#store.numberOf(peer, ordinal);
  }

  ordinalOf(peer: PeerName, number: number): number | undefined {
    return this.#store.ordinalOf(peer, number);
  }

  stateOf(peer: PeerName, ordinal: number): MessageState {
    const [gone] = this.withdrawn(peer, { first: ordinal, last: ordinal });
    return gone?.state ?? this.#store.stateOf(peer, ordinal);
  }

  /** A short span is looked up, a long one is walked. */
  #notesIn(peer: PeerName, { first, last }: Span): Note[] {
    const notes = this.#pages.get(peer)?.notes ?? new Map<number, string>();
    const found: Note[] = [];
    const add = (id: string | undefined, ordinal: number): unknown => id !== undefined && found.push({ ordinal, id });
    if (last - first < notes.size) for (let at = first; at <= last; at += 1) add(notes.get(at), at);
    else notes.forEach((id, ordinal) => ordinal >= first && ordinal <= last && add(id, ordinal));
    return found.sort((one, other) => one.ordinal - other.ordinal);
  }

  #pageOf(peer: PeerName): Page {
    const found = this.#pages.get(peer);
    if (found !== undefined) return found;
    const page: Page = { notes: new Map(), expiries: [], withdrawn: [] };
    this.#pages.set(peer, page);
    return page;
  }
}

/** Neighbours that ended alike are one. */
function joined(spans: readonly Withdrawn[]): readonly Withdrawn[] {
  const all: Withdrawn[] = [];
  for (const span of spans) {
    const before = all.at(-1);
    const goesOn = before !== undefined && before.last === span.first - 1 && before.state === span.state;
    if (goesOn) all[all.length - 1] = { ...before, last: span.last };
    else all.push(span);
  }
  return all;
}

// The notebook of the memory store: names, expiry and withdrawal of single messages.

import type { MessageState, Note, Withdrawal, Withdrawn } from "../core/record.js";
import { common, without, type Span } from "../core/span.js";
import type { PeerName } from "../core/types.js";
import type { Notebook } from "../ports.js";

/** The part of the store that the notebook uses. */
export interface NotebookStore {
  /** Records how to undo the last write. */
  journal(undo: () => void): void;
  numberOf(peer: PeerName, ordinal: number): number | undefined;
  ordinalOf(peer: PeerName, number: number): number | undefined;
  /** State of a message that was not withdrawn. */
  stateOf(peer: PeerName, ordinal: number): MessageState;
}

interface Expiry extends Span {
  readonly expires: number;
}

interface PeerData {
  /** Names by ordinal. */
  readonly notes: Map<number, string>;
  expiries: Expiry[];
  withdrawn: readonly Withdrawn[];
}

export class MemoryNotebook implements Notebook {
  readonly #store: NotebookStore;
  readonly #byPeer = new Map<PeerName, PeerData>();

  constructor(store: NotebookStore) {
    this.#store = store;
  }

  putNote(peer: PeerName, { ordinal, id }: Note): void {
    const { notes } = this.#dataOf(peer);
    notes.set(ordinal, id);
    this.#store.journal(() => notes.delete(ordinal));
  }

  notes(peer: PeerName, span: Span, max: number): readonly Note[] {
    return this.#notesIn(peer, span).slice(0, max);
  }

  named(peer: PeerName, id: string): readonly number[] {
    const notes = this.#byPeer.get(peer)?.notes ?? [];
    return [...notes].filter(([, name]) => name === id).map(([ordinal]) => ordinal);
  }

  dropNotes(peer: PeerName, span: Span): void {
    const { notes } = this.#dataOf(peer);
    const dropped = this.#notesIn(peer, span);
    for (const { ordinal } of dropped) notes.delete(ordinal);
    this.#store.journal(() => dropped.forEach(({ ordinal, id }) => notes.set(ordinal, id)));
  }

  putExpiry(peer: PeerName, { first, last }: Span, expires: number): void {
    const data = this.#dataOf(peer);
    data.expiries.push({ first, last, expires });
    this.#store.journal(() => data.expiries.pop());
  }

  nextExpiry(peer: PeerName): number | undefined {
    const { expiries = [] } = this.#byPeer.get(peer) ?? {};
    const least = expiries.reduce((soonest, { expires }) => Math.min(soonest, expires), Infinity);
    return least === Infinity ? undefined : least;
  }

  expiring(peer: PeerName, time: number): readonly Span[] {
    return this.#dataOf(peer).expiries.filter(({ expires }) => expires <= time);
  }

  dropExpiries(peer: PeerName, time: number): void {
    const data = this.#dataOf(peer);
    const before = data.expiries;
    data.expiries = before.filter(({ expires }) => expires > time);
    this.#store.journal(() => (data.expiries = before));
  }

  withdraw(peer: PeerName, span: Span, state: Withdrawal): readonly Span[] {
    const data = this.#dataOf(peer);
    const before = data.withdrawn;
    const fresh = without(span, before);
    const added = fresh.map(({ first, last }) => ({ first, last, state }));
    data.withdrawn = joined([...before, ...added].sort((one, other) => one.first - other.first));
    this.#store.journal(() => (data.withdrawn = before));
    return fresh;
  }

  withdrawn(peer: PeerName, span: Span): readonly Withdrawn[] {
    return (this.#byPeer.get(peer)?.withdrawn ?? []).flatMap((each) => {
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

  /** Looks up each ordinal of a short span; walks over all notes for a long one. */
  #notesIn(peer: PeerName, { first, last }: Span): Note[] {
    const notes = this.#byPeer.get(peer)?.notes ?? new Map<number, string>();
    const found: Note[] = [];
    const add = (id: string | undefined, ordinal: number): unknown => id !== undefined && found.push({ ordinal, id });
    if (last - first < notes.size) for (let at = first; at <= last; at += 1) add(notes.get(at), at);
    else notes.forEach((id, ordinal) => ordinal >= first && ordinal <= last && add(id, ordinal));
    return found.sort((one, other) => one.ordinal - other.ordinal);
  }

  #dataOf(peer: PeerName): PeerData {
    const found = this.#byPeer.get(peer);
    if (found !== undefined) return found;
    const data: PeerData = { notes: new Map(), expiries: [], withdrawn: [] };
    this.#byPeer.set(peer, data);
    return data;
  }
}

/** Joins adjacent spans with the same state. */
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

// The store in memory: for `--no-store`, and as the virtual disk of the simulation. Writes take effect at once and add
// a closure that undoes them, so that a failed commit or a crash restores the state of the last commit.

import { queueCharsMax, queueMessagesMax } from "../core/limits.js";
import { newClaim, stateOf, type Claim } from "./message-state.js";
import type {
  Capacity,
  Entry,
  EntryIn,
  EntryOut,
  Incoming,
  MessageState,
  Outgoing,
  Received,
  Waiting,
} from "../core/record.js";
import { emptied } from "../core/span.js";
import { fault, ok, type Batch, type PeerName, type PublicKey, type Result } from "../core/types.js";
import type { Notebook, Store } from "../ports.js";
import { BatchQueue, type Numbered } from "../core/batch-queue.js";
import { MemoryNotebook } from "./memory-notebook.js";

export interface StoredMessage {
  readonly direction: "in" | "out";
  readonly peer: PeerName;
  readonly number: number;
  readonly text: string;
  readonly state: MessageState;
}

/** `number` is an ordinal. */
interface Queued extends Numbered {
  readonly tag: string;
  readonly time: number;
  /** Store number of the first message. */
  readonly storeNumber: number;
}

interface Kept {
  readonly number: number;
  readonly entry: Entry;
}

export class MemoryStore implements Store {
  readonly capacity: Capacity = { messages: queueMessagesMax, chars: queueCharsMax };
  readonly notebook: Notebook = new MemoryNotebook({
    journal: (undo) => this.#undo.push(undo),
    numberOf: (peer, ordinal) => this.#numberOf(peer, ordinal),
    ordinalOf: (peer, number) => this.#ordinalOf(peer, number),
    stateOf: (peer, ordinal) => stateOf(ordinal, this.#retired(peer), this.#claimsOf(peer)),
  });
  /** While set, commits fail with this message. */
  failWith: string | undefined;
  readonly #keepHistory: boolean;
  readonly #outgoing = new Map<PeerName, Outgoing>();
  readonly #claims = new Map<PeerName, Claim[]>();
  readonly #incoming = new Map<PublicKey, Incoming>();
  readonly #queues = new Map<PeerName, BatchQueue<Queued>>();
  readonly #received = new BatchQueue<Received>();
  readonly #readers = new Map<string, number>();
  readonly #history: Kept[] = [];
  /** Friends whose outgoing record changed in this turn. */
  readonly #retiring = new Set<PeerName>();
  #shown = 0;
  #nextNumber = 1;
  /** Greatest store number appended in this turn. */
  #appended = 0;
  /** Greatest store number committed. */
  #newest = 0;
  #undo: (() => void)[] = [];

  /** With `keepHistory` all messages stay for `history()`; without, messages are dropped once retired or shown. */
  constructor(options: { readonly keepHistory: boolean }) {
    this.#keepHistory = options.keepHistory;
  }

  outgoing(peer: PeerName): Outgoing | undefined {
    return this.#outgoing.get(peer);
  }

  putOutgoing(peer: PeerName, outgoing: Outgoing): void {
    const before = this.#outgoing.get(peer);
    const claims = this.#claimsOf(peer);
    const claim = newClaim(before, outgoing, claims.at(-1));
    if (claim !== undefined) {
      claims.push(claim);
      this.#undo.push(() => claims.pop());
    }
    this.#set(this.#outgoing, peer, outgoing);
    this.#retiring.add(peer);
  }

  incoming(key: PublicKey): Incoming | undefined {
    return this.#incoming.get(key);
  }

  putIncoming(key: PublicKey, incoming: Incoming): void {
    this.#set(this.#incoming, key, incoming);
  }

  append(entry: Entry): number {
    const number = this.#nextNumber;
    this.#nextNumber += entry.batch.count;
    this.#appended = this.#nextNumber - 1;
    if (entry.direction === "in") this.#push(this.#received, receivedOf(entry, number));
    else
      this.#push(this.#queueOf(entry.peer), {
        number: entry.ordinal,
        tag: entry.tag,
        batch: entry.batch,
        time: entry.time,
        storeNumber: number,
      });
    if (this.#keepHistory) {
      this.#history.push({ number, entry });
      this.#undo.push(() => this.#history.pop());
    }
    return number;
  }

  waiting(peer: PeerName, from: number, chars: number): readonly Waiting[] {
    const page = this.#queueOf(peer).page(Math.max(from, this.#retired(peer) + 1), chars);
    return page.map(({ number: ordinal, tag, batch }) => {
      const gone = this.notebook.withdrawn(peer, { first: ordinal, last: ordinal + batch.count - 1 });
      return { ordinal, tag, batch: gone.length === 0 ? batch : emptied({ ordinal, batch }, gone) };
    });
  }

  waitingChars(peer: PeerName): number {
    return this.#queueOf(peer).chars;
  }

  tagAt(peer: PeerName, ordinal: number): string | undefined {
    return ordinal > this.#retired(peer) ? this.#queueOf(peer).holding(ordinal)?.tag : undefined;
  }

  waitingSince(peer: PeerName): number | undefined {
    return this.#queueOf(peer).holding(this.#retired(peer) + 1)?.time;
  }

  received(above: number, chars: number): readonly Received[] {
    return this.#received.page(above + 1, chars);
  }

  get newest(): number {
    return this.#newest;
  }

  get shown(): number {
    return this.#shown;
  }

  setShown(number: number): void {
    const before = this.#shown;
    this.#shown = number;
    this.#undo.push(() => (this.#shown = before));
  }

  confirmed(reader: string): number | undefined {
    return this.#readers.get(reader);
  }

  confirm(reader: string, number: number): void {
    this.#set(this.#readers, reader, number);
  }

  forget(reader: string): void {
    const before = this.#readers.get(reader);
    this.#readers.delete(reader);
    if (before !== undefined) this.#undo.push(() => this.#readers.set(reader, before));
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** There is no search index in memory. */
  indexSome(): boolean {
    return false;
  }

  commit(): Result<null> {
    if (this.#undo.length === 0) return ok(null);
    if (this.failWith !== undefined) {
      this.rollback();
      return fault(this.failWith);
    }
    this.#undo = [];
    this.#newest = this.#appended;
    this.#dropDone();
    return ok(null);
  }

  /** Undoes all uncommitted writes, as a crash does. */
  rollback(): void {
    for (const undo of this.#undo.reverse()) undo();
    this.#undo = [];
    this.#appended = this.#newest;
    this.#retiring.clear();
  }

  close(): void {
    this.rollback();
  }

  /** All kept messages, oldest first, including those of this turn. */
  history(): readonly StoredMessage[] {
    return this.#history.flatMap(({ number, entry }) =>
      textsOf(entry.batch).map((text, index) => ({
        direction: entry.direction,
        peer: entry.peer,
        number: number + index,
        text,
        state: entry.direction === "in" ? "received" : this.#stateOf(entry, index),
      })),
    );
  }

  #stateOf(entry: EntryOut, index: number): MessageState {
    return this.notebook.stateOf(entry.peer, entry.ordinal + index);
  }

  /** For retired messages, only the history has the number. */
  #numberOf(peer: PeerName, ordinal: number): number | undefined {
    const row = this.#queueOf(peer).holding(ordinal);
    if (row !== undefined) return row.storeNumber + ordinal - row.number;
    const kept = this.#history.find(({ entry }) => isOf(entry, peer) && holds(entry.ordinal, entry, ordinal));
    return kept && kept.number + ordinal - (kept.entry as EntryOut).ordinal;
  }

  #ordinalOf(peer: PeerName, number: number): number | undefined {
    for (const row of this.#queueOf(peer).page(1, Infinity))
      if (number >= row.storeNumber && number < row.storeNumber + row.batch.count)
        return row.number + number - row.storeNumber;
    const kept = this.#history.find((each) => isOf(each.entry, peer) && holds(each.number, each.entry, number));
    return kept && (kept.entry as EntryOut).ordinal + number - kept.number;
  }

  #retired(peer: PeerName): number {
    return this.#outgoing.get(peer)?.retired ?? 0;
  }

  /** Drops retired and shown messages. Only after a commit: an undo may need them before. */
  #dropDone(): void {
    for (const peer of this.#retiring) this.#queues.get(peer)?.dropThrough(this.#retired(peer));
    this.#retiring.clear();
    if (!this.#keepHistory) this.#received.dropThrough(this.#shown);
  }

  #push<Row extends Numbered>(queue: BatchQueue<Row>, row: Row): void {
    queue.push(row);
    this.#undo.push(() => queue.pop());
  }

  #set<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
    const before = map.get(key);
    map.set(key, value);
    this.#undo.push(() => (before === undefined ? map.delete(key) : map.set(key, before)));
  }

  #queueOf(peer: PeerName): BatchQueue<Queued> {
    return getOrMake(this.#queues, peer, () => new BatchQueue<Queued>());
  }

  #claimsOf(peer: PeerName): Claim[] {
    return getOrMake(this.#claims, peer, () => []);
  }
}

const receivedOf = ({ peer, batch, time, key }: EntryIn, number: number): Received => ({
  number,
  peer,
  batch,
  time,
  key,
});

const isOf = (entry: Entry, peer: PeerName): entry is EntryOut => entry.direction === "out" && entry.peer === peer;

const holds = (first: number, { batch }: Entry, wanted: number): boolean =>
  wanted >= first && wanted < first + batch.count;

const textsOf = (batch: Batch): string[] => batch.texts.split("\n").slice(0, -1);

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

// One program's place in the stream of incoming messages. It reads pages from the store as its reader takes them, so that a
// slow one costs no more than a page, and it promises to leave nothing out.

import { firstOf } from "../../core/batch.js";
import { followChars, followMessages, followPagesPerTurn, followReadChars, readersMax } from "../../core/limits.js";
import { fault, ok, type Batch, type Result } from "../../core/types.js";
import type { Store } from "../../ports.js";
import type { Client } from "../../member/client.js";

const nameLengthMax = 128;

export const isReaderName = (name: unknown): name is string =>
  typeof name === "string" && name !== "" && name.length <= nameLengthMax;

export class Following {
  /** The name that its place is kept under. */
  readonly reader: string | undefined;
  readonly #store: Store;
  /** Number of the last message that was told, and of the last that is known to have come. */
  #told: number;
  #newest: number;
  #confirmed: number;
  /** Its place is known to be in the store. */
  #kept = false;

  private constructor(store: Store, told: number, reader: string | undefined) {
    this.#store = store;
    this.reader = reader;
    this.#told = told;
    this.#confirmed = told;
    this.#newest = store.newest;
  }

  /** `from` is "now", "all" or a number. The place that is kept under `reader` comes before it. */
  static begin(store: Store, from: unknown, reader: string | undefined): Result<Following> {
    const start = startOf(from, store.newest);
    if (start === undefined) return fault('"from": expected "now", "all" or the number of a message');
    const kept = reader === undefined ? undefined : store.confirmed(reader);
    if (reader !== undefined && kept === undefined) {
      if (store.readers >= readersMax)
        return fault(`there are ${readersMax} names to follow under already; p2p follow --as NAME --forget frees one`);
      store.confirm(reader, start);
    }
    return ok(new Following(store, kept ?? start, reader));
  }

  /** Number from which on it tells. */
  get next(): number {
    return this.#told + 1;
  }

  arrived(last: number): void {
    this.#newest = Math.max(this.#newest, last);
  }

  /** As much as the face takes, and no more in one turn than others can wait for. */
  goOn(client: Pick<Client, "message" | "blocked" | "flush">): "more" | "enough" {
    this.#keepPlace();
    for (let pages = 0; this.#told < this.#newest && !client.blocked; pages += 1) {
      if (pages === followPagesPerTurn) return "more";
      this.#tellPage(client);
    }
    return "enough";
  }

  /** Confirms up to the message of that number, which may have been told in an earlier life of ours. */
  confirm(word: unknown): Result<null> {
    const number = typeof word === "string" && /^\d{1,16}$/.test(word) ? Number(word) : NaN;
    if (this.reader === undefined) return fault("ack: follow under a name (as) to confirm messages");
    if (!(number <= this.#newest)) return fault("ack: expected the number of a message that has come");
    if (number > this.#confirmed) this.#store.confirm(this.reader, number);
    this.#confirmed = Math.max(this.#confirmed, number);
    return ok(null);
  }

  /** The commit of the turn in which the name came up may have failed: the next life would begin at "now". */
  #keepPlace(): void {
    if (this.reader === undefined || this.#kept) return;
    this.#kept = this.#store.confirmed(this.reader) !== undefined;
    if (!this.#kept) this.#store.confirm(this.reader, this.#confirmed);
  }

  #tellPage(client: Pick<Client, "message" | "flush">): void {
    let [chars, messages] = [0, 0];
    while (this.#told < this.#newest && chars < followChars && messages < followMessages)
      for (const { texts, count } of this.#tellSome(client, followMessages - messages))
        [chars, messages] = [chars + texts.length, messages + count];
    client.flush();
  }

  /** Returns what it told. The rest of a page is read again: kept, it would cost more than its lines. */
  #tellSome(client: Pick<Client, "message">, most: number): readonly Batch[] {
    const told: Batch[] = [];
    let room = most;
    const page = this.#store.received(this.#told, followReadChars);
    if (page.length === 0) this.#told = this.#newest;
    for (const received of page) {
      if (room === 0) break;
      const batch = firstOf(received.batch, { messages: room, chars: Infinity });
      client.message({ ...received, batch });
      this.#told = received.number + batch.count - 1;
      room -= batch.count;
      told.push(batch);
    }
    return told;
  }
}

/** Number of the last message that is not told. */
function startOf(from: unknown, newest: number): number | undefined {
  if (from === "now") return newest;
  if (from === "all") return 0;
  if (typeof from !== "string" || !/^\d{1,16}$/.test(from)) return undefined;
  return Math.min(Math.max(0, Number(from) - 1), newest);
}

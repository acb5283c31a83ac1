// One program's position in the stream of incoming messages. It reads pages from the store as the program reads, so that a
// slow program costs one page of memory, and it skips no message.

import { firstOf } from "../../core/batch.js";
import {
  followChars,
  followMessages,
  followPagesPerTurn,
  followReadChars,
  followerNamesMax,
} from "../../core/limits.js";
import { terminalPlace } from "../../core/record.js";
import { fault, ok, type Batch, type Result } from "../../core/types.js";
import type { Store } from "../../ports.js";
import type { Client } from "../../member/client.js";

const nameLengthMax = 128;

export const isReaderName = (name: unknown): name is string =>
  typeof name === "string" && name !== "" && name !== terminalPlace && name.length <= nameLengthMax;

export class Following {
  /** The name under which the store keeps the position; undefined if it is not kept. */
  readonly reader: string | undefined;
  readonly #store: Store;
  /** Number of the last message told, and of the newest that arrived. */
  #told: number;
  #newest: number;
  #confirmed: number;
  /** The position is known to be in the store. */
  #kept = false;

  private constructor(store: Store, told: number, reader: string | undefined) {
    this.#store = store;
    this.reader = reader;
    this.#told = told;
    this.#confirmed = told;
    this.#newest = store.newest;
  }

  /** `from` is "now", "all" or a number. A position kept under `reader` takes precedence. */
  static begin(store: Store, from: unknown, reader: string | undefined): Result<Following> {
    const start = startOf(from, store.newest);
    if (start === undefined) return fault('"from": expected "now", "all" or the number of a message');
    const kept = reader === undefined ? undefined : store.confirmed(reader);
    if (reader !== undefined && kept === undefined) {
      if (store.readers >= followerNamesMax)
        return fault(
          `there are already ${followerNamesMax} names for following; p2p follow --as NAME --forget frees one`,
        );
      store.confirm(reader, start);
    }
    return ok(new Following(store, kept ?? start, reader));
  }

  /** Number of the next message to tell. */
  get next(): number {
    return this.#told + 1;
  }

  arrived(last: number): void {
    this.#newest = Math.max(this.#newest, last);
  }

  /** Tells as much as the client takes, up to a bound per turn. "more": another turn is needed. */
  advance(client: Pick<Client, "message" | "blocked" | "flush">): "more" | "enough" {
    this.#keepPosition();
    for (let pages = 0; this.#told < this.#newest && !client.blocked; pages += 1) {
      if (pages === followPagesPerTurn) return "more";
      this.#tellPage(client);
    }
    return "enough";
  }

  /** Confirms all messages up to that number, which an earlier run of the member may have told. */
  confirm(word: unknown): Result<null> {
    const number = typeof word === "string" && /^\d{1,16}$/.test(word) ? Number(word) : NaN;
    if (this.reader === undefined) return fault("ack: follow under a name (as) to confirm messages");
    if (!(number <= this.#newest)) return fault("ack: expected the number of a message that has come");
    if (number > this.#confirmed)
      this.#store.confirm(this.reader, Math.max(number, this.#store.confirmed(this.reader) ?? 0));
    this.#confirmed = Math.max(this.#confirmed, number);
    return ok(null);
  }

  /** Stores the position again if the first commit failed: otherwise the next run would begin at "now". */
  #keepPosition(): void {
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

  /** Returns the batches told. The rest of a page is read again later: keeping it would cost more memory than its lines. */
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

/** Number of the message before the first one to tell. */
function startOf(from: unknown, newest: number): number | undefined {
  if (from === "now") return newest;
  if (from === "all") return 0;
  if (typeof from !== "string" || !/^\d{1,16}$/.test(from)) return undefined;
  return Math.min(Math.max(0, Number(from) - 1), newest);
}

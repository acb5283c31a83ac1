// Runs the store and notebook suites against the simulation's store and the store on disk, and shows what
// the store of `--no-store` drops.

import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { queueCharsMax, queueMessagesMax } from "../../src/core/limits.js";
import { MemoryStore } from "../unit/kit/memory-store.js";
import { SqliteHistory } from "../../src/store/sqlite-history.js";
import { SqliteStore } from "../../src/store/sqlite-store.js";
import { notebookSuite } from "./notebook-suite.js";
import type { PeerName } from "../../src/core/types.js";
import { entryOf } from "../unit/kit/entries.js";
import { promise } from "../unit/kit/promise.js";
import { bob, carl, fresh, type Remembered, type StoreSetting } from "./store-setting.js";
import { receives, sends, storeSuite } from "./store-suite.js";
import { receivesTyped, sendsTyped, typedSuite } from "./typed-suite.js";
import { valueOf } from "./value-of.js";

const memory = (): StoreSetting => {
  const store = new MemoryStore({ keepHistory: true });
  return {
    store,
    crash: () => store.rollback(),
    fillDisk: () => (store.failWith = "the disk is full"),
    makeRoom: () => (store.failWith = undefined),
    history: () => store.history(),
    close: () => store.close(),
  };
};

const everything = 0xfffffffe;

class Disk implements StoreSetting {
  #folder = mkdtempSync(join(tmpdir(), "p2p-store-"));
  store = valueOf(SqliteStore.open(this.#path));

  get #path(): string {
    return join(this.#folder, "messages.db");
  }

  /** Opens a copy of the present files, as after the death of the process. */
  crash(): void {
    const copy = mkdtempSync(join(tmpdir(), "p2p-store-"));
    for (const name of readdirSync(this.#folder))
      if (!name.endsWith("-shm")) cpSync(join(this.#folder, name), join(copy, name));
    this.close();
    this.#folder = copy;
    this.store = valueOf(SqliteStore.open(this.#path));
  }

  fillDisk = (): void => this.store.limitPages(1);
  makeRoom = (): void => this.store.limitPages(everything);

  history(): readonly Remembered[] {
    const history = valueOf(SqliteHistory.open(this.#path));
    const messages = Array.from(history.messages({}), (message) => ({ ...message, number: Number(message.seq) }));
    history.close();
    return messages;
  }

  close(): void {
    this.store.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const disk = (): StoreSetting => new Disk();

storeSuite("the simulated store", memory);
storeSuite("the store on disk", disk);
notebookSuite("the simulated store", memory);
notebookSuite("the store on disk", disk);
typedSuite("the simulated store", memory);
typedSuite("the store on disk", disk);

promise("in memory, the store keeps messages until they are retired, and counts their characters", (t) => {
  const store = new MemoryStore({ keepHistory: false });
  const left = (): readonly string[] => store.history().map(({ text }) => text);
  sends(store, 1, "one\ntwo\n");
  sends(store, 3, "three\n");
  sends(store, 1, "carl's\n", carl);
  t.equal(receives(store, "four\nfive\n"), 5);
  t.ok(store.commit().ok);
  t.equal(store.waitingChars(bob), 14);
  store.putOutgoing(bob, { ...fresh, retired: 1, next: 4 });
  t.ok(store.commit().ok);
  t.strictSame(left(), ["one", "two", "three", "carl's"], "parts of batches stay");
  t.equal(store.waitingChars(bob), 14);
  store.putOutgoing(bob, { ...fresh, retired: 3, next: 4 });
  t.equal(sends(store, 3, "six\n"), 7);
  t.strictSame(left(), ["carl's"], "what is done already is not kept");
  store.failWith = "no";
  t.notOk(store.commit().ok);
  t.strictSame(left(), ["one", "two", "three", "carl's"], "a failed turn drops nothing");
  t.equal(store.waitingChars(bob), 14);
  t.equal(store.waitingChars(carl), 7);
  t.strictSame(store.capacity, { messages: queueMessagesMax, chars: queueCharsMax });
  t.equal(valueOf(SqliteStore.inMemory()).indexSome({ messages: 1, chars: 1 }), false, "there is no search");
});

promise("in memory, of a message with a kind only the id is kept once it is done, and the newest ids alone", (t) => {
  const store = new MemoryStore({ keepHistory: false });
  const message = entryOf();
  const size = message.fallback.length + 1 + message.raw.length;
  sendsTyped(store, 1, message);
  sendsTyped(store, 1, message, carl);
  t.equal(store.waitingChars(bob), size);
  const retire = (peer: PeerName): void => store.putOutgoing(peer, { ...fresh, retired: 1, next: 2 });
  retire(bob);
  t.equal(store.waitingChars(bob), 0);
  t.strictSame(store.waiting(carl, 1, 0)[0]?.typed, message, "it waits for Carl");
  retire(carl);
  const [kept] = store.typedMessages.ofKind(message.kind, 0, 1);
  t.strictSame([kept?.message.id, kept?.message.raw.length, kept?.message.fallback], [message.id, 0, ""]);
  const other = { ...message, id: "f".repeat(32) };
  receivesTyped(store, other);
  t.ok(store.typedMessages.holds(other.id));
  receives(store, "\n".repeat(queueMessagesMax));
  receivesTyped(store, { ...message, id: "e".repeat(32) });
  t.notOk(store.typedMessages.holds(message.id));
  t.notOk(store.typedMessages.holds(other.id));
});

// Runs the store and notebook suites against the store in memory and the store on disk.

import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "../../src/store/memory-store.js";
import { SqliteHistory } from "../../src/store/sqlite-history.js";
import { SqliteStore } from "../../src/store/sqlite-store.js";
import { notebookSuite } from "./notebook-suite.js";
import type { Remembered, StoreSetting } from "./store-setting.js";
import { storeSuite } from "./store-suite.js";
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

storeSuite("the store in memory", memory);
storeSuite("the store on disk", disk);
notebookSuite("the store in memory", memory);
notebookSuite("the store on disk", disk);

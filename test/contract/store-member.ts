// A member in a separate process, for tests of files, locks and kills. Arguments: a task and the state folder.

import { join } from "node:path";
import type { PeerName } from "../../src/core/types.js";
import { SqliteHistory } from "../../src/store/sqlite-history.js";
import { SqliteStore } from "../../src/store/sqlite-store.js";
import { openDatabase, type Database } from "../../src/platform/sqlite.js";
import { migrate } from "../../src/store/schema.js";
import { lockState } from "../../src/store/lock.js";
import { valueOf } from "./value-of.js";

const [task, folder = ""] = process.argv.slice(2);
const path = join(folder, "messages.db");
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

/** Commits turns of three messages until it is killed; prints the number of committed messages after each. */
function write(): void {
  valueOf(lockState(join(folder, "lock")));
  const store = valueOf(SqliteStore.open(path));
  const turn = (first: number): void => {
    const texts = [first, first + 1, first + 2].map((number) => `message ${number}\n`).join("");
    store.append({ direction: "in", key: "none", peer: "Bob" as PeerName, time: first, batch: { texts, count: 3 } });
    valueOf(store.commit());
    if (first % 30 === 1) store.indexSome({ messages: 10, chars: 1_000 });
    say(String(first + 2));
    setImmediate(turn, first + 3);
  };
  turn(Array.from(store.received(0, Infinity)).reduce((sum, row) => sum + row.batch.count, 1));
}

/** Kills the process after the last step of the migration, before its commit. */
function killedMigration(): void {
  const database = valueOf(openDatabase(path, {}));
  const exec = (steps: string): void => {
    database.exec(steps.replace(/COMMIT$/, ""));
    say(database.isTransaction ? "migrated" : "no transaction");
    process.kill(process.pid, "SIGKILL");
  };
  migrate({ exec, prepare: (sql: string) => database.prepare(sql) } as Database);
}

const tasks: Readonly<Record<string, () => void>> = {
  write,
  "killed-migration": killedMigration,
  lock: () => {
    const locked = lockState(join(folder, "lock"));
    say(locked.ok ? "locked" : locked.message);
  },
  open: () => {
    const opened = SqliteStore.open(path);
    say(opened.ok ? "opened" : opened.message);
  },
  history: () => {
    const opened = SqliteHistory.open(path);
    say(opened.ok ? Array.from(opened.value.messages({}), (message) => message.text).join(" ") : opened.message);
  },
};

tasks[task ?? ""]?.();

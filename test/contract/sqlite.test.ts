// The store's files: permissions, full disks, killed processes, damaged files and other programs.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  existsSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { batchOf } from "../../src/core/batch.js";
import type { HistoryMessage } from "../../src/core/record.js";
import { SqliteHistory } from "../../src/store/sqlite-history.js";
import { SqliteStore } from "../../src/store/sqlite-store.js";
import { firstNumber, openDatabase } from "../../src/platform/sqlite.js";
import { migrate } from "../../src/store/schema.js";
import { lockState } from "../../src/store/lock.js";
import { promise } from "../unit/kit/promise.js";
import { big, bob, carl, fresh, key } from "./store-setting.js";
import { receives, sends } from "./store-suite.js";
import { valueOf } from "./value-of.js";

const member = fileURLToPath(new URL("store-member.js", import.meta.url));
const nobody = 65_534;

function folderFor(test: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "p2p-sqlite-"));
  test.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function storeIn(test: Test): { readonly path: string; readonly store: SqliteStore } {
  const path = join(folderFor(test), "messages.db");
  const store = valueOf(SqliteStore.open(path));
  test.teardown(() => store.close());
  return { path, store };
}

function faultOf(path: string): string {
  const opened = SqliteStore.open(path);
  if (!opened.ok) return opened.message;
  opened.value.close();
  return "no fault";
}

function sql(path: string, statement: string): void {
  const database = valueOf(openDatabase(path, {}));
  database.exec(statement);
  database.close();
}

/** Runs the store member as another user if this user may switch users, else as the same user. */
function asNobody(task: string, folder: string): string {
  const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
  return spawnSync(process.execPath, [member, task, folder], { encoding: "utf8", ...user }).stdout.trim();
}

const textsOf = (messages: Iterable<HistoryMessage>): string[] => Array.from(messages, ({ text }) => text);

for (const strange of [0, 0o277])
  promise(`creates the store's files for the user alone, also under umask ${strange.toString(8)}`, (test) => {
    const path = join(folderFor(test), "messages.db");
    const umask = process.umask(strange);
    const store = valueOf(SqliteStore.open(path));
    valueOf(lockState(`${path}.lock`)).release();
    process.umask(umask);
    receives(store, "secret\n");
    valueOf(store.commit());
    const modes = readdirSync(join(path, "..")).map((name) => [name, statSync(join(path, "..", name)).mode & 0o777]);
    test.strictSame(Object.fromEntries(modes), {
      "messages.db": 0o600,
      "messages.db-shm": 0o600,
      "messages.db-wal": 0o600,
      "messages.db.lock": 0o600,
    });
    store.close();
  });

const unusable: Readonly<Record<string, { readonly harm: (path: string) => void; readonly fault: RegExp }>> = {
  "from a newer version": {
    harm: (path) => sql(path, "PRAGMA user_version = 99"),
    fault: /newer p2p \(version 99\).*update/,
  },
  "that is no database": {
    harm: (path) => writeFileSync(path, "not a database".repeat(500)),
    fault: /not a database.*copy/,
  },
  "that was cut off": { harm: (path) => truncateSync(path, 8_192), fault: /damaged.*copy/ },
  "of another program": {
    harm: (path) => sql(path, "PRAGMA application_id = 7"),
    fault: /another program's.*move it away/,
  },
  "without one of its tables": { harm: (path) => sql(path, "DROP TABLE claim"), fault: /damaged/ },
};

for (const [what, { harm, fault }] of Object.entries(unusable))
  promise(`a file ${what} is refused with a remedy, and is not changed`, (test) => {
    const { path, store } = storeIn(test);
    store.close();
    harm(path);
    const before = readFileSync(path);
    test.match(faultOf(path), fault);
    test.match(SqliteHistory.open(path), { ok: false, message: fault });
    test.ok(readFileSync(path).equals(before));
  });

/** A file as version 2 wrote it, with messages in both directions. Returns its path. */
function fileOfVersion2(test: Test): string {
  const path = join(folderFor(test), "messages.db");
  const database = valueOf(openDatabase(path, {}));
  migrate(database, 2);
  database.exec(`INSERT INTO batch VALUES (1, 2, 5000, 'Bob', 1, 'tag1', NULL, 'one\ntwo\n', NULL);
    INSERT INTO batch VALUES (3, 1, 6000, 'Bob', NULL, NULL, NULL, 'three\n', 'pinned');
    INSERT INTO batch VALUES (4, 1, 7000, 'Carl', 1, 'tag2', NULL, 'four\n', NULL);
    INSERT INTO outgoing VALUES ('Bob', '${fresh.stream}', '${key}', 0, 1, 'tag1', 2, 3, 1);
    INSERT INTO claim VALUES ('Bob', 1, 1);
    INSERT INTO incoming VALUES ('${key}', 's', 7, 't');
    INSERT INTO note VALUES ('Bob', 2, 'mine');
    INSERT INTO withdrawn VALUES ('Carl', 1, 1, 'cancelled');
    INSERT INTO reader VALUES ('bot', 3); UPDATE mark SET value = 3 WHERE name = 'shown'`);
  database.close();
  return path;
}

const version = (path: string): number => {
  const database = valueOf(openDatabase(path, { readOnly: true }));
  const found = firstNumber(database, "PRAGMA user_version");
  database.close();
  return found;
};

const told2 = ["one delivered", "two waiting", "three received", "four cancelled"];
const historyOf = (path: string): string[] => {
  const history = valueOf(SqliteHistory.open(path));
  const told = Array.from(history.messages({}), ({ text, state }) => `${text} ${state}`);
  history.close();
  return told;
};

promise("a store of version 2 is read as it is, and opens with everything that it holds", (test) => {
  const path = fileOfVersion2(test);
  test.strictSame(historyOf(path), told2);
  test.equal(version(path), 2, "reading changes nothing");
  const store = valueOf(SqliteStore.open(path));
  test.teardown(() => store.close());
  test.equal(version(path), 3);
  test.strictSame(historyOf(path), told2);
  const outgoing = { ...fresh, retired: 1, retiredTag: "tag1", written: 2, next: 3 };
  test.strictSame(store.outgoing(bob), outgoing);
  test.strictSame(store.incoming(key), { stream: "s", received: 7, tag: "t" });
  test.strictSame(store.waiting(bob, 1, 100), [{ ordinal: 2, tag: "tag1", time: 5_000, batch: batchOf("two\n") }]);
  const three = { number: 3, peer: bob, batch: batchOf("three\n"), time: 6_000, key: "pinned" };
  test.strictSame(store.received(0, 100), [three]);
  test.strictSame([store.shown, store.newest, store.confirmed("bot")], [3, 4, 3]);
  test.strictSame(store.notebook.notes(bob, { first: 1, last: 9 }, 9), [{ ordinal: 2, id: "mine" }]);
  test.equal(store.notebook.stateOf(carl, 1), "cancelled");
  test.equal(receives(store, "five\n"), 5);
  valueOf(store.commit());
});

promise("a migration that is killed inside its transaction leaves the store of version 2", (test) => {
  const path = fileOfVersion2(test);
  const killed = spawnSync(process.execPath, [member, "killed-migration", join(path, "..")], { encoding: "utf8" });
  test.match(killed, { signal: "SIGKILL", stdout: "migrated\n" });
  test.equal(version(path), 2);
  test.strictSame(historyOf(path), told2);
  const store = valueOf(SqliteStore.open(path));
  test.teardown(() => store.close());
  test.equal(version(path), 3);
  test.strictSame(historyOf(path), told2);
});

promise("treats an empty file as a new store, and reports no history without a file", (test) => {
  const path = join(folderFor(test), "messages.db");
  test.match(SqliteHistory.open(path), { ok: false, message: /no history yet/ });
  test.strictSame(readdirSync(join(path, "..")), [], "reading the history creates no file");
  writeFileSync(path, "");
  test.match(SqliteHistory.open(path), { ok: false, message: /no history yet/ });
  test.equal(faultOf(path), "no fault");
});

promise("refuses a folder that cannot be written with a remedy, and reads its history", (test) => {
  const { path, store } = storeIn(test);
  const folder = join(path, "..");
  test.match(faultOf(join(folder, "none", "messages.db")), /cannot be written \(ENOENT\).*--state-dir.*--no-store/);
  receives(store, "readable\n");
  valueOf(store.commit());
  store.close();
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o444);
  chmodSync(folder, 0o555);
  test.match(asNobody("open", folder), /cannot be written \(EACCES\).*--state-dir/);
  test.equal(asNobody("history", folder), "readable");
  for (const end of ["-wal", "-shm"]) rmSync(path + end);
  test.equal(asNobody("history", folder), "readable", "also without a log file");
  chmodSync(folder, 0o777);
  test.match(asNobody("open", folder), /cannot be written \(EACCES\)/, "a file that cannot be written is refused, too");
  chmodSync(folder, 0o755);
});

promise("a write on a full disk fails the whole turn, and later writes of the turn are not stored", (test) => {
  const { path, store } = storeIn(test);
  store.limitPages(1);
  test.doesNotThrow(() => sends(store, 1, big));
  test.doesNotThrow(() => store.putOutgoing(bob, { ...fresh, next: 2 }));
  test.notOk(store.commit().ok);
  const history = valueOf(SqliteHistory.open(path));
  test.strictSame(textsOf(history.messages({})), []);
  history.close();
  test.equal(store.outgoing(bob), undefined);
});

promise("throws at once for values that the store cannot hold", (test) => {
  const { store } = storeIn(test);
  test.throws(() => store.putOutgoing(bob, { ...fresh, retired: NaN }));
  test.throws(() => store.putIncoming(fresh.key!, { stream: "", received: 0.5, tag: "" }));
  test.throws(() =>
    store.append({ direction: "in", key: "none", peer: bob, time: 1, batch: { texts: "no end", count: 1 } }),
  );
  test.throws(() =>
    store.append({ direction: "in", key: "none", peer: bob, time: NaN, batch: { texts: "a\n", count: 1 } }),
  );
  test.strictSame(store.commit(), { ok: true, value: null });
});

promise("indexes only between turns, and not on a full disk", (test) => {
  const { store } = storeIn(test);
  const room = { messages: 1_000, chars: 1_000_000 };
  receives(store, Array.from({ length: 900 }, (_, index) => `word${index}\n`).join(""));
  test.ok(store.indexSome(room), "inside a turn, nothing is indexed and there is more");
  valueOf(store.commit());
  store.limitPages(1);
  test.notOk(store.indexSome(room), "on a full disk, indexing stops");
  store.limitPages(10_000);
  test.notOk(store.indexSome(room));
  receives(store, "later\nlatest\n");
  valueOf(store.commit());
  test.ok(store.indexSome({ messages: 1, chars: 1 }));
  test.notOk(store.indexSome({ messages: 1, chars: 1 }));
});

promise("a reader that stops half-way does not block truncation of the log", (test) => {
  const { path, store } = storeIn(test);
  for (let turn = 0; turn < 600; turn += 1) receives(store, "one\n");
  valueOf(store.commit());
  const history = valueOf(SqliteHistory.open(path));
  const messages = history.messages({});
  test.match(messages.next(), { value: { text: "one" } });
  receives(store, "two\n");
  valueOf(store.commit());
  sql(path, "PRAGMA wal_checkpoint(TRUNCATE)");
  test.equal(statSync(`${path}-wal`).size, 0);
  test.equal(Array.from(messages).length, 599, "later messages are not part of the answer");
  history.close();
});

promise("only one program holds a member's lock, until it releases it", (test) => {
  const folder = folderFor(test);
  const held = valueOf(lockState(join(folder, "lock")));
  test.match(lockState(join(folder, "lock")), { ok: false, message: /another p2p runs for this member/ });
  const other = (): string => spawnSync(process.execPath, [member, "lock", folder], { encoding: "utf8" }).stdout.trim();
  test.match(other(), /another p2p runs for this member/);
  if (existsSync("/proc/locks")) test.match(other(), `(process ${process.pid} holds `);
  held.release();
  test.equal(other(), "locked");
  test.match(lockState(join(folder, "none", "lock")), { ok: false, message: /cannot be created \(ENOENT\)/ });
});

promise("the history has time, direction, number and state of sent and received messages", (test) => {
  const { path, store } = storeIn(test);
  sends(store, 1, "a\nb\n");
  receives(store, "c\n", carl);
  store.putOutgoing(bob, { ...fresh, retired: 1, next: 3 });
  valueOf(store.commit());
  const history = valueOf(SqliteHistory.open(path));
  const time = "2023-11-14T22:13:20.000Z";
  test.strictSame(Array.from(history.messages({})), [
    { time, direction: "out", peer: bob, seq: "1", state: "delivered", text: "a" },
    { time, direction: "out", peer: bob, seq: "2", state: "waiting", text: "b" },
    { time, direction: "in", peer: carl, seq: "3", state: "received", text: "c" },
  ]);
  history.close();
});

/** Runs a writer until it has committed `messages`, then kills it. All numbers that it printed are committed. */
async function killedWriter(
  folder: string,
  messages: number,
  meanwhile?: (child: ChildProcess) => void,
): Promise<number> {
  const child = spawn(process.execPath, [member, "write", folder], { stdio: ["ignore", "pipe", "inherit"] });
  let committed = 0;
  let told = meanwhile;
  for await (const line of createInterface(child.stdout)) {
    committed = Number(line);
    if (committed >= messages / 2) {
      told?.(child);
      told = undefined;
    }
    if (committed >= messages) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  return committed;
}

t.test(
  "after SIGKILL, all committed turns are in the store, whole and in order, and the restart is not delayed",
  async (test) => {
    const folder = folderFor(test);
    let total = 0;
    for (let kill = 1; kill <= 5; kill += 1) {
      const committed = await killedWriter(folder, total + 60 * kill);
      const history = valueOf(SqliteHistory.open(join(folder, "messages.db")));
      const texts = textsOf(history.messages({}));
      history.close();
      test.ok(texts.length >= committed && texts.length % 3 === 0, `${texts.length} stored, ${committed} said`);
      test.strictSame(
        texts,
        texts.map((_, index) => `message ${index + 1}`),
      );
      total = texts.length;
    }
  },
);

t.test("history and search are complete while another process writes, and don't stop it", async (test) => {
  const folder = folderFor(test);
  let asked = 0;
  const committed = await killedWriter(folder, 600, () => {
    test.match(lockState(join(folder, "lock")), { ok: false });
    const history = valueOf(SqliteHistory.open(join(folder, "messages.db")));
    const texts = textsOf(history.messages({}));
    test.ok(texts.length >= 300);
    const found = textsOf(history.messages({ search: "message" }));
    test.strictSame(found.slice(0, texts.length), texts);
    test.strictSame(textsOf(history.messages({ search: "299" })), ["message 299"]);
    asked += 1;
    history.close();
  });
  test.equal(asked, 1);
  test.ok(committed >= 600);
});

// The state folder on a real disk: permissions, files that are never overwritten, and damaged files.

import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { Worker } from "node:worker_threads";
import tap, { type Test } from "tap";
import type { RefusedKey } from "../../src/core/known-key.js";
import { refusedKeysMax } from "../../src/core/limits.js";
import type { PeerName, PublicKey, Result } from "../../src/core/types.js";
import { createFile, replaceFile } from "../../src/platform/durable-file.js";
import { FileKeyring } from "../../src/platform/file-keyring.js";
import { noiseLibrary } from "../../src/platform/noise-library.js";
import { loadIdentity, openStateFolder } from "../../src/platform/state-folder.js";
import { type Surroundings } from "../../src/platform/state-place.js";

const alice = "Alice" as PeerName;
const bob = "Bob" as PeerName;
const martha = "Martha" as PeerName;
const keyOf = (digit: string): PublicKey => digit.repeat(64) as PublicKey;
const refusedKey = (digit: string): RefusedKey => ({
  key: keyOf(digit),
  host: "10.1.2.0",
  time: Date.parse("2026-11-21T11:29:21Z"),
});
const seenAt = "10.1.2.0,2026-11-21T11:29:21Z";
const nowhere: Surroundings = { xdgStateHome: undefined, home: "/nonexistent" };

function valueOf<Value>(result: Result<Value>): Value {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

const messageOf = (result: Result<unknown>): string => (result.ok ? "it went well" : result.message);
const modeOf = (file: string): string => (statSync(file).mode & 0o7777).toString(8);

const folderOf = (t: Test): string =>
  valueOf(openStateFolder({ stateDir: path.join(t.testdir({}), "state"), group: "default", member: alice }, nowhere));

tap.test(
  "returns a fault, without an endless search, for a place where no folder can be created",
  { skip: !existsSync("/proc/self") },
  (t) => {
    t.match(
      messageOf(openStateFolder({ stateDir: "/proc/x", group: "default", member: alice }, nowhere)),
      "cannot be used",
    );
    const file = path.join(t.testdir({ file: "" }), "file");
    for (const stateDir of [file, path.join(file, "below")])
      t.match(messageOf(openStateFolder({ stateDir, group: "default", member: alice }, nowhere)), /cannot be used \(/);
    t.end();
  },
);

tap.test("the folder is <state>/<group>/<member>, private to its owner under any umask", (t) => {
  const before = process.umask(0);
  t.teardown(() => process.umask(before));
  const folder = folderOf(t);
  t.match(folder, /\/state\/default\/Alice$/);
  for (const each of [folder, path.dirname(folder), path.dirname(path.dirname(folder))]) t.equal(modeOf(each), "700");
  chmodSync(folder, 0o755);
  const stateDir = path.dirname(path.dirname(folder));
  t.equal(valueOf(openStateFolder({ stateDir, group: "default", member: alice }, nowhere)), folder);
  t.equal(modeOf(folder), "700", "the mode is restored");
  t.end();
});

tap.test("without --state-dir, follows the XDG Base Directory Specification", (t) => {
  const root = t.testdir({});
  const place = { stateDir: undefined, group: "work", member: alice };
  const open = (xdgStateHome: string | undefined): string =>
    valueOf(openStateFolder(place, { xdgStateHome, home: root }));
  t.equal(open(path.join(root, "xdg")), path.join(root, "xdg/p2p/work/Alice"));
  t.equal(open(undefined), path.join(root, ".local/state/p2p/work/Alice"));
  t.equal(open("relative"), path.join(root, ".local/state/p2p/work/Alice"), "a relative one is ignored");
  t.end();
});

tap.test("resolves a relative --state-dir against the working directory", (t) => {
  const [root, before] = [t.testdir({}), process.cwd()];
  process.chdir(root);
  t.teardown(() => process.chdir(before));
  t.equal(
    valueOf(openStateFolder({ stateDir: "here", group: "g", member: alice }, nowhere)),
    path.join(process.cwd(), "here/g/Alice"),
  );
  t.end();
});

tap.test("returns a fault with the folder's name and the remedy if it cannot be created", (t) => {
  const stateDir = path.join(t.testdir({ file: "" }), "file");
  const message = messageOf(openStateFolder({ stateDir, group: "g", member: alice }, nowhere));
  t.match(message, `The state folder ${stateDir}/g/Alice cannot be used (`);
  t.match(message, "--state-dir names another one");
  t.end();
});

const asRoot = process.getuid?.() === 0 && "root may write everywhere";

tap.test("returns a fault for a folder without write permission, and creates no key", { skip: asRoot }, (t) => {
  const folder = folderOf(t);
  chmodSync(folder, 0o500);
  t.teardown(() => chmodSync(folder, 0o700));
  t.match(messageOf(loadIdentity(folder, noiseLibrary)), /cannot be read or made \(not permitted\)/);
  t.match(messageOf(new FileKeyring(folder).noteRefused(bob, refusedKey("1"))), /cannot be written \(not permitted\)/);
  t.end();
});

tap.test("creates a private key at the first start, and loads the same one at the next", (t) => {
  const folder = folderOf(t);
  const first = valueOf(loadIdentity(folder, noiseLibrary));
  t.match(first.publicKey, /^[0-9a-f]{64}$/);
  t.equal(Buffer.from(first.keyPair.publicKey).toString("hex"), first.publicKey);
  t.equal(modeOf(path.join(folder, "key")), "600");
  const again = valueOf(loadIdentity(folder, noiseLibrary));
  t.equal(again.publicKey, first.publicKey);
  t.strictSame(Buffer.from(again.keyPair.secretKey), Buffer.from(first.keyPair.secretKey));
  t.strictSame(readdirSync(folder), ["key"], "nothing else is left");
  t.end();
});

tap.test("refuses a key that others may read, and accepts it again after chmod", (t) => {
  const folder = folderOf(t);
  const { publicKey } = valueOf(loadIdentity(folder, noiseLibrary));
  const file = path.join(folder, "key");
  for (const mode of [0o640, 0o604, 0o620, 0o601, 0o644]) {
    chmodSync(file, mode);
    t.match(
      messageOf(loadIdentity(folder, noiseLibrary)),
      `is open to others (mode 0${mode.toString(8)}) and is not used.`,
    );
  }
  chmodSync(file, 0o600);
  t.equal(valueOf(loadIdentity(folder, noiseLibrary)).publicKey, publicKey);
  t.end();
});

tap.test("returns a fault for a damaged key, and does not change it", (t) => {
  const folder = folderOf(t);
  const file = path.join(folder, "key");
  const digits = "0123456789abcdef".repeat(4);
  for (const content of [
    "",
    "# only a comment\n",
    digits.slice(1),
    `${digits}0`,
    `${digits}\n${digits}\n`,
    digits.replace("0", "g"),
    "\0".repeat(64),
  ]) {
    writeFileSync(file, content, { mode: 0o600 });
    t.match(messageOf(loadIdentity(folder, noiseLibrary)), `The secret key ${file} is damaged`);
    t.equal(readFileSync(file, "utf8"), content);
  }
  writeFileSync(file, `# a copy typed by hand\n\n${digits.toUpperCase()}`);
  t.equal(Buffer.from(valueOf(loadIdentity(folder, noiseLibrary)).keyPair.secretKey).toString("hex"), digits);
  t.end();
});

tap.test("returns a fault for a folder in place of the key", (t) => {
  const folder = folderOf(t);
  mkdirSync(path.join(folder, "key"));
  t.match(messageOf(loadIdentity(folder, noiseLibrary)), /cannot be read or made \(it is a folder\)/);
  t.end();
});

tap.test("creates a file once; a second creation changes nothing", (t) => {
  const file = path.join(t.testdir({}), "key");
  t.equal(createFile(file, "first"), true);
  t.equal(createFile(file, "second"), false);
  t.equal(readFileSync(file, "utf8"), "first");
  t.strictSame(readdirSync(path.dirname(file)), ["key"]);
  t.end();
});

tap.test(
  "replaces a file by a rename, so that readers see the old or the new one, and removes temporary files",
  (t) => {
    const file = path.join(t.testdir({}), "known-keys");
    replaceFile(file, "old");
    const inode = statSync(file).ino;
    replaceFile(file, "new");
    t.not(statSync(file).ino, inode, "never written in place");
    t.equal(modeOf(file), "600");
    rmSync(file);
    mkdirSync(path.join(file, "in the way"), { recursive: true });
    t.throws(() => replaceFile(file, "newer"));
    t.strictSame(readdirSync(path.dirname(file)), ["known-keys"]);
    t.end();
  },
);

tap.test("a keyring stores keys in a private, readable text file, and another keyring sees them at once", (t) => {
  const folder = folderOf(t);
  const [one, other] = [new FileKeyring(folder), new FileKeyring(folder)];
  t.equal(valueOf(one.read()).entries.size, 0);
  valueOf(one.remember(bob, { key: keyOf("b"), standing: "first-use" }));
  valueOf(other.noteRefused(bob, refusedKey("1")));
  valueOf(other.noteRefused(martha, refusedKey("2")));
  t.strictSame(valueOf(one.read()).known(bob), { key: keyOf("b"), standing: "first-use" });
  t.strictSame(valueOf(one.read()).refused(bob), [refusedKey("1")]);
  t.equal(valueOf(one.read()).ownerOf(keyOf("b")), bob);
  t.equal(valueOf(one.read()).ownerOf(keyOf("1")), undefined, "a refused key has no owner");
  const file = path.join(folder, "known-keys");
  t.equal(modeOf(file), "600");
  t.match(
    readFileSync(file, "utf8"),
    `\nBob  ${keyOf("b")}  first-use  ${keyOf("1")},${seenAt}\nMartha  -  -  ${keyOf("2")},${seenAt}\n`,
  );
  valueOf(one.remember(bob, { key: keyOf("1"), standing: "pinned" }));
  t.strictSame(valueOf(other.read()).known(bob), { key: keyOf("1"), standing: "pinned" });
  t.strictSame(valueOf(other.read()).refused(bob), [], "trusting a key clears the refused ones");
  t.strictSame(readdirSync(folder), ["known-keys"], "no lock and no temporary file is left");
  t.end();
});

tap.test("a key has one name: the last one", (t) => {
  const keyring = new FileKeyring(folderOf(t));
  valueOf(keyring.remember(bob, { key: keyOf("b"), standing: "first-use" }));
  valueOf(keyring.remember(martha, { key: keyOf("b"), standing: "pinned" }));
  t.equal(valueOf(keyring.read()).ownerOf(keyOf("b")), martha);
  t.equal(valueOf(keyring.read()).known(bob), undefined);
  t.end();
});

tap.test("writes nothing when the same key is refused again", (t) => {
  const folder = folderOf(t);
  const keyring = new FileKeyring(folder);
  valueOf(keyring.noteRefused(bob, refusedKey("1")));
  const { ino } = statSync(path.join(folder, "known-keys"));
  valueOf(keyring.noteRefused(bob, refusedKey("1")));
  t.equal(statSync(path.join(folder, "known-keys")).ino, ino);
  t.end();
});

tap.test("keeps the newest of many refused keys, in order of arrival", (t) => {
  const folder = folderOf(t);
  const keyring = new FileKeyring(folder);
  const all = Array.from({ length: refusedKeysMax + 3 }, (_, index) => refusedKey(index.toString(16)));
  for (const each of all) valueOf(keyring.noteRefused(bob, each));
  t.strictSame(valueOf(new FileKeyring(folder).read()).refused(bob), all.slice(3));
  t.end();
});

tap.test("a first use does not replace a key that another program has trusted meanwhile", (t) => {
  const folder = folderOf(t);
  const [chat, command] = [new FileKeyring(folder), new FileKeyring(folder)];
  t.equal(valueOf(chat.read()).known(bob), undefined, "the chat has read no key");
  valueOf(command.remember(bob, { key: keyOf("b"), standing: "pinned" }));
  const late = chat.remember(bob, { key: keyOf("1"), standing: "first-use" });
  t.match(messageOf(late), /^Another key of Bob's was trusted at this very moment/);
  t.ok(chat.remember(bob, { key: keyOf("b"), standing: "first-use" }).ok, "the same key is accepted");
  t.strictSame(valueOf(chat.read()).known(bob), { key: keyOf("b"), standing: "pinned" }, "and stays pinned");
  t.end();
});

const row = `Bob  ${keyOf("b")}  first-use  -`;
const damaged: readonly (readonly [what: string, content: string, says: string])[] = [
  ["empty", "", " is damaged (cut short"],
  ["cut in a row", `# \n${row.slice(0, 40)}`, ":2 is damaged (found"],
  ["cut after a row", `# \n${row}`, " is damaged (cut short"],
  ["with a short key", `${row.replace("bbb", "bb")}\n`, ":1 is damaged"],
  ["with an unknown standing", `${row.replace("first-use", "trusted")}\n`, ":1 is damaged"],
  ["with a key and no standing", `${row.replace("first-use", "-")}\n`, ":1 is damaged"],
  ["with a standing and no key", `Bob - pinned ${keyOf("1")},${seenAt}\n`, ":1 is damaged"],
  ["with a refused key without an address", `Bob - - ${keyOf("1")}\n`, ":1 is damaged"],
  ["with a refused key without a time", `Bob - - ${keyOf("1")},10.1.2.0,noon\n`, ":1 is damaged"],
  ["with the same refused key twice", `Bob - -${` ${keyOf("1")},${seenAt}`.repeat(2)}\n`, ":1 is damaged"],
  ["without a field for refused keys", `Bob ${keyOf("b")} first-use\n`, ":1 is damaged"],
  ["with a word too many", `${row} x\n`, ":1 is damaged"],
  ["with a name twice", `${row}\n${row}\n`, ":2 is damaged"],
  ["with a key twice", `${row}\n${row.replace("Bob", "Martha")}\n`, "a key twice"],
  ["of zeros", "\0".repeat(100), ":1 is damaged"],
];

for (const [what, content, says] of damaged)
  tap.test(`known-keys ${what} makes every call return a fault, and is not changed`, (t) => {
    const folder = folderOf(t);
    const file = path.join(folder, "known-keys");
    writeFileSync(file, content);
    const keyring = new FileKeyring(folder);
    const results = [
      keyring.read(),
      keyring.remember(martha, { key: keyOf("c"), standing: "pinned" }),
      keyring.noteRefused(bob, refusedKey("1")),
    ];
    for (const result of results) t.match(messageOf(result), says);
    t.match(messageOf(results[0]!), "no secure friend can connect");
    t.equal(readFileSync(file, "utf8"), content);
    t.strictSame(readdirSync(folder), ["known-keys"]);
    t.end();
  });

tap.test("returns a fault if known-keys cannot be read for another reason than a first start", (t) => {
  const folder = folderOf(t);
  symlinkSync("known-keys", path.join(folder, "known-keys"));
  t.match(messageOf(new FileKeyring(folder).read()), /cannot be read/);
  t.end();
});

tap.test("removes the lock of a killed process, and waits for a fresh one", (t) => {
  const folder = folderOf(t);
  const lock = path.join(folder, "known-keys.lock");
  mkdirSync(lock);
  utimesSync(lock, new Date(0), new Date(0));
  valueOf(new FileKeyring(folder).noteRefused(bob, refusedKey("1")));
  t.notOk(existsSync(lock));
  t.end();
});

tap.test("two processes that write at the same time lose none of each other's changes", async (t) => {
  const folder = folderOf(t);
  const writer = `
    import { FileKeyring } from ${JSON.stringify(path.resolve(".build/src/platform/file-keyring.js"))};
    const keyring = new FileKeyring(process.argv[1]);
    for (let n = 0; n < 40; n += 1) keyring.noteRefused(process.argv[2] + n, { key: String(n % 10).repeat(64), host: "10.1.2.0", time: 0 });`;
  const names = ["A", "B", "C"];
  await Promise.all(
    names.map((name) =>
      once(spawn(process.execPath, ["--input-type=module", "-e", writer, folder, name], { stdio: "inherit" }), "exit"),
    ),
  );
  t.equal(valueOf(new FileKeyring(folder).read()).entries.size, 40 * names.length);
});

/** Waits for the others before each round, then creates the folder of a separate member. */
const racer = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { module, root, rounds, racers, index, barrier } = workerData;
  import(module).then(({ openStateFolder }) => {
    const arrived = new Int32Array(barrier);
    const faults = [];
    for (let round = 0; round < rounds; round += 1) {
      Atomics.add(arrived, 0, 1);
      while (Atomics.load(arrived, 0) < racers * (round + 1));
      const place = { stateDir: root + "/" + round + "/deep", group: "default", member: "Member" + index };
      const opened = openStateFolder(place, { xdgStateHome: undefined, home: root });
      if (!opened.ok) faults.push(opened.message);
    }
    parentPort.postMessage(faults);
  });
`;

tap.test("members that start at the same moment in a new place don't interfere with each other", async (t) => {
  const [root, barrier, racers] = [t.testdir({}), new SharedArrayBuffer(4), 2];
  const module = new URL("../../src/platform/state-folder.js", import.meta.url).href;
  const faults = await Promise.all(
    Array.from({ length: racers }, async (_, index) => {
      const worker = new Worker(racer, {
        eval: true,
        workerData: { module, root, rounds: 200, racers, index, barrier },
      });
      return (await once(worker, "message")) as [readonly string[]];
    }),
  );
  t.same(faults.flat(2), []);
});

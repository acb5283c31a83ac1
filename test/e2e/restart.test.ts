// Messages survive exits and kills of either program, and a full disk.

import { chmodSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import t from "tap";
import { Group } from "./kit/group.js";
import type { Member } from "./kit/member.js";
import { timePasses, until } from "./kit/patience.js";
import { smallDisk, whyNoDisk } from "./kit/small-disk.js";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const shownBy = (member: Member, from: string): readonly string[] =>
  member.stdout.lines.filter((line) => line.startsWith(`${from} : `)).map((line) => line.slice(from.length + 3));

t.test("waiting messages survive a SIGKILL of the sender, and arrive once, in order, before newer ones", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const before = await group.start("Alice");
  await before.feed(numbers(500).map((number) => `Bob/${number}\n`));
  before.say("/peers");
  await before.sees(/^Bob .* 500 messages are waiting$/);
  t.same(await before.stop("SIGKILL"), { code: null, signal: "SIGKILL" });
  const alice = await group.start("Alice");
  alice.say("Bob/500");
  const bob = await group.start("Bob");
  await bob.sees("Alice : 500");
  t.same(shownBy(bob, "Alice"), numbers(501).map(String));
  await until(
    async () => (await group.history("Alice")).every(({ state }) => state === "delivered"),
    () => "every message to count as delivered",
  );
});

t.test("a restarted member sends waiting messages without any input", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const before = await group.start("Alice");
  before.say("Bob/typed yesterday");
  await before.sees(/^Bob is unreachable/);
  t.same(await before.stop(), { code: 0, signal: null });
  t.equal(before.stdout.count("1 message to Bob waits in the store until the next start."), 1);
  const bob = await group.start("Bob");
  await group.start("Alice");
  await bob.sees("Alice : typed yesterday");
});

t.test("a receiver that is killed and restarted during a stream gets all of it, once and in order", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const [alice, before] = [await group.start("Alice"), await group.start("Bob")];
  const fed = alice.feed(
    numbers(200).map((part) =>
      numbers(100)
        .map((at) => `Bob/${part * 100 + at}\n`)
        .join(""),
    ),
  );
  await before.sees("Alice : 2000");
  await before.stop("SIGKILL");
  const bob = await group.start("Bob");
  await fed;
  alice.say("Bob/20000");
  await bob.sees("Alice : 20000");
  const received = (await group.history("Bob")).map(({ text }) => text);
  t.equal(received.length, 20_001);
  t.equal(
    received.findIndex((text, index) => text !== String(index)),
    -1,
    "in order",
  );
  for (const member of [alice, bob])
    t.equal(member.stdout.count(/lost or restored/), 0, "no store counts as lost or restored");
});

t.test("received messages that were not printed before a kill are printed after the restart", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const [alice, before] = [await group.start("Alice"), await group.start("Bob")];
  const count = 4_000;
  const textOf = (number: number): string => `${String(number).padStart(5, "0")} ${"x".repeat(100)}`;
  before.stopReading();
  await alice.feed(numbers(count).map((number) => `Bob/${textOf(number)}\n`));
  const received = async (): Promise<number> => (await group.history("Bob")).length;
  let stored = 0;
  await until(
    async () =>
      (stored = await received()) === count || (await timePasses(300), stored > 0 && stored === (await received())),
    () => `Bob to receive as much as he takes without a reader; he has ${stored}`,
  );
  await before.stop("SIGKILL");
  before.goOnReading();
  const noted = shownMark(path.join(group.stateOf("Bob"), "messages.db"));
  const bob = await group.start("Bob");
  await bob.sees(/^\d+ messages? came before the program ended; the first may have been shown already:$/);
  await bob.sees(`Alice : ${textOf(count - 1)}`);
  const [early, late] = [shownBy(before, "Alice"), shownBy(bob, "Alice")];
  t.equal(late.length, count - noted, "only messages that were not noted as shown are shown again");
  t.ok(noted > 0 && noted < count, `${noted} were noted as shown`);
  t.equal(new Set([...early, ...late]).size, count, "each was shown");
  t.same(
    late,
    numbers(count)
      .slice(count - late.length)
      .map(textOf),
    "the late ones are in order",
  );
});

t.test("a killed member can start again at once", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  for (let round = 0; round < 3; round += 1) {
    const alice = await group.start("Alice");
    alice.say(`Bob/${round}`);
    alice.say("/peers");
    await alice.sees(new RegExp(`^Bob .* ${round + 1} messages? (is|are) waiting$`));
    await alice.stop("SIGKILL");
  }
  t.equal((await group.history("Alice")).length, 3);
});

interface Library {
  readonly DatabaseSync: new (file: string) => {
    exec(sql: string): void;
    prepare(sql: string): { get(): unknown };
    close(): void;
  };
}
const sqlite = createRequire(import.meta.url)("@photostructure/sqlite") as Library;

const unusable: readonly (readonly [string, (file: string) => void, RegExp])[] = [
  [
    "damaged",
    (file) => writeFileSync(file, "no database at all\n".repeat(500)),
    /cannot be used \(the file is not a database\); it was left as it is/,
  ],
  [
    "from a newer version",
    (file) => setVersion(file, 99),
    /was written by a newer p2p \(version 99\); it was left as it is: update p2p/,
  ],
];

/** Number of the last message that the member noted as shown. */
function shownMark(file: string): number {
  const database = new sqlite.DatabaseSync(file);
  const { value } = database.prepare("SELECT value FROM mark WHERE name = 'shown'").get() as { readonly value: number };
  database.close();
  return value;
}

function setVersion(file: string, version: number): void {
  const database = new sqlite.DatabaseSync(file);
  database.exec(`PRAGMA user_version = ${version}`);
  database.close();
}

for (const [what, spoil, says] of unusable)
  t.test(`the start exits with 2 and leaves the database unchanged if it is ${what}`, async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    const before = await group.start("Alice");
    before.say("Alice/note");
    await before.sees("Alice : note");
    await before.stop();
    const file = path.join(group.stateOf("Alice"), "messages.db");
    spoil(file);
    const content = readFileSync(file);
    const alice = group.launch("Alice", []);
    t.same(await alice.ended(), { code: 2, signal: null });
    t.match(alice.stderr.text, says);
    t.match(await group.command("Alice", "history"), { code: 2, out: "", err: says });
    t.ok(content.equals(readFileSync(file)), "no byte was changed");
    t.match((await (await group.start("Alice", "--no-store")).stop()).code, 0, "--no-store does not use it");
  });

t.test("the start exits with 2 and suggests --state-dir if the state folder cannot be created", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const alice = group.launch("Alice", ["--state-dir", path.join(group.file, "below-a-file")]);
  t.same(await alice.ended(), { code: 2, signal: null });
  t.match(alice.stderr.text, /^The state folder .* cannot be used \(.*\)\. --state-dir names another one/);
});

t.test(
  "the start exits with 2 and suggests --state-dir if the state folder is not writable",
  { skip: process.getuid?.() === 0 && "root can write everywhere" },
  async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    mkdirSync(group.stateFolder);
    chmodSync(group.stateFolder, 0o500);
    const alice = group.launch("Alice", []);
    t.same(await alice.ended(), { code: 2, signal: null });
    t.match(alice.stderr.text, /--state-dir/);
  },
);

t.test(
  "a full disk refuses lines with a reason, keeps accepted ones, and takes lines again once it has space",
  { skip: whyNoDisk() },
  async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    const disk = smallDisk(t);
    const alice = await group.start("Alice", "--state-dir", disk);
    alice.say("Bob/accepted");
    await alice.sees(/^Bob is unreachable/);
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(path.join(disk, "filler"), Buffer.alloc(bavail * bsize - 40_960));
    for (let number = 0; number < 40; number += 1) alice.say(`Bob/${number} ${"x".repeat(4_000)}`);
    await alice.sees(/^The store cannot be written: the disk is full\. Stored messages are safe/);
    await alice.sees(/^\d+ messages? to Bob refused and not sent: the disk is full\.$/);
    alice.say("Bob/not now");
    const refusedLines = (): number =>
      alice.stdout.lines.reduce((sum, line) => sum + Number(/^(\d+) messages? to Bob refused/.exec(line)?.[1] ?? 0), 0);
    rmSync(path.join(disk, "filler"));
    await alice.sees("The store can be written again.");
    alice.say("Bob/again");
    const bob = await group.start("Bob");
    await bob.sees("Alice : again");
    const shown = shownBy(bob, "Alice");
    t.equal(shown.length + refusedLines(), 1 + 40 + 1 + 1, "each line arrived or was refused");
    t.equal(shown[0], "accepted");
    t.equal(new Set(shown).size, shown.length, "none twice");
    t.match(await alice.stop(), { code: 0 });
  },
);

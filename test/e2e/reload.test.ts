// SIGHUP: without a terminal, reloads the group file and reopens the log; at a terminal, the window was closed.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import t from "tap";
import { Group } from "./kit/group.js";
import { until } from "./kit/patience.js";
import { inTerminal, whyNoTerminal } from "./kit/terminal.js";

t.test("SIGHUP without a terminal reloads the group file, and old and new friends can chat", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  alice.say("Bob/before");
  await bob.sees("Alice : before");
  group.write("Alice", "Bob", "Carol");
  alice.signal("SIGHUP");
  await alice.sees(`${group.file} was read again: 3 peers.`);
  const carol = await group.start("Carol");
  carol.say("Alice/I am new");
  await alice.sees("Carol : I am new");
  alice.say("Carol/welcome");
  await carol.sees("Alice : welcome");
  alice.say("Bob/after");
  await bob.sees("Alice : after");
  t.equal(alice.stdout.count(/^Connection with/), 0, "the open connection was kept");
});

t.test("a friend who was removed from the group file is refused", async (t) => {
  const group = await Group.of(t, "Alice", "Bob", "Carol");
  const [alice, carol] = [await group.start("Alice"), await group.start("Carol")];
  carol.say("Alice/one");
  await alice.sees("Carol : one");
  group.write("Alice", "Bob");
  alice.signal("SIGHUP");
  await alice.sees(`${group.file} was read again: 2 peers.`);
  await carol.sees(/^Connection with Alice/);
  carol.say("Alice/two");
  await alice.sees("Unknown host trying to connect. Not in peer list!");
  alice.say("Carol/are you there?");
  await alice.sees("Unknown peer name : Carol");
  t.equal(alice.stdout.count("Carol : two"), 0);
});

t.test("a broken group file keeps the old group and reports the error", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  writeFileSync(group.file, `3\nAlice ${group.hostOf("Alice")}\nBob\n`);
  alice.signal("SIGHUP");
  await alice.sees(
    `${group.file}:3: expected an IP address after "Bob", found the end of the file; the group stays as it was.`,
  );
  alice.say("Bob/still friends");
  await bob.sees("Alice : still friends");
  group.write("Bob");
  alice.signal("SIGHUP");
  await alice.sees(`${group.file} has no row for you ("Alice") any more; the group stays as it was.`);
  bob.say("Alice/still friends");
  await alice.sees("Bob : still friends");
});

t.test("SIGHUP without a terminal reopens the log file for rotation", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const log = path.join(group.folder, "p2p.log");
  const alice = await group.start("Alice", "--log-file", log, "--log-level", "debug");
  renameSync(log, `${log}.1`);
  alice.signal("SIGHUP");
  await alice.sees(/was read again/);
  alice.say("Bob/hello");
  await alice.sees(/^Bob is unreachable/);
  await until(
    () => existsSync(log) && readFileSync(log, "utf8").includes('"event"'),
    () => "a line in the new log file",
  );
  t.notMatch(readFileSync(log, "utf8"), /hello/, "no message text in the log");
  t.equal(alice.stderr.text, "", "with a log file nothing goes to standard error");
});

t.test(
  "at a terminal, closing the window sends pending messages and ends the program",
  { skip: whyNoTerminal },
  async (t) => {
    const group = await Group.of(t, "Alice", "Bob");
    const bob = await group.start("Bob");
    const alice = group.launch("Alice", [], inTerminal);
    await alice.sees(/^You can now send and receive messages\.\r$/);
    alice.say("Bob/typed in a terminal");
    await bob.sees("Alice : typed in a terminal");
    alice.endInput();
    t.same(await alice.ended(), { code: 0, signal: null });
    await bob.sees("Connection with Alice closed");
  },
);

t.test("at a terminal, Ctrl-C clears the line, and pressed twice ends at once", { skip: whyNoTerminal }, async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const alice = group.launch("Alice", [], inTerminal);
  await alice.sees(/^You can now send and receive messages\.\r$/);
  await alice.feed(["Bob/never sent\x03"]);
  alice.say("Alice/still here");
  await alice.sees(/Alice\/still here/);
  t.notMatch(alice.stdout.text, /unreachable/);
  await alice.feed(["\x03\x03"]);
  t.same(await alice.ended(), { code: 130, signal: null });
});

t.test("friends who switch to clear text and back to secure continue without loss", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  const change = async (attribute: string, times: number): Promise<void> => {
    group.write(...["Alice", "Bob"].map((name) => `${name} ${attribute}`));
    for (const member of [alice, bob]) member.signal("SIGHUP");
    for (const member of [alice, bob]) await member.sees(`${group.file} was read again: 2 peers.`, times);
  };
  const talk = async (about: string): Promise<void> => {
    alice.say(`Bob/${about}`);
    await bob.sees(`Alice : ${about}`);
    bob.say(`Alice/${about}`);
    await alice.sees(`Bob : ${about}`);
    // Messages in flight during the change may be shown twice, so wait for their outcomes.
    const hasWaiting = async (name: string): Promise<boolean> =>
      (await group.history(name)).some(({ direction, state }) => direction === "out" && state === "waiting");
    await until(
      async () => !(await hasWaiting("Alice")) && !(await hasWaiting("Bob")),
      () => "all messages to be sent",
    );
  };
  await talk("in private");
  await change("dialect=line", 1);
  await talk("in clear");
  await change("dialect=secure", 2);
  await talk("in private again");
  for (const member of [alice, bob]) t.equal(member.stdout.count(/lost or restored/), 0, member.stdout.tail());
  for (const name of ["Alice", "Bob"])
    t.same(
      (await group.history(name)).filter(({ direction }) => direction === "out").map(({ state }) => state),
      ["delivered", "sent", "delivered"],
    );
});

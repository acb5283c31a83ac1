// How the program ends: drained within two seconds, with a FIN, and with an exit code that says what happened.

import t, { type Test } from "tap";
import { Group } from "./kit/group.js";
import type { Member } from "./kit/member.js";
import { Neighbour, type Wire } from "./kit/neighbour.js";

const stopped = { code: 0, signal: null };

const waysToStop: readonly (readonly [string, (member: Member) => void])[] = [
  ["SIGTERM", (member) => member.signal("SIGTERM")],
  ["SIGINT", (member) => member.signal("SIGINT")],
  ["/quit", (member) => member.say("/quit")],
];

for (const [way, stop] of waysToStop)
  t.test(`${way} ends with 0, and the friend is told once that the connection closed`, async (t) => {
    const group = await Group.of(t, "Alice", "Bob");
    const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
    alice.say("Bob/hi");
    await bob.sees("Alice : hi");
    stop(alice);
    t.same(await alice.ended(), stopped);
    await bob.sees("Connection with Alice closed");
    t.equal(alice.stderr.text, "");
    t.equal(alice.stdout.count(/^Connection with/), 0, "who leaves needs no notice");
    t.equal(bob.stdout.count(/^Connection with/), 1);
  });

t.test("SIGTERM without any connection ends with 0", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  t.same(await alice.stop(), stopped);
});

t.test("the last line of a script that quits at once still arrives", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const bob = await group.start("Bob");
  const alice = group.launch("Alice", []);
  await alice.feed(["Bob/first and last\n/quit\n"]);
  t.same(await alice.ended(), stopped);
  await bob.sees("Alice : first and last");
});

interface Scene {
  readonly alice: Member;
  readonly wire: Wire;
}

/** Bob is a bare socket, connected. */
async function withNeighbour(t: Test): Promise<Scene> {
  const group = await Group.of(t, "Alice", "Bob");
  const bob = await Neighbour.listen(t, group.at("Bob"));
  const alice = await group.start("Alice");
  alice.say("Bob/hi");
  const wire = await bob.wire();
  await wire.heard.sees("hi");
  return { alice, wire };
}

const lineCount = 8_000;
const textOf = (number: number): string => `${String(number)} ${"x".repeat(1_000)}`;

/** Bob stops reading, and eight megabytes for him are accepted; more than the kernel takes. */
async function withMuchWaiting(t: Test): Promise<Scene> {
  const scene = await withNeighbour(t);
  scene.wire.stopReading();
  await scene.alice.feed(Array.from({ length: lineCount }, (_, number) => `Bob/${textOf(number)}\n`));
  scene.alice.say("Alice/all accepted");
  await scene.alice.sees("Alice : all accepted");
  scene.alice.say("/peers");
  await scene.alice.sees(/^Bob .* messages are waiting$/);
  return scene;
}

t.test("SIGTERM first sends all waiting messages to a connected friend", async (t) => {
  const { alice, wire } = await withMuchWaiting(t);
  alice.signal("SIGTERM");
  wire.goOnReading();
  await wire.seesEnd();
  wire.end();
  t.same(await alice.ended(), stopped);
  t.equal(wire.heard.lines.length, 1 + lineCount);
  t.equal(wire.heard.lines.at(-1), textOf(lineCount - 1));
  t.equal(alice.stdout.count(/could not be sent/), 0);
});

t.test("SIGTERM does not wait forever for a stalled friend, and reports unsent messages", async (t) => {
  const { alice } = await withMuchWaiting(t);
  t.same(await alice.stop(), stopped);
  t.equal(alice.stdout.count(/^[1-9]\d* messages? to Bob waits? in the store until the next start\.$/), 1);
});

t.test("SIGTERM reports messages that wait for an absent friend", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  alice.say("Bob/hi");
  await alice.sees(/^Bob is unreachable/);
  t.same(await alice.stop(), stopped);
  t.equal(alice.stdout.count("1 message to Bob waits in the store until the next start."), 1);
});

t.test("SIGTERM reports messages that are lost with --no-store", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const alice = await group.start("Alice", "--no-store");
  alice.say("Bob/hi");
  await alice.sees(/^Bob is unreachable/);
  t.same(await alice.stop(), stopped);
  t.equal(alice.stdout.count("1 message to Bob could not be sent."), 1);
});

for (const signal of ["SIGINT", "SIGTERM"] as const)
  t.test(`a second ${signal} ends at once, with 130`, async (t) => {
    const { alice, wire } = await withNeighbour(t);
    alice.signal(signal);
    await wire.seesEnd(); // Our own FIN never comes, so Alice waits for it.
    t.same(await alice.stop(signal), { code: 130, signal: null });
  });

t.test("ends with 0 even if a neighbour never answers the FIN", async (t) => {
  const { alice, wire } = await withNeighbour(t);
  alice.signal("SIGTERM");
  await wire.seesEnd();
  wire.write("said to the closing door\n");
  await alice.sees("Bob : said to the closing door");
  t.same(await alice.ended(), stopped);
});

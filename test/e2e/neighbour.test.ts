// The line dialect with a plain socket as neighbour: its promises to other programs, in both directions.

import t, { type Test } from "tap";
import { Group } from "./kit/group.js";
import type { Member } from "./kit/member.js";
import { Neighbour, Wire } from "./kit/neighbour.js";
import { timePasses } from "./kit/patience.js";

interface Scene {
  readonly alice: Member;
  readonly bob: Neighbour;
  /** Bob dials Alice. */
  readonly dial: () => Promise<Wire>;
}

/** Alice runs our program, Bob is the plain socket. */
async function scene(t: Test, { args = [] as readonly string[], row = "Bob" } = {}): Promise<Scene> {
  const group = await Group.of(t, "Alice", row);
  const bob = await Neighbour.listen(t, group.at("Bob"));
  const alice = await group.start("Alice", ...args);
  return { alice, bob, dial: () => Wire.dial(t, group.hostOf("Bob"), group.at("Alice")) };
}

t.test("sends a typed line as text and line feed on one connection, cut at the first slash only", async (t) => {
  const { alice, bob } = await scene(t);
  for (const text of ["Hello to Bob from Alice", "a/b/c", " spaced ", "žluťoučký 🐎"]) alice.say(`Bob/${text}`);
  const wire = await bob.wire();
  await wire.heard.sees("žluťoučký 🐎");
  t.equal(wire.heard.text, "Hello to Bob from Alice\na/b/c\n spaced \nžluťoučký 🐎\n");
  t.equal(bob.wires.length, 1);
});

t.test("takes the reply on the connection that it dialled", async (t) => {
  const { alice, bob } = await scene(t);
  alice.say("Bob/hi");
  (await bob.wire()).write("hi yourself\n");
  await alice.sees("Bob : hi yourself");
});

t.test("shows the messages of a neighbour that dials, and answers on its connection", async (t) => {
  const { alice, bob, dial } = await scene(t);
  const wire = await dial();
  wire.write("Hello to Alice from Bob\n");
  await alice.sees("Bob : Hello to Alice from Bob");
  alice.say("Bob/welcome");
  await wire.heard.sees("welcome");
  t.equal(bob.wires.length, 0, "nothing was dialled");
});

t.test("joins pieces, separates coalesced lines, and keeps a split character", async (t) => {
  const { alice, dial } = await scene(t);
  const wire = await dial();
  const horse = Buffer.from("🐎\n");
  await wire.writeInPieces("Hel", "lo\none\ntwo\nthr", "ee\n", horse.subarray(0, 2), horse.subarray(2));
  await alice.sees("Bob : 🐎");
  t.same(said(alice), ["Hello", "one", "two", "three", "🐎"]);
});

t.test("skips leading NULs, and drops the rest of a line after a NUL", async (t) => {
  const { alice, dial } = await scene(t);
  const wire = await dial();
  await wire.writeInPieces("\0\0one\n\0two\nthree\0garbage\nfo", "ur\0gar", "bage\n\0", "\0five\n");
  await alice.sees("Bob : five");
  t.same(said(alice), ["one", "two", "three", "four", "five"]);
});

t.test("shows a message without a newline after a quiet moment, and at the end of the connection", async (t) => {
  const { alice, dial } = await scene(t);
  const wire = await dial();
  wire.write("no newline");
  await alice.sees("Bob : no newline");
  wire.write("the last words");
  wire.end();
  await alice.sees("Bob : the last words");
  t.same(said(alice), ["no newline", "the last words"]);
});

t.test("reads all connections with one neighbour, and answers on the newest", async (t) => {
  const { alice, dial } = await scene(t);
  const wires = [await dial(), await dial(), await dial()];
  for (const [index, wire] of wires.entries()) {
    wire.write(`on ${index}\n`);
    await alice.sees(`Bob : on ${index}`);
  }
  wires[0]!.write("the oldest still speaks\n");
  await alice.sees("Bob : the oldest still speaks");
  alice.say("Bob/answer");
  await wires[2]!.heard.sees("answer");
  t.same(
    wires.map((wire) => wire.heard.text),
    ["", "", "answer\n"],
  );
});

t.test(
  "answers a neighbour that dials again on the new connection, and prints nothing at the old one's end",
  async (t) => {
    const { alice, bob, dial } = await scene(t);
    alice.say("Bob/one");
    const old = await bob.wire();
    await old.heard.sees("one");
    await pastCrossing();
    const fresh = await dial();
    fresh.write("I restarted\n");
    await alice.sees("Bob : I restarted");
    alice.say("Bob/two");
    await fresh.heard.sees("two");
    old.end();
    await old.seesEnd();
    fresh.write("still here\n");
    await alice.sees("Bob : still here");
    t.equal(alice.stdout.count(/^Connection with/), 0);
  },
);

t.test("answers a FIN with a FIN, prints it once, and connects again for the next message", async (t) => {
  const { alice, bob } = await scene(t);
  alice.say("Bob/one");
  const first = await bob.wire();
  first.write("bye\n");
  first.end();
  await first.seesEnd();
  await alice.sees("Connection with Bob closed");
  alice.say("Bob/two");
  await (await bob.wire(2)).heard.sees("two");
  t.equal(alice.stdout.count(/^Connection with/), 1);
});

t.test("prints a reset as one, and connects again for the next message", async (t) => {
  const { alice, bob } = await scene(t);
  alice.say("Bob/one");
  const first = await bob.wire();
  await first.heard.sees("one");
  first.write("heard\n");
  await alice.sees("Bob : heard");
  first.reset();
  await alice.sees("Connection with Bob broke (connection reset by the peer)");
  alice.say("Bob/two");
  await (await bob.wire(2)).heard.sees("two");
});

t.test("half-closes after the idle timeout, and shows messages until the neighbour's FIN", async (t) => {
  const { alice, bob } = await scene(t, { args: ["--idle-timeout", "1"] });
  alice.say("Bob/hi");
  const wire = await bob.wire();
  await wire.seesEnd();
  await alice.sees("Connection with Bob timed out");
  wire.write("typed at that very moment\n");
  await alice.sees("Bob : typed at that very moment");
  wire.end();
  await wire.seesClose();
  t.equal(alice.stdout.count(/^Connection with/), 1, "one notice for one silence");
});

t.test("prints the same notice when the neighbour's timeout is first", async (t) => {
  const { alice, bob } = await scene(t, { args: ["--idle-timeout", "4"] });
  alice.say("Bob/hi");
  const wire = await bob.wire();
  await wire.heard.sees("hi");
  await timePasses(3_400);
  wire.end();
  await alice.sees(/^Connection with Bob/);
  t.same(alice.stdout.lines.slice(-1), ["Connection with Bob timed out"]);
});

t.test("prints one notice for several idle connections with one neighbour", async (t) => {
  const { alice, dial } = await scene(t, { args: ["--idle-timeout", "1"] });
  const wires = [await dial(), await dial(), await dial()];
  for (const wire of wires) wire.write("hi\n");
  await alice.sees("Bob : hi", 3);
  for (const wire of wires) {
    await wire.seesEnd();
    wire.end();
  }
  for (const wire of wires) await wire.seesClose();
  t.equal(alice.stdout.count("Connection with Bob timed out"), 1);
});

t.test("closes a connection without a byte after the idle timeout", async (t) => {
  const { dial } = await scene(t, { args: ["--idle-timeout", "0.5"] });
  const wire = await dial();
  await wire.seesEnd();
  t.equal(wire.heard.size, 0);
});

/** Bob's messages as Alice showed them. */
const said = (alice: Member): readonly string[] =>
  alice.stdout.lines.filter((line) => line.startsWith("Bob : ")).map((line) => line.slice(6));

/** A dial within a second of ours counts as a crossing one. */
const pastCrossing = (): Promise<void> => timePasses(1_200);

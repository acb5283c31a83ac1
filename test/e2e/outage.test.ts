// Friends who are offline, killed or back again: waiting messages and notices.

import t from "tap";
import { Group } from "./kit/group.js";

t.test(
  "a message to an offline friend waits, is reported and counted, and arrives when the friend starts",
  async (t) => {
    const group = await Group.of(t, "Alice", "Bob", "Martha");
    const alice = await group.start("Alice");
    alice.say("Bob/are you there?");
    await alice.sees("Bob is unreachable (connection refused); 1 message is waiting and will go out when Bob answers.");
    alice.say("/peers");
    await alice.sees(
      new RegExp(`^Bob +${group.hostOf("Bob")}:${group.port} +(unreachable|connecting) .* 1 message is waiting$`),
    );
    await alice.sees(
      new RegExp(`^Martha +${group.hostOf("Martha")}:${group.port} +not connected  line: in the clear, only sent$`),
    );
    alice.say("Bob/hello?");
    alice.say("/peers");
    await alice.sees(/^Bob .* 2 messages are waiting$/);
    const bob = await group.start("Bob");
    await bob.sees("Alice : hello?");
    t.same(
      bob.stdout.lines.filter((line) => line.startsWith("Alice : ")),
      ["Alice : are you there?", "Alice : hello?"],
    );
    await alice.sees("Bob answers; 2 waiting messages went out.");
    alice.say("/peers");
    await alice.sees(/^Bob .* connected .* idle for 0 s$/);
  },
);

t.test("waiting messages are sent at once when the friend connects", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  alice.say("Bob/waiting");
  await alice.sees(/^Bob is unreachable/);
  const bob = await group.start("Bob");
  bob.say("Alice/here I am");
  await bob.sees("Alice : waiting");
  await alice.sees("Bob : here I am");
});

t.test("a killed friend causes one notice, and the chat continues after the restart", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  const before = await group.start("Bob");
  alice.say("Bob/one");
  await before.sees("Alice : one");
  before.say("Alice/two");
  await alice.sees("Bob : two");
  t.same(await before.stop("SIGKILL"), { code: null, signal: "SIGKILL" });
  await alice.sees(/^Connection with Bob (closed|broke .*)$/);
  alice.say("Bob/three");
  await alice.sees(/^Bob is unreachable \(connection refused\); 1 message is waiting/);
  const after = await group.start("Bob");
  await after.sees("Alice : three");
  after.say("Alice/four");
  await alice.sees("Bob : four");
  t.equal(alice.stdout.count(/^Connection with Bob/), 1);
});

t.test("a killed member can use its port again at once", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const bob = await group.start("Bob");
  const before = await group.start("Alice");
  before.say("Bob/one");
  await bob.sees("Alice : one");
  bob.say("Alice/two");
  await before.sees("Bob : two");
  await before.stop("SIGKILL");
  const after = await group.start("Alice");
  bob.say("Alice/three");
  await after.sees("Bob : three");
});

t.test("two members that dial each other at the same time lose and repeat no message", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const [alice, bob] = await Promise.all([group.start("Alice"), group.start("Bob")]);
  const numbers = Array.from({ length: 20 }, (_, index) => String(index));
  for (const number of numbers) {
    alice.say(`Bob/${number}`);
    bob.say(`Alice/${number}`);
  }
  await alice.sees("Bob : 19");
  await bob.sees("Alice : 19");
  t.same(
    alice.stdout.lines.filter((line) => line.startsWith("Bob : ")),
    numbers.map((number) => `Bob : ${number}`),
  );
  t.same(
    bob.stdout.lines.filter((line) => line.startsWith("Alice : ")),
    numbers.map((number) => `Alice : ${number}`),
  );
});

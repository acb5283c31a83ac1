// Messages typed at the moment of the idle timeout, and timeouts on a machine that was asleep.

import t from "tap";
import { Group } from "./kit/group.js";
import { timePasses } from "./kit/patience.js";

const rounds = 20;
const idleMs = 300;

t.test("lines typed on both sides at the moment of the idle timeout arrive once and in order", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const idle = ["--idle-timeout", String(idleMs / 1_000)];
  const [alice, bob] = [await group.start("Alice", ...idle), await group.start("Bob", ...idle)];
  for (let round = 0; round < rounds; round += 1) {
    const [first, second] = round % 2 === 0 ? [alice, bob] : [bob, alice];
    first.say(`${second.name}/${round}`);
    await timePasses(round % 3);
    second.say(`${first.name}/${round}`);
    await timePasses(idleMs - 10 + round);
  }
  for (const [member, friend] of [
    [alice, "Bob"],
    [bob, "Alice"],
  ] as const) {
    await member.sees(`${friend} : ${rounds - 1}`);
    t.same(
      member.stdout.lines.filter((line) => line.startsWith(`${friend} : `)),
      Array.from({ length: rounds }, (_, round) => `${friend} : ${round}`),
    );
    t.equal(member.stdout.count(/^Connection with .* (closed|broke)/), 0, "each connection ended by timeout");
  }
});

t.test("a member that slept during the timeout shows the same single notice", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const idle = ["--idle-timeout", "1"];
  const [alice, bob] = [await group.start("Alice", ...idle), await group.start("Bob", ...idle)];
  alice.say("Bob/hi");
  await bob.sees("Alice : hi");
  alice.signal("SIGSTOP");
  await bob.sees("Connection with Alice timed out");
  await timePasses(1_500);
  alice.signal("SIGCONT");
  await alice.sees("Connection with Bob timed out");
  bob.say("Alice/awake?");
  await alice.sees("Bob : awake?");
  await bob.sees("Connection with Alice timed out", 2);
  await alice.sees("Connection with Bob timed out", 2);
  t.equal(alice.stdout.count(/^Connection with/), 2);
  t.equal(bob.stdout.count(/^Connection with/), 2);
});

t.test("a sleeping friend gets all messages after waking up, and does not delay others", async (t) => {
  const group = await Group.of(t, "Alice", "Bob", "Martha");
  const [alice, bob, martha] = [await group.start("Alice"), await group.start("Bob"), await group.start("Martha")];
  alice.say("Bob/good night");
  await bob.sees("Alice : good night");
  bob.signal("SIGSTOP");
  const lines = Array.from({ length: 1_000 }, (_, number) => String(number));
  await alice.feed(lines.map((line) => `Bob/${line}\nMartha/${line}\n`));
  await martha.sees("Alice : 999");
  bob.signal("SIGCONT");
  await bob.sees("Alice : 999");
  t.same(
    bob.stdout.lines.filter((line) => line.startsWith("Alice : ")).slice(1),
    lines.map((line) => `Alice : ${line}`),
  );
});

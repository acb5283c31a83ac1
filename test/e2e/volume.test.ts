// Many messages at once, and long lines.

import t from "tap";
import { Group } from "./kit/group.js";

const lineCount = 200_000;
const perChunk = 1_000;

function* lines(): Generator<string> {
  for (let from = 0; from < lineCount; from += perChunk)
    yield Array.from({ length: perChunk }, (_, index) => `Bob/message number ${from + index}\n`).join("");
}

t.test("200,000 lines of standard input arrive complete and in order", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  await alice.feed(lines());
  await bob.sees(`Alice : message number ${lineCount - 1}`);
  const shown = bob.stdout.lines.filter((line) => line.startsWith("Alice : "));
  t.equal(shown.length, lineCount);
  t.equal(
    shown.findIndex((line, index) => line !== `Alice : message number ${index}`),
    -1,
    "in order",
  );
  t.equal(alice.stdout.count(/refused|unreachable|could not/), 0);
});

t.test("lines sent before the friend starts arrive in order when the friend starts", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  await alice.feed(Array.from({ length: 5_000 }, (_, index) => `Bob/${index}\n`));
  await alice.sees(/^Bob is unreachable/);
  const bob = await group.start("Bob");
  await bob.sees("Alice : 4999");
  t.same(
    bob.stdout.lines.filter((line) => line.startsWith("Alice : ")),
    Array.from({ length: 5_000 }, (_, index) => `Alice : ${index}`),
  );
});

t.test("two members that send 100,000 lines to each other do not block", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  const pipe = (to: string): readonly string[] =>
    Array.from({ length: 100 }, (_, chunk) =>
      Array.from({ length: 1_000 }, (_, index) => `${to}/${chunk * 1_000 + index}\n`).join(""),
    );
  await Promise.all([alice.feed(pipe("Bob")), bob.feed(pipe("Alice"))]);
  await alice.sees("Bob : 99999");
  await bob.sees("Alice : 99999");
  for (const [member, friend] of [
    [alice, "Bob"],
    [bob, "Alice"],
  ] as const) {
    const shown = member.stdout.lines.filter((line) => line.startsWith(`${friend} : `));
    t.equal(shown.length, 100_000);
    t.ok(
      shown.every((line, index) => line === `${friend} : ${index}`),
      "in order",
    );
  }
});

t.test(
  "messages beyond the queue limit of an offline friend are refused with a count, the others arrive",
  async (t) => {
    const total = 150_000;
    const group = await Group.of(t, "Alice", "Bob");
    const alice = await group.start("Alice");
    await alice.feed(Array.from({ length: total }, (_, index) => `Bob/${index}\n`));
    alice.say("Alice/all read");
    await alice.sees("Alice : all read");
    const refused = alice.stdout.lines
      .map((line) => /^(\d+) messages? to Bob refused and not sent: the queue is full \(\d+ waiting/.exec(line)?.[1])
      .reduce((sum, count) => sum + Number(count ?? 0), 0);
    alice.say("/peers");
    await alice.sees(new RegExp(`^Bob .* ${total - refused} messages are waiting$`));
    const bob = await group.start("Bob");
    await bob.sees(/^Alice : /, total - refused);
    alice.say("Bob/the end");
    await bob.sees("Alice : the end");
    t.equal(bob.stdout.count(/^Alice : \d+$/), total - refused);
    t.ok(refused > 0);
  },
);

t.test("the notice gives the number of waiting messages that were sent, even if sent in several writes", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  await alice.feed(Array.from({ length: 600 }, () => `Bob/${"x".repeat(1_000)}\n`));
  alice.say("Alice/all read");
  await alice.sees("Alice : all read");
  const bob = await group.start("Bob");
  await bob.sees(/^Alice : x/, 600);
  await alice.sees("Bob answers; 600 waiting messages went out.");
});

const kibibyte = 1_024;

for (const size of [1_000, 60 * kibibyte, 64 * kibibyte])
  t.test(`a text of ${size} bytes arrives complete`, async (t) => {
    const group = await Group.of(t, "Alice", "Bob");
    const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
    const text = "x".repeat(size);
    alice.say(`Bob/${text}`);
    alice.say("Bob/after");
    await bob.sees("Alice : after");
    t.ok(bob.stdout.lines.includes(`Alice : ${text}`));
  });

for (const size of [64 * kibibyte + 1, 70 * kibibyte, 1_000 * kibibyte])
  t.test(`a text of ${size} bytes is refused with a reason, and the next line arrives`, async (t) => {
    const group = await Group.of(t, "Alice", "Bob");
    const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
    alice.say(`Bob/${"x".repeat(size)}`);
    alice.say("Bob/after");
    await bob.sees("Alice : after");
    t.equal(alice.stdout.count("A message longer than 65536 bytes was refused; split it into several."), 1);
    t.equal(bob.stdout.count(/^Connection with/), 0);
  });

// Each invalid UTF-8 byte becomes a replacement character of three bytes, so the line is longer when sent than when typed.
t.test("a line that exceeds the limit after invalid bytes are replaced breaks no connection", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  await alice.feed([Buffer.concat([Buffer.from("Bob/"), Buffer.alloc(40 * kibibyte, 0x80), Buffer.from("\n")])]);
  alice.say("Bob/after");
  await bob.sees("Alice : after");
  t.equal(bob.stdout.count(/^Connection with/), 0);
  t.equal(bob.stdout.count(/^Alice : \ufffd+$/) + alice.stdout.count(/was refused/), 1, "it arrived or was refused");
});

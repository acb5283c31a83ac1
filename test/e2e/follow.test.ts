// `p2p follow`: bots and logs that lose nothing, whatever ends first.

import t, { type Test } from "tap";
import { Group } from "./kit/group.js";
import { Member } from "./kit/member.js";
import { until } from "./kit/patience.js";
import { asMember } from "./kit/scripting.js";

const follow = (t: Test, group: Group, name: string, ...words: readonly string[]): Member =>
  Member.start(t, { name: `follower of ${name}`, args: ["follow", ...words, ...asMember(group, name)] });

const seqs = (follower: Member): readonly number[] =>
  follower.stdout.lines
    .filter((line) => line.includes('"message"'))
    .map((line) => Number(/"seq":"(\d+)"/.exec(line)?.[1]));

t.test("prints messages as the chat shows them, and ends with 0 when its reader stops reading", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  const follower = follow(t, group, "Bob", "--from", "all");
  alice.say("Bob/one");
  alice.say("Bob/two \u202e /slashes/");
  await follower.sees("Alice : one");
  await follower.sees("Alice : two \\u{202e} /slashes/");
  await bob.sees("Alice : one");
  follower.closeOutput();
  alice.say("Bob/three");
  t.equal((await follower.ended()).code, 0);
  const other = follow(t, group, "Bob");
  other.signal("SIGTERM");
  await other.ended();
});

t.test("follows from a number, from the beginning, or from now", async (t) => {
  const group = await Group.secure(t, "Alice");
  const alice = await group.start("Alice");
  for (const text of ["one", "two", "three"]) alice.say(`Alice/${text}`);
  await alice.sees("Alice : three");
  const [all, some, now] = ["all", "2", "now"].map((from) => follow(t, group, "Alice", "--from", from, "--json"));
  await all!.sees(/three/);
  await some!.sees(/three/);
  const programs = async (): Promise<boolean> => (await group.command("Alice", "status")).out.includes("3 programs");
  await until(programs, () => "three followers");
  alice.say("Alice/four");
  for (const each of [all, some, now]) await each!.sees(/four/);
  t.same(
    [all, some, now].map((each) => seqs(each!)),
    [[1, 2, 3, 4], [2, 3, 4], [4]],
  );
});

t.test("a follower that is killed 50 times misses nothing", async (t) => {
  const group = await Group.secure(t, "Alice");
  const alice = await group.start("Alice");
  const total = 3_000;
  await alice.feed([Array.from({ length: total }, (_, index) => `Alice/m${index}\n`).join("")]);
  let reached = 0;
  for (let life = 0; life < 50; life += 1) {
    const follower = follow(t, group, "Alice", "--from", "all", "--as", "bot", "--auto-ack", "--json");
    const wanted = Math.min(total, reached + 20 + life);
    await until(
      () => (seqs(follower).at(-1) ?? 0) >= wanted || reached === total,
      () => follower.stderr.tail(),
    );
    await follower.stop("SIGKILL");
    const seen = seqs(follower);
    const [first = reached + 1] = seen;
    t.ok(first <= reached + 1, `life ${life} begins at ${first}, the last one ended at ${reached}`);
    t.same(
      seen,
      Array.from({ length: seen.length }, (_, index) => first + index),
      "no number is missing",
    );
    reached = Math.max(reached, seen.at(-1) ?? 0);
    if (reached === total) await alice.feed([`Alice/more\n`.repeat(0)]);
  }
  const last = follow(t, group, "Alice", "--as", "bot", "--auto-ack", "--json");
  alice.say("Alice/the end");
  await last.sees(/the end/);
  t.equal(seqs(last).at(-1), total + 1);
  const forget = (): Promise<{ readonly code: number | null }> =>
    group.command("Alice", "follow", "--as", "bot", "--forget");
  t.equal((await forget()).code, 69, "while it follows");
  await last.stop("SIGTERM");
  await until(
    async () => (await forget()).code === 0,
    () => last.stderr.tail(),
  );
  t.equal((await forget()).code, 69, "nobody of that name");
  await alice.stop();
  t.match(await forget(), { code: 69, err: /The member is not running: start it first\.\n$/ });
});

t.test("repeats unconfirmed messages, also after the member was killed", async (t) => {
  const group = await Group.secure(t, "Alice");
  const alice = await group.start("Alice");
  const bot = follow(t, group, "Alice", "--as", "bot", "--json", "--from", "all");
  for (const text of ["one", "two", "three"]) alice.say(`Alice/${text}`);
  await bot.sees(/three/);
  bot.say("ack 2");
  bot.say("ack 9");
  await until(
    () => bot.stderr.text.includes("ack: expected the number"),
    () => bot.stderr.text,
  );
  await bot.stop("SIGKILL");
  await alice.stop("SIGKILL");
  await group.start("Alice");
  const again = follow(t, group, "Alice", "--as", "bot", "--json");
  await again.sees(/three/);
  t.same(seqs(again), [3]);
  const rival = follow(t, group, "Alice", "--as", "bot", "--json");
  t.equal((await again.ended()).code, 69, "one program at a time follows under a name");
  await rival.sees(/three/);
});

t.test(
  "what is confirmed while the member is away counts when it is back, and a number too high ends nothing",
  async (t) => {
    const group = await Group.secure(t, "Alice");
    const alice = await group.start("Alice");
    const bot = follow(t, group, "Alice", "--as", "bot", "--json", "--from", "all");
    for (const text of ["one", "two", "three"]) alice.say(`Alice/${text}`);
    await bot.sees(/three/);
    await alice.stop("SIGKILL");
    bot.say("ack 2");
    const second = await group.start("Alice");
    second.say("Alice/four");
    await bot.sees(/four/);
    bot.say("ack 999");
    await until(
      () => bot.stderr.text.includes("ack: expected the number"),
      () => bot.stderr.text,
    );
    second.say("Alice/five");
    await bot.sees(/five/);
    t.same(seqs(bot), [1, 2, 3, 4, 5]);
    await bot.stop("SIGKILL");
    const again = follow(t, group, "Alice", "--as", "bot", "--json");
    await again.sees(/five/);
    t.same(seqs(again), [3, 4, 5]);
  },
);

t.test("all of 20 followers continue after the member restarts", async (t) => {
  const group = await Group.secure(t, "Alice");
  const alice = await group.start("Alice");
  const followers = Array.from({ length: 20 }, () => follow(t, group, "Alice", "--from", "all", "--json"));
  for (let number = 1; number <= 5; number += 1) alice.say(`Alice/before ${number}`);
  for (const each of followers) await each.sees(/before 5/);
  await alice.stop("SIGKILL");
  const second = await group.start("Alice");
  for (let number = 1; number <= 5; number += 1) second.say(`Alice/after ${number}`);
  for (const each of followers) await each.sees(/after 5/);
  for (const each of followers) t.same(seqs(each), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

t.test("a member with --no-store cannot be followed", async (t) => {
  const group = await Group.secure(t, "Alice");
  await group.start("Alice", "--no-store");
  const follower = follow(t, group, "Alice");
  t.equal((await follower.ended()).code, 69);
  t.match(follower.stderr.text, /stores no messages/);
});

t.test("a follower that reads nothing delays no other and uses little memory", async (t) => {
  const group = await Group.secure(t, "Alice");
  const alice = await group.start("Alice");
  const slow = follow(t, group, "Alice", "--from", "all");
  slow.stopReading();
  const before = alice.residentBytes;
  const line = `Alice/${"x".repeat(1_000)}\n`;
  await alice.feed([line.repeat(40_000), "Alice/last\n"]);
  await alice.sees("Alice : last");
  t.ok(alice.residentBytes - before < 200_000_000, `${alice.residentBytes - before} bytes more`);
  slow.goOnReading();
  await slow.sees("Alice : last");
});

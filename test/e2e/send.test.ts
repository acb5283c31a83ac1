// `p2p send`, `p2p flush` and `p2p cancel`: delivery and exit codes, with and without a running member.

import { rmSync } from "node:fs";
import t from "tap";
import { Group, type Said } from "./kit/group.js";
import { until } from "./kit/patience.js";
import { beingMember, call } from "./kit/scripting.js";

/** The deadline counts from the start of the command, which is slow on a busy machine. */
const ample = ["--deadline", "3m"];

const sendAs = (group: Group, name: string, ...words: readonly string[]): Promise<Said> =>
  call({ words: ["send", ...(words.includes("--deadline") ? [] : ample), ...words, ...beingMember(group, name)] });

for (const running of [true, false])
  t.test(`exit codes of p2p send ${running ? "through a running member" : "without one"}`, async (t) => {
    const group = await Group.secure(t, "Alice", "Bob", "Martha");
    if (running) await group.start("Alice");
    const bob = await group.start("Bob");
    t.same(await sendAs(group, "Alice", "Bob", "hello", "there"), { code: 0, out: "", err: "" });
    await bob.sees("Alice : hello there");
    const down = await sendAs(group, "Alice", "Martha", "x", "--deadline", "300ms");
    t.match(down, { code: 75, out: "", err: /^Messages to Martha wait: they were not delivered in time/ });
    t.match(await sendAs(group, "Alice", "Martha", "x", "--wait", "queued"), { code: 0, err: "" });
    t.match(await sendAs(group, "Alice", "Mart", "x"), {
      code: 69,
      err: "1 message to Mart failed: no such friend.\n",
    });
    t.match(await sendAs(group, "Alice", "Bob,Martha", "both", "--deadline", "500ms"), {
      code: 75,
      // On a busy machine 500 ms may be too short for Bob as well.
      err: /Messages to (Bob, )?Martha wait/,
    });
    // Without a running member, the next command also delivers the earlier message to Bob.
    const several = await call({
      words: ["send", "Bob", "--json", ...ample, ...beingMember(group, "Alice")],
      input: "a\n\nb",
    });
    t.equal(several.code, 0, several.err);
    t.equal(several.out.match(/"event":"delivered"/g)?.length, 2);
    await bob.sees("Alice : both");
    await bob.sees("Alice : b");
    const named = await sendAs(group, "Alice", "Bob", "named", "--id", "x1", "--json");
    t.equal(named.out.match(/"id":"x1"/g)?.length, named.out.split("\n").length - 1, "each line has the id");
    t.equal(bob.stdout.count(/^Alice : /), 5);
  });

t.test("a usage error exits with 2 and sends nothing", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  for (const words of [
    [],
    ["Bob", "x", "--wait", "for-ever"],
    ["Bob", "x", "--deadline", "soon"],
    ["Bob", "x", "--expire", "-1s"],
    ["Bob", "--id", "x1"],
    ["Bob", "two\nlines"],
    ["Bob", "x", "--no-such-option"],
  ]) {
    const said = await sendAs(group, "Alice", ...words);
    t.match(said, { code: 2, out: "" }, words.join(" "));
    t.not(said.err, "");
  }
});

t.test("p2p send without a running member delivers when the friend starts before the deadline", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const sent = sendAs(group, "Alice", "Bob", "at last");
  const status = async (): Promise<number | null> => (await group.command("Alice", "status")).code;
  await until(
    async () => (await status()) === 0,
    () => "a temporary member",
  );
  const bob = await group.start("Bob");
  t.same(await sent, { code: 0, out: "", err: "" });
  await bob.sees("Alice : at last");
});

for (const running of [true, false])
  t.test(`a changed key gives exit code 4, ${running ? "through a running member" : "without one"}`, async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    if (running) await group.start("Alice");
    const bob = await group.start("Bob");
    t.equal((await sendAs(group, "Alice", "Bob", "one")).code, 0);
    await bob.stop();
    rmSync(group.stateOf("Bob"), { recursive: true });
    await group.start("Bob");
    const said = await sendAs(group, "Alice", "Bob", "two");
    t.match(said, { code: 4, out: "", err: /^The program at Bob's address shows a key .*p2p trust Bob/ });
    const flushed = await call({ words: ["flush", ...beingMember(group, "Alice")] });
    t.match(flushed, { code: 4, err: /1 message to Bob still waiting/ });
    if (!running) return;
    const answer = await sendAs(group, "Bob", "Alice", "three");
    t.match(
      answer,
      { code: 4, err: /^Alice has another key stored for us: messages to Alice wait/ },
      "Alice must decide",
    );
  });

t.test("the next chat shows messages that arrived at a temporary member", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const bob = await group.start("Bob");
  bob.say("Alice/for later");
  await bob.sees(/^Alice is unreachable/);
  t.equal((await sendAs(group, "Alice", "Bob", "hello")).code, 0);
  await bob.sees("Alice : hello");
  const heard = async (): Promise<boolean> => (await group.history("Alice")).some(({ text }) => text === "for later");
  await until(heard, () => "Bob's message on Alice's disk");
  const alice = await group.start("Alice");
  await alice.sees(/^1 message came before the program ended/);
  await alice.sees("Bob : for later");
});

t.test("p2p flush delivers waiting messages, with or without a running member", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const flush = (...words: readonly string[]): Promise<Said> =>
    call({ words: ["flush", ...words, ...beingMember(group, "Alice")] });
  t.equal((await sendAs(group, "Alice", "Bob", "one", "--wait", "queued")).code, 0);
  t.match(await flush(), { code: 75, err: "1 message to Bob still waiting (unreachable).\n" });
  const bob = await group.start("Bob");
  t.same(await flush(), { code: 0, out: "", err: "" });
  await bob.sees("Alice : one");
  t.match(await flush("--json"), { code: 0, out: /"event":"flush".*"left":\[\]/ });
});

t.test("p2p cancel cancels waiting messages by number, by id, or all", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const cancel = (...words: readonly string[]): Promise<Said> => group.command("Alice", "cancel", ...words);
  t.equal((await cancel("Bob", "--all")).code, 3);
  await group.start("Alice");
  for (const words of [["one"], ["two", "--id", "x2"], ["three"], ["four"]])
    t.equal((await sendAs(group, "Alice", "Bob", ...words, "--wait", "queued")).code, 0);
  t.match(await cancel("Bob", "1"), { code: 0, out: "1 message to Bob will not be sent.\n" });
  t.match(await cancel("Bob", "1"), { code: 69, err: /^No message to Bob was cancelled/ });
  t.match(await cancel("Bob", "--id", "x2"), { code: 0 });
  t.match(await cancel("Bob", "--all"), { code: 0, out: "2 messages to Bob will not be sent.\n" });
  t.equal((await cancel("Bob")).code, 2);
  const waiting = sendAs(group, "Alice", "Bob", "five");
  await until(
    async () => (await cancel("Bob", "--all")).code === 0,
    () => "message five to be cancelled",
  );
  t.match(await waiting, { code: 69, err: "1 message to Bob was cancelled.\n" });
});

t.test("a hundred concurrent p2p send without a running member all deliver", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const bob = await group.start("Bob");
  const numbers = Array.from({ length: 100 }, (_, index) => index);
  // Low priority: other tests start programs at the same time.
  const through = ["nice", "-n", "10"];
  const words = (each: number) => ["send", "Bob", `n${each}`, ...ample, ...beingMember(group, "Alice")];
  const all = await Promise.all(numbers.map((each) => call({ words: words(each), through })));
  t.same(
    all.filter(({ code }) => code !== 0),
    [],
  );
  await bob.sees(/^Alice : n/, 100);
  t.equal(new Set(bob.stdout.lines.filter((line) => line.startsWith("Alice : n"))).size, 100);
});

t.test("p2p send and p2p status work in the empty environment of cron", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const through = ["env", "-i", `PATH=${process.env["PATH"] ?? ""}`];
  const bob = await group.start("Bob");
  const words = ["send", "Bob", "from cron", ...ample, ...beingMember(group, "Alice")];
  t.same(await call({ words, through }), { code: 0, out: "", err: "" });
  await bob.sees("Alice : from cron");
  await group.start("Alice");
  t.same(await call({ words, through }), { code: 0, out: "", err: "" });
  const status = ["--name", "Alice", "--peers", group.file, "--state-dir", group.stateFolder];
  t.match(await call({ words: ["status", ...status], through }), { code: 0, out: /^Alice runs/ });
});

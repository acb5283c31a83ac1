// Scripts talk in JSON: each line that comes out is one that the schema knows, and the exit code tells what became of it all.

import { rmSync } from "node:fs";
import path from "node:path";
import t, { type Test } from "tap";
import { checkedEvents, type JsonEvent } from "../unit/kit/json-rig.js";
import { Group } from "./kit/group.js";
import { Member } from "./kit/member.js";

/** Runs a member that is given these lines and no more, to its end. */
async function runs(group: Group, lines: readonly string[], ...args: readonly string[]) {
  const alice = group.launch("Alice", args);
  await alice.feed([lines.map((line) => `${line}\n`).join("")]);
  alice.endInput();
  const { code } = await alice.ended();
  return { code, alice };
}

const events = (member: Member): readonly JsonEvent[] => checkedEvents(member.stdout.text);
const ends = (member: Member): readonly unknown[] =>
  events(member)
    .filter(({ final }) => final === true)
    .map(({ event, to, id }) => [event, to, id ?? "unnamed"]);

t.test("a whole conversation in JSON: every line has its outcome, every message its number", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob", "Martha");
  const bob = group.launch("Bob", ["--json"]);
  const martha = await group.start("Martha");
  await bob.sees(/"event":"ready"/);
  const { code, alice } = await runs(
    group,
    [
      JSON.stringify({ to: "Bob", text: 'quoted "text" \\ \u00e9', id: "x1" }),
      "Bob/plain",
      JSON.stringify({ to: "Bob,Martha", text: "both", id: "x2" }),
      JSON.stringify({ to: "*", text: "everybody" }),
      JSON.stringify({ to: "Alice", text: "a note", id: "x3" }),
      JSON.stringify({ do: "peers", id: "q" }),
      JSON.stringify({ do: "why", friend: "Bob" }),
      "{bad",
      JSON.stringify({ to: "Nobody", text: "x", id: "x4" }),
    ],
    ...["--json", "--drain"],
  );
  t.equal(code, 69, "two lines failed");
  t.strictSame(
    ends(alice).toSorted(),
    [
      ["delivered", "Alice", "x3"],
      ["delivered", "Bob", "x1"],
      ["delivered", "Bob", "unnamed"],
      ["delivered", "Bob", "x2"],
      ["delivered", "Bob", "unnamed"],
      ["delivered", "Martha", "x2"],
      ["delivered", "Martha", "unnamed"],
      ["failed", "Nobody", "x4"],
    ].toSorted(),
  );
  t.match(
    events(alice).find(({ event }) => event === "error"),
    { line: 8 },
  );
  t.match(
    events(alice).find(({ event }) => event === "message"),
    { from: "Alice", key: "own", text: "a note" },
  );
  t.match(
    events(alice).find(({ event }) => event === "peers"),
    { id: "q", peers: [{}, {}, {}] },
  );
  await bob.sees(/"disconnected".*"reason":"quit"/);
  t.strictSame(
    events(bob)
      .filter(({ event }) => event === "message")
      .map(({ from, seq, key, text }) => [from, seq, key, text]),
    ['quoted "text" \\ \u00e9', "plain", "both", "everybody"].map((text, index) => [
      ...["Alice", String(index + 1), "first-use", text],
    ]),
  );
  await martha.sees("Alice : everybody");
  t.equal(alice.stderr.text, "");
});

const drained = (member: Member): string => member.stdout.tail();

for (const how of [["--json"], []])
  t.test(`--drain ${how.join("")}: the exit code tells what became of it`, async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    const down = await runs(group, ["Bob/one"], "--drain", "300ms", ...how);
    t.equal(down.code, 75, `Bob is not there\n${drained(down.alice)}`);
    const late = group.launch("Alice", ["--drain", ...how]);
    await late.feed(["Bob/two\n"]);
    late.endInput();
    await late.sees(/unreachable/);
    const bob = await group.start("Bob");
    t.equal((await late.ended()).code, 0, `Bob comes late\n${drained(late)}`);
    await bob.sees("Alice : two");
    t.equal(bob.stdout.count("Alice : one"), 1, "and what an earlier run left came before it");
    t.equal((await runs(group, ["Bob/three"], "--drain", ...how)).code, 0, "Bob is there");
    t.equal((await runs(group, ["Bbo/four", "Bob/five"], "--drain", ...how)).code, 69, "nobody has that name");
    t.equal((await runs(group, [], "--drain", ...how)).code, 0, "nothing was said");
    await bob.stop();
    const expired = await runs(group, ["Bob/six"], "--drain", "--expire", "300ms", ...how);
    t.equal(expired.code, 69, `it was not worth sending any more\n${drained(expired.alice)}`);
    rmSync(path.join(group.stateOf("Bob"), "key"), { force: true });
    rmSync(group.stateOf("Bob"), { recursive: true });
    const other = await group.start("Bob");
    const distrusted = await runs(group, ["Bob/seven"], "--drain", "15s", ...how);
    t.equal(distrusted.code, 4, `Bob has another key\n${drained(distrusted.alice)}`);
    t.equal(other.stdout.count(/^Alice :/), 0, "who gets nothing of it");
  });

t.test("a clear dialect ends with sent, and the end says that it is one", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const bob = await group.start("Bob");
  const { code, alice } = await runs(group, [JSON.stringify({ to: "Bob", text: "hi", id: "x" })], "--json", "--drain");
  t.equal(code, 0);
  t.strictSame(ends(alice), [["sent", "Bob", "x"]]);
  await bob.sees("Alice : hi");
});

t.test("what an earlier run was given is told by the run that reaches its end", async (t: Test) => {
  const group = await Group.secure(t, "Alice", "Bob");
  t.equal((await runs(group, ['{"to":"Bob","text":"hi","id":"x9"}'], "--json", "--drain", "100ms")).code, 75);
  const alice = group.launch("Alice", ["--json"]);
  await group.start("Bob");
  await alice.sees(/"event":"delivered".*"id":"x9","final":true/);
  await alice.stop();
  const next = group.launch("Alice", ["--json", "--drain"]);
  next.endInput();
  await next.ended();
  t.strictSame(ends(next), [], "and it is told once");
});

t.test("--drain waits for its reader as well: who reads late reads every outcome", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const bob = await group.start("Bob");
  const alice = group.launch("Alice", ["--json", "--drain"]);
  await alice.sees(/"event":"ready"/);
  alice.stopReading();
  const count = 3_000;
  const lines = Array.from({ length: count }, (_, index) => JSON.stringify({ to: "Bob", text: "hi", id: `x${index}` }));
  await alice.feed([lines.map((line) => `${line}\n`).join("")]);
  alice.endInput();
  await bob.sees("Alice : hi", count);
  alice.goOnReading();
  t.equal((await alice.ended()).code, 0);
  t.equal(ends(alice).length, count);
});

t.test("p2p send refuses an overlong line of a pipe, says so, and sends the others", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const [bob] = [await group.start("Bob"), await group.start("Alice")];
  const words = ["send", "Bob", "--name", "Alice", "--peers", group.file, "--state-dir", group.stateFolder];
  const send = Member.start(t, { name: "send", args: words });
  await send.feed(["one\n", `${"y".repeat(65_537)}\n`, "two\n"]);
  send.endInput();
  t.equal((await send.ended()).code, 69);
  t.match(send.stderr.text, /1 message was refused: a line has more than 65536 bytes/);
  await bob.sees("Alice : two");
  t.equal(bob.stdout.count(/^Alice :/), 2);
});

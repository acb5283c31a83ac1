// `--json` and `--drain`: output that fits the schema, outcomes and exit codes.

import { rmSync } from "node:fs";
import path from "node:path";
import t, { type Test } from "tap";
import { checkedEvents, type JsonEvent } from "../unit/kit/json-rig.js";
import { Group } from "./kit/group.js";
import { Member } from "./kit/member.js";

/** Runs Alice with these input lines until she exits. */
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

t.test("a conversation in JSON gives an outcome for every line and a number for every message", async (t) => {
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
  t.test(`--drain ${how.join("")}: the exit code gives the outcome`, async (t) => {
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
    t.equal(bob.stdout.count("Alice : one"), 1, "the message of an earlier run came before it");
    t.equal((await runs(group, ["Bob/three"], "--drain", ...how)).code, 0, "Bob is there");
    t.equal((await runs(group, ["Bbo/four", "Bob/five"], "--drain", ...how)).code, 69, "no friend has that name");
    t.equal((await runs(group, [], "--drain", ...how)).code, 0, "no input");
    await bob.stop();
    const expired = await runs(group, ["Bob/six"], "--drain", "--expire", "300ms", ...how);
    t.equal(expired.code, 69, `the message expired\n${drained(expired.alice)}`);
    rmSync(path.join(group.stateOf("Bob"), "key"), { force: true });
    rmSync(group.stateOf("Bob"), { recursive: true });
    const other = await group.start("Bob");
    const distrusted = await runs(group, ["Bob/seven"], "--drain", "15s", ...how);
    t.equal(distrusted.code, 4, `Bob has another key\n${drained(distrusted.alice)}`);
    t.equal(other.stdout.count(/^Alice :/), 0, "the other key gets no message");
  });

t.test("in a clear dialect, `sent` is the final outcome", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const bob = await group.start("Bob");
  const { code, alice } = await runs(group, [JSON.stringify({ to: "Bob", text: "hi", id: "x" })], "--json", "--drain");
  t.equal(code, 0);
  t.strictSame(ends(alice), [["sent", "Bob", "x"]]);
  await bob.sees("Alice : hi");
});

t.test("the outcome of an earlier run's message is reported once, by the run that delivers it", async (t: Test) => {
  const group = await Group.secure(t, "Alice", "Bob");
  t.equal((await runs(group, ['{"to":"Bob","text":"hi","id":"x9"}'], "--json", "--drain", "100ms")).code, 75);
  const alice = group.launch("Alice", ["--json"]);
  await group.start("Bob");
  await alice.sees(/"event":"delivered".*"id":"x9","final":true/);
  await alice.stop();
  const next = group.launch("Alice", ["--json", "--drain"]);
  next.endInput();
  await next.ended();
  t.strictSame(ends(next), [], "it is reported once");
});

t.test("--drain waits until a slow reader has read every outcome", async (t) => {
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

t.test("p2p send refuses an overlong line of standard input with a message, and sends the others", async (t) => {
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

// `p2p` beside a running member of the same name: it becomes a client of that member.

import t, { type Test } from "tap";
import { checkedEvents } from "../unit/kit/json-rig.js";
import { Group } from "./kit/group.js";
import type { Member } from "./kit/member.js";
import { whyNoWindow, Window } from "./kit/window.js";

/** Standard input from /dev/null: a service. */
const fromNull = ["sh", "-c", 'exec "$0" "$@" </dev/null'];

const service = async (group: Group, name: string): Promise<Member> => group.launch(name, [], fromNull).ready();

/** A terminal that attaches to Alice. */
const terminal = async (t: Test, group: Group): Promise<Window> =>
  new Window(t, { columns: 100, rows: 40 }).runs([
    ...["--name", "Alice", "--port", String(group.port), "--peers", group.file],
    ...["--state-dir", group.stateFolder],
  ]);

const running = async (group: Group): Promise<boolean> => (await group.command("Alice", "status")).code === 0;

t.test("a pipe, a script and JSON lines use the running member at once; leaving leaves it running", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const [alice, bob] = [await service(group, "Alice"), await group.start("Bob")];
  const pipe = await group.start("Alice");
  const json = group.launch("Alice", ["--json"]);
  await json.stdout.sees(/"event":"attach"/);
  pipe.say("Bob/from a pipe");
  await bob.sees("Alice : from a pipe");
  await json.stdout.sees(/"event":"own","time":"[^"]*","to":"Bob","seq":"\d+","text":"from a pipe"/);
  json.say('{"to":"Bob","text":"from json","id":"x1"}');
  await json.stdout.sees(/"event":"delivered".*"id":"x1","final":true/);
  bob.say("Alice/to all of you");
  for (const client of [alice, pipe]) await client.sees("Bob : to all of you");
  await json.stdout.sees(/"event":"message".*"text":"to all of you"/);
  t.equal(pipe.stdout.count(/from json/), 0, "lines never show one's own messages");
  pipe.say("/peers");
  await pipe.sees(/^Bob .* connected .* encrypted/);
  pipe.say("Bbo/typo");
  await pipe.sees("Did you mean Bob?");
  pipe.say("/quit");
  t.equal((await pipe.ended()).code, 0);
  json.say('{"do":"quit"}');
  t.equal((await json.ended()).code, 0);
  checkedEvents(json.stdout.text);
  t.ok(await running(group));
  t.equal(alice.stdout.count(/from (?:a pipe|json)/), 0);
});

t.test("p2p stop ends the member; its clients say so and end", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const alice = await service(group, "Alice");
  const pipe = await group.start("Alice");
  t.equal((await group.command("Alice", "stop")).code, 0);
  t.equal((await alice.ended()).code, 0);
  t.equal((await pipe.ended()).code, 0);
  t.equal(pipe.stderr.text, "The member has ended.\n");
  t.same(await group.command("Alice", "stop"), { code: 3, out: "", err: "Alice is not running.\n" });
});

t.test("--drain waits at the running member for the outcomes of its own messages", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob", "Carol");
  const [, bob] = [await service(group, "Alice"), await group.start("Bob")];
  const drained = async (line: string, ...more: readonly string[]): Promise<number | null> => {
    const client = group.launch("Alice", ["--drain", "2s", ...more]);
    client.say(line);
    client.endInput();
    return (await client.ended()).code;
  };
  t.equal(await drained("Bob/drained"), 0);
  t.equal(bob.stdout.count("Alice : drained"), 1);
  t.equal(await drained("Carol/waits"), 75);
  t.equal(await drained("Zoe/x"), 69);
  t.equal(await drained('{"to":"Bob","text":"as json"}', "--json"), 0);
  t.equal(bob.stdout.count("Alice : as json"), 1);
});

t.test(
  "without input it never attaches: 75 beside a lasting member, and it follows one that runs for a command",
  async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    const momentary = group.command("Alice", "send", "Bob", "hi", "--deadline", "4s");
    const later = group.launch("Alice", [], fromNull);
    t.equal((await momentary).code, 75);
    await later.ready();
    const second = group.launch("Alice", [], fromNull);
    t.equal((await second.ended()).code, 75);
    t.match(second.stderr.text, /^Alice runs already, and there is no input to pass on\./);
    t.ok(later.alive);
  },
);

t.test(
  "a terminal begins with what no terminal has shown, and shows one's own words from elsewhere",
  { skip: whyNoWindow },
  async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    const [alice, bob] = [await service(group, "Alice"), await group.start("Bob")];
    bob.say("Alice/while you were away");
    await alice.sees("Bob : while you were away");
    const first = await terminal(t, group);
    await first.sees(/--- unread messages ---\n\d\d:\d\d {4}Bob : while you were away\n/);
    const second = await terminal(t, group);
    first.enters("Bob/from the first window");
    await bob.sees("Alice : from the first window");
    await first.sees(/✓✓ Bob\/from the first window/);
    await second.sees(/\d\d:\d\d {4}Bob\/from the first window/);
    second.enters("/history Bob");
    await second.sees(/Bob : while you were away {2}1\n/);
    await group.command("Alice", "send", "Bob", "from cron");
    for (const window of [first, second]) await window.sees(/Bob\/from cron/);
    bob.say("Alice/an answer");
    for (const window of [first, second]) await window.sees(/Bob : an answer/);
    t.equal(second.scrolled.filter((row) => row.endsWith("Bob : while you were away")).length, 0, "it was read before");
    second.enters("/quit");
    await second.sees(/sh>$/);
    t.ok(await running(group));
    await group.command("Alice", "stop");
    await first.sees(/The member has ended\.\n/);
    bob.say("Alice/for the next start");
    const member = await terminal(t, group);
    await member.sees(/Bob : for the next start/);
    t.equal(
      member.scrolled.filter((row) => row.includes("an answer")).length,
      0,
      "it was read at an attached terminal",
    );
  },
);

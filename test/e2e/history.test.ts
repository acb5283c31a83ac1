// `p2p history` and `/history`, beside a running member and without one.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import t, { type Test } from "tap";
import { Group } from "./kit/group.js";
import { program, type Member } from "./kit/member.js";
import { until } from "./kit/patience.js";

interface Scene {
  readonly group: Group;
  readonly alice: Member;
  readonly bob: Member;
}

/** A short talk, every word of which was delivered; Carol was not there. */
async function talk(t: Test): Promise<Scene> {
  const group = await Group.secure(t, "Alice", "Bob", "Carol");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  alice.say("Bob/shall we have lunch?");
  await bob.sees("Alice : shall we have lunch?");
  bob.say("Alice/Lunch at noon");
  await alice.sees("Bob : Lunch at noon");
  alice.say("Carol/are you there?");
  await alice.sees(/^Carol is unreachable/);
  alice.say("Alice/note to self");
  await alice.sees("Alice : note to self");
  return { group, alice, bob };
}

const line = (state: string, said: string): RegExp =>
  new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ {2}${state.padEnd(9)} {2}${said}$`);

/** In the chat each line begins with the message's number. */
const numbered = (state: string, said: string): RegExp => new RegExp(`^\\d+  ${line(state, said).source.slice(1)}`);

function linesAre(t: Test, text: string, ...wanted: readonly RegExp[]): void {
  const lines = text.split("\n").slice(0, -1);
  t.equal(lines.length, wanted.length, text);
  for (const [index, each] of wanted.entries()) t.match(lines[index], each);
}

t.test(
  "p2p history shows what was sent and received with time and state, while the member runs and after",
  async (t) => {
    const { group, alice } = await talk(t);
    const whole = [
      line("delivered", "Bob/shall we have lunch\\?"),
      line("received", "Bob : Lunch at noon"),
      line("waiting", "Carol/are you there\\?"),
      line("received", "Alice : note to self"),
    ];
    for (const running of [true, false]) {
      linesAre(t, (await group.command("Alice", "history")).out, ...whole);
      linesAre(t, (await group.command("Alice", "history", "Bob")).out, whole[0]!, whole[1]!);
      linesAre(t, (await group.command("Alice", "history", "--search", "LUNCH")).out, whole[0]!, whole[1]!);
      linesAre(t, (await group.command("Alice", "history", "--limit", "1")).out, whole[3]!);
      linesAre(t, (await group.command("Alice", "history", "--since", "1h", "--search", "there")).out, whole[2]!);
      const found = (err: string): object => ({ code: 0, out: "", err });
      t.same(await group.command("Alice", "history", "--since", "2100-01-01"), found("No message found.\n"));
      t.same(
        await group.command("Alice", "history", "--search", "lun"),
        found("No message found. The search matches whole words.\n"),
      );
      if (running) await alice.stop();
    }
  },
);

t.test("p2p history --json gives one object per message, oldest first", async (t) => {
  const { group } = await talk(t);
  const messages = await group.history("Alice");
  t.same(
    messages.map(({ direction, peer, state, text }) => [direction, peer, state, text]),
    [
      ["out", "Bob", "delivered", "shall we have lunch?"],
      ["in", "Bob", "received", "Lunch at noon"],
      ["out", "Carol", "waiting", "are you there?"],
      ["in", "Alice", "received", "note to self"],
    ],
  );
  for (const message of messages) {
    // Only a friend tells when a message was written.
    const written = message.direction === "in" && message.peer === "Bob" ? ["written"] : [];
    t.same(Object.keys(message), ["time", ...written, "direction", "peer", "seq", "state", "text"]);
    t.match(message.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  }
  const numbers = messages.map(({ seq }) => Number(seq));
  t.same(
    numbers,
    [...numbers].sort((a, b) => a - b),
  );
  t.equal(new Set(numbers).size, numbers.length);
});

t.test(
  "what a friend sends cannot drive the terminal of who reads the history, and JSON keeps it to the letter",
  async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
    const evil = 'red \u001b[31m, back \u202e, next \u0085 line\u2028 "quoted"';
    bob.say(`Alice/${evil}`);
    await alice.sees(/^Bob : red/);
    // eslint-disable-next-line no-control-regex -- finding control characters is its purpose
    const hostile = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/;
    for (const words of [[], ["--json"]]) t.notMatch((await group.command("Alice", "history", ...words)).out, hostile);
    t.equal((await group.history("Alice"))[0]!.text, evil);
  },
);

t.test(
  "a friend whom nobody knows is an error, and before the first message it is said that there is none",
  async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    t.same(await group.command("Alice", "history"), {
      code: 0,
      out: "",
      err: "There is no history yet: Alice has no stored messages here.\n",
    });
    t.match(await group.command("Alice", "history", "bob"), {
      code: 69,
      out: "",
      err: /has "bob"\. Did you mean Bob\?/,
    });
    t.match(await group.command("Alice", "history", "Zoe"), { code: 69, out: "", err: /has "Zoe"/ });
  },
);

t.test("shows the history with a former member", async (t) => {
  const { group, alice } = await talk(t);
  await alice.stop();
  group.write("Alice", "Carol");
  linesAre(
    t,
    (await group.command("Alice", "history", "Bob")).out,
    line("delivered", "Bob/shall we have lunch\\?"),
    line("received", "Bob : Lunch at noon"),
  );
});

t.test("p2p history ends quietly when its reader closes the pipe", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  await alice.feed(Array.from({ length: 20_000 }, (_, number) => `Alice/${number} ${"x".repeat(50)}\n`));
  await alice.sees(/^Alice : 19999 /);
  const command = `"${process.execPath}" "${program}" history --name Alice --peers "${group.file}" --state-dir "${group.stateFolder}"`;
  const { stdout, stderr } = spawnSync("sh", ["-c", `${command} | head -n 2`], { encoding: "utf8" });
  linesAre(t, stdout, line("received", "Alice : 0 x+"), line("received", "Alice : 1 x+"));
  t.equal(stderr, "");
});

t.test(
  "/history shows the last matching messages in the chat itself, with or without a friend and a word",
  async (t) => {
    const { group, alice } = await talk(t);
    alice.say("/history Bob LUNCH");
    await alice.sees(numbered("received", "Bob : Lunch at noon"));
    t.equal(alice.stdout.count(numbered("delivered", "Bob/shall we have lunch\\?")), 1);
    alice.say("/history there");
    await alice.sees(numbered("waiting", "Carol/are you there\\?"));
    alice.say("/history zebra");
    await alice.sees(/^No message has all of these whole words among the last 200000; p2p history searches all\.$/);
    await alice.feed(Array.from({ length: 30 }, (_, number) => `Alice/number ${number}\n`));
    await alice.sees("Alice : number 29");
    alice.say("/history number");
    await alice.sees(numbered("received", "Alice : number 29"));
    t.equal(alice.stdout.count(numbered("received", "Alice : number \\d+")), 20);
    t.equal((await group.history("Alice")).length, 34);
  },
);

t.test("messages of the line dialect count as sent and never as delivered", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  alice.say("Bob/in clear");
  await bob.sees("Alice : in clear");
  bob.say("Alice/heard");
  await alice.sees("Bob : heard");
  t.same(
    (await group.history("Alice")).map(({ state, text }) => [state, text]),
    [
      ["sent", "in clear"],
      ["received", "heard"],
    ],
  );
});

t.test("finds indexed messages and those that are not indexed yet", async (t) => {
  const { group, alice } = await talk(t);
  const indexed = (): boolean => {
    const probe = `const { DatabaseSync } = require("@photostructure/sqlite");
      const [path] = process.argv.slice(1);
      process.exit(new DatabaseSync(path, { readOnly: true }).prepare("SELECT value FROM mark WHERE name = 'indexed'").get().value > 0 ? 0 : 1)`;
    return spawnSync(process.execPath, ["-e", probe, `${group.stateOf("Alice")}/messages.db`]).status === 0;
  };
  t.notOk(indexed(), "not while there is talk");
  await until(indexed, () => "the member to index what it keeps");
  alice.say("Bob/another lunch");
  await until(
    async () => (await group.history("Alice", "--search", "lunch")).length === 3,
    () => "three messages about lunch",
  );
});

t.test("a broken group file or wrong usage ends p2p history with 2", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  t.match(await group.command("Alice", "history", "--since", "yesterday"), {
    code: 2,
    err: /--since: expected a date/,
  });
  writeFileSync(group.file, "nonsense\n");
  t.match(await group.command("Alice", "history"), { code: 2, err: /expected the number of peers/ });
});

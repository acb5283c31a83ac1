// stdin may be a terminal, a pipe, a file or nothing at all; its end stops reading and not the program.

import { writeFileSync } from "node:fs";
import path from "node:path";
import t, { type Test } from "tap";
import { Group } from "./kit/group.js";
import { Member } from "./kit/member.js";

/** Becomes the program after the shell has redirected. */
const redirected = (redirection: string): readonly string[] => ["sh", "-c", `exec "$@" ${redirection}`, "sh"];

/** Whether Alice, whose stdin has ended, still takes and shows messages, and stops when asked. */
async function livesOn(t: Test, alice: Member, bob: Member): Promise<void> {
  await alice.ready();
  bob.say("Alice/are you still there?");
  await alice.sees("Bob : are you still there?");
  t.same(await alice.stop(), { code: 0, signal: null });
}

t.test("lines from a pipe are sent, the last one without a newline too, and the program goes on", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  await alice.feed(["Bob/one\nBob/two\r\nBob/three"]);
  alice.endInput();
  await bob.sees("Alice : three");
  t.same(bob.stdout.lines.slice(-3), ["Alice : one", "Alice : two", "Alice : three"]);
  await livesOn(t, alice, bob);
});

t.test("lines from a file are sent, and the program goes on", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const bob = await group.start("Bob");
  const letter = path.join(group.folder, "letter");
  writeFileSync(letter, "Bob/from a file\nAlice/to myself\n");
  const alice = group.launch("Alice", [], redirected(`<${letter}`));
  await bob.sees("Alice : from a file");
  await alice.sees("Alice : to myself");
  await livesOn(t, alice, bob);
});

for (const [what, redirection] of [
  ["/dev/null", "</dev/null"],
  ["closed", "<&-"],
] as const)
  t.test(`with stdin ${what} the program goes on`, async (t) => {
    const group = await Group.of(t, "Alice", "Bob");
    const bob = await group.start("Bob");
    await livesOn(t, group.launch("Alice", [], redirected(redirection)), bob);
  });

t.test("explains wrong input and sends it to nobody", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  for (const line of ["no slash", "", "   ", "bbo/hi", "Bob/", "/nonsense"]) alice.say(line);
  alice.say("Bob/the end");
  await bob.sees("Alice : the end");
  await alice.sees("There is no command /nonsense. Try /help.");
  t.same(alice.stdout.lines.slice(alice.stdout.lines.indexOf("You can now send and receive messages.") + 1), [
    "Message format : peer_name/msg",
    "Unknown peer name : bbo",
    "Did you mean Bob?",
    "An empty message to Bob was not sent.",
    "There is no command /nonsense. Try /help.",
  ]);
  t.equal(bob.stdout.count(/^Alice : /), 1);
});

t.test("/help names every command, and /peers every member", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  alice.say("/help");
  for (const command of ["Bob/hello", "/peers", "/help", "/quit"]) await alice.sees(new RegExp(`^${command} `));
  alice.say("/peers");
  await alice.sees(`Alice  ${group.hostOf("Alice")}:${group.port}  you`);
  await alice.sees(`Bob    ${group.hostOf("Bob")}:${group.port}  not connected  line: in the clear, only sent`);
  t.equal(alice.stdout.count(/^Unknown/), 0);
});

t.test("delivers a message to oneself", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  alice.say("Alice/note to self");
  await alice.sees("Alice : note to self");
  t.equal(alice.stdout.count(/note to self/), 1);
});

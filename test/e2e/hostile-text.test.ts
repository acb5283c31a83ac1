// Control characters from peers, files, input and arguments never reach the terminal.

import { writeFileSync } from "node:fs";
import path from "node:path";
import t, { type Test } from "tap";
import { Group } from "./kit/group.js";
import { Member, readyLine } from "./kit/member.js";
import { Wire } from "./kit/neighbour.js";

const hostile: readonly (readonly [string, Uint8Array | string])[] = [
  ["an escape sequence", "\x1b[31mred\x1b[0m"],
  ["a window title", "\x1b]0;owned\x07"],
  ["a C1 control as UTF-8", "\u009b31mred"],
  ["a C1 control as a byte", Buffer.from("\x9b31mred", "latin1")],
  ["a carriage return that forges another friend's line", "\rCarol : forged"],
  ["backspaces", "abc\b\b\bxyz"],
  ["a bidi override", "\u202egnp.exe"],
  ["bidi isolates and marks", "\u2066a\u2069\u200e\u200f\u061c"],
  ["line and paragraph separators", "one\u2028Carol : forged\u2029Carol : forged"],
  ["a byte order mark", "\ufeffhello"],
  ["a lone continuation byte", Buffer.from([0x61, 0x80, 0x62])],
  ["an overlong slash", Buffer.from([0xc0, 0xaf])],
  ["a surrogate", Buffer.from([0xed, 0xa0, 0x80])],
  ["half a character at the end of its line", Buffer.from([0xf0, 0x9f])],
  ["vertical tab, form feed and next line", "a\v\f\u0085b"],
];

// eslint-disable-next-line no-control-regex -- matches control characters on purpose
const raw = /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff]/;

function isClean(t: Test, bytes: Uint8Array): void {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  t.notMatch(text, raw);
}

t.test("messages are shown without control characters, each as one line of its sender", async (t) => {
  const group = await Group.of(t, "Alice", "Bob", "Carol");
  const alice = await group.start("Alice");
  const wire = await Wire.dial(t, group.hostOf("Bob"), group.at("Alice"));
  for (const [, bytes] of hostile) wire.write(Buffer.concat([Buffer.from(bytes), Buffer.from("\n")]));
  wire.write("the end\n");
  await alice.sees("Bob : the end");
  isClean(t, alice.stdout.raw);
  const shown = alice.stdout.lines.slice(alice.stdout.lines.indexOf(readyLine) + 1);
  t.equal(shown.length, hostile.length + 1, "one line each");
  t.same(
    shown.filter((line) => !line.startsWith("Bob : ")),
    [],
  );
});

t.test("typed text is cleaned in local messages and on the friend's screen", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  for (const [, bytes] of hostile)
    for (const before of ["", "/", "Bob/", "Alice/", "n"])
      await alice.feed([Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from("/\n")])]);
  alice.say("Bob/the end");
  await bob.sees("Alice : the end");
  isClean(t, alice.stdout.raw);
  isClean(t, bob.stdout.raw);
});

t.test("group file text is cleaned in error messages", async (t) => {
  const file = path.join(t.testdir({}), "group");
  for (const [what, bytes] of hostile) {
    writeFileSync(file, Buffer.concat([Buffer.from("1\n"), Buffer.from(bytes), Buffer.from(" 10.1.1.0\n")]));
    const member = Member.start(t, { name: what, args: ["--name", "Alice", "--peers", file] });
    t.match(await member.ended(), { code: 2 });
    isClean(t, member.stderr.raw);
  }
});

t.test("command line text is cleaned in error messages", async (t) => {
  const red = "\x1b[31mred\x1b[0m\u202e";
  for (const args of [["--name", red], [`--${red}`], [red], ["--dialect", red], ["--peers", red]]) {
    const member = Member.start(t, { name: "hostile arguments", args });
    t.match(await member.ended(), { code: 2 });
    isClean(t, member.stderr.raw);
  }
});

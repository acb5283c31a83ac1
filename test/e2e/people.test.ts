// The chat at a terminal, as a person sees it, narrow and wide.

import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import t, { type Test } from "tap";
import { Group } from "./kit/group.js";
import { until } from "./kit/patience.js";
import { whyNoWindow, Window, type WindowOptions } from "./kit/window.js";

const skip = whyNoWindow;

/** Alice sits at a terminal. */
async function alice(t: Test, group: Group, options: WindowOptions): Promise<Window> {
  return new Window(t, options).runs(argsOf(group));
}

const argsOf = (group: Group, ...more: readonly string[]): readonly string[] => [
  ...["--name", "Alice", "--port", String(group.port), "--peers", group.file],
  ...["--state-dir", group.stateFolder, ...more],
];

for (const columns of [40, 120])
  t.test(`at ${columns} columns a half-typed line survives 200 incoming lines`, { skip }, async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    const window = await alice(t, group, { columns });
    const bob = await group.start("Bob");
    const half = "I was just about to say that 漢字 and café stay";
    window.types(half);
    await window.sees(/stay$/);
    const before = { column: window.cursor.column - 4 };
    window.presses("Left", "Left", "Left", "Left");
    await until(
      () => window.cursor.column === before.column,
      () => "the cursor to move",
    );
    for (let line = 1; line <= 200; line += 1) bob.say(`Alice/line ${line}`);
    await window.sees(/Bob : line 200\n/);
    const said = window.scrolled.filter((row) => /^\d\d:\d\d {4}Bob : line \d+$/.test(row));
    t.strictSame(
      said.map((row) => row.slice(15)),
      Array.from({ length: 200 }, (_, index) => `line ${index + 1}`),
    );
    t.equal(window.scrolled.join("").split("I was just").length, 2, "the half-typed line stands once");
    t.equal(window.cursor.column, before.column);
    window.types("!");
    window.presses("C-a");
    window.types("Bob/");
    window.presses("Enter");
    await bob.sees(`Alice : ${half.slice(0, -4)}!stay`);
    await window.sees(/\nBob>$/);
  });

t.test("TAB completes names, commands and arguments", { skip }, async (t) => {
  const group = await Group.secure(t, "Alice", "Bob", "Martha");
  const window = await alice(t, group, { columns: 40 });
  window.types("Mar");
  window.presses("Tab");
  await window.sees(/^> Martha\/$/m);
  window.presses("C-u");
  window.types("/ver");
  window.presses("Tab");
  window.types("Bo");
  window.presses("Tab");
  await window.sees(/^> \/verify Bob$/m);
  window.presses("C-u", "/", "Tab", "Tab");
  await window.sees(/\/history[^]*\/quit[^]*^> \/$/m);
  window.types("he");
  window.presses("Tab");
  window.types("tru");
  window.presses("Tab", "Enter");
  await window.sees(/^\/trust friend \[key\]/m);
});

t.test("arrow keys recall lines, also of earlier runs; the file is private", { skip }, async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const window = await alice(t, group, { columns: 80 });
  window.enters("Alice/first thing");
  window.enters("second thing");
  await window.sees(/Alice : second thing/);
  window.presses("Up", "Up");
  await window.sees(/^Alice> Alice\/first thing$/m);
  window.presses("C-c");
  window.presses("C-d");
  await window.sees(/sh>$/);
  const file = path.join(group.stateOf("Alice"), "typed-lines");
  t.equal(readFileSync(file, "utf8"), "Alice/first thing\nsecond thing\n");
  t.equal(statSync(file).mode & 0o777, 0o600);
  await window.runs(argsOf(group));
  t.notMatch(window.scrolled.join("\n"), /Welcome/, "which was for the first time");
  window.presses("Up", "Up");
  await window.sees(/^Alice> Alice\/first thing$/m);
});

t.test("shows a welcome at the first start, and unread messages at a later one", { skip }, async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const window = await alice(t, group, { columns: 100, rows: 30 });
  await window.sees(/Welcome\. You are Alice; in the group with you: Bob\.[^]*To write: Bob\/hello/);
  window.presses("C-d");
  await window.sees(/sh>$/);
  // Nobody reads what she prints: it is kept, and not shown.
  const deaf = await group.start("Alice");
  deaf.stopReading();
  const bob = await group.start("Bob");
  for (let line = 1; line <= 14; line += 1) bob.say(`Alice/${"long ".repeat(12_000)}`);
  for (let line = 1; line <= 3; line += 1) bob.say(`Alice/unread ${line}`);
  await until(
    async () => (await group.history("Alice", "--search", "unread")).length === 3,
    () => "Alice to keep them",
  );
  await deaf.stop("SIGKILL");
  await window.runs(argsOf(group), {}, /Bob : unread 3\n/);
  t.ok(window.scrolled.some((row) => /^--- \d+ unread messages ---$/.test(row)));
  await window.sees(/Bob : unread 1\n.*Bob : unread 2\n.*Bob : unread 3\n[^]*>$/);
});

t.test("changes a tick in place, and prints a status line if another line is below", { skip }, async (t) => {
  const group = await Group.secure(t, "Alice", "Bob", "Martha");
  const window = await alice(t, group, { columns: 80 });
  window.enters("Bob/are you there?");
  await window.sees(/ ◦ {2}Bob\/are you there\?\nBob is unreachable[^]*^Bob>$/m);
  const bob = await group.start("Bob");
  await bob.sees("Alice : are you there?");
  await window.sees(/^ {6}✓✓ Bob: "are you there\?" of \d\d:\d\d delivered$/m);
  window.enters("and now");
  window.enters("again");
  await window.sees(/^\d\d:\d\d ✓✓ Bob\/and now\n\d\d:\d\d ✓✓ Bob\/again\nBob>$/m);
  window.enters("Bob,Martha/both");
  await window.sees(/◦ {2}Martha {2}Bob,Martha\/both/);
  await window.sees(/✓✓ Bob {2}◦ {2}Martha|✓✓ Bob: "both"/);
  window.enters("/cancel Martha");
  await window.sees(/1 message to Martha cancelled\./);
  window.presses("C-d");
  await window.sees(/sh>$/);
  window.enters("echo code=$?");
  await window.sees(/code=0/);
});

t.test("keeps messages and the half-typed line intact after a resize", { skip }, async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const window = await alice(t, group, { columns: 120 });
  const bob = await group.start("Bob");
  window.types("a half-typed line that is longer than forty columns are");
  let typed = ">ahalf-typedlinethatislongerthanfortycolumnsare";
  await window.sees(/columns are$/);
  for (const [columns, word] of [
    [40, "narrow"],
    [25, "narrower"],
    [120, "wide"],
    [60, "usual"],
  ] as const) {
    await window.resizes(columns);
    // A key that is echoed: by then the program has seen the new size.
    typed += "!";
    window.types("!");
    await until(
      () => window.rows.join("").replaceAll(" ", "").endsWith(typed),
      () => window.rows.join("\n"),
    );
    bob.say(`Alice/${word}`);
    await window.sees(new RegExp(`Bob : ${word}\n> a half-typed`));
    const rows = window.rows;
    const from = rows.findIndex((row) => row.startsWith("> "));
    const standing = rows.slice(from).join("").replaceAll(" ", "");
    t.equal(standing, typed, String(columns));
  }
  for (const word of ["narrow", "narrower", "wide", "usual"])
    t.equal(window.scrolled.filter((row) => row.endsWith(`Bob : ${word}`)).length, 1, word);
});

t.test(
  "after Ctrl-Z and fg the half-typed line is back, and messages of the meantime are shown",
  { skip },
  async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    const window = await alice(t, group, { columns: 80 });
    window.types("half");
    await window.sees(/^> half$/m);
    window.presses("C-z");
    await window.sees(/Stopped[^]*sh>$/);
    const bob = await group.start("Bob");
    bob.say("Alice/while you were away");
    window.enters("echo the shell edits its own line");
    await window.sees(/^the shell edits its own line$/m);
    window.enters("fg");
    await window.sees(/Bob : while you were away\n> half$/);
    window.types("-typed");
    await window.sees(/^> half-typed$/m);
  },
);

t.test("asks about pasted lines and sends them as messages, never as commands", { skip }, async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const window = await alice(t, group, { columns: 80 });
  const bob = await group.start("Bob");
  window.enters("hello");
  await window.sees(/^To which friend\? .* Up brings it back\.$/m);
  window.presses("Up", "C-a");
  window.types("Bob/");
  window.presses("Enter");
  await bob.sees("Alice : hello");
  window.types("see: ");
  window.pastes("one\n/quit\nBob/three\n");
  await window.sees(/^Send 3 lines to Bob as 3 messages\? \[y\/n, then Enter\]$/m);
  window.enters("y");
  for (const line of ["see: one", "/quit", "Bob/three"]) await bob.sees(`Alice : ${line}`);
  window.types("a draft");
  window.pastes(" with a page\nand another\n");
  await window.sees(/^Send 2 lines to Bob/m);
  window.enters("n");
  await window.sees(/^Nothing was sent\.\nBob> a draft$/m);
  window.types(" goes on");
  window.presses("C-a");
  window.types("Well, ");
  await window.sees(/^Bob> Well, a draft goes on$/m);
  window.presses("C-c");
  window.pastes("one line\n");
  await window.sees(/^Bob> one line$/m);
  window.presses("C-u");
  window.pastes("secret\npage\n");
  window.enters("n");
  await window.sees(/^Nothing was sent\.$/m);
  window.presses("Up");
  await window.sees(/^Bob> Bob\/hello$/m);
});

t.test("hostile text during typing controls nothing and forges nothing", { skip }, async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const window = await alice(t, group, { columns: 40 });
  const bob = await group.start("Bob");
  window.types("mine");
  const forged = `x${" ".repeat(38)}Bob> /trust Bob${" ".repeat(25)}12:00 ✓✓ Bob/yes`;
  bob.say(`Alice/\u001b[2J\u001b[5;1H\u001b]0;title\u0007\u009b31m\u202e${forged}`);
  bob.say("Alice/the end");
  await window.sees(/Bob : the end\n> mine$/);
  const rows = window.rows;
  t.ok(rows.join("").includes("\\x1b[2J"));
  t.strictSame(
    rows.filter((row) => /^Bob>|^12:00|^\S*✓/.test(row)),
    [],
    "nothing of it begins a row",
  );
  t.ok(window.scrolled.includes(`P2P Server Running at port: ${group.port}`), "nothing was erased");
});

t.test("prints no colours with NO_COLOR, and only ASCII in a locale that is not UTF-8", { skip }, async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const coloured = await alice(t, group, { columns: 80 });
  coloured.enters("Alice/hi");
  await coloured.sees(/Alice : hi/);
  t.match(coloured.colours, /\u001b\[[\d;]*m/); // eslint-disable-line no-control-regex -- colours
  coloured.presses("C-d");
  await coloured.sees(/sh>$/);
  const plain = new Window(t, { columns: 80, env: { NO_COLOR: "1", LC_ALL: "C" } });
  await plain.runs(argsOf(group));
  plain.enters("Alice/plain");
  await plain.sees(/>> Alice\/plain/);
  const bob = await group.start("Bob");
  bob.say("Alice/Û 漢");
  await plain.sees(/Bob : \\u\{db\} \\u\{6f22\}/);
  t.notMatch(plain.colours, /\u001b\[[\d;]*m/); // eslint-disable-line no-control-regex -- colours
  t.match(plain.rows.join("\n"), /^[ -~\n]*$/);
});

t.test("a dumb terminal gets the lines that a pipe gets", { skip }, async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const window = await new Window(t, { columns: 80 }).runs(argsOf(group), { TERM: "dumb" });
  await window.sees(/^You can now send and receive messages\.$/m);
  window.enters("Alice/hello");
  await window.sees(/^Alice\/hello\nAlice : hello$/m);
  window.enters("hello");
  await window.sees(/^Message format : peer_name\/msg$/m);
  t.notMatch(window.rows.join("\n"), /^>|✓/m);
});

t.test("Ctrl-C clears the line and twice ends at once; the terminal is as it was before", { skip }, async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const window = await alice(t, group, { columns: 80 });
  window.types("half");
  await window.sees(/^> half$/m);
  window.presses("C-c");
  await window.sees(/^>$/m);
  t.notMatch(window.rows.join("\n"), /Ctrl-C again/);
  window.pastes("x");
  await window.sees(/^> x$/m);
  window.presses("C-c");
  await window.sees(/^>$/m);
  window.presses("Left", "C-c");
  await window.sees(/Ctrl-C again ends at once[^]*^>$/m);
  window.types("x");
  await window.sees(/^> x$/m);
  window.presses("C-c", "C-c");
  await window.sees(/sh>$/);
  window.enters("echo code=$?; stty -a | grep -o ' icanon'; stty -a | grep -o ' echo '");
  await window.sees(/code=130\n icanon\n echo/);
});

t.test("two people verify each other, and find messages of last week", { skip }, async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const window = await alice(t, group, { columns: 40, rows: 50 });
  const bob = await group.start("Bob");
  window.enters("Bob/shall we have lunch");
  await bob.sees("Alice : shall we have lunch");
  window.enters("/verify Bob");
  await window.sees(/All the same\? \/verify Bob yes/);
  const fingerprint = (await group.command("Bob", "key")).out.split("Fingerprint : ")[1]!.split("\n")[0]!;
  t.ok(window.rows.join(" ").replace(/\s+/g, " ").includes(fingerprint.slice(0, 19)));
  t.ok(window.rows.filter((row) => /^[█▀▄][█▀▄ ]{31}[█▀▄]$/.test(row)).length === 17, "a code of 33 columns");
  window.enters("/verify Bob yes");
  await window.sees(/Bob's key is verified/);
  window.enters("/peers");
  await window.sees(/^Bob {4}connected, key: verified$/m);
  window.enters("/hi lunch");
  await window.sees(/^\d{4}-\d\d-\d\d \d\d:\d\d ..? ?Bob\/shall/m);
});

t.test("ends when the window is closed, and leaves nothing behind", { skip }, async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const window = await alice(t, group, { columns: 80 });
  const { pid } = window;
  window.closes();
  await until(
    () => !isAlive(pid),
    () => `${pid} to end`,
  );
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

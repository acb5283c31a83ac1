import t from "tap";
import { batchOf } from "../../../../src/core/batch.js";
import type { HistoryMessage } from "../../../../src/core/record.js";
import { fault, ok, type PeerName, type PublicKey } from "../../../../src/core/types.js";
import { bob, group, row } from "../../kit/console-rig.js";
import { PeopleRig, time } from "../../kit/people-rig.js";

const martha = "Martha" as PeerName;

t.test("sends text without a slash to the friend in the prompt", (t) => {
  const rig = new PeopleRig();
  rig.flush();
  t.equal(rig.terminal.prompted, "> ");
  t.equal(rig.types("hello").at(-1), "To which friend? Write the name first, as in Bob/hello. Up brings it back.");
  t.strictSame(rig.sent, []);
  rig.types("Bob/hello");
  t.equal(rig.terminal.prompted, "Bob> ");
  rig.types("and more", "//etc", "@Martha hi", "to her", "*/all", "still to her");
  t.strictSame(
    rig.sent.map(([to, { texts }]) => `${to}: ${texts.trimEnd()}`),
    ["Bob: hello", "Bob: and more", "Bob: /etc", "Martha: hi", "Martha: to her", "*: all", "Martha: still to her"],
    "several friends do not become the last one",
  );
  rig.arrives("hi", bob);
  rig.flush();
  t.equal(rig.terminal.prompted, "Martha> ", "whoever writes does not change who is written to");
  t.match(rig.types("Mrtha/secret").slice(-3), [
    /^Unknown peer name : Mrtha/,
    "Did you mean Martha?",
    "Not sent; Up brings it back. To send it as it is: @Martha and the text.",
  ]);
  t.equal(rig.types("Bob,/secret").at(-1), 'A name is missing in "Bob,". Not sent; Up brings it back.');
  t.equal(rig.sent.length, 7);
  t.end();
});

t.test("after a restart the prompt has the last friend that an earlier line named alone", (t) => {
  const last = (...earlier: readonly string[]): string => {
    const rig = new PeopleRig({ typedLines: { first: false, earlier, add: () => undefined } });
    rig.people.greet(6969, group);
    rig.flush();
    return rig.terminal.prompted;
  };
  t.equal(last("hello", "Bob/hi", "and more", "//x", "/history Martha"), "Bob> ");
  t.equal(last("Bob/hi", "@Martha you?", "Bob,Martha/both", "*/all", "Zed/who", "/quit"), "Martha> ");
  t.equal(last("Zed/who", "hello"), "> ");
  t.equal(last("Bob/hi", "@Martha"), "Martha> ");
  t.equal(last(), "> ");
  t.end();
});

t.test("changes a tick in place while the line is the last one, and prints a status line later", (t) => {
  const rig = new PeopleRig();
  rig.types("Bob/one", "two");
  t.strictSame(rig.terminal.rows, ["12:00 ◦  Bob/one", "12:00 ◦  Bob/two"]);
  rig.becomes(0, "queued");
  rig.becomes(0, "sent");
  rig.flush();
  t.strictSame(rig.terminal.rows, ["12:00 ✓  Bob/one", "12:00 ◦  Bob/two"]);
  rig.becomes(0, "delivered");
  rig.becomes(1, "sent");
  t.strictSame(rig.flush(), ["12:00 ✓✓ Bob/one", "12:00 ✓  Bob/two"]);
  rig.arrives("hi");
  rig.flush();
  rig.becomes(1, "sent");
  t.equal(rig.flush().length, 3, "a step is no news");
  rig.becomes(1, "delivered");
  t.strictSame(rig.flush().slice(2), ["12:00    Bob : hi", '      ✓✓ Bob: "two" of 12:00 delivered']);
  t.equal(rig.terminal.rows[1], "12:00 ✓  Bob/two", "what is no longer the last stays as it was");
  t.end();
});

t.test("shows the delivered tick from the start for a message delivered in the same turn", (t) => {
  const rig = new PeopleRig();
  rig.people.onTyped({ kind: "line", text: "Bob/quick" });
  rig.becomes(0, "delivered");
  t.strictSame(rig.flush(), ["12:00 ✓✓ Bob/quick"]);
  t.equal(rig.terminal.retractions, 0);
  t.end();
});

t.test("shows a tick for each of several friends, and counts very many", (t) => {
  const rig = new PeopleRig();
  rig.types("Bob,Martha/both");
  t.equal(rig.terminal.rows.at(-1), "12:00 ◦  Bob  ◦  Martha  Bob,Martha/both");
  rig.becomes(0, "delivered", { to: "Martha" });
  t.equal(rig.flush().at(-1), "12:00 ◦  Bob  ✓✓ Martha  Bob,Martha/both");
  rig.names = Array.from("ABCDEFGHIJ").map((name) => name as PeerName);
  rig.types("*/all of you");
  rig.becomes(1, "delivered", { to: "C" });
  t.equal(rig.flush().at(-1), "12:00 ◦  9  ✓✓ 1  */all of you");
  t.end();
});

t.test("shows the reason of a failure, in place and later", (t) => {
  const rig = new PeopleRig();
  rig.types("Bob/one");
  rig.becomes(0, "failed", { reason: "the disk is full" });
  t.strictSame(rig.flush(), ["12:00 ✗  Bob/one  (failed: the disk is full)"]);
  rig.types("Bob/two", "Bob/three");
  rig.arrives("hi");
  rig.flush();
  rig.becomes(1, "failed", { reason: "the disk is full" });
  rig.becomes(2, "failed", { reason: "the disk is full" });
  t.match(rig.flush().at(-1), /^ {6}✗ {2}Bob: 2 messages since 12:00 failed \(the disk is full\)$/);
  t.end();
});

t.test("repaints nothing after a resize or when the line has left the screen", (t) => {
  const rig = new PeopleRig();
  rig.types("Bob/one");
  rig.people.onTyped({ kind: "resize" });
  rig.becomes(0, "delivered");
  t.strictSame(rig.flush(), ["12:00 ◦  Bob/one", '      ✓✓ Bob: "one" of 12:00 delivered']);
  rig.terminal.height = 3;
  rig.types(`Bob/${"long ".repeat(60)}`);
  rig.becomes(1, "delivered");
  t.match(rig.flush().at(-1), /^ {6}✓✓ Bob: "long long long long long..." of 12:00 delivered$/);
  t.end();
});

t.test("delays a tick while the screen is full, and prints a status line if other lines came between", (t) => {
  const rig = new PeopleRig();
  rig.types("Bob/one");
  rig.terminal.takes = false;
  rig.types("Bob/two");
  rig.becomes(0, "delivered");
  rig.flush();
  t.equal(rig.terminal.retractions, 0);
  rig.arrives("hi");
  rig.flush();
  rig.terminal.drain();
  rig.people.onDrain();
  rig.flush();
  t.strictSame(rig.terminal.rows.slice(2), ["12:00    Bob : hi", '      ✓✓ Bob: "one" of 12:00 delivered']);
  t.end();
});

t.test("reports an unreachable friend once for each absence, not for each line", (t) => {
  const rig = new PeopleRig();
  const misses = (peer: PeerName, waiting: number): void =>
    rig.people.notice({ kind: "unreachable", peer, reason: "connection refused", waiting });
  const told = (): number => rig.flush().filter((text) => / is unreachable /.test(text)).length;
  for (const waiting of [1, 2, 3]) {
    rig.types("Bob/are you there?");
    misses(bob, waiting);
    t.equal(told(), 1);
  }
  misses(martha, 1);
  t.equal(told(), 2, "each friend has an absence of his own");
  rig.people.connected(row("Bob", "127.0.0.2"));
  misses(bob, 1);
  misses(martha, 2);
  t.equal(told(), 3);
  t.end();
});

t.test("asks about pasted lines, and never runs them as commands", (t) => {
  const rig = new PeopleRig();
  rig.pastes("one", "two");
  t.match(rig.terminal.rows.at(-1), /for whom is not clear\. Nothing was sent\./);
  rig.types("Bob/hello");
  rig.pastes("look: one", "/quit", "", "Martha/three");
  t.equal(rig.terminal.prompted, "Send 3 lines to Bob as 3 messages? [y/n, then Enter] ");
  t.equal(rig.terminal.rows.at(-1), "Pasted: look: one");
  t.ok(rig.terminal.asking);
  rig.types("y");
  t.equal(rig.terminal.prompted, "Bob> ");
  t.notOk(rig.terminal.asking);
  t.equal(rig.quits, 0);
  t.strictSame(
    rig.sent.slice(1).map(([to, { texts }]) => to + texts),
    ["Boblook: one\n", "Bob/quit\n", "BobMartha/three\n"],
  );
  rig.pastes("Martha/a", "b").types("n");
  rig.pastes("/quit", "/quit").types("");
  t.equal(rig.terminal.rows.filter((line) => line === "Nothing was sent.").length, 2);
  rig.pastes("c", "d");
  rig.people.onTyped({ kind: "interrupt", cleared: true });
  t.equal(rig.flush().at(-1), "Nothing was sent.");
  rig.types("e");
  t.strictSame(
    rig.sent.slice(4).map(([to, { texts }]) => to + texts),
    ["Bobe\n"],
  );
  t.equal(rig.quits, 0);
  t.end();
});

t.test("shows the beginning of a paste on one row, cleaned", (t) => {
  const rig = new PeopleRig();
  rig.types("@Bob");
  t.strictSame([rig.terminal.prompted, rig.sent], ["Bob> ", []], "a name alone is whom one turns to");
  rig.pastes(`\u001b[2J\t${"long ".repeat(60)}`, "two");
  t.match(rig.terminal.rows.at(-1), /^Pasted: \\x1b\[2J\\t(long )+.*\.\.\.$/);
  t.equal(rig.terminal.rows.length, 1);
  rig.types("n");
  rig.pastes("@Martha", "hello").types("y");
  t.strictSame(rig.sent, [["Martha", batchOf("hello\n")]]);
  t.end();
});

t.test("puts the draft back into the line only after a paste that was not sent", (t) => {
  const rig = new PeopleRig();
  rig.pastesBehind("draft ", "draft one", "two");
  t.strictSame(rig.terminal.restored, ["draft "], "for whom was not clear");
  rig.pastesBehind("Bob/see: ", "Bob/see: one", "two").types("n");
  t.strictSame(rig.terminal.restored.slice(1), ["Bob/see: "]);
  rig.pastesBehind("Bob/", `Bob/${"x".repeat(70_000)}`, "two");
  t.strictSame(rig.terminal.restored.slice(2), ["Bob/"], "too long");
  rig.pastesBehind("Bob/", "Bob/one", "two").types("y");
  rig.pastesBehind("Bob/", "Bob/one", "two").people.onTyped({ kind: "interrupt", cleared: false });
  rig.types("");
  t.equal(rig.terminal.restored.length, 3);
  t.equal(rig.sent.length, 2);
  t.end();
});

t.test("never suggests the user's own name for a typo", (t) => {
  const rig = new PeopleRig();
  rig.people.notice({ kind: "unknown-peer", name: "Alcie" });
  t.notMatch(rig.types("Alcie/hi", "/key Alcie", "/history Alcie").join("\n"), /mean (.*)Alice|nearest name is Alice/);
  rig.console.notice({ kind: "unknown-peer", name: "Alcie" });
  rig.console.flush();
  t.notMatch(rig.screen.text, /Alice/);
  t.end();
});

t.test("a new day, unread messages, and the bell", (t) => {
  const rig = new PeopleRig({ bell: true });
  rig.people.notice({ kind: "shown-late", count: 2 });
  rig.arrives("yesterday", bob, rig.now);
  rig.now += time(24);
  rig.arrives("today", martha);
  rig.arrives("at once", martha);
  t.strictSame(rig.flush(), [
    "--- 2 unread messages ---",
    ...["12:00    Bob : yesterday", "--- day 1 ---", "12:00    Martha : today", "12:00    Martha : at once"],
  ]);
  t.equal(rig.terminal.rings, 1, "once for all that came together");
  const quiet = new PeopleRig();
  quiet.arrives("hi");
  quiet.flush();
  t.equal(quiet.terminal.rings, 0);
  t.end();
});

t.test("a message that waited shows when it was written", (t) => {
  const rig = new PeopleRig();
  const message = { peer: bob, batch: batchOf("hi\n"), key: "pinned" } as const;
  rig.people.message({ ...message, number: 1, time: rig.now, written: rig.now - 59_999 });
  rig.people.message({ ...message, number: 2, time: rig.now, written: rig.now - 3_600_000 });
  rig.people.message({ ...message, number: 3, time: rig.now + time(24), written: rig.now });
  rig.people.message({ ...message, number: 4, time: rig.now + time(24), written: rig.now + time(48) });
  t.strictSame(
    rig.flush().filter((row) => row.includes("Bob")),
    [
      "12:00    Bob : hi",
      "12:00    Bob : hi  (written 11:00)",
      "12:00    Bob : hi  (written day 0 12:00)",
      "12:00    Bob : hi",
    ],
  );
  t.end();
});

t.test("a friend's text controls nothing and imitates no other line", (t) => {
  const rig = new PeopleRig();
  rig.types("Bob/mine");
  rig.arrives(`\u001b[2J\u001b[1A\r12:00 ✓✓ Bob/I agree${" ".repeat(61)}12:00 ✓✓ Bob/yes`);
  const rows = rig.flush();
  t.strictSame(rows[1]?.slice(0, 15), "12:00    Bob : ");
  t.ok(rows[1]?.includes("\\x1b[2J\\x1b[1A\\r"));
  for (const each of rows.slice(2)) t.match(each, /^ {9}/);
  rig.becomes(0, "delivered");
  t.match(rig.flush().at(-1), /^ {6}✓✓ Bob: "mine"/);
  t.end();
});

t.test("the first start shows the name, the key file, the group and how to write", (t) => {
  const rig = new PeopleRig({ typedLines: { first: true, earlier: [], add: () => undefined } });
  rig.people.greet(6969, group);
  const text = rig.flush().join("\n");
  for (const part of [
    "P2P Server Running at port: 6969",
    "You are Alice",
    "Bob, Martha",
    "/state/key",
    "Bob/hello",
    "/help",
  ])
    t.ok(text.includes(part), part);
  const later = new PeopleRig();
  later.people.greet(6969, [row("Alice", "127.0.0.1")]);
  t.notMatch(later.flush().join("\n"), /Welcome/);
  t.equal(later.terminal.rows.at(-1), "You are Alice; /help lists the commands.");
  t.end();
});

t.test("accepts clear beginnings of commands, checks friends' names, and reports typos", (t) => {
  const rig = new PeopleRig();
  const messages: readonly HistoryMessage[] = [
    { time: "1970-01-01T09:05:00Z", direction: "out", peer: bob, seq: "1", state: "delivered", text: "lunch?" },
    { time: "1970-01-02T09:06:00Z", direction: "in", peer: bob, seq: "2", state: "received", text: "lunch!" },
  ];
  rig.answers.history = ok({ messages });
  t.strictSame(rig.types("/hi Bob lunch"), ["day 0 09:05 ✓✓ Bob/lunch?  1", "day 1 09:06    Bob : lunch!  2"]);
  t.strictSame(rig.asked("history"), [{ friend: bob, search: "lunch" }]);
  t.equal(rig.types("/verfy Bob").at(-1), "There is no command /verfy. Did you mean /verify?");
  t.equal(rig.types("/h").at(-1), "/h may be /help or /history.");
  t.equal(rig.types("/peers now").at(-1), "Usage: /peers");
  t.equal(rig.types("/key").at(-1), "key");
  t.equal(rig.types("/k Bob").at(-1), "key Bob");
  rig.answers.why = fault("Unknown peer name : Bbo\nDid you mean Bob?");
  t.equal(rig.types("/why Bbo").at(-1), "Did you mean Bob?");
  t.equal(rig.types("/why").at(-1), "Which friend? Bob, Martha");
  rig.types("/trust Bob", "/trust Bob x y z");
  t.strictSame(rig.asked("trust"), [{ friend: "Bob" }, { friend: "Bob", key: "x y z" }]);
  t.match(rig.types("/help verify").join("\n"), /by phone or in person/);
  t.match(rig.types("/help").join("\n"), /✓✓ delivered/);
  rig.types("/q");
  t.equal(rig.quits, 1);
  t.end();
});

t.test("verifies only the key that was shown", (t) => {
  const rig = new PeopleRig();
  const [own, theirs] = ["a".repeat(64), "b".repeat(64)] as [PublicKey, PublicKey];
  t.equal(rig.types("/verify Bob yes").at(-1), "Compare first: /verify Bob");
  rig.answers.verify = ok({
    comparison: { own: { name: group[0]!.name, key: own }, theirs: { name: bob, key: theirs }, standing: "first-use" },
  });
  Object.assign(rig.terminal, { columns: 40, height: 50 });
  const rows = rig.types("/verify Bob");
  t.ok(rows.some((line) => line === "  Bob    bbbb bbbb bbbb bbbb"));
  t.ok(rows.every((line) => Array.from(line).length < 40));
  t.ok(rows.filter((line) => /^[█▀▄ ]{33}$/.test(line)).length === 17, "the code fits");
  rig.types("/verify Bob yes");
  t.strictSame(rig.asked("verify").at(-1), { friend: "Bob", key: theirs });
  t.end();
});

t.test("shows the QR code above the instructions, and only if all of it fits", (t) => {
  const [own, theirs] = ["a".repeat(64), "b".repeat(64)] as [PublicKey, PublicKey];
  const shows = (unicode: boolean, columns: number, height: number): readonly string[] => {
    const rig = new PeopleRig({ capabilities: { colour: false, unicode } });
    const [self] = group;
    rig.answers.verify = ok({
      comparison: { own: { name: self!.name, key: own }, theirs: { name: bob, key: theirs }, standing: "first-use" },
    });
    Object.assign(rig.terminal, { columns, height });
    return rig.types("/verify Bob");
  };
  const usual = shows(true, 80, 24);
  t.equal(usual.length, 23, "with the prompt it fills a usual window");
  t.match(usual[0], /^[█▀▄ ]{33}$/);
  t.match(usual[17], /telephone/);
  t.match(usual.slice(-4), [/Alice {2}aaaa/, /Bob {4}bbbb/, /\/verify Bob yes/, /One differs/]);
  for (const [unicode, columns, height] of [
    [true, 80, 23],
    [true, 33, 60],
    [false, 80, 24],
  ] as const) {
    const rows = shows(unicode, columns, height);
    t.match(rows[0], /^No room for the picture/);
    t.ok(rows.length < height);
  }
  t.match(shows(false, 80, 24).join(" "), /a window of 80 columns and 40 rows\./);
  t.match(shows(false, 80, 40)[0], /^[# ]{66}$/);
  t.end();
});

t.test("pauses the friends while the screen is full, and knows the last shown message", (t) => {
  const rig = new PeopleRig();
  rig.terminal.takes = false;
  rig.arrives("x".repeat(300_000));
  rig.flush();
  rig.arrives("y".repeat(300_000));
  rig.flush();
  t.ok(rig.people.blocked);
  t.notOk(rig.reading);
  t.equal(rig.people.shown, 0);
  while (rig.people.blocked) {
    rig.terminal.drain();
    rig.people.onDrain();
    rig.flush();
  }
  t.equal(rig.people.shown, 2);
  t.ok(rig.reading);
  t.end();
});

t.test("answers TAB, Ctrl-C and the end of the input", (t) => {
  const rig = new PeopleRig();
  t.strictSame(rig.completes("Mar"), { typed: "Mar", candidates: ["Martha/"] });
  rig.people.onTyped({ kind: "interrupt", cleared: true });
  t.strictSame(rig.flush(), [], "that the line is gone is to be seen");
  rig.people.onTyped({ kind: "interrupt", cleared: false });
  t.match(rig.flush().at(-1), /^Ctrl-C again ends at once/);
  rig.people.onEnd();
  rig.flush();
  t.equal(rig.quits, 1);
  t.equal(rig.terminal.prompted, "");
  t.end();
});

t.test("passes the time of expiry with each message", (t) => {
  const rig = new PeopleRig({ expireMs: 5_000 });
  rig.types("Bob/soon");
  t.equal(rig.slips[0]?.sendOptions?.expires, rig.now + 5_000);
  t.strictSame(rig.sent, [["Bob", batchOf("soon\n")]]);
  t.end();
});

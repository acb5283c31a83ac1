import t from "tap";
import { answerMs, dialMs } from "../../../../src/core/limits.js";
import {
  exitLingerMs,
  numberedAckWaitMs,
  numberedQuietMs,
  numberedSpacingMs,
  ringingBytesMax,
} from "../../../../src/core/older-limits.js";
import { NumberedChat, type ChatEvents } from "../../../../src/compat/numbered/chat.js";
import { batchOf } from "../../../../src/core/batch.js";
import { concat } from "../../../../src/core/bytes.js";
import type { Bytes } from "../../../../src/core/types.js";
import { privateNumbered, type NumberedEvent } from "../../../../src/wire/dialects/numbered.js";
import { FrameWriter } from "../../../../src/wire/secure/frame-writer.js";
import { FakeConnection } from "../../kit/fake-network.js";
import { rig } from "../../kit/reactor-rig.js";
import { PostedConnection } from "../../../../src/reactor/posted.js";

function chatRig(role: "caller" | "callee", privately = false) {
  const { clock, reactor } = rig();
  const told: string[] = [];
  const events: ChatEvents = {
    onMessage: (number, text) => told.push(`#${String(number)}:${text}`),
    onStray: (text) => told.push(`stray ${text}`),
    onSeen: (number) => told.push(`seen ${String(number)}`),
    onSent: () => undefined,
    onCongested: (congested) => told.push(congested ? "congested" : "free"),
  };
  const inner = new FakeConnection("10.1.2.0");
  const chat = new NumberedChat({
    connection: new PostedConnection(reactor, inner),
    reactor,
    caller: role === "caller",
    privately,
    events,
    onStarted: () => told.push("started"),
    onOver: (end, unsent, reason) => told.push(["over", end, String(unsent), reason ?? ""].join(" ").trim()),
  });
  const soon = (act: () => void): void => {
    reactor.post("stdin", { run: act, fail: () => told.push("threw") });
    clock.settle();
  };
  return {
    clock,
    reactor,
    told,
    chat,
    connection: inner,
    soon,
    /** Delivers the peer's bytes; returns our writes. */
    hear: (...writes: string[]): readonly string[] => {
      const before = inner.written.length;
      for (const write of writes) inner.say(write);
      clock.settle();
      return inner.written.slice(before);
    },
    hearFrames: (...chunks: readonly Bytes[]): void => {
      for (const chunk of chunks) inner.sayBytes(chunk);
      clock.settle();
    },
    say: (...texts: string[]) => soon(() => texts.forEach((text) => chat.say(text))),
    /** Lets time pass; returns our writes. */
    pass: (ms: number): readonly string[] => {
      const before = inner.written.length;
      clock.advance(ms);
      return inner.written.slice(before);
    },
  };
}

function talking(role: "caller" | "callee" = "caller") {
  const each = chatRig(role);
  if (role === "caller") {
    each.connection.open();
    each.hear("y");
  } else each.soon(() => each.chat.answer(true));
  each.clock.advance(1_000);
  each.told.length = 0;
  each.connection.written.length = 0;
  return each;
}

t.test("the callee writes y, and the caller may send", (t) => {
  const callee = chatRig("callee");
  t.equal(callee.connection.text, "", "not before our user was asked");
  callee.soon(() => callee.chat.answer(true));
  t.equal(callee.connection.text, "y");
  const caller = chatRig("caller");
  caller.connection.open();
  caller.say("hello");
  t.equal(caller.connection.text, "", "nothing before the answer");
  t.same(caller.hear("y"), ["#1:hello"]);
  t.same(caller.told, ["started"]);
  t.end();
});

t.test("the callee writes n and closes; the caller reports it", (t) => {
  const callee = chatRig("callee");
  callee.soon(() => callee.chat.answer(false));
  t.equal(callee.connection.text, "n");
  t.ok(callee.connection.ended);
  const caller = chatRig("caller");
  caller.connection.open();
  caller.hear("n");
  t.same(caller.told, ["over denied 0"]);
  t.end();
});

t.test("sends the next message after the acknowledgement of the last one, or after a timeout", (t) => {
  const { say, hear, pass, told } = talking();
  say("one", "two", "three");
  t.same(hear("ACK1"), ["#2:two"]);
  t.same(pass(numberedAckWaitMs - 30), []);
  t.same(pass(60), ["#3:three"]);
  hear("ACK2");
  t.same(told, ["seen 1", "seen 2"], "also when it comes late");
  t.end();
});

t.test("acknowledges a message at once, and pauses before our next message", (t) => {
  const { say, hear, pass, told } = talking();
  t.same(hear("#1:hello"), ["ACK1"]);
  say("hello yourself");
  t.same(pass(numberedSpacingMs - 10), []);
  t.same(pass(40), ["#1:hello yourself"]);
  t.same(told, ["#1:hello"]);
  t.end();
});

t.test("sends no acknowledgement right behind an unread message of ours", (t) => {
  const { say, hear, pass } = talking();
  say("mine");
  t.same(hear("#1:theirs"), []);
  t.same(pass(numberedSpacingMs + 40), ["ACK1"]);
  const other = talking();
  other.say("mine");
  t.same(other.hear("#1:theirs", "ACK1"), ["ACK1"], "it was read, so there is no need to wait");
  t.end();
});

t.test("a peer that sends without pause does not silence us", (t) => {
  const { say, hear, pass } = talking();
  hear("#1:a");
  say("mine");
  t.same(hear("#2:b"), [], "our message is due first");
  t.same(pass(numberedSpacingMs + 40), ["#1:mine"]);
  t.same(hear("ACK1"), ["ACK2"]);
  t.end();
});

t.test("the callee pauses between its y and its first message", (t) => {
  const { chat, soon, say, pass, connection } = chatRig("callee");
  soon(() => chat.answer(true));
  say("hello");
  t.same(connection.written, ["y"]);
  t.same(pass(numberedSpacingMs + 40), ["#1:hello"]);
  t.end();
});

t.test("splits a long line over several numbers, and sends an empty line as a message", (t) => {
  const { say, hear, connection } = talking();
  say("x".repeat(200), "");
  hear("ACK1");
  hear("ACK2");
  hear("ACK3");
  t.same(connection.written, [`#1:${"x".repeat(96)}`, `#2:${"x".repeat(96)}`, "#3:xxxxxxxx", "#4:"]);
  t.end();
});

t.test("shows and acknowledges wrong numbers as received", (t) => {
  const { hear, told } = talking();
  t.same(hear("#7:out of turn", "#7:again"), ["ACK7", "ACK7"]);
  t.same(told, ["#7:out of turn", "#7:again"]);
  t.end();
});

t.test("acknowledges messages of one read one by one, and a flood together", (t) => {
  const { hear, pass } = talking();
  t.same(hear("#1:a#2:b#3:c"), ["ACK1"]);
  t.same(pass(2 * numberedSpacingMs + 60), ["ACK2", "ACK3"]);
  const heads = Array.from({ length: 200 }, (_, index) => index + 1);
  t.same(talking().hear(heads.map((number) => `#${String(number)}:`).join("")), [
    heads.map((n) => `ACK${String(n)}`).join(""),
  ]);
  t.end();
});

t.test("ignores acknowledgements of unsent messages and repeated ones", (t) => {
  const { say, hear, told } = talking();
  hear("ACK1", "ACK99");
  say("one");
  hear("ACK1", "ACK1");
  t.same(told, ["seen 1"]);
  t.end();
});

t.test("sends /exit as five bytes, after all messages and in a write of its own", (t) => {
  const { chat, say, soon, hear, pass, connection, told } = talking();
  say("one", "two");
  soon(() => chat.exit());
  hear("ACK1");
  t.same(hear("#1:wait"), []);
  t.same(pass(numberedSpacingMs + 40), ["ACK1"]);
  t.same(hear("ACK2"), []);
  t.same(pass(numberedSpacingMs + 40), ["/exit"]);
  t.ok(connection.ended);
  t.same(told.at(-1), "over left 0");
  t.notOk(connection.destroyed);
  pass(exitLingerMs + 40);
  t.ok(connection.destroyed, "who does not hang up is dropped");
  t.end();
});

for (const [how, end] of [
  ["their exit", (rig: ReturnType<typeof talking>) => void rig.hear("/exit")],
  ["their FIN", (rig: ReturnType<typeof talking>) => rig.connection.fin()],
] as const)
  t.test(`${how} ends the chat, and the unsent messages are counted`, (t) => {
    const rig = talking();
    rig.say("one", "two", "three");
    end(rig);
    rig.clock.settle();
    t.same(rig.told, ["over closed 2"]);
    t.ok(rig.connection.ended);
    rig.connection.close();
    rig.clock.settle();
    t.same(rig.told, ["over closed 2"], "once");
    t.equal(rig.reactor.wheel.size, 0);
    t.end();
  });

t.test("shows an incomplete frame after a quiet moment", (t) => {
  const { hear, pass, told } = talking();
  hear("#1");
  t.same(told, []);
  pass(numberedQuietMs + 40);
  t.same(told, ["stray #1"]);
  hear("AC");
  hear("K1#2:x");
  t.same(told, ["stray #1", "#2:x"]);
  t.end();
});

t.test("keeps a caller's bytes until the answer, up to a bound", (t) => {
  const { chat, connection, soon, hear, told } = chatRig("callee");
  hear("#1:impatient");
  t.same(told, []);
  soon(() => chat.answer(true));
  t.same(told, ["started", "#1:impatient"]);
  t.same(connection.written, ["y", "ACK1"]);
  const talkative = chatRig("callee");
  talkative.hear("x".repeat(ringingBytesMax + 1));
  t.same(talkative.told, ["over closed 0"]);
  t.end();
});

t.test("reports a failed dial as unreachable, with the reason", (t) => {
  const refused = chatRig("caller");
  refused.connection.close("ECONNREFUSED");
  refused.clock.settle();
  t.same(refused.told, ["over unreachable 0 connection refused"]);
  const silent = chatRig("caller");
  silent.pass(dialMs + 40);
  t.same(silent.told, ["over unreachable 0 no answer"]);
  t.ok(silent.connection.destroyed);
  t.end();
});

t.test("does not read from a peer that takes nothing, and sends the rest when it takes bytes again", (t) => {
  const { connection, hear, say, clock } = talking();
  connection.takes = false;
  hear("#1:a");
  t.same(connection.written, ["ACK1"]);
  t.ok(connection.paused);
  say("mine");
  clock.advance(1_000);
  t.equal(connection.written.length, 1);
  connection.drain();
  clock.advance(100);
  t.same(connection.written, ["ACK1", "#1:mine"]);
  t.notOk(connection.paused);
  t.equal(connection.lateWrites, 0);
  t.end();
});

t.test("bounds the waiting messages, and reports congestion before the bound", (t) => {
  const { soon, chat, told } = talking();
  const results: boolean[] = [];
  soon(() => {
    for (let line = 0; line < 20_000; line += 1) results.push(chat.say("x".repeat(1_000)));
  });
  t.same([results[0], results.at(-1)], [true, false]);
  t.same(told, ["congested"]);
  t.end();
});

/** The frames that the chat has written on a private line. */
function spoken(connection: FakeConnection): readonly string[] {
  const reader = privateNumbered.reader(false);
  reader.push(hello);
  return connection.chunks.flatMap((chunk) => reader.push(chunk)).map(spell);
}

const hello = new FrameWriter().encode([{ kind: "hello", minor: 0, name: "numbered 6666 7666 " }]);

function spell(event: NumberedEvent): string {
  if (event.kind === "message") return `#${String(event.number)}:${event.text}`;
  return event.kind === "seen" ? `ACK${String(event.number)}` : event.kind;
}

/** On a private line, after the callee has accepted the call. */
function privately() {
  const each = chatRig("caller", true);
  each.connection.open();
  each.hearFrames(hello, privateNumbered.answer(true));
  each.told.length = 0;
  return each;
}

const { message, seen, exit } = privateNumbered;

t.test("on a private line a line of any length or content is one message", (t) => {
  const { say, hearFrames, told, soon, chat, pass, connection } = privately();
  const long = `#2:${"é".repeat(20_000)} ACK1`;
  say(long, "two");
  hearFrames(concat([seen([1]), message(1, "see #2:x ACK1")]));
  pass(numberedSpacingMs + 40);
  hearFrames(seen([2]));
  soon(() => chat.exit());
  pass(numberedSpacingMs + 40);
  t.same(told, ["seen 1", "#1:see #2:x ACK1", "seen 2", "over left 0"]);
  t.same(spoken(connection), [`#1:${long}`, "ACK1", "#2:two", "exit"]);
  t.end();
});

t.test("on a private line reads frames from pieces of any size", (t) => {
  const { hearFrames, told } = privately();
  for (const byte of concat([message(1, "é"), exit()])) hearFrames(new Uint8Array([byte]));
  t.same(told, ["#1:é", "over closed 0"]);
  t.end();
});

t.test("a private callee that says no, or says anything before yes, denies the call", (t) => {
  for (const bytes of [privateNumbered.answer(false), message(1, "too early")]) {
    const { connection, hearFrames, told } = chatRig("caller", true);
    connection.open();
    hearFrames(hello, bytes);
    t.same(told, ["over denied 0"]);
  }
  t.end();
});

t.test("numbers go on after the last one that another line carried", (t) => {
  const { chat, say, connection } = privately();
  chat.continueAfter(7);
  say("again");
  t.same(spoken(connection), ["#8:again"]);
  t.end();
});

t.test("a full screen delays no call, and is told to the peer once the chat has started", (t) => {
  const { chat, connection, soon, hearFrames } = chatRig("caller", true);
  soon(() => chat.hold(true));
  t.notOk(connection.paused, "the answer is read");
  connection.open();
  hearFrames(hello, privateNumbered.answer(true));
  t.ok(connection.paused);
  t.same(spoken(connection), ["ACK0"]);
  t.end();
});

t.test("gives up a private peer that owes an acknowledgement and sends nothing", (t) => {
  const { say, pass, hearFrames, told, reactor } = privately();
  pass(3 * answerMs);
  say("one");
  pass(answerMs - 100);
  hearFrames(privateNumbered.pulse()!);
  pass(answerMs - 100);
  t.same(told, [], "a pulse shows that the peer is alive");
  pass(200);
  t.same(told, ["over closed 0 no answer"]);
  pass(exitLingerMs + 40);
  t.equal(reactor.wheel.size, 0);
  const answered = privately();
  answered.say("one");
  answered.hearFrames(seen([1]));
  answered.pass(3 * answerMs);
  t.same(answered.told, ["seen 1"], "nothing is owed");
  const older = talking();
  older.say("one");
  older.pass(3 * answerMs);
  t.same(older.told, [], "an older program may lose an acknowledgement");
  t.end();
});

t.test("shows a private peer that we are alive while our screen is full, and reads nothing", (t) => {
  const { chat, soon, pass, connection } = privately();
  soon(() => chat.hold(true));
  t.ok(connection.paused);
  pass(answerMs);
  t.ok(connection.chunks.length >= 3);
  t.ok(spoken(connection).every((frame) => frame === "ACK0"));
  soon(() => chat.hold(false));
  t.same(pass(2 * answerMs), []);
  const older = talking();
  older.soon(() => older.chat.hold(true));
  t.same(older.pass(answerMs), []);
  t.end();
});

t.test("acknowledges a flood of private messages in frames that the peer can read", (t) => {
  const { hearFrames, connection, pass } = privately();
  const many = 50_000;
  const frames = [0, 1, 2, 3].map((frame) => {
    const place = { seq: frame * many + 1, tag: "0".repeat(16), bytes: 0 };
    return new FrameWriter().encode([{ kind: "texts", batch: batchOf("\n".repeat(many)), at: place }]);
  });
  hearFrames(concat(frames));
  pass(numberedSpacingMs + 40);
  t.equal(spoken(connection).at(-1), "ACK200000");
  t.end();
});

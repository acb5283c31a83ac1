import fc from "fast-check";
import { friendPrefixBytesMax, hintsPerTurnMax, lineBytesMax } from "../../../../src/core/limits.js";
import type { Notice } from "../../../../src/core/notice.js";
import { ok, type Bytes, type PeerName } from "../../../../src/core/types.js";
import type { PeerRow } from "../../../../src/member/api.js";
import { batchOf } from "../../../../src/core/batch.js";
import { describe } from "../../../../src/clients/words.js";
import { bob, ConsoleRig, group, row } from "../../kit/console-rig.js";
import { promise } from "../../kit/promise.js";

promise("prints the older program's start-up text, byte for byte", (t) => {
  const rig = new ConsoleRig();
  rig.console.greet(6969, group);
  t.equal(
    rig.turn(),
    "P2P Server Running at port: 6969\n\nNumber of peers : 3\n" +
      "Peer #1, Name : Alice, IP : 10.1.1.0\nPeer #2, Name : Bob, IP : 10.1.2.0\nPeer #3, Name : Martha, IP : 10.1.3.0\n" +
      "\nYou can now send and receive messages.\n",
  );
});

promise("shows the port of a row that has one", (t) => {
  const rig = new ConsoleRig();
  rig.console.greet(7001, [row("Alice", "10.1.1.0", 7001), row("Bob", "fd00::2")]);
  t.match(rig.turn(), "Peer #1, Name : Alice, IP : 10.1.1.0, Port : 7001\nPeer #2, Name : Bob, IP : fd00::2\n");
});

promise("prints each message as one line after its sender's name, in one write per turn", (t) => {
  const rig = new ConsoleRig();
  rig.message(bob, batchOf("hi\n\ntwo : three\n"));
  rig.message("José" as PeerName, batchOf("$& $1 $'\n"));
  t.equal(rig.turn(), "Bob : hi\nBob : \nBob : two : three\nJosé : $& $1 $'\n");
  t.equal(rig.screen.writes.length, 1);
  t.equal(rig.turn(), "");
  t.equal(rig.screen.writes.length, 1, "no output causes no write");
});

promise("begins each line of any message with the sender's name, without control characters", (t) => {
  const nasty = fc.constantFrom(
    "\r",
    "\u001b[2K",
    "\u2028",
    "\u0085",
    "\u202e",
    "\b",
    "\n",
    "\r\nAlice : x",
    "Eve : ",
    "\0",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(nasty, fc.string({ unit: "binary", maxLength: 5 }))), (parts) => {
      const rig = new ConsoleRig();
      const texts = `${parts.join("")}\n`;
      rig.message(bob, batchOf(texts));
      const lines = rig.turn().split("\n");
      if (lines.pop() !== "" || lines.length !== texts.split("\n").length - 1) throw new Error("lines were added");
      if (!lines.every((line) => line.startsWith("Bob : ") && !/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(line)))
        throw new Error(JSON.stringify(lines));
    }),
    { numRuns: 500 },
  );
  t.pass();
});

promise("sends typed lines to the friend they name, even in pieces or without a last LF", (t) => {
  const rig = new ConsoleRig();
  rig.type("Bob/he").type("llo\nMartha/a/b\nBob/last");
  rig.console.onEnd();
  rig.console.onEnd();
  t.strictSame(rig.sent, [
    ["Bob", batchOf("hello\n")],
    ["Martha", batchOf("a/b\n")],
    ["Bob", batchOf("last\n")],
  ]);
  t.equal(rig.turn(), "", "sending prints nothing");
});

const answers: readonly (readonly [typed: string, answer: string])[] = [
  ["hello\n", "Message format : peer_name/msg\n"],
  ["\n \n", ""],
  ["Bob/\n", "An empty message to Bob was not sent.\n"],
  ["B\u0007b/\n", "An empty message to B\\x07b was not sent.\n"],
  ["Bob/a\0b\n", "A message to Bob with a NUL byte was not sent.\n"],
  ["/nope\n", "There is no command /nope. Try /help.\n"],
  ["/\u001b[2J\n", "There is no command /\\x1b[2J. Try /help.\n"],
  ["/peeers\n", "There is no command /peeers. Did you mean /peers?\n"],
  ["/peers x\n", "Usage: /peers\n"],
  ["/quit x\n", "Usage: /quit\n"],
  ["/trust\n", "Usage: /trust friend [key]\n"],
  ["Bob/ \t \n", "An empty message to Bob was not sent.\n"],
];

promise("answers each line that cannot be sent", (t) => {
  for (const [typed, answer] of answers) {
    const rig = new ConsoleRig();
    t.equal(rig.type(typed).turn(), answer, JSON.stringify(typed));
    t.strictSame(rig.sent, []);
  }
});

const overlongAnswer = "A message longer than 65536 bytes was refused; split it into several.\n";

promise("refuses a text that is too long, and sends the lines around it", (t) => {
  for (const length of [lineBytesMax + 1, lineBytesMax + friendPrefixBytesMax, lineBytesMax * 2]) {
    const rig = new ConsoleRig();
    rig.type(`Bob/a\nBob/${"x".repeat(length)}\nBob/b\n`);
    t.equal(rig.sent.map(([to, { texts }]) => `${to}/${texts}`).join(""), "Bob/a\nBob/b\n", String(length));
    t.equal(rig.turn(), overlongAnswer, String(length));
  }
});

promise("sends the longest text with the longest prefix, and refuses one byte more", (t) => {
  const rig = new ConsoleRig();
  const prefix = `${" ".repeat(friendPrefixBytesMax - 4)}Bob/`;
  rig.type(`${prefix}${"x".repeat(lineBytesMax)}\n`);
  t.equal(rig.sent[0]?.[1].texts.length, lineBytesMax + 1);
  t.equal(rig.turn(), "");
  rig.type(`Bob/${"x".repeat(lineBytesMax + 1)}\n`);
  t.equal(rig.sent.length, 1);
  t.equal(rig.turn(), overlongAnswer);
});

promise("counts bytes that are not UTF-8 by the length of their replacement", (t) => {
  const rig = new ConsoleRig();
  const typed = (count: number): Bytes =>
    Buffer.concat([Buffer.from("Bob/"), Buffer.alloc(count, 0xff), Buffer.from("\n")]);
  rig.console.onBytes(typed(Math.floor(lineBytesMax / 3)));
  t.equal(rig.sent.length, 1);
  rig.console.onBytes(typed(Math.floor(lineBytesMax / 3) + 1));
  t.equal(rig.sent.length, 1);
  t.match(rig.turn(), /^Some of the input is not UTF-8 text; .*\nA message longer than .*\n$/, "each reported once");
});

const terminalLine = (bytes: number): string => `Bob/${"x".repeat(bytes - 5)}\n`;

promise("reports a line that the terminal may have cut, and none of one byte less", (t) => {
  const rig = new ConsoleRig();
  rig.screen.interactive = true;
  t.equal(rig.type(terminalLine(4_095)).turn(), "");
  t.equal(
    rig.type(terminalLine(4_096)).turn(),
    "That line reached the terminal's limit of 4095 bytes and may have been cut; send longer lines through a pipe.\n",
  );
  t.strictSame(
    rig.sent.map(([, { texts }]) => texts.length),
    [4_091, 4_092],
  );
});

promise("tells a person that the input has ended, after the answer to the last line", (t) => {
  const rig = new ConsoleRig();
  rig.screen.interactive = true;
  rig.type("hello").console.onEnd();
  t.equal(
    rig.turn(),
    "Message format : peer_name/msg\nThe input has ended; nothing more can be sent. Messages still arrive; Ctrl-C ends the program.\n",
  );
});

promise("reports neither cut lines nor the end of input for a pipe", (t) => {
  const rig = new ConsoleRig();
  rig.type(terminalLine(4_096)).console.onEnd();
  t.equal(rig.turn(), "");
  t.equal(rig.sent.length, 1);
});

promise("reports bytes that are not UTF-8, but not U+FFFD in the input", (t) => {
  const rig = new ConsoleRig();
  t.equal(rig.type("Bob/a\ufffdb\n").turn(), "");
  rig.console.onBytes(Buffer.from([66, 111, 98, 47, 0xe9, 10]));
  t.equal(rig.turn(), "Some of the input is not UTF-8 text; U+FFFD replaces it.\n");
  t.strictSame(
    rig.sent.map(([, { texts }]) => texts),
    ["a\ufffdb\n", "\ufffd\n"],
  );
});

promise("/help lists every command, /quit ends the program", (t) => {
  const rig = new ConsoleRig();
  const text = rig.type("/help\n").turn();
  for (const word of ["Bob/hello", "/peers", "/help [command]", "/trust friend [key]"])
    t.ok(text.includes(`${word}  `));
  const explained = text
    .trimEnd()
    .split("\n")
    .map((line) => /^.*?  +/.exec(line)?.[0].length);
  t.equal(new Set(explained).size, 1, "in columns");
  t.equal(rig.quits, 0);
  rig.type("/quit\n");
  t.equal(rig.quits, 1);
});

const peerRow = (over: Partial<PeerRow>): PeerRow => ({
  ...{ name: bob, address: "10.1.2.0:6969", dialect: "line", self: false, state: "not connected", waiting: 0 },
  ...over,
});

promise("/peers shows name, address, state, idle time and waiting messages, in columns", (t) => {
  const rig = new ConsoleRig();
  const peers: readonly PeerRow[] = [
    peerRow({ name: "Alice" as PeerName, address: "10.1.1.0:6969", self: true }),
    peerRow({ name: bob, address: "10.1.2.0:7001", state: "connected", idle: 12 }),
    peerRow({ name: "𝔐𝔞" as PeerName, address: "[fd00::3]:6969", state: "unreachable", waiting: 1 }),
    peerRow({
      name: "Eve" as PeerName,
      address: "10.1.4.0:6969",
      dialect: "secure",
      state: "key refused",
      key: "pinned",
      waiting: 20,
    }),
  ];
  rig.answers.peers = ok({ peers });
  t.equal(
    rig.type("/peers\n").turn(),
    [
      "Alice  10.1.1.0:6969   you",
      "Bob    10.1.2.0:7001   connected    line: in the clear, only sent  idle for 12 s",
      "𝔐𝔞     [fd00::3]:6969  unreachable  line: in the clear, only sent  1 message is waiting",
      "Eve    10.1.4.0:6969   key refused  encrypted, delivered           key: pinned, 20 messages are waiting",
      "",
    ].join("\n"),
  );
  rig.answers.peers = ok({ peers: [] });
  t.equal(rig.type("/peers\n").turn(), "");
});

const noHint = (): undefined => undefined;

const words: readonly (readonly [Notice, readonly string[]])[] = [
  [{ kind: "timed-out", peer: bob }, ["Connection with Bob timed out"]],
  [{ kind: "closed", peer: bob }, ["Connection with Bob closed"]],
  [
    { kind: "unverified", host: "10.1.2.0", name: "Eve", texts: "hi\nthere\n" },
    ["Eve (unverified, from 10.1.2.0) : hi", "Eve (unverified, from 10.1.2.0) : there"],
  ],
  [{ kind: "unverified", host: "10.1.2.0", texts: "hm\n" }, ["10.1.2.0 (unverified) : hm"]],
  [{ kind: "closed", peer: bob, reason: "no answer" }, ["Connection with Bob broke (no answer)"]],
  [
    { kind: "unreachable", peer: bob, reason: "connection refused", waiting: 1 },
    ["Bob is unreachable (connection refused); 1 message is waiting and will go out when Bob answers."],
  ],
  [
    { kind: "unreachable", peer: bob, reason: "connection refused", waiting: 2 },
    ["Bob is unreachable (connection refused); 2 messages are waiting and will go out when Bob answers."],
  ],
  [{ kind: "caught-up", peer: bob, count: 1 }, ["Bob answers; 1 waiting message went out."]],
  [{ kind: "caught-up", peer: bob, count: 3 }, ["Bob answers; 3 waiting messages went out."]],
  [{ kind: "refused", peer: bob, count: 2, reason: "full" }, ["2 messages to Bob refused and not sent: full."]],
  [{ kind: "shown-late", count: 1 }, ["1 message came before the program ended and may have been shown already:"]],
  [
    { kind: "shown-late", count: 2 },
    ["2 messages came before the program ended; the first may have been shown already:"],
  ],
  [{ kind: "unsent", peer: bob, count: 1 }, ["1 message to Bob could not be sent."]],
  [{ kind: "unknown-peer", name: "nope" }, ["Unknown peer name : nope"]],
  [{ kind: "unknown-peer", name: "n\u0007" }, ["Unknown peer name : n\\x07"]],
  [{ kind: "unknown-host" }, ["Unknown host trying to connect. Not in peer list!"]],
  [{ kind: "unknown-hosts", count: 7 }, ["7 more attempts by unknown hosts were refused."]],
  [{ kind: "unknown-hosts", count: 1 }, ["1 more attempt by unknown hosts was refused."]],
  [{ kind: "table-read", file: "g.txt", peers: 1 }, ["g.txt was read again: 1 peer."]],
  [{ kind: "table-kept", message: "g.txt:3: expected" }, ["g.txt:3: expected; the group stays as it was."]],
  [{ kind: "remark", message: "Start again." }, ["Start again."]],
];

promise("prints each notice in its exact words, those of the older program to the letter", (t) => {
  for (const [notice, lines] of words) t.strictSame(describe(notice, noHint), lines);
});

promise("prints any notice as one line", (t) => {
  const rig = new ConsoleRig();
  rig.console.notice({ kind: "table-kept", message: "a\nBob : forged\u001b[2J" });
  t.equal(rig.turn(), "a\\nBob : forged\\x1b[2J; the group stays as it was.\n");
});

promise("hints at the nearest name for an unknown one, a limited number of times per turn", (t) => {
  const rig = new ConsoleRig();
  rig.console.notice({ kind: "unknown-peer", name: "bib" });
  rig.console.notice({ kind: "unknown-peer", name: "somebody-else" });
  t.equal(
    rig.turn(),
    "Unknown peer name : bib\nDid you mean Bob?\n" +
      "Unknown peer name : somebody-else\nThe nearest name is Bob; /peers lists them all.\n",
  );
  for (let index = 0; index < 100; index += 1) rig.console.notice({ kind: "unknown-peer", name: "bib" });
  t.equal(rig.turn().match(/Did you mean/g)?.length, hintsPerTurnMax);
  rig.console.notice({ kind: "unknown-peer", name: "bib" });
  t.match(rig.turn(), "Did you mean", "the next turn has its own limit");
});

// The console of the chat of two ports: typed lines in, screen lines out.

import { lineBytesMax } from "../../../../src/core/limits.js";
import type { Endpoint } from "../../../../src/core/types.js";
import { toUtf8 } from "../../../../src/core/utf8.js";
import { SaysConsole, type SaysActions } from "../../../../src/compat/says/console.js";
import type { Sender } from "../../../../src/wire/event.js";
import { FakeConsole } from "../../kit/fake-console.js";
import { keyOf } from "../../kit/keys.js";
import { promise } from "../../kit/promise.js";

class ConsoleRig implements SaysActions {
  readonly console = new FakeConsole();
  readonly says = new SaysConsole(this.console, this);
  readonly asked: string[] = [];

  constructor(...answers: readonly string[]) {
    this.says.start();
    for (const answer of answers) this.type(`${answer}\n`);
    this.turn();
  }

  open({ name, port }: { readonly name: string; readonly port: number }): void {
    this.asked.push(`open ${name} ${String(port)}`);
  }
  meet({ host, port }: Endpoint): void {
    this.asked.push(`meet ${host} ${String(port)}`);
  }
  say(text: string): void {
    this.asked.push(`say ${text}`);
  }
  hold(held: boolean): void {
    this.asked.push(held ? "hold" : "go on");
  }
  refuse(): void {
    this.asked.push("refused");
  }
  endOfInput(asked: boolean): void {
    this.asked.push(asked ? "end" : "end too early");
  }

  type(text: string): this {
    this.says.onBytes(toUtf8(text));
    return this;
  }

  end(): this {
    this.says.onEnd();
    return this;
  }

  hears(texts: string, from?: Sender): this {
    this.says.message(texts.slice(0, -1), from);
    return this;
  }

  /** Ends the turn; returns what it prints. */
  turn(): string {
    const before = this.console.text.length;
    this.says.flush();
    return this.console.text.slice(before);
  }
}

const chatting = (): ConsoleRig => new ConsoleRig("Quy", "9101", "9102");
const son: Sender = { name: "Son", port: 9102 };

promise("asks for a name, a port and the peer's port, then sends every line as a message", (t) => {
  const rig = new ConsoleRig();
  t.equal(rig.console.text, "Enter your name: ");
  t.equal(rig.type("Dao Xuan Quy\r\n").turn(), "\nEnter your port number: ");
  t.strictSame(rig.asked, []);
  t.equal(rig.type(" 9101 \n").turn(), "\nEnter the port to send messages: ");
  t.strictSame(rig.asked, ["open Dao Xuan Quy 9101"], "listens before the last answer");
  t.equal(rig.type("9102\n").turn(), "\nYou can now start texting.\n");
  rig.type("hello\n/quit\n\n9103\n  \n\0\n\t \0\n").end();
  t.strictSame(rig.asked.slice(1), ["meet 127.0.0.1 9102", "say hello", "say /quit", "say 9103", "end"]);
});

promise("asks again after a wrong answer, with the reason", (t) => {
  const rig = new ConsoleRig();
  for (const [question, answers] of [
    ["Quy", ["", "  ", "x".repeat(33), "a[PORT:1] says: b", "bell\u0007"]],
    ["9101", ["", "0", "65536", "-1", "9101x", "1e3", "9".repeat(60_000)]],
    ["127.0.0.2:9102", ["0", "host", "127.0.0.1", "10.103.45.601:9", "[::1]", ":9102", "127.0.0.1:70000"]],
  ] as const) {
    for (const answer of answers) {
      const before = rig.asked.length;
      t.match(
        rig.type(`${answer}\n`).turn(),
        /^(?:.*\n)?Expected .*, found ".*"\.\nEnter (?:your|the) .*: $/,
        `${answer.slice(0, 40)} is refused`,
      );
      t.equal(rig.asked.length, before);
    }
    rig.type(`${question}\n`).turn();
  }
  t.strictSame(rig.asked, ["open Quy 9101", "meet 127.0.0.2 9102"]);
});

promise("accepts HOST:PORT for the peer, with host names, IPv4 and IPv6", (t) => {
  for (const [answer, met] of [
    ["10.1.2.0:9102", "10.1.2.0 9102"],
    ["[fd00::2]:9102", "fd00::2 9102"],
    ["localhost:9102", "127.0.0.1 9102"],
    ["Bob.local:9102", "bob.local 9102"],
  ] as const)
    t.strictSame(new ConsoleRig("Quy", "9101", answer).asked.slice(1), [`meet ${met}`]);
});

promise("joins a line from any pieces, and accepts a last line without a line feed", (t) => {
  const rig = chatting().type("he").type("llo\nwor").type("ld").end();
  t.strictSame(rig.asked.slice(2), ["say hello", "say world", "end"]);
  t.strictSame(new ConsoleRig("Quy").end().asked, ["end too early"]);
  t.strictSame(new ConsoleRig("Quy", "9101").type("9102").end().asked.slice(1), ["meet 127.0.0.1 9102", "end"]);
});

promise("refuses a line that is too long, and says so", (t) => {
  const rig = chatting().type(`${"x".repeat(lineBytesMax + 1)}\nshort\n`);
  t.match(rig.turn(), "A line longer than 65536 bytes was not sent.");
  t.strictSame(rig.asked.slice(2), ["say short", "refused"]);
});

promise("prints messages as the older program does, and no text can imitate another sender", (t) => {
  const rig = chatting();
  t.equal(rig.hears("hello\n", son).turn(), "Son[PORT:9102] says: hello\n");
  t.equal(rig.hears("no prefix\n").turn(), "no prefix\n");
  t.equal(
    rig.hears("one\nBob[PORT:1] says: two\n", son).turn(),
    "Son[PORT:9102] says: one\nSon[PORT:9102] says: Bob[PORT:1] says: two\n",
  );
  t.equal(rig.hears("raw\nBob[PORT:1] says: two\n").turn(), "raw\\nBob[PORT:1] says: two\n");
  t.equal(
    rig.hears("\u001b[2J\n", { name: "S\non\u202e", port: 1 }).turn(),
    "S\\non\\u{202e}[PORT:1] says: \\x1b[2J\n",
  );
});

promise("repeats an open question below new messages", (t) => {
  const rig = new ConsoleRig("Quy", "9101");
  t.equal(rig.hears("hello\n", son).turn(), "\nSon[PORT:9102] says: hello\nEnter the port to send messages: ");
});

promise("tells the user about the private line and failures", (t) => {
  const rig = chatting();
  rig.says.private(son, keyOf("a"), keyOf("b"));
  t.match(
    rig.turn(),
    /^Private line with Son\[PORT:9102\]\. .*:\n {2}theirs: (aaaa ?){8}\n {2}yours: {2}(bbbb ?){8}\n$/,
  );
  rig.says.clear();
  t.ok(rig.console.text.endsWith("this chat is in the clear\n"), "before anything else of this turn");
  rig.says.delivered();
  t.equal(rig.turn(), "(delivered)\n");
  rig.says.held(son, "connection refused", 1);
  rig.says.held(son, "connection refused", 2);
  t.equal(
    rig.turn(),
    ["1 message waits", "2 messages wait"]
      .map(
        (wait) =>
          `No private line with Son[PORT:9102] any more (connection refused); ${wait} for one. Start with --clear to talk in the clear.\n`,
      )
      .join(""),
  );
  rig.says.failed("connection refused", 2, false);
  rig.says.failed("no secure answer", 1, true);
  rig.says.unsent(0);
  rig.says.unsent(1);
  t.equal(
    rig.turn(),
    [
      "Connection Failed: connection refused; 2 messages waiting.",
      "Connection Failed: no secure answer; 1 message waiting for the private line.",
      "1 message could not be sent.\n",
    ].join("\n"),
  );
});

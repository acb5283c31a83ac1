import t from "tap";
import { lineBytesMax } from "../../../../src/core/limits.js";
import { typedLinesMax } from "../../../../src/core/older-limits.js";
import { fault, ok, type Result } from "../../../../src/core/types.js";
import { toUtf8 } from "../../../../src/core/utf8.js";
import { NumberedConsole, type NumberedActions } from "../../../../src/compat/numbered/console.js";
import { Screen } from "../../../../src/clients/screen.js";
import { FakeConsole } from "../../kit/fake-console.js";

const menu = "Press 1 to get Online Clients List.\nPress 2 to connect to a peer (need its IP address).\n";
const started = "Connected successfully to peer. You may now start chatting\n";

class Rig implements NumberedActions {
  readonly ownHost = "10.1.3.0";
  readonly calls = { call: (host: string): void => void this.asked.push(`call ${host}`), chat: this };
  readonly asked: string[] = [];
  readonly #console = new FakeConsole();
  readonly #screen = new Screen(this.#console, () => undefined);
  readonly console: NumberedConsole;
  file = "";
  fileFails: Result<null> = ok(null);
  held = false;
  takes = true;

  constructor(options: { readonly file?: boolean; readonly interactive?: boolean } = {}) {
    const append = (lines: string): Result<null> => {
      if (this.fileFails.ok) this.file += lines;
      return this.fileFails;
    };
    this.console = new NumberedConsole({
      screen: this.#screen,
      actions: this,
      names: new Map([
        ["10.1.2.0", "Namita"],
        ["10.1.3.0", "Prerak"],
        ["10.1.5.0", "Twin"],
        ["10.1.6.0", "Twin"],
      ]),
      transcript: options.file === true ? { name: "chat.txt", append } : undefined,
      interactive: options.interactive ?? false,
    });
    this.console.start();
    this.shown();
  }

  list = (): void => void this.asked.push("list");
  exit = (): void => void this.asked.push("exit");
  quit = (unsent: boolean): void => void this.asked.push(unsent ? "quit, unsent" : "quit");
  answer(accepted: boolean): void {
    this.asked.push(accepted ? "yes" : "no");
    if (accepted) this.console.onStarted();
    else this.console.onOver("left", 0);
  }
  say(text: string): boolean {
    this.asked.push(`say ${text}`);
    return this.takes;
  }
  holdInput(held: boolean): void {
    this.held = held;
  }

  /** Types the text; returns what the screen shows. */
  type(text: string): string {
    this.console.onBytes(toUtf8(text));
    return this.shown();
  }

  shown(): string {
    const before = this.#console.text.length;
    this.console.flush();
    this.#screen.flush();
    return this.#console.text.slice(before);
  }

  chat(): this {
    this.console.onRing("10.1.2.0");
    this.type("y\n");
    this.asked.length = 0;
    return this;
  }
}

t.test("choice 1 requests the list and shows it", (t) => {
  const rig = new Rig();
  t.equal(rig.type("1\n"), "");
  t.same(rig.asked, ["list"]);
  rig.console.onList(["10.1.2.0", "10.1.4.0"]);
  t.equal(rig.shown(), `Online clients :-\n10.1.2.0 Namita\n10.1.4.0\n${menu}`);
  rig.type("1\n");
  rig.console.onNoList("connection refused");
  t.equal(rig.shown(), `The list is not available: connection refused.\n${menu}`);
  t.end();
});

t.test("choice 2 asks until it gets an address, and calls it", (t) => {
  const rig = new Rig();
  t.equal(rig.type("2\n"), "Enter the IP address of the peer:\n");
  t.equal(
    rig.type("10.103.45.601\n"),
    'Expected an IP address such as 10.1.2.0, found "10.103.45.601".\nEnter the IP address of the peer:\n',
  );
  t.equal(rig.type(" 10.1.2.0 \r\n"), "Calling 10.1.2.0 Namita. /exit gives up.\n");
  t.same(rig.asked, ["call 10.1.2.0"]);
  t.equal(rig.shown(), "");
  rig.console.onOver("denied", 0);
  t.equal(rig.shown(), `Peer denied connection request\n${menu}`);
  t.equal(rig.type("2\n10.1.2.0\n"), "Enter the IP address of the peer:\nCalling 10.1.2.0 Namita. /exit gives up.\n");
  rig.console.onOver("unreachable", 2, "connection refused");
  t.equal(
    rig.shown(),
    `Cannot connect to 10.1.2.0 Namita: connection refused.\n2 messages could not be sent.\n${menu}`,
  );
  t.equal(rig.type("2\n\n"), `Enter the IP address of the peer:\n${menu}`, "nothing leads back");
  t.end();
});

t.test("accepts a name instead of an address if only one address has it", (t) => {
  const rig = new Rig();
  t.equal(rig.type("2\nNamita\n"), "Enter the IP address of the peer:\nCalling 10.1.2.0 Namita. /exit gives up.\n");
  t.same(rig.asked, ["call 10.1.2.0"]);
  const other = new Rig();
  t.match(other.type("2\nTwin\nnamita\n"), /found "Twin"[^]*found "namita"/);
  t.same(other.asked, []);
  t.end();
});

t.test("repeats the question about a caller until the answer is y or n", (t) => {
  const rig = new Rig({ interactive: true });
  rig.console.onRing("10.1.2.0");
  const question = "Do you want to chat with 10.1.2.0 Namita?[y/n]:\n";
  t.equal(rig.shown(), `got connection from 10.1.2.0 Namita\n${question}`);
  t.equal(rig.type("maybe\n"), question);
  t.equal(rig.type("Y\n"), started);
  rig.console.onMessage(1, "hello");
  rig.console.onSeen(1);
  rig.console.onStray("no number");
  t.equal(rig.shown(), "Namita#1:hello\nMessage:1 seen.\nNamita:no number\n");
  rig.console.onOver("closed", 0);
  t.equal(rig.shown(), `Connection closed by peer. Chat will exit.\n${menu}`);
  t.same(rig.asked, ["yes"]);
  t.end();
});

t.test("returns to the interrupted prompt when a caller is refused or hangs up", (t) => {
  const rig = new Rig({ interactive: true });
  rig.type("2\n");
  rig.console.onRing("10.1.9.0");
  rig.shown();
  t.equal(rig.type("n\n"), "Enter the IP address of the peer:\n");
  rig.console.onRing("10.1.9.0");
  rig.shown();
  rig.console.onOver("closed", 0);
  t.equal(rig.shown(), "10.1.9.0 has hung up.\nEnter the IP address of the peer:\n");
  rig.type("10.1.2.0\n");
  t.same(rig.asked, ["no", "call 10.1.2.0"]);
  t.end();
});

t.test("sends every line of a chat but /exit and blank lines, and treats other slashes as text", (t) => {
  const rig = new Rig().chat();
  rig.type("hello\n\n \t\n\r\n1\n /exit\nsay /exit\n/exit\nfor later\n");
  t.same(rig.asked, ["say hello", "say 1", "say  /exit", "say say /exit", "exit"]);
  rig.console.onOver("left", 0);
  t.match(rig.shown(), 'Expected 1 or 2, found "for later".');
  t.end();
});

t.test("keeps a piped line until the state that it belongs to", (t) => {
  const rig = new Rig();
  rig.type("y\nhello\n/exit\n1\n2\n10.1.2.0\nhi\n");
  t.same(rig.asked, [], "an answer waits for its question");
  rig.console.onRing("10.1.2.0");
  t.same(rig.asked, ["yes", "say hello", "exit"]);
  rig.console.onOver("left", 0);
  t.same(rig.asked.slice(3), ["list"]);
  rig.console.onList([]);
  t.same(rig.asked.slice(4), ["call 10.1.2.0"]);
  rig.console.onStarted();
  t.same(rig.asked.slice(5), ["say hi"]);
  t.end();
});

t.test("tells a person that no call waits for an answer", (t) => {
  const rig = new Rig({ interactive: true });
  t.equal(rig.type("y\n"), "No call is waiting for an answer.\n");
  t.equal(rig.type("/exit\n"), "There is no chat to leave; Ctrl-C ends the program.\n");
  t.equal(rig.type("\n"), "");
  t.end();
});

t.test("gives up an unanswered call with /exit", (t) => {
  const rig = new Rig({ interactive: true });
  rig.type("2\n10.1.2.0\nhello\n");
  t.same(rig.asked, ["call 10.1.2.0"], "a text waits for the answer");
  const other = new Rig({ interactive: true });
  other.type("2\n10.1.2.0\n/exit\n");
  t.same(other.asked, ["call 10.1.2.0", "exit"]);
  t.equal(rig.type("/exit\n"), "1 message could not be sent.\n", "a person means this call");
  t.same(rig.asked, ["call 10.1.2.0", "exit"]);
  rig.console.onOver("left", 0);
  t.equal(rig.shown(), menu);
  const script = new Rig();
  script.type("2\n10.1.2.0\nhello\n/exit\n");
  t.same(script.asked, ["call 10.1.2.0"], "a script means the chat that is to come");
  t.end();
});

t.test("reports a call that was not answered in time, on both sides", (t) => {
  const caller = new Rig();
  caller.type("2\n10.1.2.0\n");
  caller.console.onOver("unanswered", 0);
  t.equal(caller.shown(), `10.1.2.0 Namita does not answer; the call is over.\n${menu}`);
  const callee = new Rig();
  callee.console.onRing("10.1.2.0");
  callee.shown();
  callee.console.onOver("unanswered", 0);
  t.equal(callee.shown(), `The call from 10.1.2.0 Namita was not answered, and is over.\n${menu}`);
  callee.console.onEnd();
  t.same(callee.asked, ["quit"], "no failure for the callee");
  t.end();
});

t.test("reports failed calls and unsent messages at the end of stdin", (t) => {
  for (const end of ["denied", "unreachable", "unanswered"] as const) {
    const rig = new Rig();
    rig.type("2\n10.1.2.0\n");
    rig.console.onOver(end, 0);
    rig.console.onEnd();
    t.equal(rig.asked.at(-1), "quit, unsent", end);
  }
  const ends: readonly [string, (rig: Rig) => void][] = [
    ["quit", ({ console }) => console.onOver("closed", 0)],
    ["quit", ({ console }) => console.onOver("closed", 0, "no answer")],
    ["quit, unsent", ({ console }) => console.onOver("closed", 1)],
    ["quit, unsent", ({ console }) => (console.onSent(1, "hi"), console.onOver("closed", 0, "no answer"))],
    ["quit", ({ console }) => (console.onSent(1, "hi"), console.onSeen(1), console.onOver("closed", 0, "no answer"))],
  ];
  for (const [quit, end] of ends) {
    const rig = new Rig().chat();
    end(rig);
    rig.console.onEnd();
    t.equal(rig.asked.at(-1), quit);
  }
  const full = new Rig().chat();
  full.takes = false;
  full.type("too much\n");
  full.console.onOver("closed", 0);
  full.console.onEnd();
  t.equal(full.asked.at(-1), "quit, unsent");
  t.end();
});

t.test("quits at the end of stdin when nothing is left to do", (t) => {
  const idle = new Rig();
  idle.console.onEnd();
  t.same(idle.asked, ["quit"]);
  const chatting = new Rig().chat();
  chatting.type("last words");
  chatting.console.onEnd();
  t.same(chatting.asked, ["say last words"], "a chat goes on");
  chatting.console.onOver("closed", 0);
  t.same(chatting.asked, ["say last words", "quit"]);
  const waiting = new Rig();
  waiting.type("y\n");
  waiting.console.onEnd();
  t.same(waiting.asked, [], "an answer still waits for its question");
  t.end();
});

t.test("refuses a menu answer of a megabyte with one line, and pauses stdin in a flood of lines", (t) => {
  const rig = new Rig();
  t.equal(rig.type(`${"1".repeat(1_048_576)}\n`), `A line longer than ${String(lineBytesMax)} bytes was ignored.\n`);
  t.equal(rig.type(`${"9".repeat(60_000)}\n`).length < 200, true);
  rig.type(`1\n${"1\n".repeat(typedLinesMax + 1)}`);
  t.ok(rig.held);
  for (let asked = 0; asked < 3; asked += 1) rig.console.onList([]);
  t.notOk(rig.held);
  const started = performance.now();
  const flood = new Rig({ interactive: true });
  flood.list = () => flood.console.onNoList("no");
  flood.type("1\n".repeat(30_000));
  t.ok(performance.now() - started < 5_000);
  t.end();
});

t.test("takes no line from stdin while the peer takes nothing", (t) => {
  const rig = new Rig().chat();
  rig.console.onCongested(true);
  rig.type("one\ntwo\n");
  t.same(rig.asked, []);
  rig.console.onCongested(false);
  t.same(rig.asked, ["say one", "say two"]);
  rig.takes = false;
  t.equal(rig.type("three\n"), "Not sent: too much is waiting already.\n");
  t.end();
});

t.test("in file mode writes the conversation to the file and everything else to the terminal", (t) => {
  const rig = new Rig({ file: true });
  rig.console.onRing("10.1.2.0");
  rig.shown();
  t.equal(rig.type("y\n"), started);
  rig.console.onMessage(1, "Hie");
  rig.console.onSent(1, "Hie back");
  rig.console.onSeen(1);
  t.equal(rig.shown(), "");
  t.equal(rig.file, "\tNamita#1:Hie\nPrerak#1:Hie back\n\t\t\tMessage:1 seen.\n");
  t.end();
});

t.test("reports an unwritable file once, and shows the conversation on the screen", (t) => {
  const rig = new Rig({ file: true }).chat();
  rig.fileFails = fault("the disk is full");
  rig.console.onMessage(1, "one");
  t.equal(
    rig.shown(),
    "chat.txt cannot be written (the disk is full): the conversation is shown here until it can.\nNamita#1:one\n",
  );
  rig.console.onMessage(2, "two");
  t.equal(rig.shown(), "Namita#2:two\n");
  rig.fileFails = ok(null);
  rig.console.onMessage(3, "three");
  t.equal(rig.shown(), "chat.txt can be written again: the conversation goes there.\n");
  t.equal(rig.file, "\tNamita#3:three\n");
  t.end();
});

t.test("sanitizes hostile text for the screen and the file", (t) => {
  for (const file of [true, false]) {
    const rig = new Rig({ file }).chat();
    rig.console.onMessage(1, "\u001b[2Jgone\nMessage:9 seen.\u202e");
    const shown = rig.shown() + rig.file;
    t.equal(shown.trimStart(), "Namita#1:\\x1b[2Jgone\\nMessage:9 seen.\\u{202e}\n");
  }
  t.end();
});

import fc from "fast-check";
import { screenHighWater } from "../../../../src/core/limits.js";
import { menuPeersMax } from "../../../../src/core/older-limits.js";
import { toUtf8 } from "../../../../src/core/utf8.js";
import { MenuRig } from "../../kit/menu-rig.js";
import { promise } from "../../kit/promise.js";

const offer =
  "\n***** Menu *****\n1. Send message\n2. Query active peers\n3. Connect to active peers\n0. Quit\n\nEnter choice: ";

promise("asks for a name and a port, prints the listening port and offers the menu, letter for letter", (t) => {
  const rig = new MenuRig();
  t.equal(rig.turn(), "Enter your name: ");
  t.equal(rig.type("P1\n"), "\nEnter your port number: ");
  t.equal(rig.type("8080\n"), "\n");
  t.strictSame(rig.asked, [8080]);
  rig.menu.listening(8080);
  t.equal(rig.turn(), `Server listening on port 8080\n${offer}`);
});

promise("choice 1 asks for address, port and message, and sends it with our name and port", (t) => {
  const rig = MenuRig.offering();
  t.equal(rig.type("1\n"), "\nEnter the recipient's IP address: ");
  t.equal(rig.type("127.0.0.1\n"), "\nEnter the recipient's port number: ");
  t.equal(rig.type("9090\n"), "\nEnter your message: ");
  t.equal(rig.type("hello, you there\n"), "\n");
  t.match(rig.sent, [
    { to: { host: "127.0.0.1", port: 9090 }, text: "hello, you there", name: "P1", port: 8080, kind: "message" },
  ]);
  t.equal(rig.tell(), offer);
  t.equal(rig.query(), "No connected peers", "a receiver of our message is no peer yet");
});

promise("prints a message as received, and lists its sender once, for any source port", (t) => {
  const rig = MenuRig.offering();
  t.equal(rig.hear("127.0.0.1:9090 P2 hello, you there"), "\n127.0.0.1:9090 P2 hello, you there\n");
  t.equal(rig.hear("127.0.0.1:9090 P2 two\nlines"), "127.0.0.1:9090 P2 two\n127.0.0.1:9090 P2 lines\n");
  rig.hear("<127.0.0.1:9090> @ <P2>\nagain\n<end>", "127.0.0.9");
  rig.hear("10.1.2.3:7070 P3 the text counts, not where it comes from");
  rig.hear("0.0.0.0:6060 P4 no address of its own", "10.1.2.4");
  t.equal(rig.query(), "Connected Peers:\n1. 127.0.0.1:9090\n2. 10.1.2.3:7070\n3. 10.1.2.4:6060");
});

promise("shows text in another format as it is, and adds no peer", (t) => {
  const rig = MenuRig.offering();
  t.equal(rig.hear("GET / HTTP/1.1\r\n\r\n"), "\nGET / HTTP/1.1\n");
  t.equal(rig.hear("10.103.45.601:8080 P1 hello , you there"), "10.103.45.601:8080 P1 hello , you there\n");
  t.equal(rig.hear("\u001b[2J\u202e"), "\\x1b[2J\\u{202e}\n");
  t.equal(rig.query(), "No connected peers");
});

promise("removes a peer that sends exit in any spelling, and says so", (t) => {
  for (const word of ["exit", " EXIT\n", "Quit", "DISCONNECT", "[PEER_QUIT]", "exit\0"]) {
    const rig = MenuRig.offering();
    rig.hear("127.0.0.1:9090 P2 hello");
    t.match(rig.hear(`127.0.0.1:9090 P2 ${word}`), "127.0.0.1:9090 P2 disconnected\n", word);
    t.equal(rig.query(), "No connected peers");
    t.notMatch(rig.hear(`127.0.0.1:9090 P2 ${word}`), "disconnected", "once");
  }
  const rig = MenuRig.offering();
  rig.hear("127.0.0.1:9090 P2 exit the building");
  t.equal(rig.query(), "Connected Peers:\n1. 127.0.0.1:9090");
});

promise("sends exit in the spelling that other programs compare, and keeps our own table", (t) => {
  const rig = MenuRig.offering();
  rig.hear("127.0.0.1:9090 P2 hello");
  rig.type("1\n127.0.0.1\n9090\n Exit \n");
  t.equal(rig.sent[0]!.text, "exit");
  rig.tell();
  t.equal(rig.query(), "Connected Peers:\n1. 127.0.0.1:9090");
});

promise("choice 3 contacts every peer, and lists the outcomes when all are known", (t) => {
  const rig = MenuRig.offering();
  rig.hear("127.0.0.1:9090 P2 hello");
  rig.hear("127.0.0.1:7070 P3 hello");
  t.equal(rig.type("3\n"), "");
  t.strictSame(
    rig.sent.map(({ to, text }) => [to.port, text]),
    [
      [9090, "connect"],
      [7070, "connect"],
    ],
  );
  t.equal(rig.tell("no answer", rig.sent.slice(1)), "");
  t.equal(
    rig.tell(undefined, rig.sent.slice(0, 1)),
    `Connected to 127.0.0.1:9090\n127.0.0.1:7070 could not be reached: no answer.\n${offer}`,
  );
});

promise("choice 3 asks for an address when the table is empty, and adds the peer if it was reached", (t) => {
  const rig = MenuRig.offering();
  t.equal(rig.type("3\n"), "\nEnter the recipient's IP address: ");
  rig.type("127.0.0.1\n9090\n");
  t.match(rig.sent, [{ to: { host: "127.0.0.1", port: 9090 }, text: "connect" }]);
  t.equal(rig.tell("no answer"), `127.0.0.1:9090 could not be reached: no answer.\n${offer}`);
  t.equal(rig.query(), "No connected peers");
  rig.type("3\n127.0.0.1\n9090\n");
  t.equal(rig.tell(), `Connected to 127.0.0.1:9090\n${offer}`);
  t.equal(rig.query(), "Connected Peers:\n1. 127.0.0.1:9090");
});

promise("answers a connection request in the request's own style, and never answers an answer", (t) => {
  const rig = MenuRig.offering();
  for (const text of ["Connected", "CONNECT", "hello", "connect_ack", "CONNECT_ACCEPTED", "connected to you", "exit"])
    rig.hear(`127.0.0.1:9090 P2 ${text}`);
  t.strictSame(rig.sent, []);
  rig.hear("127.0.0.1:9090 P2 connect\n");
  rig.hear("127.0.0.1:7070 P3 CONNECT_REQUEST");
  t.match(rig.sent, [
    { to: { host: "127.0.0.1", port: 9090 }, text: "connect_ack", kind: "answer" },
    { to: { host: "127.0.0.1", port: 7070 }, text: "CONNECT_ACCEPTED", kind: "answer" },
  ]);
  t.equal(rig.tell("connection refused", rig.sent), "", "and nobody waits for them");
  t.equal(rig.query(), "Connected Peers:\n1. 127.0.0.1:9090\n2. 127.0.0.1:7070");
});

promise("asks again after an invalid answer, with the reason", (t) => {
  const rig = new MenuRig();
  const again = (typed: string, reason: RegExp, question: string): void => {
    const printed = rig.type(`${typed}\n`);
    t.match(printed, reason, typed);
    t.ok(printed.endsWith(`\n${question}`), JSON.stringify(printed));
  };
  for (const name of ["", "  ", "x".repeat(33), "a\u001b[2Jb"]) again(name, /Expected a name/, "Enter your name: ");
  rig.type(" Two words \n");
  for (const port of ["", "0", "65536", "80a", "-1", "1e3", "99999999"])
    again(port, /Expected a port from 1 to 65535, found/, "Enter your port number: ");
  rig.type("8080\n");
  rig.menu.notListening("Cannot listen on port 8080: it is taken.");
  t.equal(rig.turn(), "Cannot listen on port 8080: it is taken.\nEnter your port number: ");
  rig.type("8081\n");
  rig.menu.listening(8081);
  for (const choice of ["", "4", "10", "send"]) again(choice, /Expected 1, 2, 3 or 0, found/, "Enter choice: ");
  rig.type("1\n");
  for (const host of ["", "10.103.45.601", "localhost", "1.2.3", "10.1.2.3:80"])
    again(host, /Expected an IP address like 10.206.4.122, found/, "Enter the recipient's IP address: ");
  rig.type("10.1.2.3\n");
  again("0", /Expected a port/, "Enter the recipient's port number: ");
  rig.type("9090\r\n");
  for (const text of ["", "  ", "\0"]) again(text, /An empty message is not sent/, "Enter your message: ");
  rig.type(" a b \r\n");
  t.match(rig.sent, [{ name: "Two words", text: " a b ", to: { host: "10.1.2.3", port: 9090 } }]);
});

promise("refuses an answer of a megabyte with a short reason, and asks again", (t) => {
  const rig = MenuRig.offering();
  for (let sent = 0; sent < 16; sent += 1) rig.menu.onBytes(toUtf8("x".repeat(65_536)));
  t.equal(rig.type("\n"), "\nThat answer was longer than 65536 bytes and was ignored.\nEnter choice: ");
  rig.type("1\n127.0.0.1\n9090\n");
  t.equal(
    rig.type(`${"y".repeat(65_537)}\n`),
    "\nThat answer was longer than 65536 bytes and was ignored.\nEnter your message: ",
  );
  t.strictSame(rig.sent, []);
});

promise("sends a long message in portions that an older program reads whole, one after the other", (t) => {
  const rig = MenuRig.offering();
  const text = "é".repeat(1_400);
  rig.type(`1\n127.0.0.1\n9090\n${text}\n`);
  for (let portion = 1; portion <= 3; portion += 1) {
    t.equal(rig.sent.length, portion);
    t.ok(toUtf8(`255.255.255.255:8080 P1 ${rig.sent.at(-1)!.text}`).length <= 1_023);
    t.equal(rig.tell(), portion < 3 ? "" : offer);
  }
  t.equal(rig.sent.map((sent) => sent.text).join(""), text);
  rig.type(`1\n127.0.0.1\n9090\n${text}\n`);
  t.equal(rig.tell("connection refused"), `127.0.0.1:9090 could not be reached: connection refused.\n${offer}`);
  t.equal(rig.sent.length, 4, "what would follow does not");
});

promise("keeps early answers until the present action is done", (t) => {
  const rig = new MenuRig();
  rig.type("P1\n8080\n1\n127.0.0.1\n9090\nhello\n2\n0\n");
  t.strictSame(rig.sent, []);
  rig.menu.listening(8080);
  t.notMatch(rig.turn(), "No connected peers");
  t.equal(rig.sent.length, 1);
  t.match(rig.tell(), /Enter choice: \nNo connected peers\n[^]*Enter choice: \nExiting\n$/);
  t.equal(rig.quits, 1);
});

promise("finishes the present action at the end of its input, and prints its last line once", (t) => {
  const rig = new MenuRig();
  rig.type("P1\n8080\n1\n127.0.0.1\n9090\nhello");
  rig.menu.onEnd();
  rig.menu.listening(8080);
  t.equal(rig.sent[0]!.text, "hello", "a last line without a line feed is an answer");
  t.equal(rig.quits, 0);
  t.match(rig.tell(), /Enter choice: \nExiting\n$/);
  rig.menu.stop();
  t.equal(rig.turn(), "");
  t.equal(rig.quits, 1);
  t.equal(rig.type("2\n"), "", "nothing is answered any more");
  t.equal(rig.hear("127.0.0.1:9090 P2 late"), "127.0.0.1:9090 P2 late\n");
});

promise("sends greetings at the start without waiting for them, and prints their outcomes", (t) => {
  const rig = MenuRig.offering([
    { host: "10.206.4.122", port: 1255 },
    { host: "10.206.5.228", port: 6555 },
  ]);
  t.match(rig.sent, [
    { to: { host: "10.206.4.122", port: 1255 }, kind: "greeting", text: "hello" },
    { to: { host: "10.206.5.228", port: 6555 }, kind: "greeting" },
  ]);
  t.equal(rig.query(), "No connected peers");
  t.equal(rig.tell("no answer", rig.sent.slice(0, 1)), "\n10.206.4.122:1255 could not be reached: no answer.\n");
  t.equal(rig.tell(undefined, rig.sent.slice(1)), "Greeted 10.206.5.228:6555\n");
});

promise("bounds the table, and says once that it is full", (t) => {
  const rig = MenuRig.offering();
  let printed = "";
  for (let port = 1; port <= menuPeersMax + 50; port += 1) printed += rig.hear(`127.0.0.1:${port} P hello`);
  t.equal(printed.match(/The table is full/g)?.length, 1);
  t.equal(rig.query().split("\n").length, 1 + menuPeersMax);
  rig.hear("127.0.0.1:1 P exit");
  rig.hear("127.0.0.1:2000 P hello");
  t.match(rig.query(), "127.0.0.1:2000");
});

promise("takes no messages and answers beyond a bound while the screen is blocked", (t) => {
  const rig = MenuRig.offering();
  rig.screen.takes = false;
  for (let heard = 0; heard * 1_000 < screenHighWater + 10_000; heard += 1)
    rig.hear(`127.0.0.1:9 P ${"x".repeat(990)}`);
  t.ok(!rig.reading && rig.screen.paused && rig.menu.blocked);
  rig.screen.drain();
  rig.menu.onDrain();
  rig.turn();
  t.ok(rig.reading && !rig.screen.paused);
});

promise("gives the question to the terminal, which keeps it below the printed text", (t) => {
  const rig = MenuRig.offering();
  const prompts: string[] = [];
  Object.assign(rig.screen, { prompt: (question: string) => prompts.push(question) });
  const printed = rig.type("1\n");
  t.equal(printed, "\n", "which ends the question of before");
  t.equal(prompts.at(-1), "Enter the recipient's IP address: ");
  t.equal(rig.hear("127.0.0.1:9090 P2 hello"), "127.0.0.1:9090 P2 hello\n");
  t.equal(prompts.at(-1), "Enter the recipient's IP address: ");
  rig.type("127.0.0.1\n9090\nhello\n");
  t.equal(prompts.at(-1), "", "no question while it waits");
  t.equal(rig.tell(), offer.replace("Enter choice: ", ""));
  t.equal(prompts.at(-1), "Enter choice: ");
});

promise("neither throws nor prints control characters, for any input and any message", (t) => {
  const answers = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("0\n", "1\n", "2\n", "3\n", "127.0.0.1\n", "9090\n", "\n"),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(answers, fc.string({ unit: "binary" })), { maxLength: 20 }), (steps) => {
      const rig = MenuRig.offering();
      for (const [typed, heard] of steps) {
        rig.type(typed);
        rig.hear(`127.0.0.1:9090 P ${heard}`);
        rig.hear(heard);
        rig.tell(undefined, rig.sent.splice(0));
      }
      // eslint-disable-next-line no-control-regex -- these are what must not be there
      return !/[\0-\x09\x0b-\x1f\x7f-\x9f]/.test(rig.screen.text);
    }),
  );
  t.pass();
});

promise("choice 3 removes only the peers that refuse the connection", (t) => {
  const rig = MenuRig.offering();
  for (const port of [1, 2, 3]) rig.hear(`127.0.0.1:${port} P${port} hello`);
  rig.type("3\n");
  const [first, second, third] = rig.sent;
  rig.tell("connection refused", [first!]);
  rig.tell("no answer", [second!]);
  const shown = rig.tell(undefined, [third!]);
  t.match(shown, "127.0.0.1:1 could not be reached: connection refused.\n127.0.0.1:1 was removed from the table.\n");
  t.equal(shown.match(/was removed/g)?.length, 1);
  t.equal(rig.query(), "Connected Peers:\n1. 127.0.0.1:2\n2. 127.0.0.1:3");
});

promise("reports an unsent message at its own end, not when it is told to stop", (t) => {
  for (const [outcome, end, unsent] of [
    ["no answer", "0\n", true],
    [undefined, "0\n", false],
    ["no answer", undefined, true],
    [undefined, undefined, false],
  ] as const) {
    const rig = MenuRig.offering();
    rig.type("1\n127.0.0.1\n9090\nhello\n");
    rig.tell(outcome);
    if (end === undefined) rig.menu.onEnd();
    else rig.type(end);
    t.equal(rig.unsent, unsent);
  }
  const stopped = MenuRig.offering();
  stopped.type("1\n127.0.0.1\n9090\nhello\n");
  stopped.tell("no answer");
  stopped.menu.stop();
  t.equal(stopped.unsent, false);
  const late = MenuRig.offering();
  late.type("1\n127.0.0.1\n9090\nhello\n");
  late.menu.onEnd();
  late.tell("no answer");
  t.equal(late.unsent, true, "the input ended first");
});

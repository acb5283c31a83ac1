// Tests `p2p says` as a process: with the older program, and with another `p2p says`.

import t, { type Test } from "tap";
import { Member } from "./kit/member.js";
import { OldSays, silent, twoPorts } from "./kit/old-says.js";
import { whyNoIPv6 } from "./kit/free-port.js";
import { until } from "./kit/patience.js";
import { Proxy } from "./kit/proxy.js";

const ready = /You can now start texting\.\r?$/;
const inTheClear = "this chat is in the clear";
const secureDistance = 1_000;

interface Chat {
  readonly name: string;
  readonly port: number;
  readonly to: number | string;
}

async function says(test: Test, { name, port, to }: Chat, ...args: readonly string[]): Promise<Member> {
  const member = Member.start(test, { name, args: ["says", ...args] });
  for (const answer of [name, String(port), String(to)]) member.say(answer);
  await member.sees(ready);
  return member;
}

/** At any place in a line. */
const shows = (member: Member, words: string): Promise<void> =>
  until(
    () => member.stdout.text.includes(words),
    () => `${words}\n${member.stdout.tail()}`,
  );

t.test("sends the older program exactly its own bytes, and prints its messages as it does", async (test) => {
  const [ours, theirs] = [await twoPorts(), await twoPorts()];
  const old = await OldSays.start(test, theirs);
  const quy = await says(test, { name: "Quy", port: ours, to: theirs });
  quy.say("m1");
  quy.say("");
  quy.say("m2 with spaces");
  await old.hears(2);
  test.same(old.read, [`Quy[PORT:${ours}] says: m1\0`, `Quy[PORT:${ours}] says: m2 with spaces\0`].map(Buffer.from));
  test.match(quy.stdout.text, inTheClear, "printed before the first byte leaves");
  await old.send(ours, `Son[PORT:${theirs}] says: hello`);
  await quy.sees(`Son[PORT:${theirs}] says: hello`);
  await old.send(ours, Buffer.concat([Buffer.from(`Son[PORT:${theirs}] says: padded`)], 2_000));
  await quy.sees(`Son[PORT:${theirs}] says: padded`);
  await old.send(ours, "no prefix at all");
  await quy.sees("no prefix at all");
  quy.endInput();
  test.strictSame(await quy.ended(), { code: 0, signal: null });
  test.equal(quy.stdout.text.split(inTheClear).length, 2, "said once");
});

t.test("sends no byte to an older program that listens on the private port", async (test) => {
  const [ours, theirs] = [await twoPorts(), await twoPorts()];
  const old = await OldSays.start(test, theirs);
  const other = await OldSays.start(test, theirs + secureDistance);
  const quy = await says(test, { name: "Quy", port: ours, to: theirs });
  quy.say("hello");
  await old.hears(1);
  await until(
    () => other.empty === 1,
    () => "the probe to end",
  );
  test.strictSame([other.connections, other.read], [1, []]);
  await quy.sees(inTheClear);
});

t.test("survives floods, empty and silent connections", async (test) => {
  const [ours, theirs] = [await twoPorts(), await twoPorts()];
  const old = await OldSays.start(test, theirs);
  const quy = await says(test, { name: "Quy", port: ours, to: theirs });
  const standing = await silent(test, ours, 300);
  for (let at = 0; at < 300; at += 1) await old.send(ours, at % 2 === 0 ? "" : `Son[PORT:${theirs}] says: `);
  standing.at(-1)!.write(`Son[PORT:${theirs}] says: late`);
  await quy.sees(`Son[PORT:${theirs}] says: late`);
  test.notMatch(quy.stdout.text, /says: \n/);
  quy.say("still here");
  await old.hears(1);
});

t.test("reports a missing peer, and sends the waiting messages in order when it listens", async (test) => {
  const [ours, theirs] = [await twoPorts(), await twoPorts()];
  const quy = await says(test, { name: "Quy", port: ours, to: theirs });
  quy.say("one");
  await quy.sees("Connection Failed: connection refused; 1 message waiting.");
  quy.say("two");
  const old = await OldSays.start(test, theirs);
  await old.hears(2);
  test.strictSame(
    old.read.map(String),
    ["one", "two"].map((text) => `Quy[PORT:${ours}] says: ${text}\0`),
  );
});

t.test("counts the unsent messages at the end", async (test) => {
  const [ours, theirs] = [await twoPorts(), await twoPorts()];
  const quy = await says(test, { name: "Quy", port: ours, to: theirs });
  quy.say("one");
  quy.say("two");
  await quy.sees(/Connection Failed/);
  quy.signal("SIGTERM");
  test.strictSame(await quy.ended(), { code: 0, signal: null });
  test.match(quy.stdout.text, "2 messages could not be sent.");
  const piped = Member.start(test, { name: "Quy", args: ["says"] });
  await piped.feed([["Quy", ours, theirs, "one", "two"].join("\n")]);
  piped.endInput();
  test.strictSame(await piped.ended(), { code: 69, signal: null }, "from a pipe it is a failure");
  test.match(piped.stdout.text, "2 messages could not be sent.");
});

t.test("two copies find each other's private line, confirm messages, and send nothing readable", async (test) => {
  const [alicePort, bobPort] = [await twoPorts(), await twoPorts()];
  const wire = (distance: number): Promise<Proxy> =>
    Proxy.start(test, {
      at: { host: "127.0.0.2", port: bobPort + distance },
      to: { host: "127.0.0.1", port: bobPort + distance },
      from: "127.0.0.1",
    });
  const [clear, secure] = [await wire(0), await wire(secureDistance)];
  const bob = await says(test, { name: "Bob", port: bobPort, to: alicePort }, "--listen", "127.0.0.1");
  const alice = await says(test, { name: "Alice", port: alicePort, to: `127.0.0.2:${bobPort}` });
  alice.say("the cat is in the tree");
  await bob.sees(`Alice[PORT:${alicePort}] says: the cat is in the tree`);
  await alice.sees("(delivered)");
  bob.say("which tree");
  await alice.sees(`Bob[PORT:${bobPort}] says: which tree`);
  await bob.sees("(delivered)");
  const bytes = Buffer.concat(secure.recorded);
  test.ok(bytes.length > 200);
  test.same(secure.recorded[0], Buffer.from("fe7032700101", "hex"), "the listener speaks first");
  for (const word of ["cat", "tree", "Alice", "Bob", "says"]) test.notOk(bytes.includes(word), word);
  test.equal(clear.connections, 0);
  const keys = / {2}theirs: ([\da-f ]{39})\n {2}yours: {2}([\da-f ]{39})\n/;
  const [, theirs, own] = keys.exec(alice.stdout.text)!;
  test.match(bob.stdout.text, `  theirs: ${own!}\n  yours:  ${theirs!}\n`);
  for (const member of [alice, bob]) test.notMatch(member.stdout.text, inTheClear);
  alice.endInput();
  test.strictSame(await alice.ended(), { code: 0, signal: null });
  await bob.sees(`Private line with Alice[PORT:${alicePort}] closed.`);
});

t.test(
  "after a private line sends nothing in the clear to any later listener, and waits for the next private line",
  async (test) => {
    const [alicePort, bobPort] = [await twoPorts(), await twoPorts()];
    const bob = await says(test, { name: "Bob", port: bobPort, to: alicePort });
    const alice = await says(test, { name: "Alice", port: alicePort, to: bobPort });
    alice.say("one");
    await alice.sees("(delivered)");
    bob.signal("SIGINT");
    await bob.ended();
    await alice.sees(`Private line with Bob[PORT:${bobPort}] closed.`);
    const old = await OldSays.start(test, bobPort);
    alice.say("two");
    await alice.sees(
      `No private line with Bob[PORT:${bobPort}] any more (connection refused); 1 message waits for one. Start with --clear to talk in the clear.`,
    );
    alice.say("three");
    await old.stop();
    test.equal(old.connections, 0);
    const back = await says(test, { name: "Bob", port: bobPort, to: alicePort });
    await back.sees(`Alice[PORT:${alicePort}] says: three`);
    test.notMatch(alice.stdout.text, inTheClear);
  },
);

t.test("asks again for a private line, and finds it when our program has replaced the older one", async (test) => {
  const [alicePort, bobPort] = [await twoPorts(), await twoPorts()];
  const old = await OldSays.start(test, bobPort);
  const alice = await says(test, { name: "Alice", port: alicePort, to: bobPort });
  alice.say("one");
  await old.hears(1);
  await old.stop();
  alice.say("two");
  await alice.sees("Connection Failed: connection refused; 1 message waiting.");
  const bob = await says(test, { name: "Bob", port: bobPort, to: alicePort });
  await bob.sees(`Alice[PORT:${alicePort}] says: two`);
  await alice.sees("(delivered)");
  test.match(alice.stdout.text, `Private line with Bob[PORT:${bobPort}].`);
});

t.test("works over IPv6 too", { skip: await whyNoIPv6() }, async (test) => {
  const [alicePort, bobPort] = [await twoPorts(), await twoPorts()];
  for (const manner of [[], ["--clear"]]) {
    const bob = await says(test, { name: "Bob", port: bobPort, to: `[::1]:${alicePort}` }, ...manner);
    const alice = await says(test, { name: "Alice", port: alicePort, to: `[::1]:${bobPort}` }, ...manner);
    alice.say("hello");
    await bob.sees(`Alice[PORT:${alicePort}] says: hello`);
    for (const member of [alice, bob]) test.equal((await member.stop("SIGINT")).code, 0);
  }
});

t.test("keeps to the private line also if it ended before the last question was answered", async (test) => {
  const [alicePort, bobPort] = [await twoPorts(), await twoPorts()];
  const alice = Member.start(test, { name: "Alice", args: ["says"] });
  for (const answer of ["Alice", String(alicePort)]) alice.say(answer);
  await shows(alice, "Enter the port to send messages: ");
  const bob = await says(test, { name: "Bob", port: bobPort, to: alicePort });
  bob.say("one");
  await bob.sees("(delivered)");
  bob.signal("SIGINT");
  await bob.ended();
  await shows(alice, `Private line with Bob[PORT:${bobPort}] closed.`);
  const old = await OldSays.start(test, bobPort);
  alice.say(String(bobPort));
  alice.say("two");
  await shows(alice, `No private line with Bob[PORT:${bobPort}] any more`);
  test.equal(old.connections, 0);
});

t.test("--clear asks for no private line, and sends like the older program", async (test) => {
  const [alicePort, bobPort] = [await twoPorts(), await twoPorts()];
  const neverAsked = await OldSays.start(test, bobPort + secureDistance);
  const bob = await says(test, { name: "Bob", port: bobPort, to: alicePort }, "--clear");
  const alice = await says(test, { name: "Alice", port: alicePort, to: bobPort }, "--clear");
  alice.say("hello");
  await bob.sees(`Alice[PORT:${alicePort}] says: hello`);
  bob.say("hello yourself");
  await alice.sees(`Bob[PORT:${bobPort}] says: hello yourself`);
  test.equal(neverAsked.connections, 0);
});

t.test("takes three answers and then messages from a pipe, and delivers them before the end", async (test) => {
  const [alicePort, bobPort] = [await twoPorts(), await twoPorts()];
  const bob = await says(test, { name: "Bob", port: bobPort, to: alicePort });
  const alice = Member.start(test, { name: "Alice", args: ["says"] });
  const lines = Array.from({ length: 200 }, (_, at) => `line ${String(at)}`);
  await alice.feed([["Alice", alicePort, bobPort, ...lines].join("\n")]);
  alice.endInput();
  test.strictSame(await alice.ended(), { code: 0, signal: null });
  await bob.sees(`Alice[PORT:${alicePort}] says: line 199`);
  test.strictSame(
    bob.stdout.text.match(/says: line \d+/g),
    lines.map((line) => `says: ${line}`),
  );
});

t.test("asks its questions in a terminal, and reports a taken port", async (test) => {
  const [ours, theirs] = [await twoPorts(), await twoPorts()];
  const old = await OldSays.start(test, theirs);
  const through = ["sh", "-c", 'exec script -qfec "$*" /dev/null', "sh"];
  const quy = Member.start(test, { name: "Quy", args: ["says"], through });
  await shows(quy, "Enter your name: ");
  quy.say("Quy");
  await shows(quy, "Enter your port number: ");
  quy.say("seventy");
  await quy.sees('Expected a port from 1 to 65535, found "seventy".\r');
  quy.say(String(ours));
  await shows(quy, "Enter the port to send messages: ");
  quy.say(String(theirs));
  await quy.sees(ready);
  quy.say("hello");
  await old.hears(1);
  await old.send(ours, `Son[PORT:${theirs}] says: hello, Quy`);
  await quy.sees(`Son[PORT:${theirs}] says: hello, Quy\r`);
  quy.say("\u0004");
  test.equal((await quy.ended()).code, 0);
  const late = Member.start(test, { name: "Late", args: ["says"] });
  late.say("Late");
  late.say(String(theirs));
  test.strictSame(await late.ended(), { code: 3, signal: null });
  test.match(late.stderr.text, "bind failed: Address already in use");
  const lost = Member.start(test, { name: "Lost", args: ["says", "--clear", "--listen", "10.99.99.99"] });
  lost.say("Lost");
  lost.say(String(await twoPorts()));
  test.strictSame(await lost.ended(), { code: 3, signal: null });
  test.match(lost.stderr.text, "--listen: 10.99.99.99 is not an address of this machine");
});

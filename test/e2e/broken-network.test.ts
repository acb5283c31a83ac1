// Connections that break, lose all packets, or lose their link: no message is lost, repeated or reordered.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import net from "node:net";
import { once } from "node:events";
import path from "node:path";
import t, { type Test } from "tap";
import { Group } from "./kit/group.js";
import { Member } from "./kit/member.js";
import { joinNamespaces, whyNoNamespaces } from "./kit/namespaces.js";
import { timePasses } from "./kit/patience.js";
import { wiresBetween, type BreakOff } from "./kit/proxy.js";

const linesFor = (friend: string, from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `${friend}/${from + index}\n`).join("");

function inOrder(member: Member, friend: string, count: number): boolean {
  const shown = member.stdout.lines.filter((line) => line.startsWith(`${friend} : `));
  return shown.length === count && shown.every((line, index) => line === `${friend} : ${index}`);
}

t.test("connections that are cut repeatedly lose, repeat and reorder no message", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const wires = await wiresBetween(t, group);
  const [alice, bob] = [await group.start("Alice", ...wires.alice), await group.start("Bob", ...wires.bob)];
  const [rounds, perRound] = [25, 200];
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all([
      alice.feed([linesFor("Bob", round * perRound, perRound)]),
      bob.feed([linesFor("Alice", round * perRound, perRound)]),
    ]);
    await timePasses(20 + (round % 5) * 40);
    for (const wire of wires.both) wire.cut();
  }
  const last = rounds * perRound - 1;
  await Promise.all([bob.sees(`Alice : ${last}`), alice.sees(`Bob : ${last}`)]);
  t.ok(inOrder(bob, "Alice", last + 1), "to Bob");
  t.ok(inOrder(alice, "Bob", last + 1), "to Alice");
  t.ok(wires.both[0].connections + wires.both[1].connections > 5, "the wires were cut");
});

// The dialler sends its preamble and handshake message 1 in 40 bytes, message 3 in 66 and its hello in 38. The listener sends its
// preamble and message 2 in 104 bytes, then its hello.
const breaks: readonly (readonly [string, ...BreakOff[]])[] = [
  ["before the first byte", { way: "there", after: 0 }, { way: "back", after: 0 }],
  ["inside a preamble", { way: "there", after: 1 }, { way: "there", after: 5 }, { way: "back", after: 3 }],
  ["inside the length of a handshake message", { way: "there", after: 7 }, { way: "back", after: 7 }],
  ["inside the handshake", { way: "there", after: 23 }, { way: "back", after: 60 }, { way: "there", after: 90 }],
  ["between handshake and hello", { way: "there", after: 106 }, { way: "back", after: 104 }],
  ["inside the header of a record", { way: "there", after: 107 }, { way: "back", after: 105 }],
  ["inside the hello", { way: "there", after: 120 }, { way: "back", after: 120 }],
  ["inside a later record", { way: "there", after: 2_000 }, { way: "back", after: 2_001 }],
  ["in the middle of the chat", { way: "there", after: 20_000 }, { way: "back", after: 20_001 }],
];

for (const [where, ...ends] of breaks)
  t.test(`connections that break ${where} lose, repeat and reorder no message`, async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    // Connections dialled by either side break in every listed way.
    const left = [...ends, ...ends];
    const wires = await wiresBetween(t, group, { breakOff: () => left.shift() });
    const [alice, bob] = [await group.start("Alice", ...wires.alice), await group.start("Bob", ...wires.bob)];
    let said = 0;
    do {
      await Promise.all([alice.feed([linesFor("Bob", said, 20)]), bob.feed([linesFor("Alice", said, 20)])]);
      said += 20;
      await timePasses(20);
    } while (left.length > 0);
    await Promise.all([bob.sees(`Alice : ${said - 1}`), alice.sees(`Bob : ${said - 1}`)]);
    t.ok(inOrder(bob, "Alice", said), "to Bob");
    t.ok(inOrder(alice, "Bob", said), "to Alice");
  });

t.test("a connection that loses all data is closed after about ten seconds and dialled again", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const wires = await wiresBetween(t, group);
  const [alice, bob] = [await group.start("Alice", ...wires.alice), await group.start("Bob", ...wires.bob)];
  alice.say("Bob/0");
  await bob.sees("Alice : 0");
  for (const wire of wires.both) wire.swallow();
  const begin = performance.now();
  alice.say("Bob/1");
  await alice.sees("Connection with Bob broke (no answer)");
  const noticed = performance.now() - begin;
  t.ok(noticed > 8_000 && noticed < 16_000, `after ${Math.round(noticed)} ms`);
  await bob.sees("Alice : 1");
  t.ok(inOrder(bob, "Alice", 2));
});

const run = (...words: readonly [string, ...string[]]) => spawnSync(words[0], words.slice(1), { encoding: "utf8" });

/** Kills the connections with this address by `ss -K`. Returns their number. */
function killConnections(host: string): number {
  const { stdout } = run("ss", "-H", "-t", "-K", "dst", host);
  return stdout.split("\n").filter((line) => line.includes(host)).length;
}

async function killsOne(host: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (killConnections(host) === 0) {
    if (Date.now() > deadline) throw new Error("there was no connection to kill");
    await timePasses(5);
  }
}

async function whyNoKilling(): Promise<string | false> {
  if (process.getuid?.() !== 0) return "ss -K needs root";
  const server = net
    .createServer((accepted) => accepted.on("error", () => undefined))
    .listen({ host: "127.0.0.99", port: 0 });
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const socket = net.connect({ host: "127.0.0.99", port });
  const broke = once(
    socket.on("error", () => undefined),
    "close",
  );
  await once(server, "connection");
  killConnections("127.0.0.99");
  const killed = await Promise.race([
    broke.then(
      () => true,
      () => true,
    ),
    timePasses(1_000).then(() => false),
  ]);
  socket.destroy();
  server.close();
  return killed ? false : "ss -K kills nothing here (the kernel lacks INET_DIAG_DESTROY)";
}

t.test(
  "connections that `ss -K` kills are dialled again, and no message is lost, repeated or reordered",
  { skip: await whyNoKilling() },
  async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
    const [rounds, perRound] = [10, 1_000];
    for (let round = 0; round < rounds; round += 1) {
      const from = round * perRound;
      await Promise.all([alice.feed([linesFor("Bob", from, perRound)]), bob.feed([linesFor("Alice", from, perRound)])]);
      await timePasses((round % 5) * 20);
      // Waiting messages open the connection again; kill it while they are sent.
      await killsOne(group.hostOf(round % 2 === 0 ? "Alice" : "Bob"));
    }
    const last = rounds * perRound - 1;
    await Promise.all([bob.sees(`Alice : ${last}`), alice.sees(`Bob : ${last}`)]);
    t.ok(inOrder(bob, "Alice", last + 1), "to Bob");
    t.ok(inOrder(alice, "Bob", last + 1), "to Alice");
  },
);

/** Alice and Bob, each in a network namespace, and the link between them. */
async function linked(t: Test): Promise<{ alice: Member; bob: Member; link(state: "down" | "up"): void }> {
  const folder = t.testdir({});
  const file = path.join(folder, "group");
  writeFileSync(file, "2\nAlice 10.1.1.0\nBob 10.1.2.0\n");
  const namespaceOf = joinNamespaces(t, file);
  const start = async (name: string): Promise<Member> =>
    Member.start(t, {
      name,
      args: ["--peers", file, "--state-dir", path.join(folder, "state")],
      through: ["ip", "netns", "exec", namespaceOf(name)],
    }).ready();
  const link = (state: "down" | "up"): void => {
    const { status, stderr } = run("ip", "-n", namespaceOf("Bob"), "link", "set", "eth0", state);
    if (status !== 0) throw new Error(`ip link set eth0 ${state}: ${stderr}`);
  };
  return { alice: await start("Alice"), bob: await start("Bob"), link };
}

t.test("a link that goes down and up during sending loses no message", { skip: whyNoNamespaces() }, async (t) => {
  const { alice, bob, link } = await linked(t);
  const [rounds, perRound] = [6, 2_000];
  let interrupted = 0;
  for (let round = 0; round < rounds; round += 1) {
    const from = round * perRound;
    const fed = Promise.all([
      alice.feed([linesFor("Bob", from, perRound)]),
      bob.feed([linesFor("Alice", from, perRound)]),
    ]);
    await timePasses(10 + 10 * round);
    link("down");
    await timePasses(300);
    if (bob.stdout.count(/^Alice : /) < from + perRound) interrupted += 1;
    link("up");
    await fed;
  }
  const last = rounds * perRound - 1;
  await Promise.all([bob.sees(`Alice : ${last}`), alice.sees(`Bob : ${last}`)]);
  t.ok(inOrder(bob, "Alice", last + 1), "to Bob");
  t.ok(inOrder(alice, "Bob", last + 1), "to Alice");
  t.ok(interrupted > 0, `${interrupted} times messages were in flight`);
});

t.test(
  "a link that stays down closes the connection, and no message is lost",
  { skip: whyNoNamespaces() },
  async (t) => {
    const { alice, bob, link } = await linked(t);
    alice.say("Bob/0");
    await bob.sees("Alice : 0");
    link("down");
    alice.say("Bob/1");
    bob.say("Alice/0");
    await timePasses(1_500);
    t.equal(bob.stdout.count("Alice : 1"), 0);
    link("up");
    await bob.sees("Alice : 1");
    await alice.sees("Bob : 0");
    link("down");
    alice.say("Bob/2");
    await alice.sees("Connection with Bob broke (no answer)");
    link("up");
    await bob.sees("Alice : 2");
    t.ok(inOrder(bob, "Alice", 3));
    t.ok(inOrder(alice, "Bob", 1));
  },
);

// Wires that are cut, that swallow, and that are pulled out: nothing is lost, repeated or out of order.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import net from "node:net";
import { once } from "node:events";
import path from "node:path";
import t from "tap";
import { Group } from "./kit/group.js";
import { Member } from "./kit/member.js";
import { joinNamespaces, whyNoNamespaces } from "./kit/namespaces.js";
import { timePasses } from "./kit/patience.js";
import { wiresBetween } from "./kit/proxy.js";

const linesFor = (friend: string, from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `${friend}/${from + index}\n`).join("");

function inOrder(member: Member, friend: string, count: number): boolean {
  const shown = member.stdout.lines.filter((line) => line.startsWith(`${friend} : `));
  return shown.length === count && shown.every((line, index) => line === `${friend} : ${index}`);
}

t.test("connections that are cut again and again lose, repeat and reorder nothing in either direction", async (t) => {
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

t.test(
  "a connection that swallows everything is noticed within about ten seconds, dropped and dialled anew",
  async (t) => {
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
  },
);

const run = (...words: readonly [string, ...string[]]) => spawnSync(words[0], words.slice(1), { encoding: "utf8" });

/** Kills the connections with this address, as an administrator would. */
const killConnections = (host: string): void => void run("ss", "-K", "dst", host);

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
  "connections that the kernel kills are dialled anew, and nothing is lost",
  { skip: await whyNoKilling() },
  async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
    for (let round = 0; round < 10; round += 1) {
      await alice.feed([linesFor("Bob", round * 100, 100)]);
      killConnections(group.hostOf("Bob"));
      await timePasses(100);
    }
    await bob.sees("Alice : 999");
    t.ok(inOrder(bob, "Alice", 1_000));
  },
);

t.test("a link that is taken down and up again loses nothing", { skip: whyNoNamespaces() }, async (t) => {
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
  const link = (state: "down" | "up"): void => void run("ip", "-n", namespaceOf("Bob"), "link", "set", "eth0", state);
  const [alice, bob] = [await start("Alice"), await start("Bob")];
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
});

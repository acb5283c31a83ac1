// Members with a rendezvous server: see who is online, and find a friend at a new address by the key.

import { writeFileSync } from "node:fs";
import path from "node:path";
import t from "tap";
import { freePort } from "./kit/free-port.js";
import { Member } from "./kit/member.js";

const [alice, bob, elsewhere, serverHost] = ["127.0.5.1", "127.0.5.2", "127.0.5.9", "127.0.5.8"];

t.test("finds a friend at a new address, and does not accept an impostor", async (t) => {
  const [port, serverPort] = [await freePort("0.0.0.0"), await freePort(serverHost)];
  const group = path.join(t.testdir({}), "group");
  writeFileSync(group, `2\nAlice ${alice}\nBob ${bob}\n`);
  const server = `${serverHost}:${String(serverPort)}`;
  const args = ["--listen", serverHost, "--port", String(serverPort)];
  const rendezvous = Member.start(t, { name: "server", args: ["rendezvous", ...args] });
  await rendezvous.sees(/^Rendezvous server running/);
  const common = ["--peers", group, "--port", String(port), "--rendezvous", server, "--idle-timeout", "4"];
  const start = (name: string, state: string, ...more: readonly string[]): Member =>
    Member.start(t, {
      name,
      args: ["--name", name, ...common, "--state-dir", path.join(path.dirname(group), state), ...more],
    });
  const first = await start("Bob", "bob").ready();
  const other = await start("Alice", "alice").ready();
  other.say("Bob/hello");
  await first.sees("Alice : hello");
  await first.stop();
  await rendezvous.sees(`Client ${bob} disconnected.`);
  // An impostor uses Bob's name with another key.
  const impostor = await start("Bob", "impostor", "--listen", "127.0.5.7").ready();
  await rendezvous.sees("Client 127.0.5.7 connected.");
  other.say("Bob/are you there");
  await other.sees(/^Bob is unreachable/);
  const moved = await start("Bob", "bob", "--listen", elsewhere).ready();
  await rendezvous.sees(`Client ${elsewhere} connected.`);
  await moved.sees("Alice : are you there");
  await other.sees(`Bob was found at ${elsewhere}.`);
  moved.say("Alice/here");
  await other.sees("Bob : here");
  moved.say("/peers");
  await moved.sees(/^Alice {2}127\.0\.5\.1:\d+ {2}connected, online/);
  t.equal(impostor.stdout.count(/Alice :/), 0);
  // The next message goes to the new address at once, until that fails.
  await other.sees("Connection with Bob timed out");
  other.say("Bob/once more");
  await moved.sees("Alice : once more");
  t.strictSame([other.stdout.count(/was found at/), other.stdout.count(/is unreachable/)], [1, 1]);
  t.strictSame(await moved.stop(), { code: 0, signal: null });
  const back = await start("Bob", "bob").ready();
  other.say("Bob/at home again?");
  await back.sees("Alice : at home again?");
  for (const member of [other, back, impostor]) t.strictSame(await member.stop(), { code: 0, signal: null });
});

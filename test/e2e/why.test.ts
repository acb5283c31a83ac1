// `p2p why Bob` gives the right verdict and advice for each reason why messages do not arrive.

import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import t, { type Test } from "tap";
import { Group } from "./kit/group.js";
import { Member } from "./kit/member.js";
import { joinNamespaces, whyNoNamespaces } from "./kit/namespaces.js";
import { Neighbour } from "./kit/neighbour.js";
import { until } from "./kit/patience.js";
import { smallDisk, whyNoDisk } from "./kit/small-disk.js";

interface Verdict {
  readonly verdict: string;
  readonly next: string;
}

async function why(group: Group, ...args: readonly string[]): Promise<Verdict> {
  const { code, out, err } = await group.command("Alice", "why", "Bob", "--json", ...args);
  if (code !== 0) throw new Error(`p2p why ended with ${String(code)}: ${err}`);
  return JSON.parse(out) as Verdict;
}

/** Repeats the request until the verdict matches. */
async function says(t: Test, ask: () => Promise<Verdict>, verdict: RegExp, next: RegExp): Promise<void> {
  let last: Verdict = { verdict: "", next: "" };
  await until(
    async () => verdict.test((last = await ask()).verdict),
    () => JSON.stringify(last),
  );
  t.match(last.next, next);
}

t.test("reports that Alice is not running", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const { code, err } = await group.command("Alice", "why", "Bob");
  t.equal(code, 3);
  t.match(err, /^Alice is not running here, so nothing is sent/);
});

t.test("reports that Bob is not running, then that he is, in text and JSON", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  await says(t, () => why(group), /no connection was tried/, /Send a message/);
  alice.say("Bob/hello");
  await says(t, () => why(group), /answers, but nothing listens on port/, /Start p2p there/);
  const { out } = await group.command("Alice", "why", "Bob");
  for (const fact of [/^Friend : Bob, 127\./m, /^Tried : .* connection refused$/m, /^Waiting : 1, the oldest since /m])
    t.match(out, fact);
  const bob = await group.start("Bob");
  await bob.sees("Alice : hello");
  await says(t, () => why(group), /^Nothing is wrong: Bob is connected/, /^$/);
  const nobody = await group.command("Alice", "why", "Nobody");
  t.same(nobody, {
    code: 69,
    out: "",
    err: "Unknown peer name : Nobody\nThe nearest name is Bob; /peers lists them all.\n",
  });
  alice.say("/why Bob");
  await alice.sees(/^Nothing is wrong: Bob is connected/);
});

t.test("reports Bob's changed key to Alice and to Bob", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  const before = await group.start("Bob");
  alice.say("Bob/hello");
  await before.sees("Alice : hello");
  await before.stop();
  rmSync(group.stateOf("Bob"), { recursive: true });
  const bob = await group.start("Bob");
  alice.say("Bob/still you?");
  await says(t, () => why(group), /The key shown for Bob is not the one we know/, /p2p trust Bob/);
  bob.say("Alice/it is me");
  await bob.sees(/Alice refused us/);
  const other = async (): Promise<Verdict> =>
    JSON.parse((await group.command("Bob", "why", "Alice", "--json")).out) as Verdict;
  await says(t, other, /knows us by a different key/, /fingerprint/);
});

t.test("reports that Bob runs an older program", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const neighbour = await Neighbour.listen(t, group.at("Bob"));
  const alice = await group.start("Alice");
  alice.say("Bob/hello");
  await until(
    () => neighbour.wires.length > 0,
    () => "a dial",
  );
  // Answer every connection like the older program: there may be several.
  let answered = 0;
  const asked = (): ReturnType<typeof why> => {
    for (; answered < neighbour.wires.length; answered += 1) neighbour.wires[answered]!.write("Bob/what is this?\n");
    return why(group);
  };
  await says(t, asked, /does not speak the secure dialect/, /dialect=line/);
});

t.test("reports a full disk", { skip: whyNoDisk() }, async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const disk = smallDisk(t);
  const alice = await group.start("Alice", "--state-dir", disk);
  for (let part = 0; part < 60; part += 1) alice.say(`Bob/${"x".repeat(60_000)}`);
  await alice.sees(/^The store cannot be written/);
  await says(
    t,
    () => why(group, "--state-dir", disk),
    /Our own store cannot be written, or could not be written a moment ago: the disk is full/,
    /Make room/,
  );
});

t.test("reports a wrong address and a firewall", { skip: whyNoNamespaces() }, async (t) => {
  const folder = t.testdir({});
  const file = path.join(folder, "group");
  writeFileSync(file, "2\nAlice 10.1.1.0\nBob 10.1.2.0\n");
  const namespaceOf = joinNamespaces(t, file);
  const inside = ["ip", "netns", "exec", namespaceOf("Alice")];
  const args = ["--name", "Alice", "--peers", file, "--state-dir", path.join(folder, "state")];
  // Remove Bob's address, so that no host has it.
  spawnSync("ip", ["-n", namespaceOf("Bob"), "address", "flush", "dev", "eth0"]);
  const alice = await Member.start(t, { name: "Alice", args, through: inside }).ready();
  alice.say("Bob/hello");
  const ask = async (): Promise<Verdict> => {
    const member = Member.start(t, { name: "why", args: ["why", "Bob", "--json", ...args], through: inside });
    await member.ended();
    return JSON.parse(member.stdout.text) as Verdict;
  };
  await says(t, ask, /The network has no route to 10\.1\.2\.0/, /group file/);
  // Add a static neighbour entry, so that packets to Bob are sent but lost.
  const neighbour = ["neigh", "replace", "10.1.2.0", "lladdr", "02:00:00:00:00:99", "dev", "eth0", "nud", "permanent"];
  t.equal(spawnSync("ip", ["-n", namespaceOf("Alice"), ...neighbour]).status, 0);
  alice.say("Bob/hello again");
  await says(t, ask, /Nothing answers from 10\.1\.2\.0.*firewall/, /TCP port 6969/);
});

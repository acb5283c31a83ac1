// The secure dialect: encryption without setup, and refusal of changed, unknown or unverified keys.

import { readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import t from "tap";
import { Group } from "./kit/group.js";
import { Neighbour, Wire } from "./kit/neighbour.js";
import { timePasses } from "./kit/patience.js";
import { wiresBetween } from "./kit/proxy.js";

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);
const fingerprintIn = (text: string): string => /Fingerprint : (.*)/.exec(text)?.[1] ?? "";

t.test(
  "two new members chat without setup, remember each other's first key, and keep their files private",
  async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
    alice.say("Bob/hello");
    await bob.sees("Alice : hello");
    bob.say("Alice/hello yourself");
    await alice.sees("Bob : hello yourself");
    const bobsKey = fingerprintIn((await group.command("Bob", "key")).out);
    t.match(bobsKey, /^(?:[0-9a-f]{4} ){7}[0-9a-f]{4}$/);
    t.equal(alice.stdout.count(`Bob is known by a key from now on: ${bobsKey}`), 1);
    const known = readFileSync(path.join(group.stateOf("Alice"), "known-keys"), "utf8");
    t.ok(known.includes(`Bob  ${bobsKey.replaceAll(" ", "")}`), known);
    alice.say("/peers");
    await alice.sees(/^Bob .* connected .* key: first-use$/);
    for (const name of ["Alice", "Bob"]) {
      t.equal(modeOf(group.stateOf(name)), "700");
      for (const file of readdirSync(group.stateOf(name)))
        t.equal(modeOf(path.join(group.stateOf(name), file)), "600", file);
    }
    t.equal(alice.stderr.text + bob.stderr.text, "");
  },
);

t.test("no text, name or public key is on the wire in clear", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const wires = await wiresBetween(t, group);
  const [alice, bob] = [await group.start("Alice", ...wires.alice), await group.start("Bob", ...wires.bob)];
  for (let number = 0; number < 20; number += 1) {
    alice.say(`Bob/secret question ${number}`);
    await bob.sees(`Alice : secret question ${number}`);
    bob.say(`Alice/secret answer ${number}`);
    await alice.sees(`Bob : secret answer ${number}`);
  }
  const wire = Buffer.concat(wires.both.flatMap(({ recorded }) => recorded));
  t.ok(wire.length > 40 * 60, `${wire.length} bytes went through the wire`);
  for (const word of ["secret", "question", "answer", "Alice", "Bob"])
    for (const encoding of ["utf8", "utf16le"] as const) t.notOk(wire.includes(Buffer.from(word, encoding)), word);
  for (const name of ["Alice", "Bob"]) {
    const key = Buffer.from(/key=(\w+)/.exec((await group.command(name, "key")).out)![1]!, "hex");
    t.notOk(wire.includes(key), `${name}'s public key`);
  }
});

t.test("the same recording contains the text in the line dialect", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const wires = await wiresBetween(t, group);
  const [alice, bob] = [await group.start("Alice", ...wires.alice), await group.start("Bob", ...wires.bob)];
  alice.say("Bob/secret question");
  await bob.sees("Alice : secret question");
  t.ok(Buffer.concat(wires.both.flatMap(({ recorded }) => recorded)).includes("secret question"));
});

for (const way of ["p2p trust Alice", "/trust Alice"])
  t.test(`both screens report a changed key, no message is shown, and ${way} delivers the waiting ones`, async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    const bob = await group.start("Bob");
    const before = await group.start("Alice");
    before.say("Bob/before");
    await bob.sees("Alice : before");
    await before.stop();
    renameSync(group.stateOf("Alice"), `${group.stateOf("Alice")}-lost`);
    const alice = await group.start("Alice");
    const shown = fingerprintIn((await group.command("Alice", "key")).out);
    alice.say("Bob/with a new key");
    await bob.sees(
      new RegExp(`^Alice's key is not the one we know \\(known .*, shown ${shown}\\).*p2p trust Alice\\)$`),
    );
    await alice.sees(/^Bob refused us: Bob knows us by a different key; messages wait here\. .* \/trust Alice$/);
    bob.say("Alice/not for the new one yet");
    await bob.sees(/^Alice is unreachable \(.*\); 1 message is waiting/);
    t.equal(bob.stdout.count(/with a new key$/) + alice.stdout.count(/not for the new one/), 0);

    if (way.startsWith("/")) {
      bob.say(way);
      await bob.sees(`Alice's key is now : ${shown}`);
    } else t.match(await group.command("Bob", "trust", "Alice"), { code: 0, out: `Alice's key is now : ${shown}` });
    await bob.sees("Alice : with a new key");
    await alice.sees("Bob : not for the new one yet");
    await bob.sees("Alice has another key now: 1 message that waited for the old key will be sent to the new one.");
    t.equal(bob.stdout.count("Alice : with a new key"), 1);
    t.equal(alice.stdout.count("Bob : not for the new one yet"), 1);
    t.equal(bob.stdout.count(/^Alice's key is not the one we know/), 1, "reported once, not at every retry");
  });

for (const [name, way] of [
  ["p2p trust", "command"],
  ["/trust", "console"],
] as const)
  t.test(`if several keys were refused, ${name} lists them and accepts only one that is named`, async (t) => {
    const group = await Group.secure(t, "Alice", "Bob");
    const bob = await group.start("Bob");
    let shown = "";
    for (const life of ["first", "second", "third"]) {
      const alice = await group.start("Alice");
      alice.say("/key");
      await alice.sees(/^For Alice's row in your friends' group files : key=[0-9a-f]{64}$/);
      shown = fingerprintIn(alice.stdout.text);
      t.equal(fingerprintIn((await group.command("Alice", "key")).out), shown, "as p2p key shows it");
      alice.say(`Bob/from my ${life} key`);
      if (life === "first") await bob.sees("Alice : from my first key");
      else await bob.sees(new RegExp(`^Alice's key is not the one we know .*shown ${shown}`));
      await alice.stop();
      if (life !== "third") renameSync(group.stateOf("Alice"), `${group.stateOf("Alice")}-${life}`);
    }
    const listed = /^For Alice, 2 different keys were refused since .* was trusted/m;
    if (way === "console") {
      bob.say("/trust Alice");
      await bob.sees(listed);
      await bob.sees(new RegExp(`^  ${shown}  from 127\\.[0-9.]+  20\\d\\d-`));
      bob.say(`/trust Alice ${shown}`);
      await bob.sees(`Alice's key is now : ${shown}`);
    } else {
      t.match(await group.command("Bob", "trust", "Alice"), { code: 69, err: listed });
      t.match(await group.command("Bob", "trust", "Alice", shown), { code: 0, out: `Alice's key is now : ${shown}` });
    }
    await group.start("Alice");
    await bob.sees("Alice : from my third key");
    t.equal(bob.stdout.count(/from my second key/), 0);
  });

t.test("the start exits with 4 if our row has another key=", async (t) => {
  const group = await Group.secure(t, `Alice key=${"f".repeat(64)}`, "Bob");
  const alice = group.launch("Alice", []);
  t.same(await alice.ended(), { code: 4, signal: null });
  t.match(alice.stderr.text, /is not the key of this machine/);
  t.equal(alice.stdout.text, "");
});

t.test("clear text from the address of a secure row is refused, and the notice says how to allow it", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  const wire = await Wire.dial(t, group.hostOf("Bob"), group.at("Alice"));
  wire.write("hello in clear\n");
  await alice.sees(/^Unencrypted text from Bob was refused: .* its dialect after the address \(dialect=line, /);
  await wire.isTurnedAway();
  t.equal(wire.heard.size, 0, "no byte was sent in reply");
  t.equal(alice.stdout.count(/hello in clear/), 0);
});

t.test("a peer without the secure dialect is reported, gets no clear text, and its messages wait", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const bob = await Neighbour.listen(t, group.at("Bob"));
  const alice = await group.start("Alice");
  alice.say("Bob/for your eyes only");
  const wire = await bob.wire();
  wire.write("hello, I am an older program\n");
  await alice.sees(
    /^Bob is unreachable \(it does not speak the secure dialect; .*its dialect after its address \(.*\)\); 1 message is waiting/,
  );
  alice.say("/peers");
  await alice.sees(/^Bob .* 1 message is waiting$/);
  await timePasses(1_000);
  for (const { heard } of bob.wires) t.notOk(heard.raw.includes("eyes only"));
});

t.test("a known key is accepted from an unknown address, and replies use the same connection", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  const home = await group.start("Bob");
  home.say("Alice/at home");
  await alice.sees("Bob : at home");
  await home.stop();
  const abroad = await group.start("Bob", "--listen", group.strangersHost);
  abroad.say("Alice/on the road");
  await alice.sees("Bob : on the road");
  alice.say("Bob/have a good trip");
  await abroad.sees("Alice : have a good trip");
});

t.test("an unknown key from an address outside the group file is refused", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const alice = await group.start("Alice");
  const bob = await group.start("Bob", "--listen", group.strangersHost);
  bob.say("Alice/let me in");
  await alice.sees(/^Somebody with key .*, new to us, claims to be Bob from an address that we do not know as Bob's/);
  await bob.sees(/^Alice refused us: no row there has our name Bob and the address/);
  t.equal(alice.stdout.count(/let me in/), 0);
});

t.test("a row can have a host name", async (t) => {
  const group = await Group.secure(t, "Alice@localhost", "Bob");
  const alice = await group.start("Alice", "--listen", "127.0.0.1");
  const bob = await group.start("Bob");
  bob.say("Alice/found by name");
  await alice.sees("Bob : found by name");
  alice.say("Bob/well done");
  await bob.sees("Alice : well done");
});

t.test("--require-verified accepts only verified keys, and p2p trust verifies one", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const [alice, bob] = [await group.start("Alice", "--require-verified"), await group.start("Bob")];
  bob.say("Alice/do you know me?");
  await alice.sees(/^Bob's key .* was not verified, and --require-verified is set: nothing was sent or shown/);
  await bob.sees(/^Alice accepts only verified keys, and ours is not verified yet/);
  const bobs = /key=(\w+)/.exec((await group.command("Bob", "key")).out)![1]!;
  t.match(await group.command("Alice", "trust", "Bob", bobs), { code: 0 });
  await alice.sees("Bob : do you know me?");
  alice.say("/peers");
  await alice.sees(/^Bob .* key: pinned$/);
});

t.test("members with --no-store chat, warn that messages are kept in memory only, and store none", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const [alice, bob] = [await group.start("Alice", "--no-store"), await group.start("Bob", "--no-store")];
  await alice.sees("Messages are kept in memory only, and are lost when this program ends (--no-store).");
  alice.say("Bob/between us");
  await bob.sees("Alice : between us");
  alice.say("/history");
  await alice.sees("There is no history: this member stores nothing (--no-store).");
  await alice.stop();
  t.match(await group.command("Alice", "history"), { code: 0, out: "", err: /^There is no history yet/ });
  t.notOk(readdirSync(group.stateOf("Alice")).includes("messages.db"));
});

t.test("an idle secure connection closes with one notice on each side, and the next message reopens it", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const idle = ["--idle-timeout", "1"];
  const [alice, bob] = [await group.start("Alice", ...idle), await group.start("Bob", ...idle)];
  for (const round of [1, 2]) {
    alice.say(`Bob/round ${round}`);
    await bob.sees(`Alice : round ${round}`);
    await alice.sees("Connection with Bob timed out", round);
    await bob.sees("Connection with Alice timed out", round);
  }
  await timePasses(1_300);
  for (const member of [alice, bob]) t.equal(member.stdout.count(/^Connection with/), 2);
});

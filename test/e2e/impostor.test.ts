// Dishonest peers of the secure dialect are refused or cut off, and the honest members talk on undisturbed.

import t, { type Test } from "tap";
import { Group } from "./kit/group.js";
import type { Member } from "./kit/member.js";
import { Neighbour, Wire } from "./kit/neighbour.js";
import {
  frame,
  hello,
  kinds,
  newKeys,
  NoisePeer,
  position,
  preamble,
  stream,
  texts,
  textsAt,
  u64,
} from "./kit/noise-peer.js";
import { timePasses, until } from "./kit/patience.js";
import { wiresBetween, type ProxyOptions } from "./kit/proxy.js";

interface Scene {
  readonly group: Group;
  readonly alice: Member;
  readonly bob: Member;
  /** Asserts that Alice and Bob still talk, and had no trouble. */
  undisturbed(): Promise<void>;
}

/** Alice and Bob know each other's keys; Mallory has a row, too, but no key is known. */
async function honest(t: Test): Promise<Scene> {
  const group = await Group.secure(t, "Alice", "Bob", "Mallory");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  let said = 0;
  const undisturbed = async (): Promise<void> => {
    said += 1;
    alice.say(`Bob/ping ${said}`);
    await bob.sees(`Alice : ping ${said}`);
    bob.say(`Alice/pong ${said}`);
    await alice.sees(`Bob : pong ${said}`);
    t.equal(bob.stdout.count(/^Alice : ping/), said);
    t.equal(alice.stdout.count(/^Bob : pong/), said);
    t.equal(alice.stdout.count(/Bob (timed out|closed|broke|is unreachable)/), 0);
  };
  await undisturbed();
  return { group, alice, bob, undisturbed };
}

t.test("the test peer works: an honest Mallory's message is shown once and acknowledged", async (t) => {
  const { group, alice, undisturbed } = await honest(t);
  const mallory = await NoisePeer.dial(t, group.hostOf("Mallory"), group.at("Alice"));
  await mallory.initiate();
  mallory.say(hello("Mallory"), position());
  await mallory.hears(kinds.position);
  mallory.say(stream(), texts(1, "one", "two"));
  await alice.sees("Mallory : two");
  const ack = await mallory.hears(kinds.ack);
  t.equal(ack.body.readBigUInt64BE(), 2n);
  mallory.say(texts(1, "one", "two", "three"), texts(2, "two"));
  await alice.sees("Mallory : three");
  alice.say("Mallory/welcome");
  const welcome = await mallory.hears(kinds.texts);
  t.equal(welcome.body.subarray(16).toString(), "welcome\n");
  for (const text of ["one", "two", "three"]) t.equal(alice.stdout.count(`Mallory : ${text}`), 1, "shown once");
  await undisturbed();
});

t.test("refuses another key at a friend's address with a notice, and shows none of its messages", async (t) => {
  const { group, alice, bob } = await honest(t);
  await bob.stop();
  const thief = await NoisePeer.dial(t, group.hostOf("Bob"), group.at("Alice"));
  await thief.initiate();
  thief.say(hello("Bob"), position(), stream(), texts(1, "it is me, Bob"));
  const refused = await thief.hears();
  t.same([refused.kind, refused.body[0]], [kinds.refused, 1]);
  await alice.sees(/^Bob's key is not the one we know/);
  await thief.isTurnedAway();
  t.equal(alice.stdout.count(/it is me/), 0);
});

t.test("an impostor that listens at a friend's address gets no message; they wait for the friend", async (t) => {
  const { group, alice, bob } = await honest(t);
  await bob.stop();
  await alice.sees("Connection with Bob closed");
  const accepted = NoisePeer.accept(t, group.at("Bob"));
  alice.say("Bob/for Bob alone");
  const impostor = await accepted;
  await impostor.respond();
  const refused = await impostor.hears();
  t.same([refused.kind, refused.body[0]], [kinds.refused, 1], "refused, and not a word before it");
  await alice.sees(/^Bob's key is not the one we know/);
  await impostor.isTurnedAway();
  impostor.reset();
  const home = await group.start("Bob");
  await home.sees("Alice : for Bob alone");
});

t.test(
  "a friend's name without the friend's key is worth nothing, nor is the friend's key under another name",
  async (t) => {
    const { group, alice, undisturbed } = await honest(t);
    const liar = await NoisePeer.dial(t, group.hostOf("Mallory"), group.at("Alice"));
    await liar.initiate();
    liar.say(hello("Bob"));
    t.equal((await liar.hears()).kind, kinds.refused);
    const keys = newKeys();
    const mallory = await NoisePeer.dial(t, group.hostOf("Mallory"), group.at("Alice"), keys);
    await mallory.initiate();
    mallory.say(hello("Mallory"));
    await mallory.hears(kinds.hello);
    const again = await NoisePeer.dial(t, group.hostOf("Mallory"), group.at("Alice"), keys);
    await again.initiate();
    again.say(hello("Bob"), position(), stream(), texts(1, "from Bob?"));
    const answer = await again.hears(kinds.hello, kinds.refused);
    if (answer.kind === kinds.hello) await alice.sees("Mallory : from Bob?");
    await undisturbed();
    t.equal(alice.stdout.count("Bob : from Bob?"), 0);
  },
);

t.test("shows nothing from a replayed connection", async (t) => {
  const { group, alice, undisturbed } = await honest(t);
  const mallory = await NoisePeer.dial(t, group.hostOf("Mallory"), group.at("Alice"));
  await mallory.initiate();
  mallory.say(hello("Mallory"), position(), stream(), texts(1, "only once"));
  await alice.sees("Mallory : only once");
  mallory.reset();
  for (const from of [group.hostOf("Mallory"), group.strangersHost]) {
    const echo = await Wire.dial(t, from, group.at("Alice"));
    echo.write(Buffer.concat(mallory.sent));
    await echo.isTurnedAway();
  }
  t.equal(alice.stdout.count("Mallory : only once"), 1);
  await undisturbed();
});

const badRecords: readonly (readonly [string, (peer: NoisePeer) => void])[] = [
  [
    "repeats a record",
    (peer) => {
      const record = peer.seal(stream(), texts(1, "heard once"));
      peer.write(Buffer.concat([record, record]));
    },
  ],
  [
    "leaves out a record",
    (peer) => {
      peer.seal(stream());
      peer.say(texts(1, "never to be heard"));
    },
  ],
  [
    "flips a bit",
    (peer) => {
      const record = peer.seal(stream(), texts(1, "never to be heard"));
      record[20]! ^= 1;
      peer.write(record);
    },
  ],
  ["sends a record that is too short", (peer) => peer.write(Buffer.from([0, 3, 1, 2, 3]))],
  ["leaves a gap in the numbers", (peer) => peer.say(stream(), texts(2, "never to be heard"))],
  ["counts from zero", (peer) => peer.say(stream(), texts(0, "never to be heard"))],
  ["sends texts before it says which stream", (peer) => peer.say(texts(1, "never to be heard"))],
  ["acknowledges what was never sent", (peer) => peer.say(frame(kinds.ack, u64(1), u64(0)))],
  ["announces a frame of a gigabyte", (peer) => peer.say(Buffer.from([kinds.texts, 0x40, 0, 0, 0]))],
  ["says hello twice", (peer) => peer.say(hello("Mallory"))],
];

for (const [what, misbehave] of badRecords)
  t.test(`cuts off a proven peer that ${what}, without effect on others`, async (t) => {
    const { group, alice, undisturbed } = await honest(t);
    const mallory = await NoisePeer.dial(t, group.hostOf("Mallory"), group.at("Alice"));
    await mallory.initiate();
    mallory.say(hello("Mallory"), position());
    await mallory.hears(kinds.position);
    misbehave(mallory);
    await mallory.isTurnedAway();
    await until(
      () =>
        /"event":"peer-cut-off"/.test(alice.stderr.text) || alice.stdout.count(/^Connection with Mallory broke/) > 0,
      () => `a word about Mallory:\n${alice.stdout.tail()}\n${alice.stderr.tail()}`,
    );
    t.equal(alice.stdout.count(/never to be heard/), 0);
    t.ok(alice.stdout.count("Mallory : heard once") <= 1);
    await undisturbed();
  });

t.test("skips unknown kinds of frames and new fields, and accepts a newer minor version", async (t) => {
  const { group, alice, undisturbed } = await honest(t);
  const mallory = await NoisePeer.dial(t, group.hostOf("Mallory"), group.at("Alice"));
  await mallory.initiate(preamble(1, 9));
  const news = frame(200, Buffer.from("from a newer version"));
  const longer = Buffer.concat([hello("Mallory", 9).subarray(5), u64(2 ** 52 + 3), Buffer.from("new field")]);
  mallory.say(frame(kinds.hello, longer), position(), news);
  await mallory.hears(kinds.position);
  mallory.say(stream(), news, texts(1, "from the future"), news);
  await alice.sees("Mallory : from the future");
  t.equal((await mallory.hears(kinds.ack)).body.readBigUInt64BE(), 1n);
  mallory.say(textsAt(2, 1_700_000_000_000, "with its time"));
  await alice.sees("Mallory : with its time");
  await undisturbed();
});

t.test("answers a newer major version with its own, and prints a clear notice", async (t) => {
  const { group, alice, bob, undisturbed } = await honest(t);
  const future = await Wire.dial(t, group.hostOf("Mallory"), group.at("Alice"));
  future.write(Buffer.concat([preamble(2, 3), Buffer.alloc(34, 1)]));
  await future.isTurnedAway();
  t.same([...future.heard.raw], [...preamble(1, 1)], "our version, so that both sides can say which two met");
  await alice.stderr.sees(/it speaks version 2\.3 of the secure dialect, we speak 1\.1/);
  const listening = await Neighbour.listen(t, group.at("Mallory"));
  bob.say("Mallory/hello");
  (await listening.wire()).write(preamble(2, 3));
  await bob.sees(/^Mallory is unreachable \(it speaks version 2\.3 of the secure dialect, we speak 1\.1\); 1 message/);
  await undisturbed();
});

t.test("cuts off a handshake of one byte a second in time, and accepts others meanwhile", async (t) => {
  const { group, undisturbed } = await honest(t);
  const drips = await Promise.all(
    Array.from({ length: 8 }, () => Wire.dial(t, group.hostOf("Mallory"), group.at("Alice"))),
  );
  const bytes = Buffer.concat([preamble(), Buffer.from([0, 32]), Buffer.alloc(32, 5)]);
  // Half of them send the preamble of the secure dialect at once, and the rest slowly.
  const hasty = drips.filter((_, index) => index % 2 === 0);
  for (const drip of hasty) drip.write(preamble());
  const dripsMax = 20;
  let at = 0;
  for (; at < dripsMax && drips.some((drip) => !drip.ended && !drip.closed); at += 1) {
    for (const drip of drips) {
      const from = hasty.includes(drip) ? at + preamble().length : at;
      drip.write(bytes.subarray(from, from + 1));
    }
    await undisturbed();
    await timePasses(1_000);
  }
  for (const drip of drips) await drip.isTurnedAway();
  t.ok(at < dripsMax, `turned away after ${at} bytes, a second apart: within the deadline of the handshake`);
  for (const drip of drips) t.equal(drip.heard.size, 0);
  await undisturbed();
});

t.test("disconnects a silent stranger in time", async (t) => {
  const { group, undisturbed } = await honest(t);
  const silent = await Wire.dial(t, group.strangersHost, group.at("Alice"));
  await undisturbed();
  await silent.isTurnedAway();
  await undisturbed();
});

const tamperings: readonly (readonly [string, NonNullable<ProxyOptions["tamper"]>])[] = [
  [
    "flips a bit in each handshake's answer",
    (chunk, { way, offset }) => (way === "back" && offset === 0 ? flip(chunk, 40) : chunk),
  ],
  ["flips a bit behind the handshake", (chunk, { offset }) => (offset > 250 ? flip(chunk, chunk.length - 1) : chunk)],
];

function flip(chunk: Buffer, at: number): Buffer {
  const changed = Buffer.from(chunk);
  const place = Math.min(at, chunk.length - 1);
  changed[place]! ^= 4;
  return changed;
}

for (const [what, tamper] of tamperings)
  t.test(
    `while an attacker on the way ${what}, shows nothing false; then the waiting messages arrive once`,
    async (t) => {
      let evil = true;
      const group = await Group.secure(t, "Alice", "Bob");
      const wires = await wiresBetween(t, group, { tamper: (chunk, where) => (evil ? tamper(chunk, where) : chunk) });
      const [alice, bob] = [await group.start("Alice", ...wires.alice), await group.start("Bob", ...wires.bob)];
      alice.say("Bob/the plain truth");
      await timePasses(1_500);
      t.equal(bob.stdout.count(/^Alice : (?!the plain truth$)/), 0);
      evil = false;
      alice.say("Bob/and nothing else");
      await bob.sees("Alice : and nothing else");
      t.same(
        bob.stdout.lines.filter((line) => line.startsWith("Alice : ")),
        ["Alice : the plain truth", "Alice : and nothing else"],
      );
    },
  );

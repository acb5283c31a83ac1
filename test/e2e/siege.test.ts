// Two members chat during a thousand hostile connections, half of them from an address in the group file.

import { setInterval } from "node:timers";
import t, { type Test } from "tap";
import { Group, type At } from "./kit/group.js";
import { mebibyte, whyNoMemory } from "./kit/memory.js";
import type { Member } from "./kit/member.js";
import { Wire } from "./kit/neighbour.js";
import { timePasses } from "./kit/patience.js";

const perSide = 500;
const perWave = 50;

const garbage = Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 167 + 13) % 256));
const endless = Buffer.alloc(2 * mebibyte, "x");

/** Actions of the hostile connections, used in turn. */
const attacks: readonly ((wire: Wire) => void)[] = [
  (wire) => wire.write(garbage),
  (wire) => wire.write(endless),
  () => undefined, // connects and is silent
  (wire) => wire.end(),
  (wire) => drip(wire),
  (wire) => wire.reset(),
];

function drip(wire: Wire): void {
  const timer = setInterval(() => {
    if (wire.closed) clearInterval(timer);
    else wire.write("x");
  }, 50);
  timer.unref();
}

async function attack(t: Test, hosts: (number: number) => string, to: At): Promise<void> {
  for (let from = 0; from < perSide; from += perWave) {
    const wave = Array.from({ length: perWave }, (_, index) => from + index);
    await Promise.all(
      // A refused connection may close before its connect returns.
      wave.map((number) => Wire.dial(t, hosts(number), to).then(attacks[number % attacks.length], () => undefined)),
    );
    await timePasses(100);
  }
}

/** Alice and Bob take turns, one line at a time, until `isOver`. Returns the number of lines of each. */
async function converse(alice: Member, bob: Member, isOver: () => boolean): Promise<number> {
  let number = 0;
  for (; !isOver() || number < 20; number += 1) {
    alice.say(`Bob/ping ${number}`);
    await bob.sees(`Alice : ping ${number}`);
    bob.say(`Alice/pong ${number}`);
    await alice.sees(`Bob : pong ${number}`);
  }
  return number;
}

t.test(
  "a thousand hostile connections do not disturb a chat, and the memory stays bounded",
  { skip: whyNoMemory },
  async (t) => {
    const group = await Group.of(t, "Alice", "Bob", "Mallory");
    const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
    await converse(alice, bob, () => true);
    const before = alice.residentBytes;
    let over = false;
    const stranger = group.strangersHost.split(".").slice(0, 2).join(".");
    const siege = Promise.all([
      attack(t, (number) => `${stranger}.255.${(number % 200) + 1}`, group.at("Alice")),
      attack(t, () => group.hostOf("Mallory"), group.at("Alice")),
    ]).finally(() => (over = true));
    const said = await converse(alice, bob, () => over).finally(() => siege);

    const grown = alice.residentBytes - before;
    t.ok(grown < 64 * mebibyte, `grew by ${Math.round(grown / mebibyte)} MiB`);
    t.equal(alice.stdout.count(/^Bob : pong/), said + 20);
    t.equal(bob.stdout.count(/^Alice : ping/), said + 20);
    t.equal(alice.stdout.count(/Bob (timed out|closed|broke|is unreachable)/), 0);
    t.ok(alice.stdout.count("Unknown host trying to connect. Not in peer list!") < 100, "the notices are bounded");
    await alice.stderr.sees(/"event":"connection-refused".*"reason":"unknown-host"/);
    await alice.stderr.sees(/"event":"connection-refused".*"reason":"(accept-rate|connections-of-address)"/);
    t.ok(alice.stderr.lines.length < 2_000, "the log is bounded");
  },
);

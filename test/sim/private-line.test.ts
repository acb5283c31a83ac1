// Two copies of our program find each other's private line; other programs on that port are never sent a byte.

import { handshakeMs, windowBytes } from "../../src/core/limits.js";
import { bannerMs } from "../../src/core/older-limits.js";
import { toUtf8 } from "../../src/core/utf8.js";
import type { Connection } from "../../src/ports.js";
import { noBanner } from "../../src/compat/banner-connection.js";
import { banner } from "../../src/wire/secure/banner.js";
import { promise, type Test } from "../unit/kit/promise.js";
import { assertSame } from "./world/assert-same.js";
import { explore } from "./world/explore.js";
import { PrivateWorld } from "./world/private-ends.js";
import type { VirtualClock } from "./world/virtual-time.js";

const swift = { delayMs: [0.1, 0.2], splits: 0 } as const;
const lines = (count: number, from: string): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${from} ${String(at)}`);

explore(
  "texts on a private line arrive once, in order and confirmed, with either side dialling, through resets",
  (seed) => {
    const world = new PrivateWorld(seed, { resets: seed % 2 === 0 ? 0 : 0.02, losses: 0.02 });
    const [alice, bob] = [world.end("10.1.1.0", "Alice"), world.end("10.1.2.0", "Bob")];
    if (world.dice.chance(0.5)) bob.dial(alice);
    for (let at = 0; at < 20; at += 1) {
      alice.insist(bob, `from Alice ${at}`);
      bob.insist(alice, `from Bob ${at}`);
      world.pass(world.dice.between(0, 500));
    }
    world.pass(300_000);
    assertSame(bob.texts, lines(20, "from Alice"), "Bob heard");
    assertSame(alice.texts, lines(20, "from Bob"), "Alice heard");
    assertSame(
      [alice, bob].map(({ delivered }) => String(delivered)),
      ["20", "20"],
      "confirmed",
    );
  },
);

promise("both report the private line once, and each can call back at the peer's clear address", (t) => {
  const world = new PrivateWorld(1, swift);
  const [alice, bob] = [world.end("10.1.1.0", "Alice"), world.end("10.1.2.0", "Bob")];
  alice.dial(bob);
  world.pass(100);
  t.strictSame(alice.told, ["private with Bob"]);
  t.strictSame(bob.told, ["private with Alice"]);
  t.equal(bob.line.callTo(alice.to)?.key, alice.line.key);
  t.equal(alice.line.callTo(bob.to)?.key, bob.line.key);
});

promise("a quiet line closes, and the next message opens it again", (t) => {
  const world = new PrivateWorld(2, swift);
  const [alice, bob] = [world.end("10.1.1.0"), world.end("10.1.2.0")];
  alice.dial(bob);
  world.idle();
  t.strictSame([alice.told.at(-1), bob.told.at(-1)], ["timed-out", "timed-out"]);
  t.equal(alice.line.connections, 0);
  bob.say(alice, "back again");
  world.pass(1_000);
  t.strictSame([alice.texts, bob.delivered], [["back again"], 1]);
  t.notOk(alice.told.some((what) => what.startsWith("clear")));
});

promise("a clean end is reported, and the next peer is asked for a private line again", (t) => {
  const world = new PrivateWorld(3, swift);
  const [alice, bob] = [world.end("10.1.1.0"), world.end("10.1.2.0")];
  alice.dial(bob);
  world.pass(100);
  alice.act(() => alice.line.hangUp(alice.line.callTo(bob.to)!));
  world.pass(100);
  t.equal(bob.told.at(-1), "ended: undefined");
  t.equal(bob.line.callTo(alice.to), undefined);
  alice.dial(bob);
  world.pass(1_000);
  t.equal(bob.told.at(-1), "private with 10.1.1.0");
});

promise("texts for a broken private line are sent when it is back, and never in the clear", (t) => {
  const world = new PrivateWorld(4, swift);
  const [alice, bob] = [world.end("10.1.1.0"), world.end("10.1.2.0")];
  alice.dial(bob);
  world.pass(100);
  world.internet.vanish("10.1.2.0");
  alice.say(bob, "are you there");
  world.pass(60_000);
  t.equal(alice.line.waiting, 1);
  t.ok(alice.told.some((what) => what.startsWith("unreachable")));
  t.notOk(alice.told.some((what) => what.startsWith("clear")));
  const again = world.end("10.1.2.0", "Bob again");
  world.pass(60_000);
  t.strictSame([again.texts, alice.delivered, alice.line.waiting], [["are you there"], 1, 0]);
  t.equal(alice.told.filter((what) => what.startsWith("private")).length, 2, "the new key is told");
});

/** Alice dials a program that is not ours: it gets no byte, and she switches to the clear in time. */
function neverSeesAByte(t: Test, greet: (connection: Connection, clock: VirtualClock) => void): void {
  const world = new PrivateWorld(5, swift);
  const alice = world.end("10.1.1.0");
  const old = world.standIn("10.1.2.0", greet);
  const before = world.time.now;
  alice.dial(old);
  world.pass(bannerMs + 100);
  t.match(alice.told[0], `clear 10.1.2.0: ${noBanner}`);
  t.ok(Number(/after (\d+)/.exec(alice.told[0] ?? "")?.[1]) - before <= bannerMs + 50, "in time");
  world.pass(10_000);
  t.equal(old.bytes.length, 0);
  t.strictSame([old.connections, old.ends], [1, 1], "asked once, and hung up in peace");
  t.equal(alice.told.length, 1);
  t.equal(alice.reactor.wheel.size, 0, "nothing is left to wait for");
}

promise("an older program that says nothing is never sent a byte", (t) => neverSeesAByte(t, () => undefined));

promise("an older program that talks is never sent a byte", (t) =>
  neverSeesAByte(t, (connection) => void connection.write(toUtf8("Quy[PORT:9101] says: hello"))),
);

promise("a program that sends the beginning of a banner is never sent a byte", (t) =>
  neverSeesAByte(t, (connection) => void connection.write(banner.subarray(0, 5))),
);

promise("a program with another major version is never sent a byte", (t) =>
  neverSeesAByte(t, (connection) => void connection.write(new Uint8Array([0xfe, 0x70, 0x32, 0x70, 2, 0]))),
);

promise("a program that closes at once is never sent a byte", (t) =>
  neverSeesAByte(t, (connection) => connection.end()),
);

promise("a program that resets is never sent a byte", (t) => {
  const world = new PrivateWorld(6, swift);
  const alice = world.end("10.1.1.0");
  const old = world.standIn("10.1.2.0", (connection) => connection.reset());
  alice.dial(old);
  world.pass(bannerMs);
  t.match(alice.told[0], "clear 10.1.2.0");
  t.equal(old.bytes.length, 0);
});

promise("a program whose banner comes too late is never sent a byte", (t) =>
  neverSeesAByte(t, (connection, clock) => void clock.after(1_100, () => connection.write(banner))),
);

promise("without a listener the call is reported as clear", (t) => {
  const world = new PrivateWorld(7, swift);
  const alice = world.end("10.1.1.0");
  world.internet.host("10.1.2.0", alice.clock);
  alice.dial({ to: { host: "10.1.2.0", port: 9101 } });
  world.pass(bannerMs + 100);
  t.match(alice.told[0], "clear 10.1.2.0");
});

promise("a peer that falls silent after its banner is dialled again, and never called in the clear", (t) => {
  const world = new PrivateWorld(8, swift);
  const alice = world.end("10.1.1.0");
  const mute = world.standIn("10.1.2.0", (connection) => void connection.write(banner));
  alice.dial(mute);
  world.pass(handshakeMs + 100);
  t.equal(alice.told[0], "unreachable: no secure answer");
  t.same(mute.bytes.subarray(0, 6), banner, "the preamble of the secure dialect came after the banner");
  world.pass(30_000);
  t.ok(mute.connections > 1);
  t.notOk(alice.told.some((what) => what.startsWith("clear")));
});

promise("a stranger who talks on our private line gets only the banner, and is disconnected", (t) => {
  const world = new PrivateWorld(9, swift);
  const alice = world.end("10.1.1.0");
  const chunks: number[] = [];
  let hungUp = false;
  const stranger = world.internet.host("10.1.9.0", alice.clock).dial({
    ...{ host: "10.1.1.0", port: 10_101, localHost: undefined },
  });
  stranger.bind({
    onOpen: () => void stranger.write(toUtf8("Quy[PORT:9101] says: hello")),
    onBytes: (chunk) => chunks.push(...chunk),
    onDrain: () => undefined,
    onEnd: () => (hungUp = true),
    onClose: () => (hungUp = true),
  });
  world.pass(1_000);
  t.same(chunks, [...banner]);
  t.ok(hungUp);
  t.strictSame(alice.told, []);
});

promise("a caller with another key does not replace a connected peer", (t) => {
  const world = new PrivateWorld(10, swift);
  const [alice, bob] = [world.end("10.1.1.0"), world.end("10.1.2.0", "Bob")];
  alice.dial(bob);
  world.pass(100);
  const impostor = world.end("10.1.2.0", "Bob");
  impostor.dial(alice);
  world.pass(2_000);
  t.equal(alice.line.callTo(bob.to)?.key, bob.line.key);
  t.equal(impostor.told[0], "unreachable: it refused us");
  alice.say(bob, "still you?");
  world.pass(1_000);
  t.strictSame([bob.texts, impostor.texts], [["still you?"], []]);
});

promise("a blocked screen holds up the peer and costs bounded memory", (t) => {
  const world = new PrivateWorld(11, swift);
  const [alice, bob] = [world.end("10.1.1.0"), world.end("10.1.2.0")];
  bob.shows = false;
  alice.dial(bob);
  world.pass(100);
  const line = "x".repeat(1_000);
  for (let at = 0; at < 60; at += 1) {
    alice.say(bob, ...Array.from({ length: 100 }, () => line));
    world.pass(100);
  }
  world.pass(5_000);
  t.ok(bob.texts.length * 1_001 <= windowBytes + 65_536, `${bob.texts.length} texts`);
  t.ok(alice.told.includes("congested"));
});

promise("any number of texts passes when the screen takes them", (t) => {
  const world = new PrivateWorld(12, swift);
  const [alice, bob] = [world.end("10.1.1.0"), world.end("10.1.2.0")];
  alice.dial(bob);
  world.pass(100);
  for (let at = 0; at < 20; at += 1) {
    alice.say(bob, ...Array.from({ length: 100 }, () => "x".repeat(1_000)));
    world.pass(1_000);
  }
  t.strictSame([bob.texts.length, alice.delivered, alice.line.waiting], [2_000, 2_000, 0]);
});

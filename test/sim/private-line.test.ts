// Private lines between two `p2p says`, and what programs without one see of them.

import type { Test } from "tap";
import { noBanner } from "../../src/compat/banner-connection.js";
import { answerMs, backoffMaxMs, handshakeMs, screenHighWater } from "../../src/core/limits.js";
import { bannerMs } from "../../src/core/older-limits.js";
import { toUtf8 } from "../../src/core/utf8.js";
import type { Connection } from "../../src/ports.js";
import { banner } from "../../src/wire/secure/banner.js";
import { promise } from "../unit/kit/promise.js";
import { assertSame } from "./world/assert-same.js";
import { explore } from "./world/explore.js";
import { PrivateWorld } from "./world/private-ends.js";
import { VirtualClock } from "./world/virtual-time.js";

const [alicesHost, bobsHost] = ["10.1.1.0", "10.1.2.0"];
const swift = { delayMs: [0.1, 0.2], splits: 0 } as const;
const keys = / {2}theirs: (.*)\n {2}yours: {2}(.*)\n/;

/** Alice and Bob, who have each other's address. */
function pair(world: PrivateWorld) {
  return [world.says(alicesHost, "Alice", bobsHost), world.says(bobsHost, "Bob", alicesHost)] as const;
}

const lines = (count: number, from: string): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${from} ${String(at)}`);

explore(
  "texts on a private line are shown once, in order and confirmed, with both sides dialling, through resets",
  (seed) => {
    const world = new PrivateWorld(seed);
    const [alice, bob] = pair(world);
    for (const [one, other] of [
      [alice, bob],
      [bob, alice],
    ] as const)
      if (world.dice.chance(0.5)) one.say("first");
      else other.say("first");
    world.pass(5_000);
    const first = [alice.heard("Bob"), bob.heard("Alice")];
    assertSame([String(first.flat().length)], ["2"], "both first texts");
    world.weather = { resets: seed % 2 === 0 ? 0 : 0.02, losses: 0.02 };
    for (const text of lines(20, "text")) {
      alice.say(text);
      bob.say(text);
      world.pass(world.dice.between(0, 500));
    }
    world.pass(600_000);
    assertSame(bob.heard("Alice").slice(first[1]?.length), lines(20, "text"), "Bob heard");
    assertSame(alice.heard("Bob").slice(first[0]?.length), lines(20, "text"), "Alice heard");
    const shown = [
      alice.count("(delivered)"),
      bob.count("(delivered)"),
      alice.count("this chat"),
      bob.count("this chat"),
    ];
    assertSame(
      shown.map(String),
      [20 + (first[1]?.length ?? 0), 20 + (first[0]?.length ?? 0), 0, 0].map(String),
      "said",
    );
    for (const end of [alice, bob]) end.stop();
    world.weather = { resets: 0, losses: 0 };
    world.pass(10_000);
    for (const { code, log } of [alice, bob])
      assertSame([String(code), ...log.loud.map(({ event }) => event)], ["0"], "the end");
  },
  0.3,
);

promise("both show the same two keys, once", (t) => {
  const world = new PrivateWorld(1, swift);
  const [alice, bob] = pair(world);
  alice.say("one");
  bob.say("two");
  world.pass(5_000);
  alice.say("three");
  world.pass(5_000);
  t.strictSame([alice.heard("Bob"), bob.heard("Alice")], [["two"], ["one", "three"]]);
  const [, theirs, own] = keys.exec(alice.console.shown) ?? [];
  t.match(bob.console.shown, `  theirs: ${String(own)}\n  yours:  ${String(theirs)}\n`);
  t.strictSame([alice.count("Private line with"), bob.count("Private line with")], [1, 1]);
});

promise("a text for a peer that vanished waits, is never sent in the clear, and goes out once when it is back", (t) => {
  const world = new PrivateWorld(4, swift);
  const [alice] = pair(world);
  alice.say("hello");
  world.pass(1_000);
  world.internet.vanish(bobsHost);
  alice.say("are you there");
  world.pass(answerMs + 30_000);
  t.match(alice.console.shown, `Private line with Bob[PORT:9101] broke (no answer).`);
  t.match(alice.console.shown, "No private line with Bob[PORT:9101] any more (no");
  t.notMatch(alice.console.shown, "in the clear\n");
  const again = world.says(bobsHost, "Bob", alicesHost);
  world.pass(2 * backoffMaxMs + 60_000);
  t.strictSame(again.heard("Alice"), ["are you there"]);
  t.equal(alice.count("(delivered)"), 2);
  t.equal(alice.count("  theirs:"), 2, "the new key is told");
});

/** Alice dials a program that is not ours: it gets no byte, and she gives up in time. */
function neverSeesAByte(t: Test, greet: (connection: Connection, clock: VirtualClock) => void): void {
  const world = new PrivateWorld(5, swift);
  const old = world.standIn(bobsHost, greet);
  const alice = world.dial(alicesHost, bobsHost);
  world.pass(bannerMs + 100);
  const [reason, ms] = /^(.*), (\d+) ms$/.exec(alice.told[0] ?? "")?.slice(1) ?? [];
  t.equal(reason, noBanner);
  t.ok(Number(ms) <= bannerMs + 50, "in time");
  world.pass(10_000);
  t.equal(old.bytes.length, 0);
  t.strictSame([old.connections, old.ends], [1, 1], "we hang up in peace");
  t.strictSame([alice.told.length, alice.dial.found], [1, false]);
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

promise("a program whose banner comes too late is never sent a byte", (t) =>
  neverSeesAByte(t, (connection, clock) => void clock.after(1_100, () => connection.write(banner))),
);

promise("a program that resets is never sent a byte, and a machine without a listener counts as clear", (t) => {
  const world = new PrivateWorld(6, swift);
  const old = world.standIn(bobsHost, (connection) => connection.reset());
  world.internet.host("10.1.3.0", new VirtualClock(world.time));
  const dials = [world.dial(alicesHost, bobsHost), world.dial("10.1.4.0", "10.1.3.0")];
  world.pass(bannerMs + 100);
  for (const { told, dial } of dials) t.strictSame([told.length, dial.found], [1, false]);
  t.equal(old.bytes.length, 0);
});

promise("a peer that falls silent after its banner was found, so nothing goes to it in the clear", (t) => {
  const world = new PrivateWorld(8, swift);
  const mute = world.standIn(bobsHost, (connection) => void connection.write(banner));
  const alice = world.dial(alicesHost, bobsHost);
  world.pass(handshakeMs + 200);
  t.match(alice.told[0], "no secure answer");
  t.ok(alice.dial.found);
  t.same(mute.bytes.subarray(0, 6), banner, "the preamble of the secure dialect came after the banner");
});

promise("a stranger who talks on a private line gets only the banner, and is disconnected", (t) => {
  const world = new PrivateWorld(9, swift);
  const alice = world.says(alicesHost, "Alice", bobsHost);
  const chunks: number[] = [];
  let hungUp = false;
  const stranger = world.internet.host("10.1.9.0", new VirtualClock(world.time)).dial({
    ...{ host: alicesHost, port: 10_101, localHost: undefined },
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
  t.notMatch(alice.console.shown, "hello");
});

promise("a caller with another key does not replace a connected peer", (t) => {
  const world = new PrivateWorld(10, swift);
  const [alice, bob] = pair(world);
  alice.say("hello");
  world.pass(1_000);
  const impostor = world.dial(bobsHost, alicesHost);
  world.pass(2_000);
  t.match(impostor.told[0], "it refused us");
  alice.say("still you?");
  world.pass(1_000);
  t.strictSame(bob.heard("Alice"), ["hello", "still you?"]);
});

promise("a blocked screen holds up the peer, costs bounded memory, and loses nothing", (t) => {
  const world = new PrivateWorld(11, swift);
  const [alice, bob] = pair(world);
  alice.say("hello");
  world.pass(1_000);
  bob.console.stall();
  const line = "x".repeat(1_000);
  for (let at = 0; at < 60; at += 1) {
    for (let count = 0; count < 20; count += 1) alice.say(line);
    world.pass(2_000);
  }
  t.ok(bob.console.unreadMax <= screenHighWater + 65_536, `${bob.console.unreadMax} characters`);
  t.ok(alice.count("(delivered)") < 600);
  t.notMatch(alice.console.shown, "broke", "a pulse shows that Bob's program is alive");
  bob.console.unstall();
  world.pass(60_000);
  t.equal(bob.heard("Alice").length, 1_201);
  t.equal(alice.count("(delivered)"), 1_201);
});

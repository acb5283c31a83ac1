// Two of ours find each other's private line; whatever else listens there is never sent a byte.

import { handshakeMs, windowBytes } from "../../src/core/limits.js";
import { bannerMs } from "../../src/core/older-limits.js";
import { toUtf8 } from "../../src/core/utf8.js";
import type { Connection } from "../../src/ports.js";
import { noBanner } from "../../src/compat/banner-connection.js";
import { banner } from "../../src/wire/secure/banner.js";
import { promise, type Test } from "../unit/kit/promise.js";
import { assertSame } from "./world/assert-same.js";
import { explore } from "./world/explore.js";
import { Street } from "./world/private-ends.js";
import type { VirtualClock } from "./world/virtual-time.js";

const swift = { delayMs: [0.1, 0.2], splits: 0 } as const;
const lines = (count: number, from: string): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${from} ${String(at)}`);

explore(
  "what two say on a private line arrives once, in order and confirmed, whoever dials, through resets",
  (seed) => {
    const street = new Street(seed, { resets: seed % 2 === 0 ? 0 : 0.02, losses: 0.02 });
    const [alice, bob] = [street.end("10.1.1.0", "Alice"), street.end("10.1.2.0", "Bob")];
    if (street.dice.chance(0.5)) bob.dial(alice);
    for (let at = 0; at < 20; at += 1) {
      alice.insist(bob, `from Alice ${at}`);
      bob.insist(alice, `from Bob ${at}`);
      street.pass(street.dice.between(0, 500));
    }
    street.pass(300_000);
    assertSame(bob.texts, lines(20, "from Alice"), "Bob heard");
    assertSame(alice.texts, lines(20, "from Bob"), "Alice heard");
    assertSame(
      [alice, bob].map(({ delivered }) => String(delivered)),
      ["20", "20"],
      "confirmed",
    );
  },
);

promise("both learn of each other once, and each calls back where the other listens in the clear", (t) => {
  const street = new Street(1, swift);
  const [alice, bob] = [street.end("10.1.1.0", "Alice"), street.end("10.1.2.0", "Bob")];
  alice.dial(bob);
  street.pass(100);
  t.strictSame(alice.told, ["private with Bob"]);
  t.strictSame(bob.told, ["private with Alice"]);
  t.equal(bob.line.callTo(alice.to)?.key, alice.line.key);
  t.equal(alice.line.callTo(bob.to)?.key, bob.line.key);
});

promise("a quiet line closes, and the next message opens it again", (t) => {
  const street = new Street(2, swift);
  const [alice, bob] = [street.end("10.1.1.0"), street.end("10.1.2.0")];
  alice.dial(bob);
  street.idle();
  t.strictSame([alice.told.at(-1), bob.told.at(-1)], ["timed-out", "timed-out"]);
  t.equal(alice.line.connections, 0);
  bob.say(alice, "back again");
  street.pass(1_000);
  t.strictSame([alice.texts, bob.delivered], [["back again"], 1]);
  t.notOk(alice.told.some((what) => what.startsWith("clear")));
});

promise("a clean end is told, and whoever comes next is asked anew", (t) => {
  const street = new Street(3, swift);
  const [alice, bob] = [street.end("10.1.1.0"), street.end("10.1.2.0")];
  alice.dial(bob);
  street.pass(100);
  alice.act(() => alice.line.hangUp(alice.line.callTo(bob.to)!));
  street.pass(100);
  t.equal(bob.told.at(-1), "ended: undefined");
  t.equal(bob.line.callTo(alice.to), undefined);
  alice.dial(bob);
  street.pass(1_000);
  t.equal(bob.told.at(-1), "private with 10.1.1.0");
});

promise("what waits for a private line that broke goes out when it is back, and never in the clear", (t) => {
  const street = new Street(4, swift);
  const [alice, bob] = [street.end("10.1.1.0"), street.end("10.1.2.0")];
  alice.dial(bob);
  street.pass(100);
  street.internet.vanish("10.1.2.0");
  alice.say(bob, "are you there");
  street.pass(60_000);
  t.equal(alice.line.waiting, 1);
  t.ok(alice.told.some((what) => what.startsWith("unreachable")));
  t.notOk(alice.told.some((what) => what.startsWith("clear")));
  const again = street.end("10.1.2.0", "Bob again");
  street.pass(60_000);
  t.strictSame([again.texts, alice.delivered, alice.line.waiting], [["are you there"], 1, 0]);
  t.equal(alice.told.filter((what) => what.startsWith("private")).length, 2, "the new key is told");
});

/** Alice dials; what listens there gets nothing, and she goes the old way in time. */
function neverSeesAByte(t: Test, greet: (connection: Connection, clock: VirtualClock) => void): void {
  const street = new Street(5, swift);
  const alice = street.end("10.1.1.0");
  const old = street.standIn("10.1.2.0", greet);
  const before = street.time.now;
  alice.dial(old);
  street.pass(bannerMs + 100);
  t.match(alice.told[0], `clear 10.1.2.0: ${noBanner}`);
  t.ok(Number(/after (\d+)/.exec(alice.told[0] ?? "")?.[1]) - before <= bannerMs + 50, "in time");
  street.pass(10_000);
  t.equal(old.bytes.length, 0);
  t.strictSame([old.connections, old.ends], [1, 1], "asked once, and hung up in peace");
  t.equal(alice.told.length, 1);
  t.equal(alice.reactor.wheel.size, 0, "nothing is left to wait for");
}

promise("an older program that says nothing is never sent a byte", (t) => neverSeesAByte(t, () => undefined));

promise("nor one that talks", (t) =>
  neverSeesAByte(t, (connection) => void connection.write(toUtf8("Quy[PORT:9101] says: hello"))),
);

promise("nor one that begins as a banner does", (t) =>
  neverSeesAByte(t, (connection) => void connection.write(banner.subarray(0, 5))),
);

promise("nor one of another major version", (t) =>
  neverSeesAByte(t, (connection) => void connection.write(new Uint8Array([0xfe, 0x70, 0x32, 0x70, 2, 0]))),
);

promise("nor one that closes at once", (t) => neverSeesAByte(t, (connection) => connection.end()));

promise("nor one that resets", (t) => {
  const street = new Street(6, swift);
  const alice = street.end("10.1.1.0");
  const old = street.standIn("10.1.2.0", (connection) => connection.reset());
  alice.dial(old);
  street.pass(bannerMs);
  t.match(alice.told[0], "clear 10.1.2.0");
  t.equal(old.bytes.length, 0);
});

promise("a banner that comes too late is no banner", (t) =>
  neverSeesAByte(t, (connection, clock) => void clock.after(1_100, () => connection.write(banner))),
);

promise("nobody there at all: in the clear", (t) => {
  const street = new Street(7, swift);
  const alice = street.end("10.1.1.0");
  street.internet.host("10.1.2.0", alice.clock);
  alice.dial({ to: { host: "10.1.2.0", port: 9101 } });
  street.pass(bannerMs + 100);
  t.match(alice.told[0], "clear 10.1.2.0");
});

promise("whoever says the banner and then nothing is one of ours in trouble: tried again, never in the clear", (t) => {
  const street = new Street(8, swift);
  const alice = street.end("10.1.1.0");
  const mute = street.standIn("10.1.2.0", (connection) => void connection.write(banner));
  alice.dial(mute);
  street.pass(handshakeMs + 100);
  t.equal(alice.told[0], "unreachable: no secure answer");
  t.same(mute.bytes.subarray(0, 6), banner, "the preamble of the secure dialect came after the banner");
  street.pass(30_000);
  t.ok(mute.connections > 1);
  t.notOk(alice.told.some((what) => what.startsWith("clear")));
});

promise("a stranger who talks on our private line gets nothing but the banner, and a hang-up", (t) => {
  const street = new Street(9, swift);
  const alice = street.end("10.1.1.0");
  const chunks: number[] = [];
  let hungUp = false;
  const stranger = street.internet.host("10.1.9.0", alice.clock).dial({
    ...{ host: "10.1.1.0", port: 10_101, localHost: undefined },
  });
  stranger.bind({
    onOpen: () => void stranger.write(toUtf8("Quy[PORT:9101] says: hello")),
    onBytes: (chunk) => chunks.push(...chunk),
    onDrain: () => undefined,
    onEnd: () => (hungUp = true),
    onClose: () => (hungUp = true),
  });
  street.pass(1_000);
  t.same(chunks, [...banner]);
  t.ok(hungUp);
  t.strictSame(alice.told, []);
});

promise("while somebody stands there, another key does not take the place", (t) => {
  const street = new Street(10, swift);
  const [alice, bob] = [street.end("10.1.1.0"), street.end("10.1.2.0", "Bob")];
  alice.dial(bob);
  street.pass(100);
  const impostor = street.end("10.1.2.0", "Bob");
  impostor.dial(alice);
  street.pass(2_000);
  t.equal(alice.line.callTo(bob.to)?.key, bob.line.key);
  t.equal(impostor.told[0], "unreachable: it refused us");
  alice.say(bob, "still you?");
  street.pass(1_000);
  t.strictSame([bob.texts, impostor.texts], [["still you?"], []]);
});

promise("one whose screen stands still holds up the other and costs bounded memory", (t) => {
  const street = new Street(11, swift);
  const [alice, bob] = [street.end("10.1.1.0"), street.end("10.1.2.0")];
  bob.shows = false;
  alice.dial(bob);
  street.pass(100);
  const line = "x".repeat(1_000);
  for (let at = 0; at < 60; at += 1) {
    alice.say(bob, ...Array.from({ length: 100 }, () => line));
    street.pass(100);
  }
  street.pass(5_000);
  t.ok(bob.texts.length * 1_001 <= windowBytes + 65_536, `${bob.texts.length} texts`);
  t.ok(alice.told.includes("congested"));
});

promise("what the screen takes makes room: any number of texts passes", (t) => {
  const street = new Street(12, swift);
  const [alice, bob] = [street.end("10.1.1.0"), street.end("10.1.2.0")];
  alice.dial(bob);
  street.pass(100);
  for (let at = 0; at < 20; at += 1) {
    alice.say(bob, ...Array.from({ length: 100 }, () => "x".repeat(1_000)));
    street.pass(1_000);
  }
  t.strictSame([bob.texts.length, alice.delivered, alice.line.waiting], [2_000, 2_000, 0]);
});

// Establishing a secure connection: the handshake, both hellos, the trust rules, and one deadline for all of them.

import { concat } from "../../../src/core/bytes.js";
import { acceptBurst, handshakeMs, recordBytesMax, refusedLingerMs } from "../../../src/core/limits.js";
import type { Bytes } from "../../../src/core/types.js";
import { fromUtf8, toUtf8 } from "../../../src/core/utf8.js";
import type { Frame } from "../../../src/wire/secure/frames.js";
import { Encounter, publicKey } from "../kit/encounter.js";
import { storeKeys, keyBytes } from "../../../src/wire/secure/key-slab.js";
import { keyOf, nameOf } from "../kit/keys.js";
import { promise } from "../kit/promise.js";
import { helloOf } from "../kit/secure-friend.js";
import type { Version } from "../../../src/wire/secure/preamble.js";
import { alice, bob, hex } from "../kit/two-channels.js";

const tick = 40;
const bye: Frame = { kind: "bye", reason: "idle" };
const helloBytes = 5 + 2 + 3 + 8;
const byeBytes = 5 + 1;

promise(
  "says hello first when it dials, opens when the friend's hello is accepted, and delivers bytes sent along with it",
  (t) => {
    const encounter = new Encounter();
    t.strictSame(encounter.heard, []);
    encounter.friend.greet(bye);
    t.strictSame(encounter.friend.frames, [helloOf("Alice")]);
    t.strictSame(encounter.heard, ["open", `${String(helloBytes + byeBytes)} bytes`]);
    t.strictSame(encounter.ours?.contact, {
      key: publicKey(bob),
      standing: "first-use",
      preferred: publicKey(alice) < publicKey(bob),
      timed: true,
      entries: true,
    });
    t.strictSame(encounter.notices, [{ kind: "first-key", peer: "Bob", key: publicKey(bob) }]);
    t.equal(encounter.keyring.keys.known(nameOf("Bob"))?.key, publicKey(bob), "the key is stored before it is used");
    encounter.friend.say(bye);
    t.equal(encounter.heard.at(-1), `${String(byeBytes)} bytes`);
    encounter.pass(10 * handshakeMs);
    t.notOk(encounter.connection.destroyed, "the deadline is cancelled");
    t.equal(encounter.base.reactor.wheel.size, 0);
  },
);

promise("says no hello on an accepted connection before it has accepted the peer's", (t) => {
  const encounter = new Encounter({ dials: false });
  encounter.friend.sayBytes(encounter.friend.opening);
  encounter.friend.hear();
  t.strictSame(encounter.friend.frames, []);
  encounter.friend.say(helloOf("Bob"), bye);
  t.strictSame(encounter.friend.frames, [helloOf("Alice")]);
  t.strictSame(
    encounter.heard,
    ["met Bob", `${String(helloBytes + byeBytes)} bytes`],
    "an accepted connection reports no open",
  );
  t.equal(encounter.ours?.contact?.preferred, publicKey(bob) < publicKey(alice));
});

promise("encrypts writes once established, and passes on the end and the close", (t) => {
  const encounter = new Encounter();
  encounter.friend.greet();
  const text = concat([new Uint8Array([7, 0, 0, 0, 1, 2])]);
  t.ok(encounter.ours?.write(text));
  t.strictSame(encounter.friend.hear().frames.at(-1), { kind: "bye", reason: "quit" });
  t.notMatch(encounter.connection.text, fromUtf8(toUtf8("Alice")), "nothing is sent in clear text");
  encounter.turn(() => encounter.connection.fin());
  encounter.close("ECONNRESET");
  t.strictSame(encounter.heard.slice(2), ["end", "close ECONNRESET"]);
});

promise("wipes its keys when it closes, and accepts no more writes", (t) => {
  const nothing = new Uint8Array(keyBytes);
  let place = storeKeys(nothing, nothing);
  while (place.at > 0) place = storeKeys(nothing, nothing);
  const { slab } = place;
  const encounter = new Encounter();
  encounter.friend.greet();
  const pair = 2 * keyBytes;
  const held = (): number =>
    Array.from({ length: slab.length / pair }, (_, at) => slab.subarray(at * pair, (at + 1) * pair)).filter((keys) =>
      keys.some((byte) => byte !== 0),
    ).length;
  t.equal(held(), 2, "ours and the friend's, in a new slab");
  encounter.close();
  t.equal(held(), 1);
  t.notOk(encounter.ours?.write(toUtf8("late")));
});

promise("prefers, on both sides, the connection that the smaller key dialled", (t) => {
  const [dialled, accepted] = [new Encounter(), new Encounter({ dials: false })];
  dialled.friend.greet();
  accepted.friend.greet();
  t.equal(dialled.ours?.contact?.preferred, !accepted.ours?.contact?.preferred);
});

promise("refuses a wrong key before it sends our name, and notifies both users once", (t) => {
  const encounter = new Encounter({ rows: ["Alice 10.1.1.0", `Bob 10.1.2.0 key=${keyOf("7")}`] });
  encounter.friend.greet();
  t.strictSame(encounter.friend.frames, [{ kind: "refused", reason: "key-changed" }]);
  t.match(encounter.notice, "Bob's key is not the one we know");
  t.ok(encounter.connection.ended);
  t.notOk(encounter.connection.destroyed, "the last frame must arrive");
  encounter.pass(refusedLingerMs - tick);
  t.notOk(encounter.connection.destroyed);
  encounter.pass(2 * tick);
  t.ok(encounter.connection.destroyed, "the linger time is over");
  encounter.close();
  t.strictSame(encounter.heard, ["close its key was refused"]);
  t.equal(encounter.notices.length, 1);
  t.equal(encounter.base.reactor.wheel.size, 0);
});

promise("sends an accepted peer the code of its refusal, does not tell it our name, and stores no key", (t) => {
  const cases: readonly (readonly [ConstructorParameters<typeof Encounter>[0], string])[] = [
    [{ says: "Nobody" }, "unknown-name"],
    [{ says: "Alice" }, "unknown-name"],
    [{ rows: ["Alice 10.1.1.0", `Bob 10.1.2.0 key=${keyOf("7")}`] }, "key-changed"],
    [{ rows: ["Alice 10.1.1.0", "Bob 10.1.2.0", `Eve 10.1.4.0 key=${publicKey(bob)}`] }, "key-of-another"],
    [{ rows: ["Alice 10.1.1.0", "Bob 10.1.2.0 dialect=line"] }, "not-secure-row"],
    [{ requireVerified: true }, "not-verified"],
    [{ rows: ["Alice 10.1.1.0", "Bob 10.9.9.9"] }, "unknown-name"],
  ];
  for (const [options, reason] of cases) {
    const encounter = new Encounter({ ...options, dials: false });
    encounter.friend.greet();
    t.strictSame(encounter.friend.frames, [{ kind: "refused", reason }]);
    t.equal(encounter.notices[0]?.kind, "key-refused");
    encounter.close();
    t.strictSame(encounter.heard, ["failed: its key was refused, and told"]);
    t.equal(encounter.keyring.keys.known(nameOf("Bob")), undefined);
  }
});

promise("does not decrypt after a refusal, and destroys the connection after the linger time", (t) => {
  const encounter = new Encounter({ dials: false, says: "Nobody" });
  encounter.friend.greet();
  encounter.friend.sayBytes(new Uint8Array(100_000));
  t.notOk(encounter.connection.destroyed, "the refusal must arrive");
  encounter.pass(refusedLingerMs + tick);
  t.ok(encounter.connection.destroyed);
});

promise("refuses a friend who connects too often as busy, from whatever addresses", (t) => {
  const encounter = new Encounter({ dials: false });
  encounter.friend.greet();
  const accepted = (address: number): boolean => {
    const host = `10.7.${String(address >> 8)}.${String(address & 255)}`;
    const [answer] = encounter.knock("Bob", { host }).frames;
    return answer?.kind === "hello";
  };
  const met = Array.from({ length: 2 * acceptBurst }, (_, address) => accepted(address)).filter(Boolean);
  t.equal(met.length, acceptBurst - 1, "the first connection counts too");
  t.strictSame(encounter.knock("Bob").frames, [{ kind: "refused", reason: "busy" }]);
  encounter.pass(1_000);
  t.ok(accepted(1));
});

promise("reports a friend who refuses us with the next step, and ends the connection", (t) => {
  const encounter = new Encounter();
  encounter.friend.hear().say({ kind: "refused", reason: "key-changed" });
  t.match(encounter.notice, "Bob refused us: Bob knows us by a different key");
  t.ok(encounter.connection.ended);
  encounter.close();
  t.strictSame(encounter.heard, ["close it refused us"]);
});

promise("refuses a friend as busy when the keyring cannot be read or written", (t) => {
  const encounter = new Encounter({ dials: false });
  encounter.keyring.broken = "the disk is full";
  encounter.friend.greet();
  t.strictSame(encounter.friend.frames, [{ kind: "refused", reason: "busy" }]);
  t.equal(encounter.notice, "the disk is full");
});

promise("cuts off a peer that does not finish within the deadline, however slowly it sends, on both sides", (t) => {
  for (const dials of [true, false]) {
    const encounter = new Encounter({ dials });
    // A preamble, then the length of the expected message. Its bytes do not matter until it is complete.
    const bytes = [0xfe, 0x70, 0x32, 0x70, 1, 0, 0, dials ? 96 : 32];
    for (let ms = 0; ms + 200 < handshakeMs; ms += 200) {
      encounter.turn(() => encounter.connection.sayBytes(new Uint8Array([bytes[ms / 200] ?? 0x33])));
      encounter.pass(200);
    }
    t.notOk(encounter.connection.destroyed);
    encounter.pass(200 + tick);
    t.ok(encounter.connection.destroyed, dials ? "dialled" : "accepted");
    encounter.close();
    t.equal(encounter.base.reactor.wheel.size, 0);
  }
});

promise("applies the same deadline to a hello that does not come after the handshake", (t) => {
  const encounter = new Encounter({ dials: false });
  encounter.friend.sayBytes(encounter.friend.opening);
  encounter.friend.hear();
  encounter.pass(handshakeMs - tick);
  t.notOk(encounter.connection.destroyed);
  encounter.pass(2 * tick);
  t.ok(encounter.connection.destroyed);
  encounter.close();
  t.strictSame(encounter.heard, ["failed: it did not finish its handshake"]);
});

promise("names the reason when the peer speaks another dialect or version, or sends no hello", (t) => {
  const answers: readonly (readonly [string, (encounter: Encounter) => void])[] = [
    [
      "it does not speak the secure dialect; if it is an older program, write its dialect after its address (dialect=line, named, tagged or says)",
      ({ connection }) => connection.say("hello\n"),
    ],
    [
      "it does not speak the secure dialect; if it is an older program, write its dialect after its address (dialect=line, named, tagged or says)",
      ({ connection }) => connection.fin(),
    ],
    [
      "it speaks version 2.0 of the secure dialect, we speak 1.1",
      ({ connection }) => connection.sayBytes(new Uint8Array([0xfe, 0x70, 0x32, 0x70, 2, 0])),
    ],
    ["a frame before its hello", ({ friend }) => friend.hear().say(bye)],
  ];
  for (const [reason, answer] of answers) {
    const encounter = new Encounter();
    encounter.turn(() => answer(encounter));
    t.ok(encounter.connection.destroyed || encounter.connection.ended);
    encounter.close();
    t.strictSame(encounter.heard, [`close ${reason}`]);
    t.strictSame(encounter.notices, []);
  }
});

promise("cuts off a peer that sends too much before its hello, even inside one unfinished frame", (t) => {
  for (const dials of [true, false]) {
    const encounter = new Encounter({ dials });
    if (!dials) encounter.friend.sayBytes(encounter.friend.opening);
    encounter.friend.hear();
    // The head of a frame of an unknown kind that is longer than all bytes allowed before a hello.
    const piece = 5_000;
    const head = new Uint8Array([200, 0, 3, 0, 0]);
    encounter.friend.sayPlain(head);
    let said = head.length;
    for (; said + piece <= recordBytesMax; said += piece) encounter.friend.sayPlain(new Uint8Array(piece));
    t.notOk(encounter.connection.destroyed);
    encounter.friend.sayPlain(new Uint8Array(recordBytesMax - said));
    t.notOk(encounter.connection.destroyed, "exactly the limit is allowed");
    encounter.friend.sayPlain(new Uint8Array(1));
    t.ok(encounter.connection.destroyed, dials ? "dialled" : "accepted");
    encounter.close();
    const reason = "it sends data without a hello";
    t.strictSame(encounter.heard, [dials ? `close ${reason}` : `failed: ${reason}`]);
  }
});

promise("reports a friend who refuses us repeatedly once, and does not extend the linger time", (t) => {
  const encounter = new Encounter();
  const refusal: Frame = { kind: "refused", reason: "key-changed" };
  encounter.friend.hear().say(refusal, refusal);
  encounter.friend.say(refusal).say(helloOf("Bob"), refusal);
  t.strictSame(
    encounter.words,
    ["Bob refused us: Bob knows us by a different key"].map((words) => words.slice(0, 40)),
  );
  encounter.pass(refusedLingerMs - tick);
  t.notOk(encounter.connection.destroyed);
  encounter.friend.say(refusal);
  encounter.pass(2 * tick);
  t.ok(encounter.connection.destroyed, "later frames do not extend it");
  encounter.close();
  t.strictSame(encounter.heard, ["close it refused us"]);
  t.equal(encounter.base.reactor.wheel.size, 0);
});

promise("fails an accepted connection once when the peer refuses us repeatedly", (t) => {
  const encounter = new Encounter({ dials: false });
  const refusal: Frame = { kind: "refused", reason: "busy" };
  encounter.friend.sayBytes(encounter.friend.opening);
  encounter.friend.hear().say(refusal, refusal).say(refusal);
  encounter.pass(refusedLingerMs + tick).close();
  t.strictSame(encounter.heard, ["failed: it refused us, and told"]);
});

promise("reports traffic for each part of a record on a slow line, once established", (t) => {
  const encounter = new Encounter();
  encounter.friend.hear().saySlowly(helloOf("Bob"));
  t.strictSame(encounter.heard, ["open", `${String(helloBytes)} bytes`]);
  encounter.friend.saySlowly(bye);
  t.strictSame(encounter.heard.slice(2), ["0 bytes", `${String(byeBytes)} bytes`]);
});

// Mixed versions.

const minor = (number: number): Version => ({ major: 1, minor: number });
const featuresOf = ({ ours }: Encounter): object => ({ timed: ours?.contact?.timed, entries: ours?.contact?.entries });
const none = { timed: false, entries: false };
const both = { timed: true, entries: true };

promise("knows the features of a friend of the same version or a newer one, whichever side dials", (t) => {
  for (const dials of [true, false])
    for (const theirs of [1, 2, 255]) {
      const encounter = new Encounter({ dials, theirs: minor(theirs) });
      encounter.friend.greet();
      t.strictSame(featuresOf(encounter), both);
    }
});

promise("uses no features with a friend of minor 0, nor as a program of minor 0, whichever side dials", (t) => {
  for (const dials of [true, false])
    for (const [ours, theirs] of [
      [1, 0],
      [0, 1],
      [0, 0],
    ] as const) {
      const encounter = new Encounter({ dials, ours: minor(ours), theirs: minor(theirs) });
      encounter.friend.greet(bye);
      t.strictSame(encounter.friend.frames, [helloOf("Alice", minor(ours))]);
      t.strictSame(featuresOf(encounter), none, `${String(ours)} and ${String(theirs)}`);
      t.equal(encounter.heard.at(-1), `${String(helloBytes - (theirs === 0 ? 8 : 0) + byeBytes)} bytes`);
    }
});

promise("takes each feature from the hello alone, and ignores bits that it does not know", (t) => {
  const hello = (name: string, features: string): Bytes =>
    concat([Uint8Array.of(1, 0, 0, 0, 13, 1, 3), toUtf8(name), hex(features)]);
  for (const [bits, features] of [
    ["0000000000000000", none],
    ["0000000000000001", { timed: true, entries: false }],
    ["0000000000000002", { timed: false, entries: true }],
    ["fffffffffffffffc", none],
    ["ffffffffffffffff", both],
  ] as const) {
    const encounter = new Encounter();
    encounter.friend.hear().sayPlain(hello("Bob", bits));
    t.strictSame(featuresOf(encounter), features, bits);
  }
});

promise("a hello of minor 1 that ends before its features has none", (t) => {
  const encounter = new Encounter();
  encounter.friend.hear().say({ kind: "hello", minor: 1, name: "Bob" });
  t.strictSame(featuresOf(encounter), none);
});

promise("an altered minor in the responder's preamble changes nothing", (t) => {
  for (const altered of [0, 1, 9])
    for (const theirs of [0, 1]) {
      const encounter = new Encounter({ theirs: minor(theirs) });
      const { connection } = encounter;
      const say = connection.sayBytes.bind(connection);
      connection.sayBytes = (chunk): void => {
        connection.sayBytes = say;
        say(chunk.with(5, altered));
      };
      encounter.friend.greet();
      t.strictSame(featuresOf(encounter), theirs === 0 ? none : both, `${String(theirs)} as ${String(altered)}`);
    }
});

promise("an altered minor in the initiator's preamble fails the handshake", (t) => {
  for (const [theirs, altered] of [
    [1, 0],
    [0, 1],
  ] as const) {
    const encounter = new Encounter({ dials: false, theirs: minor(theirs) });
    encounter.friend.sayBytes(encounter.friend.opening.with(5, altered));
    encounter.friend.hear();
    t.strictSame(encounter.friend.faults.length, 1);
    t.equal(encounter.ours, undefined);
  }
});

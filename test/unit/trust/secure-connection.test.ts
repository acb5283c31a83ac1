// Two who become acquainted: the handshake, each side's hello, the rules of trust, and one deadline for all of it.

import { concat } from "../../../src/core/bytes.js";
import { acceptBurst, handshakeMs, recordBytesMax, refusedLingerMs } from "../../../src/core/limits.js";
import { fromUtf8, toUtf8 } from "../../../src/core/utf8.js";
import type { Frame } from "../../../src/wire/secure/frames.js";
import { Encounter, publicKey } from "../kit/encounter.js";
import { keepKeys, keyBytes } from "../../../src/wire/secure/key-slab.js";
import { keyOf, nameOf } from "../kit/keys.js";
import { promise } from "../kit/promise.js";
import { alice, bob } from "../kit/two-channels.js";

const tick = 40;
const bye: Frame = { kind: "bye", reason: "idle" };
const helloBytes = 5 + 2 + 3;
const byeBytes = 5 + 1;

promise(
  "who dials says hello first, opens when the friend's hello was accepted, and misses nothing that came with it",
  (t) => {
    const authenticator = new Encounter();
    t.strictSame(authenticator.heard, []);
    authenticator.friend.greet(bye);
    t.strictSame(authenticator.friend.frames, [{ kind: "hello", minor: 0, name: "Alice" }]);
    t.strictSame(authenticator.heard, ["open", `${String(helloBytes + byeBytes)} bytes`]);
    t.strictSame(authenticator.ours?.contact, {
      key: publicKey(bob),
      standing: "first-use",
      preferred: publicKey(alice) < publicKey(bob),
    });
    t.strictSame(authenticator.notices, [{ kind: "first-key", peer: "Bob", key: publicKey(bob) }]);
    t.equal(authenticator.keyring.keys.known(nameOf("Bob"))?.key, publicKey(bob), "remembered before it is used");
    authenticator.friend.say(bye);
    t.equal(authenticator.heard.at(-1), `${String(byeBytes)} bytes`);
    authenticator.pass(10 * handshakeMs);
    t.notOk(authenticator.connection.destroyed, "no deadline any more");
    t.equal(authenticator.base.reactor.wheel.size, 0);
  },
);

promise("who is dialled says nothing of himself before he has accepted the other's hello", (t) => {
  const authenticator = new Encounter({ dials: false });
  authenticator.friend.sayBytes(authenticator.friend.opening);
  authenticator.friend.hear();
  t.strictSame(authenticator.friend.frames, []);
  authenticator.friend.say({ kind: "hello", minor: 0, name: "Bob" }, bye);
  t.strictSame(authenticator.friend.frames, [{ kind: "hello", minor: 0, name: "Alice" }]);
  t.strictSame(
    authenticator.heard,
    ["met Bob", `${String(helloBytes + byeBytes)} bytes`],
    "an accepted one does not open",
  );
  t.equal(authenticator.ours?.contact?.preferred, publicKey(bob) < publicKey(alice));
});

promise("what is written once they have met arrives, and its ends are passed on", (t) => {
  const authenticator = new Encounter();
  authenticator.friend.greet();
  const text = concat([new Uint8Array([7, 0, 0, 0, 1, 2])]);
  t.ok(authenticator.ours?.write(text));
  t.strictSame(authenticator.friend.hear().frames.at(-1), { kind: "bye", reason: "quit" });
  t.notMatch(authenticator.connection.text, fromUtf8(toUtf8("Alice")), "and nothing in clear");
  authenticator.turn(() => authenticator.connection.fin());
  authenticator.close("ECONNRESET");
  t.strictSame(authenticator.heard.slice(2), ["end", "close ECONNRESET"]);
});

promise("with its end a connection loses its keys, and takes nothing more", (t) => {
  const nothing = new Uint8Array(keyBytes);
  let place = keepKeys(nothing, nothing);
  while (place.at > 0) place = keepKeys(nothing, nothing);
  const { slab } = place;
  const authenticator = new Encounter();
  authenticator.friend.greet();
  const pair = 2 * keyBytes;
  const held = (): number =>
    Array.from({ length: slab.length / pair }, (_, at) => slab.subarray(at * pair, (at + 1) * pair)).filter((keys) =>
      keys.some((byte) => byte !== 0),
    ).length;
  t.equal(held(), 2, "ours and the friend's, in a new slab");
  authenticator.close();
  t.equal(held(), 1);
  t.notOk(authenticator.ours?.write(toUtf8("late")));
});

promise("both sides prefer the connection that the smaller key dialled", (t) => {
  const [dialled, accepted] = [new Encounter(), new Encounter({ dials: false })];
  dialled.friend.greet();
  accepted.friend.greet();
  t.equal(dialled.ours?.contact?.preferred, !accepted.ours?.contact?.preferred);
});

promise("a key that is not the friend's is refused before our name is told, in words on both screens, once", (t) => {
  const authenticator = new Encounter({ rows: ["Alice 10.1.1.0", `Bob 10.1.2.0 key=${keyOf("7")}`] });
  authenticator.friend.greet();
  t.strictSame(authenticator.friend.frames, [{ kind: "refused", reason: "key-changed" }]);
  t.match(authenticator.notice, "Bob's key is not the one we know");
  t.ok(authenticator.connection.ended);
  t.notOk(authenticator.connection.destroyed, "what was said last is to arrive");
  authenticator.pass(refusedLingerMs - tick);
  t.notOk(authenticator.connection.destroyed);
  authenticator.pass(2 * tick);
  t.ok(authenticator.connection.destroyed, "and no longer than that");
  authenticator.close();
  t.strictSame(authenticator.heard, ["close its key was refused"]);
  t.equal(authenticator.notices.length, 1);
  t.equal(authenticator.base.reactor.wheel.size, 0);
});

promise("what the rules of trust refuse of a guest gets its code, is not met and learns no name", (t) => {
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
    const authenticator = new Encounter({ ...options, dials: false });
    authenticator.friend.greet();
    t.strictSame(authenticator.friend.frames, [{ kind: "refused", reason }]);
    t.equal(authenticator.notices[0]?.kind, "key-refused");
    authenticator.close();
    t.strictSame(authenticator.heard, ["failed: its key was refused, and told"]);
    t.equal(authenticator.keyring.keys.known(nameOf("Bob")), undefined);
  }
});

promise("what a refused one goes on saying is not even deciphered, and it is cut off soon", (t) => {
  const authenticator = new Encounter({ dials: false, says: "Nobody" });
  authenticator.friend.greet();
  authenticator.friend.sayBytes(new Uint8Array(100_000));
  t.notOk(authenticator.connection.destroyed, "the refusal is to arrive");
  authenticator.pass(refusedLingerMs + tick);
  t.ok(authenticator.connection.destroyed);
});

promise("a friend who comes again and again, from ever other addresses, is told to come later", (t) => {
  const authenticator = new Encounter({ dials: false });
  authenticator.friend.greet();
  const comes = (address: number): boolean => {
    const host = `10.7.${String(address >> 8)}.${String(address & 255)}`;
    const [answer] = authenticator.knock("Bob", { host }).frames;
    return answer?.kind === "hello";
  };
  const met = Array.from({ length: 2 * acceptBurst }, (_, address) => comes(address)).filter(Boolean);
  t.equal(met.length, acceptBurst - 1, "and the first one");
  t.strictSame(authenticator.knock("Bob").frames, [{ kind: "refused", reason: "busy" }]);
  authenticator.pass(1_000);
  t.ok(comes(1));
});

promise("a friend who refuses us is told with what can be done, and the connection ends", (t) => {
  const authenticator = new Encounter();
  authenticator.friend.hear().say({ kind: "refused", reason: "key-changed" });
  t.match(authenticator.notice, "Bob refused us, knowing another key as ours");
  t.ok(authenticator.connection.ended);
  authenticator.close();
  t.strictSame(authenticator.heard, ["close it refused us"]);
});

promise("a keyring that cannot be read or written trusts nobody: the friend is told to come later", (t) => {
  const authenticator = new Encounter({ dials: false });
  authenticator.keyring.broken = "the disk is full";
  authenticator.friend.greet();
  t.strictSame(authenticator.friend.frames, [{ kind: "refused", reason: "busy" }]);
  t.equal(authenticator.notice, "the disk is full");
});

promise("whoever does not finish within the deadline is cut off, however he drips, and whoever dialled", (t) => {
  for (const dials of [true, false]) {
    const authenticator = new Encounter({ dials });
    // A preamble, and a message of the length that is due; its bytes are no matter before it is whole.
    const bytes = [0xfe, 0x70, 0x32, 0x70, 1, 0, 0, dials ? 96 : 32];
    for (let ms = 0; ms + 200 < handshakeMs; ms += 200) {
      authenticator.turn(() => authenticator.connection.sayBytes(new Uint8Array([bytes[ms / 200] ?? 0x33])));
      authenticator.pass(200);
    }
    t.notOk(authenticator.connection.destroyed);
    authenticator.pass(200 + tick);
    t.ok(authenticator.connection.destroyed, dials ? "dialled" : "accepted");
    authenticator.close();
    t.equal(authenticator.base.reactor.wheel.size, 0);
  }
});

promise("a hello that does not come after a whole handshake is no reason to wait longer", (t) => {
  const authenticator = new Encounter({ dials: false });
  authenticator.friend.sayBytes(authenticator.friend.opening);
  authenticator.friend.hear();
  authenticator.pass(handshakeMs - tick);
  t.notOk(authenticator.connection.destroyed);
  authenticator.pass(2 * tick);
  t.ok(authenticator.connection.destroyed);
  authenticator.close();
  t.strictSame(authenticator.heard, ["failed: it did not finish its handshake"]);
});

promise("who answers in another dialect, another version, or with something else than a hello is told apart", (t) => {
  const answers: readonly (readonly [string, (authenticator: Encounter) => void])[] = [
    [
      "it does not speak the secure dialect; if it is an older program, write its dialect behind its address (dialect=line, named, tagged or says)",
      ({ connection }) => connection.say("hello\n"),
    ],
    [
      "it does not speak the secure dialect; if it is an older program, write its dialect behind its address (dialect=line, named, tagged or says)",
      ({ connection }) => connection.fin(),
    ],
    [
      "it speaks version 2.0 of the secure dialect, we speak 1.0",
      ({ connection }) => connection.sayBytes(new Uint8Array([0xfe, 0x70, 0x32, 0x70, 2, 0])),
    ],
    ["a frame before its hello", ({ friend }) => friend.hear().say(bye)],
  ];
  for (const [reason, answer] of answers) {
    const authenticator = new Encounter();
    authenticator.turn(() => answer(authenticator));
    t.ok(authenticator.connection.destroyed || authenticator.connection.ended);
    authenticator.close();
    t.strictSame(authenticator.heard, [`close ${reason}`]);
    t.strictSame(authenticator.notices, []);
  }
});

promise("who talks without having introduced himself is cut off, however little of it is a frame", (t) => {
  for (const dials of [true, false]) {
    const authenticator = new Encounter({ dials });
    if (!dials) authenticator.friend.sayBytes(authenticator.friend.opening);
    authenticator.friend.hear();
    // The head of a frame of some newer kind, which is longer than all that may come before a hello.
    const piece = 5_000;
    const head = new Uint8Array([200, 0, 3, 0, 0]);
    authenticator.friend.sayPlain(head);
    let said = head.length;
    for (; said + piece <= recordBytesMax; said += piece) authenticator.friend.sayPlain(new Uint8Array(piece));
    t.notOk(authenticator.connection.destroyed);
    authenticator.friend.sayPlain(new Uint8Array(recordBytesMax - said));
    t.notOk(authenticator.connection.destroyed, "the bound itself is allowed");
    authenticator.friend.sayPlain(new Uint8Array(1));
    t.ok(authenticator.connection.destroyed, dials ? "dialled" : "accepted");
    authenticator.close();
    const reason = "it talks without having introduced itself";
    t.strictSame(authenticator.heard, [dials ? `close ${reason}` : `failed: ${reason}`]);
  }
});

promise(
  "a friend who refuses us again and again is told once, and is waited for no longer than a refusal takes",
  (t) => {
    const authenticator = new Encounter();
    const refusal: Frame = { kind: "refused", reason: "key-changed" };
    authenticator.friend.hear().say(refusal, refusal);
    authenticator.friend.say(refusal).say({ kind: "hello", minor: 0, name: "Bob" }, refusal);
    t.strictSame(
      authenticator.words,
      ["Bob refused us, knowing another key as ou"].map((words) => words.slice(0, 40)),
    );
    authenticator.pass(refusedLingerMs - tick);
    t.notOk(authenticator.connection.destroyed);
    authenticator.friend.say(refusal);
    authenticator.pass(2 * tick);
    t.ok(authenticator.connection.destroyed, "what else he says makes it no longer");
    authenticator.close();
    t.strictSame(authenticator.heard, ["close it refused us"]);
    t.equal(authenticator.base.reactor.wheel.size, 0);
  },
);

promise("a guest who refuses us has failed, once", (t) => {
  const authenticator = new Encounter({ dials: false });
  const refusal: Frame = { kind: "refused", reason: "busy" };
  authenticator.friend.sayBytes(authenticator.friend.opening);
  authenticator.friend.hear().say(refusal, refusal).say(refusal);
  authenticator.pass(refusedLingerMs + tick).close();
  t.strictSame(authenticator.heard, ["failed: it refused us, and told"]);
});

promise("a record on a slow line counts as heard before it is whole, once the two have met", (t) => {
  const authenticator = new Encounter();
  authenticator.friend.hear().saySlowly({ kind: "hello", minor: 0, name: "Bob" });
  t.strictSame(authenticator.heard, ["open", `${String(helloBytes)} bytes`]);
  authenticator.friend.saySlowly(bye);
  t.strictSame(authenticator.heard.slice(2), ["0 bytes", `${String(byeBytes)} bytes`]);
});

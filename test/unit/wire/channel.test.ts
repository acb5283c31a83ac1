import fc from "fast-check";
import { concat, toHex } from "../../../src/core/bytes.js";
import type { Bytes } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import type { ChannelEvent, SecureChannel } from "../../../src/wire/secure/channel.js";
import { promise, type Test } from "../kit/promise.js";
import { ourVersion, preambleOf, prologueOf } from "../../../src/wire/secure/preamble.js";
import {
  alice,
  aliceDials,
  bob,
  bobAnswers,
  channelOf,
  faultsOf,
  fixedNoise,
  hex,
  keysOf,
  plainOf,
  sent,
  shakeHands,
} from "../kit/two-channels.js";

const kinds = (events: readonly ChannelEvent[]): readonly string[] => events.map((event) => event.kind);
const pieces = (bytes: Bytes, cuts: readonly number[]): Bytes[] => {
  const at = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
};
const pushAll = (channel: SecureChannel, chunks: readonly Bytes[]): ChannelEvent[] =>
  chunks.flatMap((chunk) => channel.push(new Uint8Array(chunk)));

/** As digits, because tap's `same` sees no difference between a Buffer and a Uint8Array of other bytes. */
const sameBytes = (t: Test, found: Bytes, wanted: Bytes): boolean => t.equal(toHex(found), toHex(wanted));

interface Pair {
  readonly dialling: SecureChannel;
  readonly answering: SecureChannel;
}

function established(perKey = 16_384, max = 1_000_000): Pair {
  const dialling = aliceDials({ perKey, max });
  const answering = bobAnswers({ perKey, max });
  shakeHands(dialling, answering);
  return { dialling, answering };
}

promise("both ends prove their keys, the dialled one first, and exchange bytes", (t) => {
  const dialling = aliceDials();
  const answering = bobAnswers();
  const answer = answering.push(dialling.start());
  t.strictSame(kinds(answer), ["send"]);
  const confirmation = dialling.push(sent(answer));
  t.strictSame(kinds(confirmation), ["proven", "send", "established"]);
  t.match(confirmation, [{ key: toHex(keysOf(bob).publicKey) }]);
  const done = answering.push(sent(confirmation));
  t.strictSame(kinds(done), ["proven", "established"]);
  t.match(done[0], { key: toHex(keysOf(alice).publicKey) });
  sameBytes(t, plainOf(answering.push(dialling.seal(toUtf8("hello")))), toUtf8("hello"));
  sameBytes(t, plainOf(dialling.push(answering.seal(toUtf8("hello yourself")))), toUtf8("hello yourself"));
  t.strictSame(
    [dialling.remoteVersion, answering.remoteVersion],
    [
      { major: 1, minor: 1 },
      { major: 1, minor: 1 },
    ],
  );
});

promise("decodes a conversation the same wherever it is split into chunks", (t) => {
  const { dialled, answered, confirmed } = shakeHands(aliceDials(), bobAnswers());
  const { dialling } = established();
  const inbound = concat([dialled, confirmed, dialling.seal(toUtf8("one")), dialling.seal(toUtf8("two"))]);
  for (let cut = 0; cut <= inbound.length; cut += 1) {
    const events = pushAll(bobAnswers(), pieces(inbound, [cut]));
    t.strictSame([toHex(sent(events)), plainOf(events).toString(), faultsOf(events)], [toHex(answered), "onetwo", []]);
  }
  const drip = pushAll(bobAnswers(), pieces(inbound, [...inbound.keys()]));
  t.strictSame([toHex(sent(drip)), plainOf(drip).toString(), faultsOf(drip)], [toHex(answered), "onetwo", []]);
  for (let cut = 0; cut <= answered.length; cut += 1) {
    const channel = aliceDials();
    channel.start();
    sameBytes(t, sent(pushAll(channel, pieces(answered, [cut]))), confirmed);
  }
});

promise("several records in one chunk give one event, and an empty record gives none", (t) => {
  const { dialling, answering } = established();
  t.strictSame(answering.push(concat([new Uint8Array([0, 16]), emptyRecord()])), []);
  dialling.seal(toUtf8("its place"));
  const events = answering.push(concat([dialling.seal(toUtf8("one ")), dialling.seal(toUtf8("two"))]));
  t.strictSame(kinds(events), ["plain"]);
  sameBytes(t, plainOf(events), toUtf8("one two"));
  t.equal(dialling.seal(new Uint8Array(0)).length, 0);
});

/** An empty record, which only other programs send: the first record under the keys of the fixed handshake. */
function emptyRecord(): Bytes {
  const noise = fixedNoise(alice);
  const handshake = noise.handshake({ initiator: true, keys: keysOf(alice) });
  handshake.initialise(prologueOf(preambleOf(ourVersion)));
  handshake.send();
  handshake.recv(shakeHands(aliceDials(), bobAnswers()).answered.slice(8));
  handshake.send();
  return noise.cipher.encrypt(handshake.tx, 0, new Uint8Array(0));
}

promise("opens everything that was sealed, for any chunks, sizes and number of keys", (t) => {
  const writes = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 40 });
  fc.assert(
    fc.property(writes, fc.array(fc.nat(4_000)), fc.integer({ min: 1, max: 5 }), (plains, cuts, perKey) => {
      const { dialling, answering } = established(perKey);
      const stream = concat([new Uint8Array(0), ...plains.map((plain) => dialling.seal(plain))]);
      const events = pushAll(
        answering,
        pieces(
          stream,
          cuts.map((cut) => Math.min(cut, stream.length)),
        ),
      );
      sameBytes(t, plainOf(events), Buffer.concat(plains));
      t.strictSame(faultsOf(events), []);
    }),
    { numRuns: 60 },
  );
});

promise("splits a write into as many records as it needs", (t) => {
  const { dialling, answering } = established();
  for (const size of [1, 65_519, 65_520, 131_038, 131_039, 300_000]) {
    const plain = new Uint8Array(size).fill(size % 251);
    const records = dialling.seal(plain);
    t.equal(records.length, size + 18 * Math.ceil(size / 65_519));
    t.ok(plainOf(answering.push(records)).equals(plain), String(size));
  }
});

promise("changes the keys after exactly the agreed number of records", (t) => {
  for (const [theirs, opened] of [
    [3, 6],
    [4, 3],
    [2, 2],
  ] as const) {
    const { dialling } = established(3);
    const { answering } = established(theirs);
    const records = Array.from({ length: 6 }, () => dialling.seal(toUtf8("x")));
    t.equal(plainOf(pushAll(answering, records)).length, opened, `3 against ${theirs}`);
  }
});

promise("accepts no record after the maximum number", (t) => {
  const { dialling, answering } = established(16_384, 2);
  const records = ["one", "two", "three"].map((text) => dialling.seal(toUtf8(text)));
  const events = answering.push(concat(records));
  sameBytes(t, plainOf(events), toUtf8("onetwo"));
  t.strictSame(faultsOf(events), ["record"]);
});

promise("detects a flipped bit anywhere, and reports nothing after it", (t) => {
  const { dialled, confirmed } = shakeHands(aliceDials(), bobAnswers());
  const { dialling } = established();
  const stream = concat([dialled, confirmed, dialling.seal(toUtf8("first")), dialling.seal(toUtf8("second"))]);
  for (let bit = 0; bit < stream.length * 8; bit += 1) {
    const broken = new Uint8Array(stream);
    broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const channel = bobAnswers();
    const events = channel.push(broken);
    const heard = plainOf(events).toString();
    const honest = ["", "first"].includes(heard);
    // With a longer length the reader waits for bytes that never come; deadlines of the session end that.
    const whole = heard === "firstsecond";
    if (!honest || whole || faultsOf(events).length > 1) t.fail(`bit ${bit}: ${heard}`);
    if (events.at(-1)?.kind === "fault" && channel.push(stream).length > 0) t.fail(`bit ${bit}: heard on`);
  }
});

promise("the initiator detects a flipped bit anywhere in the answer", (t) => {
  const { answered } = shakeHands(aliceDials(), bobAnswers());
  for (let bit = 0; bit < answered.length * 8; bit += 1) {
    // The responder's minor version is not bound by the handshake; its hello repeats it.
    if (bit >> 3 === 5) continue;
    const broken = new Uint8Array(answered);
    broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const channel = aliceDials();
    channel.start();
    const events = channel.push(broken);
    if (!kinds(events).every((kind) => kind === "fault")) t.fail(`bit ${bit}: ${kinds(events).join()}`);
    if (events.length !== 1) t.fail(`bit ${bit}: ${events.length} events`);
  }
});

promise("repeated, missing, swapped and reflected records are faults", (t) => {
  const of = (order: readonly number[]): readonly string[] => {
    const { dialling, answering } = established();
    const records = ["a", "b", "c"].map((text) => dialling.seal(toUtf8(text)));
    const events = answering.push(concat(order.map((index) => records[index]!)));
    return [plainOf(events).toString(), ...faultsOf(events)];
  };
  t.strictSame(of([0, 1, 2]), ["abc"]);
  t.strictSame(of([0, 0, 1]), ["a", "record"]);
  t.strictSame(of([0, 2]), ["a", "record"]);
  t.strictSame(of([1, 0]), ["", "record"]);
  const { dialling } = established();
  t.strictSame(faultsOf(dialling.push(dialling.seal(toUtf8("mine")))), ["record"]);
});

promise("reports only the complete records of a truncated conversation", (t) => {
  const { dialling } = established();
  const [first, second] = [dialling.seal(toUtf8("first")), dialling.seal(toUtf8("second"))];
  for (let length = 0; length < second.length; length += 1) {
    const { answering } = established();
    const events = answering.push(concat([first, second.subarray(0, length)]));
    t.strictSame([plainOf(events).toString(), faultsOf(events)], ["first", []]);
  }
});

promise("both ends detect another dialect at the first wrong byte", (t) => {
  for (const [bytes, at] of [
    ["Hello\n", 0],
    ["\u{e4}", 0],
  ] as const) {
    t.strictSame(faultsOf(bobAnswers().push(toUtf8(bytes).subarray(at))), ["not-secure"]);
    t.strictSame(faultsOf(aliceDials().push(toUtf8(bytes).subarray(at))), ["not-secure"]);
  }
  t.strictSame(bobAnswers().push(hex("fe7032")), []);
  t.strictSame(faultsOf(bobAnswers().push(hex("fe7033"))), ["not-secure"]);
});

promise("incompatible versions tell each other their versions", (t) => {
  const answering = bobAnswers();
  const events = answering.push(concat([hex("fe7032700207"), new Uint8Array(100)]));
  t.strictSame(kinds(events), ["send", "fault"]);
  sameBytes(t, sent(events), hex("fe7032700101"));
  t.match(events[1], { fault: "version", reason: /version 2\.7 .* 1\.1/ });
  t.strictSame(answering.remoteVersion, { major: 2, minor: 7 });
  const dialling = aliceDials();
  dialling.start();
  t.strictSame(kinds(dialling.push(hex("fe7032700200"))), ["fault"]);
  t.strictSame(dialling.remoteVersion, { major: 2, minor: 0 });
});

promise("versions that differ in the minor exchange bytes, whichever side is older", (t) => {
  for (const [dials, answers] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const dialling = channelOf({ initiator: true, secrets: alice, version: { major: 1, minor: dials } });
    const answering = channelOf({ initiator: false, secrets: bob, version: { major: 1, minor: answers } });
    shakeHands(dialling, answering);
    sameBytes(t, plainOf(answering.push(dialling.seal(toUtf8("hello")))), toUtf8("hello"));
    t.strictSame([dialling.remoteVersion?.minor, answering.remoteVersion?.minor], [answers, dials]);
  }
});

promise("an altered minor version of the initiator fails the handshake", (t) => {
  const dialling = aliceDials();
  const answering = bobAnswers();
  const dialled = new Uint8Array(dialling.start());
  dialled[5] = 9;
  const answer = answering.push(dialled);
  t.strictSame(answering.remoteVersion, { major: 1, minor: 9 });
  t.strictSame(faultsOf(dialling.push(sent(answer))), ["handshake"]);
});

promise("refuses a handshake message of a wrong length before its body arrives", (t) => {
  const answering = bobAnswers();
  answering.push(aliceDials().start());
  t.strictSame(faultsOf(answering.push(hex("0041"))), ["handshake"]);
  t.strictSame(faultsOf(bobAnswers().push(hex("fe7032700100 ffff"))), ["handshake"]);
  t.strictSame(faultsOf(bobAnswers().push(hex("fe7032700100 001f"))), ["handshake"]);
});

promise("refuses an ephemeral key that would make the shared secret zero", (t) => {
  for (const first of ["00", "01"]) {
    const key = first + "00".repeat(31);
    t.strictSame(faultsOf(bobAnswers().push(hex(`fe7032700100 0020 ${key}`))), ["handshake"]);
  }
});

promise("garbage in any chunks gives a fault or nothing", (t) => {
  const garbage = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 });
  fc.assert(
    fc.property(
      garbage,
      fc.constantFrom("", "fe7032700101", "fe70327001010020"),
      fc.boolean(),
      (chunks, start, open) => {
        const channel = open ? established().answering : bobAnswers();
        const events = pushAll(channel, [hex(open ? "" : start), ...chunks]);
        const allowed = ["send", "fault"];
        t.ok(kinds(events).every((kind) => allowed.includes(kind)));
        t.ok(faultsOf(events).length <= 1);
      },
    ),
  );
});

promise("nothing can be sealed before the handshake is done", (t) => {
  t.throws(() => aliceDials().seal(toUtf8("too early")), /before the handshake/);
});

promise("a chunk may be reused after push, and sealed bytes stay valid", (t) => {
  const { dialling, answering } = established();
  const plain = toUtf8("kept");
  const first = dialling.seal(plain);
  plain.fill(0);
  dialling.seal(toUtf8("next"));
  for (const byte of first) t.ok(answering.push(Uint8Array.of(byte)).length <= 1);
  const again = dialling.seal(toUtf8("x"));
  t.equal(plainOf(answering.push(again)).length, 0, "the second record was left out");
});

// Messages with a kind, and times of writing, with acknowledgements: to and from programs that know them, and programs
// that don't.

import { windowBytes } from "../../../src/core/limits.js";
import type { TypedMessage } from "../../../src/core/typed-message.js";
import { noTag } from "../../../src/delivery/stream.js";
import type { DeliveryEvent, PositionEvent } from "../../../src/wire/event.js";
import {
  ack,
  begin,
  entry,
  newProgram,
  nothingKnown,
  oldProgram,
  stand,
  texts,
  turn,
  type Rig,
} from "../kit/acknowledged-rig.js";
import { acknowledgedRig } from "../kit/delivery-rig.js";
import { entryOf } from "../kit/entries.js";
import { promise } from "../kit/promise.js";

const waves = entryOf({ id: "a".repeat(32), fallback: "waves" });
const bare = entryOf({ id: "b".repeat(32), fallback: "" });
const silent = entryOf({ id: "c".repeat(32), fallback: "not for screens", silent: true });

/** What the friend gets: `seq text` for texts, `seq id` for messages with a kind. */
const got = (events: readonly DeliveryEvent[]): string[] =>
  events.flatMap((event) => {
    if (event.kind === "entry") return [`${String(event.at.seq)} ${event.message.id.slice(0, 1)}`];
    return event.kind === "texts" ? [`${String(event.at?.seq)} ${event.batch.texts}`] : [];
  });

/** The friend has everything up to `received`, with the tag that went out with it. */
function position(rig: Rig, received: number): PositionEvent {
  const { stream = "", base = 0 } = rig.store.outgoing(rig.peer.name) ?? {};
  const tag = received === 0 ? noTag : (rig.delivery.tagAt(base + received) ?? "none");
  return { kind: "position", stream, received, tag, granted: windowBytes };
}

function reconnect(rig: Rig, at: PositionEvent, features = newProgram): readonly DeliveryEvent[] {
  rig.delivery.disconnected();
  return stand(rig, at, undefined, features);
}

promise("tells a friend who reads it when texts were written, however late they are sent", (t) => {
  const rig = acknowledgedRig();
  const written = Math.floor(rig.clock.wallTime());
  rig.push("one\ntwo\n");
  rig.turn();
  rig.clock.advance(5_000.5);
  t.match(stand(rig, nothingKnown, "b", newProgram).at(-1), { kind: "texts", written });
  rig.push("three\n");
  t.match(turn(rig), [{ kind: "texts", written: written + 5_000 }]);
  const again = reconnect(rig, position(rig, 0));
  t.match(again.slice(-2), [{ written }, { written: written + 5_000 }], "also when it is sent again");
  for (const event of reconnect(rig, position(rig, 0), oldProgram)) t.notOk("written" in event, "and no other friend");
});

promise("keeps the time of writing that the friend tells, unless it is no time", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  const claims = [undefined, 0, 1_234, 8.64e15, 8.64e15 + 1, -1, 0.5, Number.NaN];
  for (const [index, written] of claims.entries())
    rig.delivery.hear({ ...texts("hi\n", index + 1), ...(written !== undefined && { written }) });
  rig.delivery.hear(entry(entryOf({ written: Number.MAX_SAFE_INTEGER }), claims.length + 1));
  turn(rig);
  const kept = rig.store.received(0, 1_000).map((received) => received.written);
  t.strictSame(kept, [undefined, 0, 1_234, 8.64e15, ...Array<undefined>(5)]);
  t.ok(rig.store.received(0, 0)[0]?.time === rig.clock.wallTime(), "beside the time of arrival");
});

promise(
  "sends messages with a kind in order with texts, under numbers of the same stream, for the credit of their bytes",
  (t) => {
    const rig = acknowledgedRig();
    const granted = 4 + waves.raw.length + 4 + bare.raw.length;
    stand(rig, { ...nothingKnown, granted }, "b", newProgram);
    rig.push("one\n");
    t.equal(rig.pushTyped(waves), 1);
    rig.push("two\n");
    rig.pushTyped(bare);
    rig.push("six\n");
    const sent = turn(rig);
    t.strictSame(got(sent), ["1 one\n", "2 a", "3 two\n", "4 b"], "there is no credit for the last one");
    const tag = rig.store.tagAt(rig.peer.name, 2);
    t.strictSame(sent[1], { kind: "entry", at: { seq: 2, tag, bytes: waves.raw.length }, message: waves });
    t.equal(rig.delivery.waiting, 5);
    rig.delivery.hear(ack(4, granted + 4));
    t.strictSame(got(turn(rig)), ["5 six\n"]);
    t.strictSame(rig.history, ["out one delivered", "out waves delivered", "out two delivered", "out six waiting"]);
    t.strictSame(rig.notices, []);
  },
);

promise("sends waiting messages with a kind after a restart", (t) => {
  const rig = acknowledgedRig();
  rig.push("one\n");
  rig.pushTyped(silent);
  rig.turn();
  const later = acknowledgedRig(rig.store);
  t.strictSame(got(stand(later, nothingKnown, "b", newProgram)), ["1 one\n", "2 c"]);
});

promise(
  "sends the fallback to a program that does not know messages with a kind, and an empty text without one",
  (t) => {
    const rig = acknowledgedRig();
    for (const message of [waves, bare, silent]) rig.pushTyped(message);
    rig.push("end\n");
    t.strictSame(got(stand(rig)), ["1 waves\n", "2 \n", "3 \n", "4 end\n"]);
    t.strictSame(rig.notices, ["unsendable 2 to 2", "unsendable 3 to 3"]);
    t.equal(rig.delivery.waiting, 2);
    rig.delivery.hear(ack(4));
    turn(rig);
    t.strictSame(rig.retiredCounts, [2], "messages that failed do not count");
    t.strictSame(rig.history, ["out waves delivered", "out end delivered"]);
    t.strictSame(
      [2, 3].map((ordinal) => rig.store.notebook.stateOf(rig.peer.name, ordinal)),
      ["failed", "failed"],
    );
  },
);

promise("a commit that fails leaves a message without a fallback unfailed, and a newer program still gets it", (t) => {
  const rig = acknowledgedRig();
  rig.pushTyped(bare);
  rig.turn();
  rig.store.failWith = "disk full";
  t.strictSame(got(stand(rig)), []);
  rig.store.failWith = undefined;
  t.equal(rig.delivery.waiting, 1);
  t.strictSame(got(reconnect(rig, position(rig, 0))), ["1 b"]);
});

promise("an older program in the middle of the queue and a newer one after it repeat nothing", (t) => {
  const rig = acknowledgedRig();
  const more = entryOf({ id: "d".repeat(32), fallback: "nods" });
  for (const message of [waves, bare, more]) rig.pushTyped(message);
  rig.push("end\n");
  t.strictSame(got(stand(rig, nothingKnown, "b", newProgram)), ["1 a", "2 b", "3 d", "4 end\n"]);
  t.strictSame(got(reconnect(rig, position(rig, 1), oldProgram)), ["2 \n", "3 nods\n", "4 end\n"]);
  t.strictSame(rig.notices, ["unsendable 2 to 2"]);
  t.strictSame(got(reconnect(rig, position(rig, 2))), ["3 d", "4 end\n"]);
  t.strictSame(rig.notices.slice(1), [], "the tags agree, and nothing fails twice");
  t.strictSame(got(reconnect(rig, position(rig, 4), oldProgram)), []);
  t.strictSame(rig.history, ["out waves delivered", "out nods delivered", "out end delivered"]);
});

promise("a message that failed goes out as an empty text to a newer program, too", (t) => {
  const rig = acknowledgedRig();
  rig.push("one\n");
  rig.pushTyped(bare);
  rig.push("two\n");
  t.strictSame(got(stand(rig)), ["1 one\n", "2 \n", "3 two\n"]);
  t.strictSame(got(reconnect(rig, position(rig, 0))), ["1 one\n", "2 \n", "3 two\n"]);
});

promise("limits what waits and what is read ahead by the bytes of messages with a kind", (t) => {
  const large = (digit: string): TypedMessage =>
    entryOf({ id: digit.repeat(32), fallback: "", body: new Uint8Array(130_000) });
  const rig = acknowledgedRig();
  for (let turns = 0; turns < 10; turns += 1) {
    for (let each = 0; each < 5; each += 1) rig.pushTyped(large(String(turns)));
    rig.turn();
  }
  const first = stand(rig, { ...nothingKnown, granted: 1e9 }, "b", newProgram);
  t.equal(got(first).length, 5, "one turn sends half a million");
  for (let turns = 0; turns < 20; turns += 1) turn(rig);
  const sent = rig.carrier.writes.flatMap(got).length;
  t.equal(sent, 33, "and four million are not acknowledged");
});

promise("stores, acknowledges and shows a received message with a kind, and grants credit when it was shown", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  rig.delivery.hear(texts("one\n", 1));
  rig.delivery.hear(entry(waves, 2));
  rig.delivery.hear(texts("two\n", 3));
  rig.settle();
  t.strictSame(rig.shown, [], "not before the commit");
  rig.flush(rig.store.commit());
  t.strictSame(rig.shown, ["one", "waves", "two"]);
  const used = 8 + waves.raw.length;
  t.match(rig.carrier.writes.at(-1), [{ kind: "ack", received: 3, granted: windowBytes }]);
  t.strictSame(rig.store.typedMessages.at(2), waves, "as it came, although its kind is unknown");
  t.match(rig.store.received(1, 0), [{ number: 2, typed: waves, written: waves.written }]);
  rig.carrier.ready = true;
  rig.delivery.shown(2);
  rig.delivery.hear(texts("\n", 4));
  t.match(turn(rig), [{ kind: "ack", received: 4, granted: windowBytes + used - 4 + 1 }]);
});

promise("a message with nothing to show is stored and acknowledged, and uses no credit", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  rig.delivery.hear(entry(silent, 1));
  rig.delivery.hear(entry(bare, 2));
  const granted = windowBytes + silent.raw.length + bare.raw.length;
  t.strictSame(turn(rig), [ack(2, granted)]);
  t.strictSame([rig.store.typedMessages.at(1), rig.store.typedMessages.at(2)], [silent, bare]);
  t.strictSame(rig.store.received(0, 100), []);
  t.strictSame(rig.history, []);
});

promise("a message whose id was stored is acknowledged, takes its number, and is not received again", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  rig.delivery.hear(entry(waves, 1));
  rig.delivery.hear(entry(waves, 2));
  turn(rig);
  rig.delivery.hear(entry({ ...waves, fallback: "in other words" }, 3));
  const granted = windowBytes + 2 * waves.raw.length;
  t.strictSame(turn(rig), [ack(3, granted)]);
  t.strictSame(rig.shown, ["waves"]);
  const later = acknowledgedRig(rig.store);
  stand(later, nothingKnown, "c");
  later.delivery.hear({ ...begin, stream: "cd".repeat(16) });
  later.delivery.hear(entry(waves, 1));
  later.delivery.hear(texts("next\n", 2));
  t.match(turn(later), [{ kind: "ack", received: 2 }], "nor in another stream");
  t.strictSame(later.shown, ["next"]);
  t.equal(rig.store.typedMessages.ofKind(waves.kind, 0, 9).length, 1);
});

promise("a message with a kind that came before on the stream is not received again", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  rig.delivery.hear(texts("one\ntwo\n", 1));
  turn(rig);
  rig.delivery.hear(entry(waves, 2));
  turn(rig);
  t.strictSame(rig.shown, ["one", "two"]);
  rig.delivery.hear(entry(waves, 4));
  t.strictSame(rig.carrier.dropped, ["message 4 instead of 3"]);
});

promise("a received message with a kind that could not be stored comes again and is then shown", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  rig.store.failWith = "disk full";
  rig.delivery.hear(entry(waves, 1));
  turn(rig);
  t.strictSame(rig.carrier.dropped, ["disk full"]);
  rig.store.failWith = undefined;
  rig.delivery.disconnected();
  stand(rig);
  rig.delivery.hear(begin);
  rig.delivery.hear(entry(waves, 1));
  turn(rig);
  t.strictSame(rig.shown, ["waves"]);
});

promise("a message with a kind counts with its bytes against the credit that was granted", (t) => {
  const rig = acknowledgedRig();
  stand(rig);
  rig.delivery.hear(begin);
  const body = new Uint8Array(131_072);
  let seq = 0;
  for (let used = 0; used <= windowBytes - 140_000; used += 131_400) {
    seq += 1;
    rig.delivery.hear(entry(entryOf({ id: String(seq).padStart(32, "0"), body }), seq));
  }
  t.strictSame(rig.carrier.dropped, []);
  rig.delivery.hear(entry(entryOf({ id: "f".repeat(32), body }), seq + 1));
  t.strictSame(rig.carrier.dropped, ["more bytes than were granted"]);
});

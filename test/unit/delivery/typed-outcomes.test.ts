// What becomes of messages with a kind, through router, friend and delivery, and in dialects that know only texts.

import type { Contact, Features } from "../../../src/core/notice.js";
import type { PeerName } from "../../../src/core/types.js";
import { noStream, noTag } from "../../../src/delivery/stream.js";
import { newProgram, oldProgram } from "../kit/acknowledged-rig.js";
import { entryOf } from "../kit/entries.js";
import { keyOf } from "../kit/keys.js";
import { MemoryStore } from "../kit/memory-store.js";
import { promise } from "../kit/promise.js";
import { RecordingOrigin } from "../kit/recording-origin.js";
import { member, RouterRig } from "../kit/router-rig.js";

const bob = "Bob" as PeerName;
const waves = entryOf({ id: "a".repeat(32), fallback: "waves" });
const bare = entryOf({ id: "b".repeat(32), fallback: "" });
const granted = 1_000_000;
const tooOld = "(the friend's program is too old for this)";

function connects(rig: RouterRig, features: Features): void {
  const contact: Contact = { key: keyOf("b"), standing: "pinned", preferred: true, ...features };
  rig.bob.ready = true;
  rig.tell.onStand(contact);
  rig.tell.onReady();
  rig.tell.onEvent({ kind: "position", stream: noStream, received: 0, tag: noTag, granted });
  rig.turn();
}

function acks(rig: RouterRig, received: number): RouterRig {
  rig.tell.onEvent({ kind: "ack", received, granted });
  return rig.turn();
}

promise("reports a message with a kind like a text to a friend who takes it", (t) => {
  const rig = new RouterRig("secure");
  const origin = new RecordingOrigin();
  t.strictSame(rig.router.sendTyped("Bob", bare, { origin, id: "X" }), ["Bob"]);
  rig.turn();
  connects(rig, newProgram);
  acks(rig, 1);
  t.strictSame(origin.take(), ["queued Bob 1 @1 #X", "sent Bob 1 @1 #X", "delivered! Bob 1 @1 #X"]);
  t.match(rig.bob.writes.flat().at(-1), { kind: "entry", message: { id: bare.id } });
});

promise("reports a message that the friend's program is too old for as failed, once, with the reason", (t) => {
  const rig = new RouterRig("secure");
  const origin = new RecordingOrigin();
  rig.send("one\n");
  rig.router.sendTyped("Bob", bare, { origin, id: "X" });
  rig.router.sendTyped("Bob", waves, { origin });
  rig.turn();
  t.strictSame(origin.take(), ["queued Bob 1 @2 #X", "queued Bob 1 @3"]);
  connects(rig, oldProgram);
  t.equal(rig.bob.text, "one\n\nwaves\n");
  t.strictSame(origin.take(), [`failed! Bob 1 @2 #X ${tooOld}`, "sent Bob 1 @3"]);
  t.equal(rig.tell.waiting, 2);
  acks(rig, 3).turn();
  t.strictSame(origin.take(), ["delivered! Bob 1 @3"]);
  t.equal(rig.tell.waiting, 0);
  t.strictSame(rig.store.notebook.notes(bob, { first: 1, last: 9 }, 9), []);
});

promise("reports such a failure of an earlier run with its reason", (t) => {
  const before = new RouterRig("secure");
  before.router.sendTyped("Bob", bare, { origin: { pending: true, outcome: () => undefined }, id: "X" });
  before.turn();
  connects(before, oldProgram);
  const rig = new RouterRig("secure", before.store);
  const origin = new RecordingOrigin();
  rig.router.reporter = origin;
  rig.turn();
  t.strictSame(origin.take(), [`failed! Bob 1 @1 #X ${tooOld}`]);
});

promise("in clear, a message with a kind goes out as its fallback, and fails without one", (t) => {
  const rig = new RouterRig("line");
  const origin = new RecordingOrigin();
  rig.becomeReady();
  for (const message of [bare, waves]) rig.router.sendTyped("Bob", message, { origin });
  rig.send("end\n").turn();
  rig.takeAll().turn();
  t.equal(rig.bob.text, "waves\nend\n");
  t.strictSame(origin.take(), ["queued Bob 2 @1", `failed! Bob 1 @1 ${tooOld}`, "sent! Bob 1 @2"]);
  t.equal(rig.tell.waiting, 0);
  t.equal(rig.store.notebook.stateOf(bob, 1), "failed");
});

promise(
  "in clear, a full disk does not let a message without a fallback out, and it fails once the disk has room",
  (t) => {
    const rig = new RouterRig("line");
    const origin = new RecordingOrigin();
    rig.becomeReady();
    rig.store.failWith = "full";
    rig.router.sendTyped("Bob", bare, { origin });
    rig.turn().turn();
    rig.store.failWith = undefined;
    rig.turn().takeAll().turn();
    t.equal(rig.bob.text, "");
    t.strictSame(origin.take(), ["queued Bob 1 @3", `failed! Bob 1 @3 ${tooOld}`]);
  },
);

promise(
  "a row that becomes clear sends waiting messages with a kind as their fallbacks, and fails those without one",
  (t) => {
    const rig = new RouterRig("secure");
    const origin = new RecordingOrigin();
    for (const message of [waves, bare]) rig.router.sendTyped("Bob", message, { origin });
    rig.send("end\n").turn();
    rig.tell.peer = member("Bob", "10.1.1.1", "line");
    rig.turn().takeAll().turn();
    t.equal(rig.bob.text, "waves\nend\n");
    t.strictSame(origin.take(), ["queued Bob 2 @1", `failed! Bob 1 @2 ${tooOld}`, "sent! Bob 1 @1"]);
  },
);

promise("in clear, what waits is bounded by the bytes of messages with a kind", (t) => {
  const rig = new RouterRig("line", new MemoryStore({ keepHistory: false }));
  const origin = new RecordingOrigin();
  const body = new Uint8Array(131_072);
  for (let count = 0; count < 140; count += 1)
    rig.router.sendTyped("Bob", entryOf({ id: String(count).padStart(32, "0"), body }), { origin, quiet: true });
  rig.turn();
  t.equal(rig.tell.waiting, 127, "16 Mi characters");
  t.match(origin.take(), [/^failed! Bob 1 \(the queue is full \(127 waiting, limit 16 million characters\)\)$/]);
  rig.takeAll().turn();
  rig.router.sendTyped("Bob", entryOf({ body }), { origin });
  t.equal(rig.tell.waiting, 1, "there is room again");
});

promise("sends a message with a kind to several friends and to oneself; each shows what it has to show", (t) => {
  const rig = new RouterRig("secure");
  const origin = new RecordingOrigin();
  t.strictSame(rig.router.sendTyped("Alice,Bob,Jos\u00e9", waves, { origin }), ["Alice", "Bob", "Jos\u00e9"]);
  rig.router.sendTyped("Alice", bare);
  rig.turn();
  t.strictSame(rig.messages, ["Alice: waves\n"]);
  t.strictSame(origin.take(), ["delivered! Alice 1 @1", "queued Bob 1 @3", "queued Jos\u00e9 1 @4"]);
  t.strictSame(rig.store.typedMessages.ofKind(waves.kind, 0, 9), [
    { number: 1, message: waves },
    { number: 2, message: bare },
  ]);
  connects(rig, newProgram);
  rig.tell.onEvent({ kind: "stream", stream: "1".repeat(32), from: 1 });
  const other = entryOf({ id: "c".repeat(32), silent: true });
  for (const [index, message] of [waves, other].entries())
    rig.tell.onEvent({ kind: "entry", at: { seq: index + 1, tag: noTag, bytes: message.raw.length }, message });
  rig.turn();
  t.strictSame(rig.messages, ["Alice: waves\n"], "our own message, come back, and a silent one are not shown");
});

promise("a cancelled message with a kind is not sent", (t) => {
  const rig = new RouterRig("secure");
  const origin = new RecordingOrigin();
  rig.router.sendTyped("Bob", waves, { origin });
  rig.send("end\n").turn();
  rig.router.cancel("Bob", { seq: 1 }, () => undefined);
  rig.turn();
  connects(rig, newProgram);
  t.strictSame(
    rig.bob.writes.flat().filter(({ kind }) => kind === "entry"),
    [],
  );
  t.strictSame(origin.take(), ["queued Bob 1 @1", "cancelled! Bob 1 @1"]);
});

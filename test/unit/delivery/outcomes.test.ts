// The outcomes that an origin gets for its messages, through router, friend and delivery.

import { batchOf } from "../../../src/core/batch.js";
import { queueMessagesMax } from "../../../src/core/limits.js";
import type { Contact } from "../../../src/core/notice.js";
import type { SendOptions } from "../../../src/core/outcome.js";
import type { PeerName } from "../../../src/core/types.js";
import { noStream, noTag } from "../../../src/delivery/stream.js";
import { keyOf } from "../kit/keys.js";
import { promise } from "../kit/promise.js";
import { RecordingOrigin } from "../kit/recording-origin.js";
import { member, RouterRig } from "../kit/router-rig.js";

const contact: Contact = { key: keyOf("b"), standing: "pinned", preferred: true, timed: false, entries: false };
const granted = 1_000_000;
const bob = "Bob" as PeerName;

/** Bob's connection opens; his position is empty or as given. */
function connects(
  rig: RouterRig,
  at: { readonly received: number; readonly tag: string } = { received: 0, tag: noTag },
): void {
  rig.bob.ready = true;
  rig.tell.onStand(contact);
  rig.tell.onReady();
  const stream = rig.store.outgoing(bob)?.stream;
  rig.tell.onEvent({ kind: "position", stream: at.received === 0 || !stream ? noStream : stream, ...at, granted });
  rig.turn();
}

const acks = (rig: RouterRig, received: number): RouterRig => {
  rig.tell.onEvent({ kind: "ack", received, granted });
  return rig.turn();
};

class Asking {
  readonly origin = new RecordingOrigin();
  readonly rig: RouterRig;

  constructor(rig: RouterRig) {
    this.rig = rig;
  }

  hands(texts: string, sendOptions: Omit<SendOptions, "origin"> = {}, to = "Bob"): this {
    this.rig.router.send(to, batchOf(texts), { origin: this.origin, ...sendOptions });
    return this;
  }

  turn(): string[] {
    this.rig.turn();
    return this.origin.take();
  }
}

promise("reports a secure message as queued with its number, then sent, then delivered", (t) => {
  const rig = new RouterRig("secure");
  const asking = new Asking(rig).hands("one\ntwo\n");
  t.strictSame(asking.origin.take(), [], "not before the commit");
  t.strictSame(asking.turn(), ["queued Bob 2 @1"]);
  connects(rig);
  t.strictSame(asking.origin.take(), ["sent Bob 2 @1"]);
  acks(rig, 1);
  t.strictSame(asking.origin.take(), ["delivered! Bob 1 @1"]);
  acks(rig, 2);
  t.strictSame(asking.origin.take(), ["delivered! Bob 1 @2"]);
});

promise("reports a message in clear as finally sent when the kernel takes it", (t) => {
  const rig = new RouterRig("line");
  const asking = new Asking(rig).hands("one\n");
  t.strictSame(asking.turn(), ["queued Bob 1 @1"]);
  rig.becomeReady();
  t.strictSame(asking.origin.take(), []);
  rig.tell.onTaken();
  t.strictSame(asking.turn(), ["sent! Bob 1 @1"]);
  t.strictSame(asking.turn(), []);
});

promise("reports to each origin its own messages only", (t) => {
  const rig = new RouterRig("secure");
  const [one, other] = [new Asking(rig), new Asking(rig)];
  one.hands("a\n").hands("b\n");
  rig.send("nobody asks\n");
  other.hands("c\n");
  one.hands("d\n");
  t.strictSame(one.turn(), ["queued Bob 2 @1", "queued Bob 1 @5"]);
  t.strictSame(other.origin.take(), ["queued Bob 1 @4"]);
  connects(rig);
  acks(rig, 5);
  t.strictSame(one.origin.take(), ["sent Bob 2 @1", "sent Bob 1 @5", "delivered! Bob 2 @1", "delivered! Bob 1 @5"]);
  t.strictSame(other.origin.take(), ["sent Bob 1 @4", "delivered! Bob 1 @4"]);
});

promise("reports consecutive messages of one origin together, also across turns", (t) => {
  const rig = new RouterRig("secure");
  const asking = new Asking(rig);
  for (let turn = 0; turn < 5; turn += 1) asking.hands("x\ny\n").turn();
  connects(rig);
  acks(rig, 10);
  t.strictSame(asking.origin.take(), ["sent Bob 10 @1", "delivered! Bob 10 @1"]);
});

promise("returns the caller's names with every outcome", (t) => {
  for (const dialect of ["secure", "line"] as const) {
    const rig = new RouterRig(dialect);
    const asking = new Asking(rig).hands("a\n", { id: "A" }).hands("b\n").hands("c\n", { id: "C" });
    t.strictSame(asking.turn(), ["queued Bob 1 @1 #A", "queued Bob 1 @2", "queued Bob 1 @3 #C"]);
    if (dialect === "line") rig.takeAll().turn();
    else connects(rig);
    if (dialect === "secure") {
      t.strictSame(asking.origin.take(), ["sent Bob 1 @1 #A", "sent Bob 1 @2", "sent Bob 1 @3 #C"]);
      acks(rig, 3);
    }
    const end = dialect === "line" ? "sent!" : "delivered!";
    t.strictSame(asking.origin.take(), [`${end} Bob 1 @1 #A`, `${end} Bob 1 @2`, `${end} Bob 1 @3 #C`], dialect);
    rig.turn();
    t.strictSame(rig.store.notebook.notes(bob, { first: 1, last: 9 }, 9), [], "the notes are deleted");
  }
});

promise("reports messages that a full disk refuses as failed, once, and numbers later messages without a gap", (t) => {
  const rig = new RouterRig("secure");
  const asking = new Asking(rig).hands("kept\n", { id: "k" });
  asking.turn();
  rig.store.failWith = "the disk is full";
  asking.hands("a\nb\n").hands("c\n", { id: "C" });
  t.strictSame(asking.turn(), ["failed! Bob 2 (the disk is full)", "failed! Bob 1 #C (the disk is full)"]);
  t.strictSame(asking.turn(), []);
  rig.store.failWith = undefined;
  t.strictSame(asking.hands("d\n").turn(), ["queued Bob 1 @5"]);
  connects(rig);
  acks(rig, 2);
  t.strictSame(asking.origin.take().slice(2), ["delivered! Bob 1 @1 #k", "delivered! Bob 1 @5"]);
});

promise(
  "in clear, a full disk refuses nothing: a message is sent without a number, or waits and gets one later",
  (t) => {
    const rig = new RouterRig("line");
    const asking = new Asking(rig);
    rig.store.failWith = "the disk is full";
    rig.bob.ready = true;
    t.strictSame(asking.hands("gone\n", { id: "g" }).turn(), []);
    rig.tell.onTaken();
    t.strictSame(asking.turn(), ["sent! Bob 1 #g"]);
    t.strictSame(asking.hands("waits\n", { id: "w" }).turn(), []);
    rig.store.failWith = undefined;
    t.strictSame(asking.turn(), ["queued Bob 1 @4 #w"]);
    rig.takeAll().turn();
    t.strictSame(asking.origin.take(), ["sent! Bob 1 @4 #w"]);
  },
);

promise("reports messages without room or without a friend as failed at the end of the turn", (t) => {
  const rig = new RouterRig("line");
  rig.router.send("Bob", { texts: "x\n", count: queueMessagesMax - 1 });
  const asking = new Asking(rig).hands("a\nb\n").hands("?\n", { id: "q" }, "Nobody");
  t.strictSame(
    asking.origin.take(),
    [],
    "an origin may send more in response, so outcomes come at the end of the turn",
  );
  t.strictSame(asking.turn(), [
    "failed! Bob 1 (the queue is full (100000 waiting, limit 100000 messages))",
    "failed! Nobody 1 #q (no such friend)",
    "queued Bob 1 @100000",
  ]);
});

promise("reports one outcome per recipient, for lists, for all others and for oneself", (t) => {
  const rig = new RouterRig("secure");
  const asking = new Asking(rig).hands("hi\n", { id: "x" }, "*").hands("note\n", { id: "n" }, "Alice, Bob,Nobody");
  t.strictSame(asking.turn().sort(), [
    "delivered! Alice 1 @1 #n",
    "failed! Nobody 1 #n (no such friend)",
    "queued Bob 1 @2 #x",
    "queued Bob 1 @3 #n",
    "queued José 1 @4 #x",
  ]);
});

promise("sends once to a friend who is selected twice", (t) => {
  const rig = new RouterRig("secure");
  const to = `Bob,*,Bob ,Jose\u0301, Nobody,Nobody`;
  const asking = new Asking(rig).hands("hi\n", { id: "x" }, to);
  t.strictSame(asking.turn().sort(), [
    "failed! Nobody 1 #x (no such friend)",
    "queued Bob 1 @1 #x",
    "queued José 1 @2 #x",
  ]);
});

promise("gives each message one final outcome when a row changes its dialect, with a full disk or not", (t) => {
  for (const [before, after] of [
    ["line", "secure"],
    ["secure", "line"],
  ] as const)
    for (const full of [false, true]) {
      const rig = new RouterRig(before);
      const asking = new Asking(rig).hands("one\n", { id: "1" });
      asking.turn();
      if (full) rig.store.failWith = "full";
      asking.hands("two\n", { id: "2" });
      rig.tell.peer = member("Bob", "10.1.1.1", after);
      asking.hands("three\n", { id: "3" });
      const failed = ["failed! Bob 1 #2 (full)", "failed! Bob 1 #3 (full)"];
      t.strictSame(
        asking.turn(),
        full ? failed : ["queued Bob 1 @2 #2", "queued Bob 1 @3 #3"],
        `${before}, ${String(full)}`,
      );
      rig.store.failWith = undefined;
      if (after === "line") rig.takeAll().turn();
      else {
        connects(rig);
        acks(rig, full ? 1 : 3);
      }
      const ends = asking.origin.take().filter((line) => line.includes("!"));
      const end = after === "line" ? "sent!" : "delivered!";
      const all = [`${end} Bob 1 @1 #1`, `${end} Bob 1 @2 #2`, `${end} Bob 1 @3 #3`];
      t.strictSame(ends, full ? all.slice(0, 1) : all);
    }
});

promise("reports messages of an earlier run to the reporter when they end, with number and name", (t) => {
  const first = new RouterRig("secure");
  new Asking(first).hands("a\n", { id: "A" }).hands("b\n").hands("c\n", { id: "C" }).turn();
  connects(first);
  const tag = first.store.tagAt(bob, 1) ?? "";
  const rig = new RouterRig("secure", first.store);
  const reporter = new RecordingOrigin();
  rig.router.reporter = reporter;
  rig.turn();
  t.strictSame(reporter.take(), []);
  connects(rig, { received: 1, tag });
  t.strictSame(reporter.take(), ["delivered! Bob 1 @1 #A"]);
  acks(rig, 3);
  t.strictSame(reporter.take(), ["delivered! Bob 1 @3 #C"]);
});

promise("reports an outcome that a crash kept from being reported in the next run, once", (t) => {
  for (const dialect of ["secure", "line"] as const) {
    const first = new RouterRig(dialect);
    new Asking(first).hands("a\n", { id: "A" }).turn();
    if (dialect === "line") first.becomeReady().tell.onTaken();
    else connects(first);
    if (dialect === "secure") first.tell.onEvent({ kind: "ack", received: 1, granted });
    first.router.settle();
    t.ok(first.store.commit().ok);
    // The run crashes here: the outcome is stored and not reported.
    const silent = new RouterRig(dialect, first.store).turn().turn();
    t.ok(silent.store.notebook.notes(bob, { first: 1, last: 1 }, 1).length > 0, "without a reporter the note stays");
    const told = (): string[] => {
      const rig = new RouterRig(dialect, first.store);
      const reporter = new RecordingOrigin();
      rig.router.reporter = reporter;
      rig.turn();
      const lines = reporter.take();
      rig.turn();
      return [...lines, ...reporter.take()];
    };
    t.strictSame(told(), [dialect === "line" ? "sent! Bob 1 @1 #A" : "delivered! Bob 1 @1 #A"]);
    t.strictSame(told(), []);
  }
});

promise("deletes a note in a later turn than the one that reported it, and keeps it while the disk is full", (t) => {
  const rig = new RouterRig("secure");
  const asking = new Asking(rig).hands("a\n", { id: "A" });
  asking.turn();
  connects(rig);
  acks(rig, 1);
  const notes = (): number => rig.store.notebook.notes(bob, { first: 1, last: 1 }, 1).length;
  t.equal(notes(), 1);
  t.ok(rig.router.turnRequested, "a turn is requested");
  rig.store.failWith = "full";
  rig.turn();
  t.equal(notes(), 1);
  rig.store.failWith = undefined;
  rig.turn();
  t.equal(notes(), 0);
  t.notOk(rig.router.turnRequested);
  t.equal(asking.origin.take().filter((line) => line.startsWith("delivered")).length, 1);
});

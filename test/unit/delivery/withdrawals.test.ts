// Withdrawn messages: cancelled by a client, or expired.

import { batchOf } from "../../../src/core/batch.js";
import { storeRetryMs, wallClockTrustMs } from "../../../src/core/limits.js";
import type { Cancellation, SendOptions, CancelTarget } from "../../../src/core/outcome.js";
import type { DialectName, PeerName } from "../../../src/core/types.js";
import type { MemoryStore } from "../kit/memory-store.js";
import { noStream, noTag } from "../../../src/delivery/stream.js";
import { keyOf } from "../kit/keys.js";
import { promise } from "../kit/promise.js";
import { RecordingOrigin } from "../kit/recording-origin.js";
import { member, RouterRig } from "../kit/router-rig.js";

const granted = 1_000_000;
const bob = "Bob" as PeerName;

class Rig extends RouterRig {
  readonly origin = new RecordingOrigin();
  readonly answers: Cancellation[] = [];

  constructor(dialect: DialectName, store?: MemoryStore) {
    super(dialect, store);
    this.router.reporter = this.origin;
  }

  hands(texts: string, sendOptions: Omit<SendOptions, "origin"> = {}, to = "Bob"): this {
    this.router.send(to, batchOf(texts), { origin: this.origin, ...sendOptions });
    return this;
  }

  cancels(target: CancelTarget = "all", to = "Bob"): this {
    this.router.cancel(to, target, (done) => this.answers.push(done));
    return this;
  }

  /** Bob's connection opens, and he has received nothing from us. */
  connects(): this {
    this.bob.ready = true;
    this.tell.onStand({ key: keyOf("b"), standing: "pinned", preferred: true, timed: false, entries: false });
    this.tell.onReady();
    this.tell.onEvent({ kind: "position", stream: noStream, received: 0, tag: noTag, granted });
    return this.turn();
  }

  acks(received: number): this {
    this.bob.ready = true;
    this.tell.onEvent({ kind: "ack", received, granted });
    return this.turn();
  }

  ends(): string[] {
    return this.origin.take().filter((line) => line.includes("!"));
  }

  get history(): string {
    return this.store
      .history()
      .map(({ text, state }) => `${text} ${state}`)
      .join(", ");
  }
}

const both = ["secure", "line"] as const;

promise("cancels all waiting messages, answers after the commit, and requests no connection for them", (t) => {
  for (const dialect of both) {
    const rig = new Rig(dialect).hands("a\nb\n", { id: "x" }).hands("c\n");
    rig.turn().origin.take();
    rig.cancels();
    t.strictSame(rig.answers, []);
    rig.turn().turn();
    t.strictSame(rig.answers, [{ cancelled: 3, late: 0 }], dialect);
    t.strictSame(rig.ends(), ["cancelled! Bob 1 @1 #x", "cancelled! Bob 2 @2"], dialect);
    t.equal(rig.tell.waiting, 0);
    t.equal(rig.history, "a cancelled, b cancelled, c cancelled");
    const [{ retired, next } = { retired: 0, next: 0 }] = [rig.store.outgoing(bob)];
    t.equal(retired, next - 1, "it is retired");
    const wanted = rig.bob.wanted;
    new Rig(dialect, rig.store).turn();
    rig.turn();
    t.equal(rig.bob.wanted, wanted);
    rig.hands("d\n").turn();
    if (dialect === "secure") rig.connects().acks(1);
    else rig.takeAll().turn();
    t.equal(rig.bob.text, "d\n");
    t.equal(rig.history, `a cancelled, b cancelled, c cancelled, d ${dialect === "secure" ? "delivered" : "sent"}`);
  }
});

promise("cancels one message by its number or name, and sends the others in order", (t) => {
  for (const dialect of both)
    for (const [which, gone] of [
      [{ seq: 2 }, "b"],
      [{ id: "C" }, "c"],
      [{ seq: 1 }, "a"],
      [{ seq: 4 }, "d"],
    ] as const) {
      const rig = new Rig(dialect).hands("a\nb\n").hands("c\n", { id: "C" }).hands("d\n");
      rig.turn().cancels(which).turn();
      t.strictSame(rig.answers, [{ cancelled: 1, late: 0 }]);
      t.equal(rig.tell.waiting, 3);
      rig.origin.take();
      if (dialect === "secure") rig.connects().acks(4 - (gone === "a" ? 1 : 0));
      else rig.takeAll().turn();
      const left = ["a", "b", "c", "d"].filter((text) => text !== gone);
      t.strictSame(
        rig.bob.text.split("\n").filter((text) => text !== ""),
        left,
        `${dialect} without ${gone}`,
      );
      t.equal(rig.tell.waiting, 0);
      t.equal(
        rig.ends().reduce((sum, line) => sum + Number(line.split(" ")[2]), 0),
        3,
      );
      const end = dialect === "secure" ? "delivered" : "sent";
      t.equal(
        rig.history,
        ["a", "b", "c", "d"].map((text) => `${text} ${text === gone ? "cancelled" : end}`).join(", "),
      );
      t.equal(rig.notices.length, 0);
    }
});

promise("does not cancel messages that may have been sent", (t) => {
  for (const dialect of both) {
    const rig = new Rig(dialect).hands("a\n", { id: "A" }).hands("b\n");
    rig.turn();
    if (dialect === "secure") rig.connects();
    else rig.becomeReady();
    rig.hands("c\n").turn();
    if (dialect === "secure") rig.tell.onUnready();
    else rig.tell.onUntaken();
    rig.cancels().cancels({ id: "A" }).cancels({ seq: 2 }).cancels({ seq: 9 }).turn();
    const [all, ...single] = rig.answers;
    t.strictSame(all, { cancelled: 1, late: 2 }, dialect);
    t.strictSame(single, [
      { cancelled: 0, late: 1 },
      { cancelled: 0, late: 1 },
      { cancelled: 0, late: 0 },
    ]);
    const again = new Rig(dialect, rig.store);
    again.cancels().turn();
    t.strictSame(again.answers, [{ cancelled: 0, late: 2 }], "nor after a restart");
  }
});

promise("sends empty texts in place of cancelled messages after unacknowledged ones", (t) => {
  const rig = new Rig("secure").hands("a\n").turn().connects();
  rig.bob.ready = false;
  rig.hands("b\nc\n").turn();
  rig.tell.onTaken();
  rig.cancels().turn();
  t.equal(rig.answers[0]?.cancelled, 2);
  t.strictSame(rig.ends(), ["cancelled! Bob 2 @2"]);
  t.equal(rig.tell.waiting, 1);
  rig.bob.ready = true;
  rig.hands("d\n").turn();
  t.equal(rig.bob.text, "a\n\n\nd\n");
  rig.acks(4);
  t.strictSame(rig.ends(), ["delivered! Bob 1 @1", "delivered! Bob 1 @4"]);
  t.equal(rig.tell.waiting, 0);
});

promise("a cancellation whose commit fails has no effect", (t) => {
  for (const dialect of both) {
    const rig = new Rig(dialect).hands("a\nb\n").turn();
    rig.origin.take();
    rig.store.failWith = "the disk is full";
    rig.cancels().turn();
    t.strictSame(rig.answers, [{ cancelled: 0, late: 0, reason: "the disk is full" }]);
    t.strictSame(rig.origin.take(), []);
    rig.store.failWith = undefined;
    t.equal(rig.tell.waiting, 2);
    if (dialect === "secure") rig.connects().acks(2);
    else rig.takeAll().turn();
    t.equal(rig.bob.text, "a\nb\n");
    t.equal(rig.ends().length, 1);
  }
});

promise("reports a message sent and cancelled in one turn as queued and cancelled, and never sends it", (t) => {
  for (const dialect of both) {
    const rig = new Rig(dialect);
    if (dialect === "secure") rig.connects();
    rig.bob.ready = true;
    rig.hands("a\n", { id: "A" }).cancels().turn().turn();
    t.strictSame(rig.origin.take(), ["queued Bob 1 @1 #A", "cancelled! Bob 1 @1 #A"], dialect);
    rig.bob.ready = true;
    rig.hands("b\n").turn();
    t.equal(rig.bob.text, "b\n");
  }
});

promise("cancels for several friends or all others together, and answers with a reason for an unknown name", (t) => {
  const rig = new Rig("secure").hands("a\n", {}, "*").hands("b\n", {}, "Bob");
  rig.turn().cancels({ seq: 1 }, "*").turn();
  rig.cancels("all", "Bob,José").turn();
  rig.cancels("all", "Nobody");
  t.strictSame(rig.answers, [
    { cancelled: 1, late: 0 },
    { cancelled: 2, late: 0 },
    { cancelled: 0, late: 0, reason: "no such friend" },
  ]);
});

promise("an outage ends when all waiting messages are cancelled, and the next one is reported again", (t) => {
  const rig = new Rig("secure").hands("a\nb\n").turn();
  rig.tell.onUnreachable("connection refused");
  rig.cancels().turn();
  rig.hands("c\n").turn();
  rig.tell.onUnreachable("connection refused");
  t.match(rig.notices, [{ waiting: 2 }, { kind: "unreachable", waiting: 1 }]);
});

promise("sends no cancelled message after a dialect change", (t) => {
  for (const [before, after] of [both, [...both].reverse()] as const) {
    const rig = new Rig(before).hands("a\nb\nc\n").turn().cancels({ seq: 2 });
    rig.turn();
    rig.tell.peer = member("Bob", "10.1.1.1", after);
    rig.turn();
    if (after === "secure") rig.connects().acks(3);
    else rig.takeAll().turn();
    t.strictSame(
      rig.bob.text.split("\n").filter((text) => text !== ""),
      ["a", "c"],
    );
    t.equal(rig.tell.waiting, 0);
    t.equal(rig.ends().length, 3);
  }
});

// Expiry.

const now = 1_700_000_000_000;

promise("expires messages that were not sent in time, and not those that may have been sent", (t) => {
  for (const dialect of both) {
    const rig = new Rig(dialect);
    rig.clock.setWall(now);
    rig.hands("in time\n", { expires: now + 1_000, id: "x" }).turn();
    if (dialect === "secure") rig.connects();
    else rig.becomeReady();
    rig.hands("late\n", { expires: now + 1_000 }).hands("for ever\n");
    rig.bob.ready = false;
    if (dialect === "secure") rig.tell.onUnready();
    rig.turn();
    rig.clock.setWall(now + 1_500);
    rig.ring().turn();
    t.strictSame(rig.ends(), ["expired! Bob 1 @2"], dialect);
    rig.tell.onTaken();
    if (dialect === "line") rig.takeAll().turn();
    t.equal(rig.history.includes("late expired"), true);
    t.equal(rig.tell.waiting, dialect === "line" ? 0 : 2);
  }
});

promise("never sends an expired message, even if no timer fired", (t) => {
  for (const dialect of both) {
    const rig = new Rig(dialect);
    rig.clock.setWall(now);
    rig.hands("late\n", { expires: now + 10, id: "L" }).turn();
    rig.clock.setWall(now + 10);
    if (dialect === "secure") rig.connects();
    else rig.takeAll();
    t.equal(rig.bob.text, "");
    t.strictSame(rig.ends(), ["expired! Bob 1 @1 #L"]);
    rig.hands("too late\n", { expires: now }).turn();
    t.strictSame(rig.origin.take(), ["queued Bob 1 @2", "expired! Bob 1 @2"]);
  }
});

promise("sets one timer, for the next expiry", (t) => {
  const rig = new Rig("secure");
  rig.clock.setWall(now);
  rig
    .hands("a\n", { expires: now + 5_000 })
    .hands("b\n", { expires: now + 2_000 })
    .turn();
  rig.hands("c\n", { expires: now + 3_000 }, "José").turn();
  t.strictSame(rig.alarms, [2_000]);
  rig.clock.setWall(now + 2_000);
  rig.ring().turn();
  t.strictSame(rig.ends(), ["expired! Bob 1 @2"]);
  t.strictSame(rig.alarms, [1_000], "the next one");
  rig.clock.setWall(now - 3_600_000);
  rig.ring();
  t.notOk(rig.router.turnRequested, "the clock was set back");
  t.strictSame(rig.alarms, [wallClockTrustMs], "the clock is checked from time to time");
  rig.clock.setWall(now + 3_600_000);
  rig.ring().turn();
  t.strictSame(rig.ends(), ["expired! Bob 1 @1", "expired! José 1 @3"]);
  t.strictSame(rig.alarms, []);
});

promise("retries an expiry whose commit failed, and reports it once", (t) => {
  const rig = new Rig("secure");
  rig.clock.setWall(now);
  rig.hands("a\n", { expires: now + 2_000 }).turn();
  rig.clock.setWall(now + 2_000);
  rig.store.failWith = "full";
  rig.ring().turn();
  t.strictSame(rig.ends(), []);
  t.strictSame(rig.alarms, [storeRetryMs]);
  rig.store.failWith = undefined;
  rig.turn();
  t.strictSame(rig.ends(), ["expired! Bob 1 @1"]);
});

promise("expires messages of an earlier run, and tells the reporter", (t) => {
  const first = new Rig("secure");
  first.clock.setWall(now);
  first.hands("a\n", { expires: now + 2_000, id: "A" }).turn();
  const rig = new Rig("secure", first.store);
  rig.clock.setWall(now + 9_000);
  rig.turn();
  t.strictSame(rig.ends(), ["expired! Bob 1 @1 #A"]);
});

promise("sets no timer for a friend who left the group, whose messages keep waiting", (t) => {
  const rig = new Rig("secure");
  rig.clock.setWall(now);
  rig.hands("a\n", { expires: now + 2_000 }).turn();
  rig.router.setFriends("Alice" as PeerName, [rig.friends[0]!, rig.friends[2]!]);
  t.strictSame(rig.alarms, []);
  t.strictSame(rig.ends(), []);
  t.equal(rig.history, "a waiting");
});

// Receipts: outcomes are reported to origins, with callers' names kept in the notebook.

import type { Outcome } from "../../../src/core/outcome.js";
import { outcomesPerTurn } from "../../../src/core/limits.js";
import { ok, type PeerName } from "../../../src/core/types.js";
import { MemoryStore } from "../kit/memory-store.js";
import { OpenEntries } from "../../../src/delivery/open-entries.js";
import { Receipts, type Progress } from "../../../src/delivery/receipts.js";
import { promise } from "../kit/promise.js";
import { RecordingOrigin } from "../kit/recording-origin.js";

const bob = "Bob" as PeerName;
const nothing: Progress = { kept: 0, written: 0, retired: 0 };

class Rig {
  readonly store = new MemoryStore({ keepHistory: false });
  readonly origin = new RecordingOrigin();
  readonly receipts: Receipts;
  told = 0;

  constructor() {
    const parts = {
      peer: () => bob,
      notebook: this.store.notebook,
      reporter: () => undefined,
      tell: (origin: { outcome(outcome: Outcome): void }, outcome: Outcome) => origin.outcome(outcome),
    };
    this.receipts = new Receipts(parts, nothing, 1);
  }

  /** Runs a turn in which the delivery reached `progress`. */
  turn(progress: Progress): string[] {
    this.receipts.settle();
    this.store.commit();
    this.receipts.committed(ok(null), progress.kept);
    this.receipts.advance(progress, "delivered");
    this.receipts.tell();
    return this.origin.take();
  }

  hand(first: number, count: number, id?: string): void {
    this.receipts.add(first, count, { origin: this.origin, ...(id !== undefined && { id }) });
    this.receipts.stored(first, count, first);
  }
}

promise("reports nothing for messages without an origin", (t) => {
  const rig = new Rig();
  t.strictSame(rig.turn({ kept: 9, written: 9, retired: 9 }), []);
  t.notOk(rig.receipts.unfinished);
});

promise("keeps a million messages of one origin as one entry with one outcome", (t) => {
  const rig = new Rig();
  for (let turn = 0; turn < 1_000; turn += 1) {
    const kept = (turn + 1) * 1_000;
    rig.hand(turn * 1_000 + 1, 1_000);
    rig.turn({ ...nothing, kept });
  }
  rig.receipts.withdrawn([{ first: 1_001, last: 999_999 }], "cancelled");
  rig.receipts.tell();
  t.strictSame(rig.origin.take(), ["cancelled! Bob 998999 @1001"]);
  t.strictSame(rig.turn({ kept: 1_000_000, written: 1_000, retired: 1_000 }), [
    "sent Bob 1000 @1",
    "delivered! Bob 1000 @1",
  ]);
  t.strictSame(rig.turn({ kept: 1_000_000, written: 1_000_000, retired: 1_000_000 }), [
    "sent Bob 1 @1000000",
    "delivered! Bob 1 @1000000",
  ]);
});

promise("reports a bounded number of named messages per turn, in order, and the rest in later turns", (t) => {
  const rig = new Rig();
  const count = 2 * outcomesPerTurn + 10;
  for (let ordinal = 1; ordinal <= count; ordinal += 1) rig.hand(ordinal, 1, String(ordinal));
  rig.turn({ ...nothing, kept: count });
  rig.receipts.withdrawn([{ first: 1, last: count }], "expired");
  rig.receipts.tell();
  const told = rig.origin.take();
  t.equal(told.length, outcomesPerTurn);
  t.ok(rig.receipts.unfinished);
  for (let turn = 0; rig.receipts.unfinished && turn < 9; turn += 1)
    told.push(...rig.turn({ ...nothing, kept: count }));
  t.strictSame(
    told,
    Array.from({ length: count }, (_, index) => `expired! Bob 1 @${String(index + 1)} #${String(index + 1)}`),
  );
  t.strictSame(rig.store.notebook.notes(bob, { first: 1, last: count }, 1), []);
});

promise("open entries return the parts inside a span and keep the rest", (t) => {
  const [one, other] = [new RecordingOrigin(), new RecordingOrigin()];
  const entries = new OpenEntries();
  entries.push({ first: 1, last: 4, origin: one, number: 11 });
  entries.push({ first: 5, last: 6, origin: one, number: 15 });
  entries.push({ first: 8, last: 9, origin: one, number: 30 });
  entries.push({ first: 10, last: 12, origin: other, number: 32 });
  const spans = (found: ReturnType<OpenEntries["within"]>): unknown =>
    found.map(({ first, last, number }) => [first, last, number]);
  t.strictSame(spans(entries.within({ first: 1, last: 99 })), [
    [1, 6, 11],
    [8, 9, 30],
    [10, 12, 32],
  ]);
  t.strictSame(spans(entries.take({ first: 3, last: 8 })), [
    [3, 6, 13],
    [8, 8, 30],
  ]);
  t.strictSame(spans(entries.take({ first: 3, last: 8 })), []);
  t.strictSame(spans(entries.take({ first: 7, last: 3 })), []);
  t.strictSame(spans(entries.take({ first: 1, last: 1 })), [[1, 1, 11]]);
  t.strictSame(spans(entries.within({ first: 1, last: 99 })), [
    [2, 2, 12],
    [9, 9, 31],
    [10, 12, 32],
  ]);
  t.equal(entries.take({ first: 2, last: 99 }).length, 3);
});

promise("keeps a note until the origin has read the outcome", (t) => {
  const rig = new Rig();
  rig.hand(1, 1, "x1");
  rig.origin.pending = true;
  const done = { kept: 1, written: 1, retired: 1 };
  t.ok(rig.turn(done).length > 0, "it is reported");
  rig.turn(done);
  t.equal(rig.store.notebook.notes(bob, { first: 1, last: 1 }, 9).length, 1, "it may have to be reported again");
  t.ok(rig.receipts.awaitingRead);
  t.notOk(rig.receipts.unfinished, "an unread outcome alone requests no turn");
  rig.origin.pending = false;
  t.ok(rig.receipts.unfinished);
  rig.turn(done);
  t.equal(rig.store.notebook.notes(bob, { first: 1, last: 1 }, 9).length, 0);
  t.notOk(rig.receipts.awaitingRead);
});

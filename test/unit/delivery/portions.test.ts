// Delivery without acknowledgements in portions: one text, or a piece of one, per write.

import fc from "fast-check";
import { batchOf, joinBatches, portionsOf } from "../../../src/core/batch.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { MemoryStore } from "../kit/memory-store.js";
import { writtenRig } from "../kit/delivery-rig.js";
import { promise } from "../kit/promise.js";

/** Lets the kernel take each write, until nothing waits or `limit` writes were sent. Returns the writes. */
function writes(rig: ReturnType<typeof writtenRig>, limit = Infinity): string[] {
  const before = rig.carrier.carried.length;
  for (let count = 0; rig.delivery.waiting > 0 && count < limit; count += 1) {
    rig.carrier.ready = true;
    rig.turn();
    rig.delivery.writeTaken();
  }
  return rig.carrier.carried.slice(before).map(({ texts }) => texts);
}

promise("sends and retires texts one by one if a write holds one text", (t) => {
  const rig = writtenRig(undefined, 10);
  rig.push("one\ntwo\n");
  rig.push("three\n");
  t.strictSame(writes(rig), ["one\n", "two\n", "three\n"]);
  t.strictSame(rig.retiredCounts, [1, 1, 1]);
  rig.turn();
  t.strictSame(rig.history, ["out one sent", "out two sent", "out three sent"]);
});

promise("sends a long text in pieces, as one message that is retired with its last piece", (t) => {
  const rig = writtenRig(undefined, 4);
  rig.push("abcdefgh\u00e9\u00e9\u00e9\n");
  t.strictSame(writes(rig), ["abcd\n", "efgh\n", "\u00e9\u00e9\n", "\u00e9\n"]);
  t.strictSame(rig.retiredCounts, [0, 0, 0, 1]);
  rig.turn();
  t.strictSame(rig.history, ["out abcdefgh\u00e9\u00e9\u00e9 sent"]);
});

promise("sends a piece that was not taken again, without the pieces before it", (t) => {
  const rig = writtenRig(undefined, 4);
  rig.push("abcdefgh\n");
  t.strictSame(writes(rig, 1), ["abcd\n"]);
  rig.carrier.ready = true;
  rig.turn();
  rig.delivery.writeFailed();
  t.strictSame(writes(rig), ["efgh\n", "efgh\n"].slice(1));
});

promise("sends an unfinished text again from its start after a restart", (t) => {
  const store = new MemoryStore({ keepHistory: true });
  const first = writtenRig(store, 4);
  first.push("one\nabcdefgh\n");
  first.turn();
  t.strictSame(writes(first, 2), ["one\n", "abcd\n"]);
  first.turn();
  t.strictSame(writes(writtenRig(store, 4)), ["abcd\n", "efgh\n"]);
});

promise("ignores a taken report that belongs to an earlier delivery", (t) => {
  const rig = writtenRig(undefined, 10);
  rig.push("one\n");
  rig.delivery.writeTaken();
  t.equal(rig.delivery.waiting, 1);
  t.strictSame(writes(rig), ["one\n"]);
});

promise("portions keep all text in order, fit the byte limit, and are cut between characters", (t) => {
  const texts = fc.array(
    fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", "")),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(texts, fc.integer({ min: 4, max: 12 }), (lines, bytes) => {
      const batch = batchOf(lines.map((line) => `${line}\n`).join(""));
      const portions = portionsOf(batch, bytes);
      const said = portions.map(({ texts: each, count }) => (count === 1 ? each : each.slice(0, -1))).join("");
      t.equal(said, batch.texts);
      t.equal(joinBatches(portions).count, batch.count);
      t.ok(portions.every(({ texts: each }) => toUtf8(each.slice(0, -1)).length <= bytes));
    }),
  );
});

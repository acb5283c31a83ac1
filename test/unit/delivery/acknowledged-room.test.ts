// Limits with acknowledgements: waiting messages, unacknowledged messages, and memory.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  flightCharsMax,
  queueCharsMax,
  queueHighWater,
  queueMessagesMax,
  writeCharsMax,
} from "../../../src/core/limits.js";
import { MemoryStore } from "../kit/memory-store.js";
import { ack, nothingKnown, stand, turn } from "../kit/acknowledged-rig.js";
import { acknowledgedRig } from "../kit/delivery-rig.js";
import { promise } from "../kit/promise.js";

promise(
  "limits messages that wait in memory by number and by characters, and takes the part of a batch that fits",
  (t) => {
    const many = acknowledgedRig(new MemoryStore({ keepHistory: false }));
    t.equal(many.push("x\n".repeat(queueMessagesMax - 1)), queueMessagesMax - 1);
    t.equal(many.push("a\nb\n"), 1);
    t.equal(many.push("b\n"), 0);
    const wide = acknowledgedRig(new MemoryStore({ keepHistory: false }));
    const page = `${"x".repeat(queueCharsMax / 256 - 1)}\n`;
    for (let turns = 0; turns < 255; turns += 1) {
      wide.push(page);
      wide.turn();
    }
    t.equal(wide.push(page + page), 1, "messages in the store and in this turn both count");
    t.equal(wide.push("x\n"), 0);
    wide.turn();
    t.equal(wide.push("x\n"), 0);
    stand(wide, { ...nothingKnown, granted: 1e9 });
    wide.delivery.hear(ack(2, 1e9));
    turn(wide);
    t.equal(wide.push(page + page + page), 2, "delivered messages make room");
  },
);

promise("waiting short texts don't keep the chunks of stdin that they were cut from in memory", (t) => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const rig = acknowledgedRig(new MemoryStore({ keepHistory: false }));
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let count = 0; count < 500; count += 1) {
    const chunk = Buffer.alloc(65_536, `${"x".repeat(99)}\n`).toString();
    rig.delivery.push({ texts: chunk.slice(100, 200), count: 1 });
    rig.turn();
  }
  collect();
  const grown = process.memoryUsage().heapUsed - before;
  t.ok(grown < 4_000_000, `${String(grown)} bytes for 500 texts of 100 characters`);
  t.equal(rig.delivery.waiting, 500);
});

promise("limits messages that wait on disk by number only", (t) => {
  class Disk extends MemoryStore {
    override readonly capacity = { messages: 10, chars: Infinity };
  }
  const rig = acknowledgedRig(new Disk({ keepHistory: true }));
  rig.delivery.push({ texts: `${"x".repeat(2 * queueCharsMax)}\n`, count: 1 });
  t.equal(rig.push("x\n".repeat(10)), 9);
  t.strictSame(rig.delivery.capacity, { messages: 10, chars: Infinity });
});

promise("reports congestion only while the friend is reading", (t) => {
  const rig = acknowledgedRig();
  rig.carrier.progressing = true;
  rig.delivery.push({ texts: "x".repeat(queueHighWater), count: 1 });
  t.notOk(rig.delivery.congested);
  rig.push("\n");
  t.ok(rig.delivery.congested);
  rig.carrier.progressing = false;
  t.notOk(rig.delivery.congested);
});

promise(
  "limits unacknowledged messages however much credit the friend grants, and sends more as they are acknowledged",
  (t) => {
    const rig = acknowledgedRig();
    const page = `${"x".repeat(writeCharsMax - 1)}\n`;
    const pages = (2 * flightCharsMax) / writeCharsMax;
    for (let count = 0; count < pages; count += 1) {
      rig.push(page);
      rig.turn();
    }
    stand(rig, { ...nothingKnown, granted: 1e9 });
    for (let turns = 0; turns < 2 * pages; turns += 1) turn(rig);
    const flight = rig.carrier.text.length;
    t.ok(flight > flightCharsMax && flight <= flightCharsMax + writeCharsMax, String(flight));
    t.equal(rig.carrier.expects, "answer");
    rig.delivery.hear(ack(8, 1e9));
    turn(rig);
    t.equal(rig.carrier.text.length, flight + 8 * page.length);
  },
);

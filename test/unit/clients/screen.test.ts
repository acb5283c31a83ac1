// A reader of stdout that is slow or stops reading.

import { batchOf } from "../../../src/core/batch.js";
import { screenCharsMax, screenHighWater, writeCharsMax } from "../../../src/core/limits.js";
import type { PeerName } from "../../../src/core/types.js";
import { bob, ConsoleRig } from "../kit/console-rig.js";
import { promise } from "../kit/promise.js";

promise("writes nothing while the screen is blocked, and puts later messages in the next write", (t) => {
  const rig = new ConsoleRig();
  rig.screen.takes = false;
  rig.message(bob, batchOf("one\n"));
  t.equal(rig.turn(), "Bob : one\n");
  t.ok(rig.console.blocked);
  for (const text of ["two\n", "three\n"]) {
    rig.message(bob, batchOf(text));
    t.equal(rig.turn(), "");
    t.ok(rig.reading && !rig.screen.paused, "friends and keyboard are still read");
  }
  rig.drain();
  t.notOk(rig.console.blocked);
  t.equal(rig.turn(), "Bob : two\nBob : three\n");
  t.equal(rig.screen.writes.length, 2);
});

promise("reads neither friends nor keyboard from the high-water mark on, until the screen drains", (t) => {
  const rig = new ConsoleRig();
  rig.stall().fill(screenHighWater - 1);
  t.ok(rig.reading && !rig.screen.paused, "not before");
  rig.fill(4);
  t.ok(!rig.reading && rig.screen.paused);
  rig.fill(4);
  t.equal(rig.pauses, 1, "and once");
  rig.drain();
  t.ok(!rig.reading && rig.screen.paused, "not before the backlog has gone down");
  t.equal(rig.turn().length, screenHighWater + 7);
  t.ok(rig.reading && !rig.screen.paused);
});

promise("pauses reading again after a partial drain only if output is still above the high-water mark", (t) => {
  const rig = new ConsoleRig();
  rig.stall().fill(screenHighWater);
  rig.drain();
  rig.screen.takes = false;
  rig.turn();
  t.ok(rig.console.blocked && rig.reading && !rig.screen.paused, "a write's worth below the mark");
  const full = new ConsoleRig();
  full.stall().fill(screenHighWater + 2 * writeCharsMax);
  full.drain();
  full.screen.takes = false;
  full.turn();
  t.ok(full.console.blocked && !full.reading && full.screen.paused);
});

promise("splits long output into writes of bounded length, and stops at the first that is not taken", (t) => {
  const rig = new ConsoleRig();
  rig.stall();
  const message = batchOf(`${"x".repeat(1_000)}\n`);
  const shown = "Bob : ".length + 1_001;
  const perWrite = Math.ceil(writeCharsMax / shown) * shown;
  for (let index = 0; index < 200; index += 1) rig.message(bob, message);
  rig.drain();
  rig.screen.room = 1;
  t.equal(rig.turn().length, 2 * perWrite);
  t.ok(rig.console.blocked);
  rig.drain();
  t.equal(rig.turn().length, 200 * shown - 2 * perWrite);
  const sizes = rig.screen.writes.slice(1).map((write) => write.length);
  t.equal(sizes.length, 4);
  t.ok(sizes.every((size) => size <= perWrite));
});

promise("ends each write with a whole line, and turns CR LF into one LF", (t) => {
  for (const length of [1, writeCharsMax - 8, writeCharsMax - 7, writeCharsMax - 6, writeCharsMax, 2 * writeCharsMax]) {
    const rig = new ConsoleRig();
    const text = "x".repeat(length - 1);
    rig.message(bob, batchOf(`${text}\r\n`));
    rig.message(bob, batchOf("y\r\n"));
    t.ok(rig.turn() === `Bob : ${text}\nBob : y\n`, `${String(length)} characters`);
    t.ok(
      rig.screen.writes.every((write) => write.endsWith("\n")),
      `${String(length)} characters end with a whole line`,
    );
  }
});

promise("sanitises names, messages and notices in every write", (t) => {
  const rig = new ConsoleRig();
  rig.message("B\u001b[2Jb" as PeerName, batchOf("x\n"));
  rig.console.notice({ kind: "timed-out", peer: "B\u202eb" as PeerName });
  t.equal(rig.turn(), "B\\x1b[2Jb : x\nConnection with B\\u{202e}b timed out\n");
  for (let index = 0; index < 20; index += 1)
    rig.message(bob, batchOf(`${"x".repeat(20_000)}\u009b${String(index)}\n`));
  const lines = rig.turn().split("\n");
  t.ok(rig.screen.writes.length > 5);
  for (let index = 0; index < 20; index += 1) t.ok(lines[index]?.endsWith(`x\\x9b${String(index)}`));
});

promise("bounds unread notices, and counts those it drops", (t) => {
  const rig = new ConsoleRig();
  rig.screen.takes = false;
  rig.console.notice({ kind: "unknown-host" });
  rig.turn();
  const length = "Connection with Bob timed out\n".length;
  const fitting = Math.floor(screenCharsMax / length) + 1;
  for (let index = 0; index < fitting + 25; index += 1) rig.console.notice({ kind: "timed-out", peer: bob });
  rig.drain();
  const shown = rig.turn().split("\n").slice(0, -1);
  t.equal(shown.length, fitting + 1);
  t.equal(shown.at(-1), "25 more lines could not be shown: too much output was waiting for the screen.");
  rig.console.notice({ kind: "unknown-host" });
  rig.console.onDrain();
  t.notMatch(rig.turn(), "could not be shown", "the count is reported once");
});

promise("bounds and counts the notices of one turn even while the screen drains", (t) => {
  const rig = new ConsoleRig();
  const length = "Connection with Bob timed out\n".length;
  const fitting = Math.floor(screenCharsMax / length) + 1;
  for (let index = 0; index < fitting + 1; index += 1) rig.console.notice({ kind: "timed-out", peer: bob });
  const shown = rig.turn().split("\n").slice(0, -1);
  t.equal(shown.length, fitting + 1);
  t.equal(shown.at(-1), "1 more line could not be shown: too much output was waiting for the screen.");
  rig.console.notice({ kind: "timed-out", peer: bob });
  t.equal(rig.turn().length, length, "and the next turn has room");
});

promise("reads the keyboard only while the screen drains and no friend's queue is full", (t) => {
  const rig = new ConsoleRig();
  rig.console.congested(true);
  t.ok(rig.screen.paused);
  rig.stall().fill(screenHighWater);
  rig.console.congested(false);
  t.ok(rig.screen.paused, "the screen is blocked");
  rig.console.congested(true);
  rig.drain();
  rig.turn();
  t.ok(rig.screen.paused, "a friend's queue is full");
  t.ok(rig.reading, "which does not stop reading from friends");
  rig.console.congested(false);
  t.notOk(rig.screen.paused);
});

promise("counts a message as shown only after the console has taken its last line", (t) => {
  const rig = new ConsoleRig();
  t.equal(rig.console.shown, 0);
  const first = rig.message(bob, batchOf("one\ntwo\n"));
  t.equal(rig.console.shown, 0, "it waits for the end of the turn");
  rig.turn();
  t.equal(rig.console.shown, first);
  rig.screen.takes = false;
  const second = rig.message(bob, batchOf("three\n"));
  rig.turn();
  const third = rig.message(bob, batchOf("four\n"));
  rig.turn();
  t.equal(rig.console.shown, first, "written, but not taken yet");
  rig.drain();
  t.equal(rig.console.shown, second);
  rig.turn();
  t.equal(rig.console.shown, third);
});

promise("counts shown messages correctly among notices and across several writes", (t) => {
  const rig = new ConsoleRig();
  rig.console.notice({ kind: "unknown-host" });
  rig.turn();
  t.equal(rig.console.shown, 0, "nothing was received");
  const long = batchOf(`${"x".repeat(writeCharsMax)}\n`);
  const [first, second] = [rig.message(bob, long), rig.message(bob, long)];
  rig.console.notice({ kind: "unknown-host" });
  rig.screen.room = 1;
  rig.turn();
  t.equal(rig.console.shown, first, "the console has not taken the second yet");
  rig.drain();
  t.equal(rig.console.shown, second);
  rig.turn();
  t.equal(rig.console.shown, second, "a notice does not change it");
});

// PostedConnection posts a connection's callbacks into turns.

import fc from "fast-check";
import { postedChunksMax } from "../../../src/core/limits.js";
import { fromUtf8 } from "../../../src/core/utf8.js";
import type { ConnectionEvents } from "../../../src/ports.js";
import { PostedConnection } from "../../../src/reactor/posted.js";
import { FakeConnection } from "../kit/fake-network.js";
import { promise } from "../kit/promise.js";
import { rig, type Rig } from "../kit/reactor-rig.js";

class RecordedEvents implements ConnectionEvents {
  readonly calls: string[] = [];
  onOpen(): void {
    this.calls.push("open");
  }
  onBytes(chunk: Uint8Array): void {
    this.calls.push(fromUtf8(chunk));
  }
  onDrain(): void {
    this.calls.push("drain");
  }
  onEnd(): void {
    this.calls.push("end");
  }
  onClose(code?: string): void {
    this.calls.push(`close ${String(code)}`);
  }
}

interface PostedRig extends Rig {
  readonly inner: FakeConnection;
  readonly posted: PostedConnection;
  readonly events: RecordedEvents;
}

function postedRig(): PostedRig {
  const base = rig();
  const inner = new FakeConnection("10.1.2.0");
  const posted = new PostedConnection(base.reactor, inner);
  const events = new RecordedEvents();
  posted.bind(events);
  return { ...base, inner, posted, events };
}

promise("reports a connection's events in a turn, in order, the close last", (t) => {
  const { clock, inner, posted, events } = postedRig();
  inner.open();
  inner.say("a");
  inner.drain();
  inner.say("b");
  inner.fin();
  inner.close("ECONNRESET");
  t.strictSame(events.calls, []);
  clock.settle();
  t.strictSame(events.calls, ["open", "a", "drain", "b", "end", "close ECONNRESET"]);
  t.equal(posted.remoteHost, "10.1.2.0");
});

promise("forwards every method to the inner connection", (t) => {
  const { inner, posted } = postedRig();
  t.ok(posted.write(new Uint8Array([0x61])));
  inner.takes = false;
  t.notOk(posted.write(new Uint8Array([0x62])));
  posted.end();
  posted.destroy();
  t.strictSame([inner.text, inner.ended, inner.destroyed, inner.wasReset], ["ab", true, true, false]);
  posted.reset();
  t.ok(inner.wasReset);
});

promise("destroys a connection whose handler throws", (t) => {
  const { clock, inner, events, log } = postedRig();
  events.onBytes = () => {
    throw new Error("boom");
  };
  inner.say("x");
  clock.settle();
  t.ok(inner.destroyed);
  t.equal(log.loud.length, 1);
});

promise("pauses the connection when too many chunks wait for a turn, until one was handled", (t) => {
  const { clock, inner, events } = postedRig();
  for (let index = 1; index < postedChunksMax; index += 1) inner.say("x");
  t.notOk(inner.paused);
  inner.say("x");
  t.ok(inner.paused);
  inner.say("one that was in flight");
  clock.settle();
  t.notOk(inner.paused);
  t.equal(events.calls.length, postedChunksMax + 1);
});

promise("keeps the session's pause after the bound's pause ends, and the other way round", (t) => {
  const { clock, inner, posted } = postedRig();
  for (let index = 0; index < postedChunksMax; index += 1) inner.say("x");
  posted.pause();
  clock.settle();
  t.ok(inner.paused, "the session's pause holds");
  posted.resume();
  t.ok(inner.paused, "deferred chunks are still waiting");
  clock.settle();
  t.notOk(inner.paused);
  for (let index = 0; index < postedChunksMax; index += 1) inner.say("x");
  posted.pause();
  posted.resume();
  t.ok(inner.paused, "the bound's pause holds");
  clock.settle();
  t.notOk(inner.paused);
});

promise("defers chunks posted before a pause until it ends, in order, with end and close after them", (t) => {
  const { clock, inner, posted, events } = postedRig();
  inner.say("a");
  posted.pause();
  inner.say("b");
  clock.settle();
  inner.say("c");
  inner.drain();
  inner.fin();
  inner.close("ECONNRESET");
  clock.settle();
  t.strictSame(events.calls, ["drain"], "drain concerns writing and is not deferred");
  inner.drain();
  posted.resume();
  t.strictSame(events.calls, ["drain"], "no event is reported inside a call");
  clock.settle();
  t.strictSame(events.calls, ["drain", "drain", "a", "b", "c", "end", "close ECONNRESET"]);
});

promise("reports new chunks after the deferred ones", (t) => {
  const { clock, inner, posted, events } = postedRig();
  posted.pause();
  inner.say("a");
  inner.say("b");
  clock.settle();
  inner.say("posted before");
  posted.resume();
  inner.say("posted after");
  clock.settle();
  t.strictSame(events.calls, ["a", "b", "posted before", "posted after"]);
});

promise("a pause during deferred callbacks defers the rest and the close again", (t) => {
  const { clock, inner, posted, events } = postedRig();
  posted.pause();
  for (const text of ["a", "b", "c"]) inner.say(text);
  inner.close();
  clock.settle();
  const record = events.onBytes.bind(events);
  events.onBytes = (chunk) => {
    record(chunk);
    posted.pause();
  };
  for (const calls of [["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "close undefined"]]) {
    posted.resume();
    clock.settle();
    t.strictSame(events.calls, calls);
  }
});

promise("reports end and close at once, even during a pause, if no chunk is deferred", (t) => {
  const { clock, inner, posted, events } = postedRig();
  inner.say("a");
  clock.settle();
  posted.pause();
  inner.fin();
  inner.close();
  clock.settle();
  t.strictSame(events.calls, ["a", "end", "close undefined"]);
});

promise("reports the close of a destroyed connection without a resume, after its chunks", (t) => {
  for (const how of ["destroy", "reset"] as const) {
    const { clock, inner, posted, events } = postedRig();
    posted.pause();
    inner.say("a");
    clock.settle();
    inner.say("b");
    posted[how]();
    posted.pause();
    inner.close();
    clock.settle();
    t.strictSame(events.calls, ["a", "b", "close undefined"], how);
  }
});

promise("loses neither deferred chunks nor the close when a handler throws", (t) => {
  const { clock, inner, posted, events } = postedRig();
  const record = events.onBytes.bind(events);
  events.onBytes = (chunk) => {
    record(chunk);
    if (fromUtf8(chunk) === "a") throw new Error("boom");
  };
  posted.pause();
  inner.say("a");
  inner.say("b");
  clock.settle();
  posted.resume();
  clock.settle();
  t.ok(inner.destroyed);
  inner.close();
  clock.settle();
  t.strictSame(events.calls, ["a", "b", "close undefined"]);
});

type Move = "say" | "pause" | "resume" | "turn";

function applyMove({ clock, posted }: PostedRig, move: Move): void {
  if (move === "turn") clock.settle();
  if (move === "pause") posted.pause();
  if (move === "resume") posted.resume();
}

promise("reads a connection exactly while the session wants it and fewer chunks than the bound wait", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom<Move>("say", "say", "pause", "resume", "turn"), { maxLength: 40 }),
      (moves) => {
        const base = postedRig();
        const { clock, inner, posted, events } = base;
        let wants = true;
        let said = 0;
        for (const move of moves) {
          const before = events.calls.length;
          applyMove(base, move);
          if (move === "pause" || move === "resume") wants = move === "resume";
          if (move === "say" && !inner.paused) inner.say(String((said += 1)));
          if (!wants && events.calls.length > before) throw new Error("event during a pause");
          const waiting = said - events.calls.length;
          if (waiting > postedChunksMax) throw new Error(`${String(waiting)} chunks wait`);
          if (inner.paused !== (!wants || waiting >= postedChunksMax))
            throw new Error(`paused is ${String(inner.paused)}`);
        }
        inner.close();
        clock.settle();
        posted.resume();
        clock.settle();
        const all = Array.from({ length: said }, (_, index) => String(index + 1));
        return events.calls.join() === [...all, "close undefined"].join();
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
});

promise("a later receiver gets the pushed-back chunk first and then all further events", (t) => {
  const { clock, inner, posted, events } = postedRig();
  inner.say("he");
  inner.say("llo");
  inner.fin();
  const later = new RecordedEvents();
  events.onBytes = (chunk) => {
    events.calls.push(fromUtf8(chunk));
    posted.bind(later);
    posted.pushBack(chunk);
  };
  clock.settle();
  inner.close();
  clock.settle();
  t.strictSame(events.calls, ["he"]);
  t.strictSame(later.calls, ["he", "llo", "end", "close undefined"]);
  t.notOk(inner.paused);
});

promise("defers a pushed-back chunk during a pause, ahead of the other deferred chunks", (t) => {
  const { clock, inner, posted, events } = postedRig();
  posted.pause();
  inner.say("kept");
  clock.settle();
  posted.pushBack(new Uint8Array([0x31]));
  t.strictSame(events.calls, []);
  posted.resume();
  clock.settle();
  t.strictSame(events.calls, ["1", "kept"]);
  posted.pause();
  posted.pushBack(new Uint8Array([0x32]));
  inner.close();
  clock.settle();
  t.strictSame(events.calls, ["1", "kept"], "the close is deferred behind it");
  posted.resume();
  clock.settle();
  t.strictSame(events.calls, ["1", "kept", "2", "close undefined"]);
});

promise("counts a pushed-back chunk correctly against the bound on waiting chunks", (t) => {
  const { clock, inner, posted } = postedRig();
  for (let index = 1; index < postedChunksMax; index += 1) inner.say("x");
  posted.pushBack(new Uint8Array([0x31]));
  t.notOk(inner.paused);
  inner.say("x");
  t.ok(inner.paused);
  clock.settle();
  t.notOk(inner.paused);
});

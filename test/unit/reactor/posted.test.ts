// Connections, brought into turns.

import fc from "fast-check";
import { postedChunksMax } from "../../../src/core/limits.js";
import { fromUtf8 } from "../../../src/core/utf8.js";
import type { ConnectionEvents } from "../../../src/ports.js";
import { PostedConnection } from "../../../src/reactor/posted.js";
import { FakeConnection } from "../kit/fake-network.js";
import { promise } from "../kit/promise.js";
import { rig, type Rig } from "../kit/reactor-rig.js";

class Heard implements ConnectionEvents {
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
  readonly heard: Heard;
}

function postedRig(): PostedRig {
  const base = rig();
  const inner = new FakeConnection("10.1.2.0");
  const posted = new PostedConnection(base.reactor, inner);
  const heard = new Heard();
  posted.bind(heard);
  return { ...base, inner, posted, heard };
}

promise("what a connection says is heard in a turn, in order, and close is last", (t) => {
  const { clock, inner, posted, heard } = postedRig();
  inner.open();
  inner.say("a");
  inner.drain();
  inner.say("b");
  inner.fin();
  inner.close("ECONNRESET");
  t.strictSame(heard.calls, []);
  clock.settle();
  t.strictSame(heard.calls, ["open", "a", "drain", "b", "end", "close ECONNRESET"]);
  t.equal(posted.remoteHost, "10.1.2.0");
});

promise("what is done to a posted connection is done to the one beneath", (t) => {
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

promise("a handler of a connection that throws destroys that connection", (t) => {
  const { clock, inner, heard, log } = postedRig();
  heard.onBytes = () => {
    throw new Error("boom");
  };
  inner.say("x");
  clock.settle();
  t.ok(inner.destroyed);
  t.equal(log.loud.length, 1);
});

promise("chunks that wait for a turn are bounded: the connection is paused until one was heard", (t) => {
  const { clock, inner, heard } = postedRig();
  for (let index = 1; index < postedChunksMax; index += 1) inner.say("x");
  t.notOk(inner.paused);
  inner.say("x");
  t.ok(inner.paused);
  inner.say("one that was on its way");
  clock.settle();
  t.notOk(inner.paused);
  t.equal(heard.calls.length, postedChunksMax + 1);
});

promise("a pause by the session outlasts one by the bound, and the other way round", (t) => {
  const { clock, inner, posted } = postedRig();
  for (let index = 0; index < postedChunksMax; index += 1) inner.say("x");
  posted.pause();
  clock.settle();
  t.ok(inner.paused, "the session's pause holds");
  posted.resume();
  t.ok(inner.paused, "what was kept is still to be heard");
  clock.settle();
  t.notOk(inner.paused);
  for (let index = 0; index < postedChunksMax; index += 1) inner.say("x");
  posted.pause();
  posted.resume();
  t.ok(inner.paused, "the bound's pause holds");
  clock.settle();
  t.notOk(inner.paused);
});

promise("what was posted before a pause waits it out, in order, and its end and close behind it", (t) => {
  const { clock, inner, posted, heard } = postedRig();
  inner.say("a");
  posted.pause();
  inner.say("b");
  clock.settle();
  inner.say("c");
  inner.drain();
  inner.fin();
  inner.close("ECONNRESET");
  clock.settle();
  t.strictSame(heard.calls, ["drain"], "what we wrote has nothing to do with what we read");
  inner.drain();
  posted.resume();
  t.strictSame(heard.calls, ["drain"], "nothing is heard inside a call");
  clock.settle();
  t.strictSame(heard.calls, ["drain", "drain", "a", "b", "c", "end", "close ECONNRESET"]);
});

promise("what comes while a pause is caught up with stays behind it", (t) => {
  const { clock, inner, posted, heard } = postedRig();
  posted.pause();
  inner.say("a");
  inner.say("b");
  clock.settle();
  inner.say("posted before");
  posted.resume();
  inner.say("posted after");
  clock.settle();
  t.strictSame(heard.calls, ["a", "b", "posted before", "posted after"]);
});

promise("a pause while an earlier one is caught up with holds for the rest, and for the close", (t) => {
  const { clock, inner, posted, heard } = postedRig();
  posted.pause();
  for (const text of ["a", "b", "c"]) inner.say(text);
  inner.close();
  clock.settle();
  const note = heard.onBytes.bind(heard);
  heard.onBytes = (chunk) => {
    note(chunk);
    posted.pause();
  };
  for (const calls of [["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "close undefined"]]) {
    posted.resume();
    clock.settle();
    t.strictSame(heard.calls, calls);
  }
});

promise("an end and a close with nothing kept before them pass at once, pause or not", (t) => {
  const { clock, inner, posted, heard } = postedRig();
  inner.say("a");
  clock.settle();
  posted.pause();
  inner.fin();
  inner.close();
  clock.settle();
  t.strictSame(heard.calls, ["a", "end", "close undefined"]);
});

promise("the close of a connection that we destroy comes though nobody resumes it, behind what it said", (t) => {
  for (const how of ["destroy", "reset"] as const) {
    const { clock, inner, posted, heard } = postedRig();
    posted.pause();
    inner.say("a");
    clock.settle();
    inner.say("b");
    posted[how]();
    posted.pause();
    inner.close();
    clock.settle();
    t.strictSame(heard.calls, ["a", "b", "close undefined"], how);
  }
});

promise("a handler that throws while a pause is caught up with loses neither the rest nor the close", (t) => {
  const { clock, inner, posted, heard } = postedRig();
  const note = heard.onBytes.bind(heard);
  heard.onBytes = (chunk) => {
    note(chunk);
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
  t.strictSame(heard.calls, ["a", "b", "close undefined"]);
});

type Move = "say" | "pause" | "resume" | "turn";

function make({ clock, posted }: PostedRig, move: Move): void {
  if (move === "turn") clock.settle();
  if (move === "pause") posted.pause();
  if (move === "resume") posted.resume();
}

promise("whatever happens, a connection is read exactly while the session wants and less than the bound waits", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom<Move>("say", "say", "pause", "resume", "turn"), { maxLength: 40 }),
      (moves) => {
        const base = postedRig();
        const { clock, inner, posted, heard } = base;
        let wants = true;
        let said = 0;
        for (const move of moves) {
          const before = heard.calls.length;
          make(base, move);
          if (move === "pause" || move === "resume") wants = move === "resume";
          if (move === "say" && !inner.paused) inner.say(String((said += 1)));
          if (!wants && heard.calls.length > before) throw new Error("heard while paused");
          const waiting = said - heard.calls.length;
          if (waiting > postedChunksMax) throw new Error(`${String(waiting)} chunks wait`);
          if (inner.paused !== (!wants || waiting >= postedChunksMax))
            throw new Error(`paused is ${String(inner.paused)}`);
        }
        inner.close();
        clock.settle();
        posted.resume();
        clock.settle();
        const all = Array.from({ length: said }, (_, index) => String(index + 1));
        return heard.calls.join() === [...all, "close undefined"].join();
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
});

promise("a later owner hears what comes from now on, the first of it what the earlier one had read", (t) => {
  const { clock, inner, posted, heard } = postedRig();
  inner.say("he");
  inner.say("llo");
  inner.fin();
  const later = new Heard();
  heard.onBytes = (chunk) => {
    heard.calls.push(fromUtf8(chunk));
    posted.bind(later);
    posted.unread(chunk);
  };
  clock.settle();
  inner.close();
  clock.settle();
  t.strictSame(heard.calls, ["he"]);
  t.strictSame(later.calls, ["he", "llo", "end", "close undefined"]);
  t.notOk(inner.paused);
});

promise("what was unread waits out a pause, before everything that was kept", (t) => {
  const { clock, inner, posted, heard } = postedRig();
  posted.pause();
  inner.say("kept");
  clock.settle();
  posted.unread(new Uint8Array([0x31]));
  t.strictSame(heard.calls, []);
  posted.resume();
  clock.settle();
  t.strictSame(heard.calls, ["1", "kept"]);
  posted.pause();
  posted.unread(new Uint8Array([0x32]));
  inner.close();
  clock.settle();
  t.strictSame(heard.calls, ["1", "kept"], "the close waits behind it");
  posted.resume();
  clock.settle();
  t.strictSame(heard.calls, ["1", "kept", "2", "close undefined"]);
});

promise("what was unread does not disturb the bound on chunks that wait", (t) => {
  const { clock, inner, posted } = postedRig();
  for (let index = 1; index < postedChunksMax; index += 1) inner.say("x");
  posted.unread(new Uint8Array([0x31]));
  t.notOk(inner.paused);
  inner.say("x");
  t.ok(inner.paused);
  clock.settle();
  t.notOk(inner.paused);
});

import fc from "fast-check";
import { postedChunksMax, turnTasksMax } from "../../../src/core/limits.js";
import { fromUtf8 } from "../../../src/core/utf8.js";
import type { ConnectionEvents } from "../../../src/ports.js";
import { PostedConnection } from "../../../src/reactor/posted.js";
import { Reactor, sources, type Source } from "../../../src/reactor/reactor.js";
import { FakeConnection } from "../kit/fake-network.js";
import { promise } from "../kit/promise.js";
import { RecordingLog } from "../kit/recording-log.js";
import { VirtualClock } from "../kit/virtual-clock.js";

interface Rig {
  readonly clock: VirtualClock;
  readonly log: RecordingLog;
  readonly reactor: Reactor;
  readonly done: string[];
  readonly post: (source: Source, name: string, run?: () => void) => void;
}

function rig(): Rig {
  const clock = new VirtualClock(1_000);
  const log = new RecordingLog();
  const reactor = new Reactor(clock, log);
  const done: string[] = [];
  const post = (source: Source, name: string, run: () => void = () => undefined): void =>
    reactor.post(source, {
      run: () => {
        done.push(name);
        run();
      },
      fail: () => done.push(`${name} failed`),
    });
  return { clock, log, reactor, done, post };
}

promise(
  "a turn serves listener, stdin, connections and timers in that order, and each in the order of posting",
  (t) => {
    const { clock, done, post, reactor } = rig();
    for (const source of [...sources].reverse()) for (const name of ["1", "2"]) post(source, `${source}${name}`);
    t.strictSame(done, [], "nothing runs inside post");
    clock.poll();
    const order = ["listener1", "listener2", "stdin1", "stdin2", "connection1", "connection2", "timer1", "timer2"];
    t.strictSame(done, order);
    t.equal(reactor.turns, 1);
  },
);

promise("one round of polling is one turn, and a round with nothing is none", (t) => {
  const { clock, post, reactor } = rig();
  for (let index = 0; index < turnTasksMax; index += 1) post("connection", "x");
  clock.poll();
  clock.poll();
  t.equal(reactor.turns, 1);
  post("stdin", "y");
  clock.settle();
  t.equal(reactor.turns, 2);
});

promise("what is posted during a turn for the same source runs in a later one", (t) => {
  const { clock, done, post, reactor } = rig();
  reactor.atEndOfTurn(() => done.push("|"));
  post("stdin", "first", () => post("stdin", "second", () => post("stdin", "third")));
  clock.settle();
  t.strictSame(done, ["first", "|", "second", "|", "third", "|"]);
});

promise("hooks run at the end of every turn in the order of their registration", (t) => {
  const { clock, done, post, reactor } = rig();
  for (const name of ["flush", "stop", "print"]) reactor.atEndOfTurn(() => done.push(name));
  post("timer", "timer");
  clock.poll();
  t.strictSame(done, ["timer", "flush", "stop", "print"]);
});

promise("a handler that throws fails its own source, is logged, and no other notices", (t) => {
  const { clock, done, log, post, reactor } = rig();
  const boom = (): never => {
    throw new Error("boom");
  };
  reactor.atEndOfTurn(boom);
  reactor.atEndOfTurn(() => done.push("hook"));
  post("listener", "a", boom);
  post("connection", "b", boom);
  post("connection", "c");
  clock.settle();
  t.strictSame(done, ["a", "a failed", "b", "b failed", "c", "hook"]);
  t.strictSame(
    log.lines.map(({ level, event, source }) => `${level} ${event} ${String(source)}`),
    ["error handler-threw listener", "error handler-threw connection", "error handler-threw hook"],
  );
  t.match(log.lines[0]?.["error"], /Error: boom\n +at /);
});

promise("a source that cannot even fail takes nobody with it", (t) => {
  const { clock, done, log, post, reactor } = rig();
  reactor.atEndOfTurn(() => done.push("hook"));
  const boom = (): never => {
    throw new Error("boom");
  };
  reactor.post("connection", { run: boom, fail: boom });
  post("connection", "next");
  clock.settle();
  t.strictSame(done, ["next", "hook"]);
  t.equal(log.lines.length, 2);
  const before = reactor.now;
  clock.advance(50);
  t.equal(reactor.now, before + 50, "the time of the turn ended with it");
});

promise("timers that throw, however many are due together, lose none of the others", (t) => {
  const { clock, done, log, reactor } = rig();
  for (const name of ["a", "b", "c", "d"])
    reactor.wheel.after(100, () => {
      done.push(name);
      if (name !== "d") throw new Error(name);
    });
  clock.advance(1_000);
  t.strictSame(done, ["a", "b", "c", "d"]);
  t.equal(log.lines.length, 3);
  t.equal(reactor.wheel.size, 0);
});

promise("a turn takes a bounded number of tasks from each source, and the rest in the next turns", (t) => {
  const { clock, done, post, reactor } = rig();
  reactor.atEndOfTurn(() => done.push("|"));
  for (let index = 0; index < turnTasksMax * 2 + 1; index += 1) post("connection", "c");
  post("timer", "t");
  clock.settle();
  const turns = done.join("").split("|");
  t.strictSame(
    turns.map((turn) => turn.length),
    [turnTasksMax + 1, turnTasksMax, 1, 0],
  );
  t.ok(turns[0]?.endsWith("t"), "a flood on connections does not keep a timer waiting");
});

promise("time stands still during a turn", (t) => {
  const { clock, post, reactor } = rig();
  const times: number[] = [];
  post("stdin", "x", () => {
    times.push(reactor.now);
    clock.jump(500);
    times.push(reactor.now);
  });
  clock.settle();
  t.strictSame(times, [1_000, 1_000]);
  t.equal(reactor.now, 1_500);
});

promise("after close nothing that is posted runs and no timer is armed", (t) => {
  const { clock, done, post, reactor } = rig();
  reactor.wheel.after(10, () => done.push("timer"));
  post("stdin", "before");
  reactor.close();
  post("stdin", "after");
  clock.advance(1_000);
  t.strictSame(done, []);
  t.equal(clock.pending, 0);
});

// Connections, brought into turns.

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
  t.strictSame([inner.text, inner.ended, inner.destroyed], ["ab", true, true]);
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
  clock.settle();
  t.notOk(inner.paused);
  for (let index = 0; index < postedChunksMax; index += 1) inner.say("x");
  posted.pause();
  posted.resume();
  t.ok(inner.paused, "the bound's pause holds");
  clock.settle();
  t.notOk(inner.paused);
});

promise("what was posted before a pause waits it out, in order, and its end waits for it", (t) => {
  const { clock, inner, posted, heard } = postedRig();
  inner.say("1");
  inner.say("2");
  posted.pause();
  inner.fin();
  inner.close();
  clock.settle();
  t.strictSame(heard.calls, []);
  posted.resume();
  clock.settle();
  t.strictSame(heard.calls.slice(0, 2), ["1", "2"]);
  t.equal(heard.calls.length, 4, "the end and the close came after the bytes");
});

promise("with nothing kept, an end passes at once, pause or not", (t) => {
  const { clock, inner, posted, heard } = postedRig();
  posted.pause();
  inner.close("ECONNRESET");
  clock.settle();
  t.equal(heard.calls.length, 1);
});

type Move = "say" | "pause" | "resume" | "turn";

promise("whatever happens, a connection is read exactly while the session wants and less than the bound waits", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom<Move>("say", "say", "pause", "resume", "turn"), { maxLength: 40 }),
      (moves) => {
        const { clock, inner, posted, heard } = postedRig();
        let wants = true;
        let said = 0;
        let before = 0;
        for (const move of moves) {
          if (move === "turn") clock.settle();
          if (move === "pause") posted.pause();
          if (move === "resume") posted.resume();
          if (move === "pause" || move === "resume") wants = move === "resume";
          if (move === "say" && !inner.paused) inner.say(String((said += 1)));
          if (!wants && move !== "pause" && heard.calls.length > before) throw new Error("heard during a pause");
          before = heard.calls.length;
          const waiting = said - heard.calls.length;
          if (waiting > postedChunksMax) throw new Error(`${String(waiting)} chunks wait`);
          if (inner.paused !== (!wants || waiting >= postedChunksMax))
            throw new Error(`paused is ${String(inner.paused)}`);
        }
        posted.resume();
        clock.settle();
        return heard.calls.join() === Array.from({ length: said }, (_, index) => index + 1).join();
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
});

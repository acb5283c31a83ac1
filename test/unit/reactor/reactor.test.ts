import { turnTasksMax } from "../../../src/core/limits.js";
import { sources } from "../../../src/reactor/reactor.js";
import { promise } from "../kit/promise.js";
import { rig } from "../kit/reactor-rig.js";

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

promise("runs one turn per poll with tasks, and none for a poll without", (t) => {
  const { clock, post, reactor } = rig();
  for (let index = 0; index < turnTasksMax; index += 1) post("connection", "x");
  clock.poll();
  clock.poll();
  t.equal(reactor.turns, 1);
  post("stdin", "y");
  clock.settle();
  t.equal(reactor.turns, 2);
});

promise("runs a task that is posted during a turn for the same source in a later turn", (t) => {
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

promise("a handler that throws fails its own source and is logged; the others run", (t) => {
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

promise("a source whose fail handler throws does not affect the others", (t) => {
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
  t.equal(reactor.now, before + 50, "the turn's frozen time ended with the turn");
});

promise("timers that throw do not lose other timers that are due together", (t) => {
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

promise("the time does not change during a turn", (t) => {
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

promise("after close, posted tasks do not run and no timer is armed", (t) => {
  const { clock, done, post, reactor } = rig();
  reactor.wheel.after(10, () => done.push("timer"));
  post("stdin", "before");
  reactor.close();
  post("stdin", "after");
  clock.advance(1_000);
  t.strictSame(done, []);
  t.equal(clock.pending, 0);
});

import { frameMs, turnsAtOnce, turnTasksMax } from "../../../src/core/limits.js";
import { Pace } from "../../../src/reactor/pace.js";
import { promise } from "../kit/promise.js";
import { rig } from "../kit/reactor-rig.js";

const floodMs = 5;

/** A rig after a flood of one second, which has used up the turns that run at once. */
function flooded(): ReturnType<typeof rig> & { flood(seconds: number): void } {
  const found = rig(new Pace());
  const flood = (seconds: number): void => {
    for (let posted = 0; posted < (seconds * 1_000) / floodMs; posted += 1) {
      found.post("connection", "x");
      found.clock.advance(floodMs);
    }
  };
  flood(1);
  return { ...found, flood };
}

promise("gives each of the first arrivals a turn at once", (t) => {
  const { clock, done, post, reactor } = rig(new Pace());
  for (let turn = 1; turn <= turnsAtOnce; turn += 1) {
    post("connection", "x");
    clock.settle();
    t.strictSame([done.length, reactor.turns], [turn, turn]);
  }
  post("connection", "x");
  clock.settle();
  t.equal(done.length, turnsAtOnce, "delays the next one");
});

promise("gives a flood one turn per frame, delays no task longer than a frame, and loses none", (t) => {
  const { clock, done, flood, reactor } = flooded();
  const before = reactor.turns;
  flood(10);
  t.ok(reactor.turns - before <= 10_000 / frameMs + 1, `${reactor.turns - before} turns`);
  t.ok(reactor.turns - before >= 10_000 / (frameMs + floodMs) - 1, "not many fewer either");
  clock.advance(frameMs);
  t.equal(done.length, 11_000 / floodMs);
  t.equal(clock.pending, 0, "no timer wakes an idle program");
});

promise("gives the first arrivals after a pause their turns at once again", (t) => {
  const { clock, done, post } = flooded();
  clock.advance((turnsAtOnce + 1) * frameMs);
  done.length = 0;
  for (let turn = 1; turn < turnsAtOnce; turn += 1) {
    post("connection", "x");
    clock.settle();
    t.equal(done.length, turn);
  }
});

promise("gives every other source its turn at once, together with the waiting arrivals", (t) => {
  const { clock, done, post } = flooded();
  for (const source of ["listener", "stdin", "timer"] as const) {
    clock.advance(frameMs);
    post("connection", "first");
    clock.settle();
    post("connection", "waiting");
    clock.settle();
    t.notOk(done.includes("waiting"));
    post(source, source);
    clock.settle();
    t.ok(done.includes("waiting") && done.includes(source));
    done.length = 0;
  }
});

promise("does not run more turns for arrivals when key presses run some of them earlier", (t) => {
  const { clock, done, post, reactor } = flooded();
  let [taken, turns] = [done.length, 0];
  reactor.atEndOfTurn(() => {
    if (done.length > taken) turns += 1;
    taken = done.length;
  });
  for (let ms = 0; ms < 2_000; ms += 1) {
    post("connection", "x");
    if (ms % 40 === 0) reactor.post("stdin", { run: () => undefined });
    clock.advance(1);
  }
  t.ok(turns <= 2_000 / frameMs + 2, `${turns} turns`);
});

promise("does not delay a full turn's worth of tasks until the frame", (t) => {
  const { clock, done, post } = flooded();
  clock.advance(frameMs);
  done.length = 0;
  for (let task = 0; task < 2 * turnTasksMax; task += 1) post("connection", "x");
  clock.settle();
  t.ok(done.length >= turnTasksMax);
});

promise("runs no delayed turn after close", (t) => {
  const { clock, done, post, reactor } = flooded();
  clock.advance(frameMs);
  for (const name of ["first", "waiting"]) {
    post("connection", name);
    clock.settle();
  }
  reactor.close();
  t.equal(clock.pending, 0);
  clock.advance(1_000);
  t.notOk(done.includes("waiting"));
});

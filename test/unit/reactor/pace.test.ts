import { frameMs, turnsAtOnce, turnTasksMax } from "../../../src/core/limits.js";
import { Pace } from "../../../src/reactor/pace.js";
import { promise } from "../kit/promise.js";
import { rig } from "../kit/reactor-rig.js";

const floodMs = 5;

/** A rig in which a flood goes on; it has used up what comes at once. */
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

promise("the first arrivals have a turn each, at once", (t) => {
  const { clock, done, post, reactor } = rig(new Pace());
  for (let turn = 1; turn <= turnsAtOnce; turn += 1) {
    post("connection", "x");
    clock.settle();
    t.strictSame([done.length, reactor.turns], [turn, turn]);
  }
  post("connection", "x");
  clock.settle();
  t.equal(done.length, turnsAtOnce, "the next one waits");
});

promise("a flood has a turn for each frame, nothing waits longer than one, and none is left behind", (t) => {
  const { clock, done, flood, reactor } = flooded();
  const before = reactor.turns;
  flood(10);
  t.ok(reactor.turns - before <= 10_000 / frameMs + 1, `${reactor.turns - before} turns`);
  t.ok(reactor.turns - before >= 10_000 / (frameMs + floodMs) - 1, "and not many fewer");
  clock.advance(frameMs);
  t.equal(done.length, 11_000 / floodMs);
  t.equal(clock.pending, 0, "and nothing wakes an idle program");
});

promise("after a pause what arrives first waits for nothing again", (t) => {
  const { clock, done, post } = flooded();
  clock.advance((turnsAtOnce + 1) * frameMs);
  done.length = 0;
  for (let turn = 1; turn < turnsAtOnce; turn += 1) {
    post("connection", "x");
    clock.settle();
    t.equal(done.length, turn);
  }
});

promise("whatever is no arrival has its turn at once, and takes along what waits", (t) => {
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

promise("keys that take arrivals along do not make their turns more", (t) => {
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

promise("as much as one turn takes does not wait for the frame", (t) => {
  const { clock, done, post } = flooded();
  clock.advance(frameMs);
  done.length = 0;
  for (let task = 0; task < 2 * turnTasksMax; task += 1) post("connection", "x");
  clock.settle();
  t.ok(done.length >= turnTasksMax);
});

promise("a reactor that is closed while a turn waits has none", (t) => {
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

import fc from "fast-check";
import { tickMs, TimerWheel, type Timer } from "../../../src/reactor/timer-wheel.js";
import { promise } from "../kit/promise.js";
import { VirtualClock } from "../kit/virtual-clock.js";

const revolutionMs = 8_192 * tickMs;
const dayMs = 86_400_000;

interface Rig {
  readonly clock: VirtualClock;
  readonly wheel: TimerWheel;
  /** Errors thrown by callbacks. */
  readonly thrown: Error[];
}

/** A wheel whose wake-ups run at the end of the poll; after one that throws, another runs, as in the reactor. */
function rig(startMs = 0): Rig {
  const clock = new VirtualClock(startMs);
  const thrown: Error[] = [];
  const run = (task: () => void): void => {
    try {
      task();
    } catch (error) {
      thrown.push(error as Error);
      clock.endOfPoll(() => run(task));
    }
  };
  return { clock, thrown, wheel: new TimerWheel(clock, (task) => clock.endOfPoll(() => run(task))) };
}

promise("a timer runs once, not before its delay and at most one tick after it", (t) => {
  for (const startMs of [0, 7.25, 1e9 + 0.1])
    for (const delayMs of [0, 1, 19.99, 20, 21, 500, 120_000, revolutionMs - 1, revolutionMs, 3 * revolutionMs + 5]) {
      const { clock, wheel } = rig(startMs);
      clock.advance(33);
      const due = clock.now() + delayMs;
      const fired: number[] = [];
      wheel.after(delayMs, () => fired.push(clock.now()));
      clock.advance(delayMs + 2 * revolutionMs);
      t.equal(fired.length, 1, `${String(delayMs)} from ${String(startMs)}`);
      t.ok(fired[0]! >= due && fired[0]! <= due + tickMs + 1e-6, `${String(due)} at ${String(fired[0])}`);
    }
});

promise("a timer with a negative delay runs at the next tick, not inside the call", (t) => {
  const { clock, wheel } = rig();
  let runs = 0;
  wheel.after(-5, () => (runs += 1));
  t.equal(runs, 0);
  clock.advance(tickMs);
  t.equal(runs, 1);
});

promise("timers in the same slot run in their own revolutions", (t) => {
  const { clock, wheel } = rig();
  const fired: number[] = [];
  for (const revolution of [2, 0, 1]) wheel.after(100 + revolution * revolutionMs, () => fired.push(revolution));
  clock.advance(200);
  t.strictSame(fired, [0]);
  clock.advance(revolutionMs);
  t.strictSame(fired, [0, 1]);
  clock.advance(revolutionMs);
  t.strictSame(fired, [0, 1, 2]);
});

promise("timers run in the order of their ticks, and in the order of creation within one tick", (t) => {
  const { clock, wheel } = rig();
  const fired: string[] = [];
  for (const [name, delayMs] of [
    ["c", 60],
    ["a", 20],
    ["d", 61],
    ["b", 20],
    ["e", 79],
  ] as const)
    // prettier-ignore
    wheel.after(delayMs, () => fired.push(name));
  clock.jump(1_000);
  t.equal(fired.join(""), "abcde");
});

promise("a callback may cancel itself, a later timer, and one that is due in the same tick", (t) => {
  const { clock, wheel } = rig();
  const fired: string[] = [];
  const self: Timer = wheel.after(20, () => {
    fired.push("self");
    for (const timer of [self, due, later]) timer.cancel();
    later.cancel();
  });
  const due = wheel.after(20, () => fired.push("due"));
  const later = wheel.after(500, () => fired.push("later"));
  wheel.after(20, () => fired.push("last"));
  t.equal(wheel.size, 4);
  clock.advance(1_000);
  t.strictSame(fired, ["self", "last"]);
  t.equal(wheel.size, 0);
  t.notOk(self.pending || due.pending || later.pending);
});

promise("a callback may schedule again, and never runs twice in one advance", (t) => {
  const { clock, wheel } = rig();
  const fired: number[] = [];
  const again = (): void => {
    fired.push(clock.now());
    if (fired.length < 5) wheel.after(0, again);
  };
  wheel.after(0, again);
  clock.advance(tickMs * 3);
  t.equal(fired.length, 3);
  clock.jump(revolutionMs);
  t.equal(fired.length, 4);
  clock.advance(revolutionMs);
  t.equal(fired.length, 5);
  t.equal(wheel.size, 0);
});

promise("a callback that throws loses none of the others", (t) => {
  const { clock, wheel, thrown } = rig();
  const fired: number[] = [];
  for (let index = 0; index < 6; index += 1)
    wheel.after(20 + (index >> 2) * 1_000, () => {
      fired.push(index);
      if (index % 2 === 0) throw new Error(String(index));
    });
  clock.advance(2_000);
  t.strictSame(fired, [0, 1, 2, 3, 4, 5]);
  t.equal(thrown.length, 3);
  t.equal(wheel.size, 0);
  t.equal(clock.pending, 0);
});

promise("the wheel does not spin while the clock is stopped", (t) => {
  const { clock, wheel } = rig();
  let runs = 0;
  wheel.after(1_000, () => (runs += 1));
  for (let round = 0; round < 10; round += 1) clock.fireEarly();
  t.equal(runs, 0);
  t.equal(clock.asked, 11, "one clock timer for each early wake-up");
  t.equal(clock.pending, 1);
  clock.advance(1_000);
  t.equal(runs, 1);
});

promise("arms the clock again, for at least a millisecond, after an early wake-up", (t) => {
  const clock = new VirtualClock();
  const delays: number[] = [];
  const recording = {
    now: () => clock.now(),
    wallTime: () => clock.wallTime(),
    endOfPoll: (callback: () => void) => clock.endOfPoll(callback),
    after: (delayMs: number, callback: () => void) => {
      delays.push(delayMs);
      return clock.after(delayMs - 0.75, callback);
    },
  };
  const wheel = new TimerWheel(recording, (task) => clock.endOfPoll(task));
  let firedAt = 0;
  wheel.after(100, () => (firedAt = clock.now()));
  clock.advance(200);
  t.ok(firedAt >= 100 && firedAt <= 120, String(firedAt));
  t.ok(
    delays.every((delayMs) => delayMs >= 1),
    delays.join(),
  );
  t.ok(delays.length <= 5, delays.join());
});

promise("runs each timer once and visits no slot twice after the clock jumped by days", (t) => {
  const { clock, wheel } = rig();
  const runs = new Map<number, number>();
  for (let index = 0; index < 1_000; index += 1)
    wheel.after(index * 977, () => runs.set(index, (runs.get(index) ?? 0) + 1));
  let later = 0;
  wheel.after(40 * dayMs, () => (later += 1));
  const before = clock.asked;
  clock.jump(30 * dayMs);
  t.equal(runs.size, 1_000);
  t.ok([...runs.values()].every((times) => times === 1));
  t.equal(later, 0);
  t.ok(clock.asked - before <= 2, "one wake-up for the whole sleep");
  clock.advance(10 * dayMs);
  t.equal(later, 1);
});

promise("an idle wheel wakes the program at most once per revolution, and an empty one never", (t) => {
  const { clock, wheel } = rig();
  const timer = wheel.after(10 * revolutionMs, () => undefined);
  clock.advance(9 * revolutionMs);
  t.ok(clock.asked <= 11, String(clock.asked));
  timer.cancel();
  const asked = clock.asked;
  clock.advance(9 * revolutionMs);
  t.equal(clock.asked, asked);
});

promise("a slot whose timers were all cancelled causes no wake-up", (t) => {
  const { clock, wheel } = rig();
  const [, cancelled] = [100, 500, 1_000].map((delayMs) => wheel.after(delayMs, () => undefined));
  cancelled!.cancel();
  clock.advance(2_000);
  t.equal(clock.asked, 2);
});

promise("a default idle timeout costs one wake-up", (t) => {
  const { clock, wheel } = rig();
  clock.advance(5_432.1);
  wheel.after(120_000, () => undefined);
  clock.advance(130_000);
  t.equal(clock.asked, 1);
});

promise("one clock timer is armed while there are timers, and none when there are none", (t) => {
  const { clock, wheel } = rig();
  t.equal(clock.pending, 0);
  const timers = [500, 20, 100_000, 60].map((delayMs) => wheel.after(delayMs, () => undefined));
  t.equal(clock.pending, 1);
  for (const timer of timers) timer.cancel();
  t.equal(clock.pending, 0);
  t.equal(wheel.size, 0);
  wheel.after(20, () => undefined);
  clock.advance(20);
  t.equal(clock.pending, 0);
});

promise("clear cancels every timer, also from inside a callback, and the wheel can be used again", (t) => {
  const { clock, wheel } = rig();
  const fired: string[] = [];
  wheel.after(20, () => {
    fired.push("first");
    wheel.clear();
  });
  wheel.after(20, () => fired.push("due"));
  wheel.after(5_000, () => fired.push("later"));
  clock.advance(20);
  t.equal(wheel.size, 0);
  t.equal(clock.pending, 0);
  wheel.after(100, () => fired.push("new"));
  clock.advance(10_000);
  t.strictSame(fired, ["first", "new"]);
});

promise("runs a million timers once each and in time, and cancelling half of them leaves the other half", (t) => {
  const { clock, wheel } = rig();
  const count = 1_000_000;
  const spanMs = 600_000;
  let runs = 0;
  let wrong = 0;
  const timers: Timer[] = [];
  for (let index = 0; index < count; index += 1) {
    const due = (index * 7_919) % spanMs;
    timers.push(
      wheel.after(due, () => {
        runs += 1;
        if (clock.now() < due || clock.now() > due + tickMs) wrong += 1;
      }),
    );
  }
  for (let index = 0; index < count; index += 2) timers[index]!.cancel();
  t.equal(wheel.size, count / 2);
  clock.advance(spanMs + tickMs);
  t.equal(runs, count / 2);
  t.equal(wrong, 0);
  t.equal(wheel.size, 0);
  t.equal(clock.pending, 0);
});

// The model: a plain list of due times. After every operation the wheel must agree with it.

type Deed = "nothing" | "throw" | "again" | "cancel";

type Step =
  | { readonly kind: "after"; readonly delayMs: number; readonly deed: Deed; readonly pick: number }
  | { readonly kind: "cancel"; readonly pick: number }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "jump"; readonly ms: number }
  | { readonly kind: "early" }
  | { readonly kind: "clear" };

interface Entry {
  readonly timer: Timer;
  readonly dueMs: number;
  state: "pending" | "fired" | "cancelled";
}

class Model {
  readonly #rig = rig(0.375);
  readonly #entries: Entry[] = [];
  /** While the clock runs, lateness and order are checked; after a sleep, only that each timer runs once. */
  #running = true;
  #lastDue = -Infinity;

  do(step: Step): void {
    if (step.kind === "after") this.#after(step.delayMs, step.deed, step.pick);
    if (step.kind === "cancel") this.#cancel(step.pick);
    if (step.kind === "clear") this.#clear();
    if (step.kind === "early") this.#rig.clock.fireEarly();
    if (step.kind === "advance" || step.kind === "jump") this.#pass(step.kind === "advance", step.ms);
    this.#check();
  }

  #after(delayMs: number, deed: Deed, pick: number): void {
    const { clock, wheel } = this.#rig;
    const entry: Entry = {
      timer: wheel.after(delayMs, () => this.#fire(entry, delayMs, deed, pick)),
      dueMs: clock.now() + delayMs,
      state: "pending",
    };
    this.#entries.push(entry);
  }

  #fire(entry: Entry, delayMs: number, deed: Deed, pick: number): void {
    const late = this.#rig.clock.now() - entry.dueMs;
    if (entry.state !== "pending") throw new Error(`a timer that was ${entry.state} fired`);
    if (late < 0) throw new Error(`fired ${String(-late)} ms early`);
    if (this.#running && late > tickMs + 1e-6) throw new Error(`fired ${String(late)} ms late`);
    if (this.#running && entry.dueMs + tickMs < this.#lastDue - 1e-6) throw new Error("fired out of order");
    this.#lastDue = Math.max(this.#lastDue, entry.dueMs);
    entry.state = "fired";
    if (deed === "again") this.#after(delayMs / 2 + 1, "nothing", 0);
    if (deed === "cancel") this.#cancel(pick);
    if (deed === "throw") throw new Planned();
  }

  #cancel(pick: number): void {
    const entry = this.#entries[pick % Math.max(1, this.#entries.length)];
    if (entry === undefined) return;
    entry.timer.cancel();
    if (entry.state === "pending") entry.state = "cancelled";
  }

  #clear(): void {
    this.#rig.wheel.clear();
    for (const entry of this.#entries) if (entry.state === "pending") entry.state = "cancelled";
  }

  #pass(running: boolean, ms: number): void {
    this.#running = running;
    if (running) this.#rig.clock.advance(ms);
    else this.#rig.clock.jump(ms);
    this.#running = true;
  }

  #check(): void {
    const { clock, wheel, thrown } = this.#rig;
    const broken = thrown.find((error) => !(error instanceof Planned));
    if (broken !== undefined) throw broken;
    const pending = this.#entries.filter((entry) => entry.state === "pending");
    const overdue = pending.find((entry) => entry.dueMs + tickMs < clock.now());
    if (overdue !== undefined) throw new Error(`${String(clock.now() - overdue.dueMs)} ms overdue and not fired`);
    if (wheel.size !== pending.length) throw new Error(`size ${String(wheel.size)}, pending ${String(pending.length)}`);
    if (pending.some((entry) => !entry.timer.pending)) throw new Error("a pending timer says it is not");
    if (clock.pending !== Math.min(1, pending.length)) throw new Error(`${String(clock.pending)} clock timers`);
  }
}

class Planned extends Error {}

const delay = fc.oneof(
  fc.integer({ min: 0, max: 100 }),
  fc.double({ min: 0, max: 500, noNaN: true }),
  fc.integer({ min: 0, max: 3 * revolutionMs }),
  fc.constantFrom(revolutionMs - tickMs, revolutionMs, revolutionMs + tickMs),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("after" as const),
      delayMs: delay,
      deed: fc.constantFrom<Deed>("nothing", "nothing", "throw", "again", "cancel"),
      pick: fc.nat(50),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), pick: fc.nat(50) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: delay }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("jump" as const), ms: fc.oneof(delay, fc.constant(dayMs)) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "early" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "clear" }) },
);

promise("agrees with a plain list of due times after any sequence of operations", (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const model = new Model();
      for (const each of steps) model.do(each);
    }),
    { numRuns: 600 },
  );
  t.pass();
});

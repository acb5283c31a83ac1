import fc from "fast-check";
import type { Outcome } from "../../../src/core/outcome.js";
import { Drain } from "../../../src/clients/drain.js";
import { SendTracker } from "../../../src/clients/send-tracker.js";
import { promise } from "../kit/promise.js";
import { rig as reactorRig } from "../kit/reactor-rig.js";

const end = (kind: Outcome["kind"], to: string, count = 1): Outcome => ({
  ...{ kind, to, count, final: kind !== "queued", number: 1, id: undefined },
});
const codeOf = (tracker: SendTracker, distrusted = "", kept = true): number =>
  tracker.exitCode({ distrusted: (name) => name === distrusted, kept });

promise("gives exit code 0 after only good outcomes", (t) => {
  const tracker = new SendTracker();
  t.equal(codeOf(tracker), 0, "nothing at all");
  tracker.handedOver(["Bob", "Martha"], 2);
  for (const kind of ["queued", "delivered"] as const) tracker.outcome(end(kind, "Bob", 2));
  t.strictSame(tracker.open, ["Martha"]);
  tracker.outcome(end("sent", "Martha", 2));
  t.equal(codeOf(tracker), 0);
});

promise("accepts an outcome before the send is recorded", (t) => {
  const tracker = new SendTracker();
  tracker.outcome(end("failed", "Nobody"));
  tracker.handedOver(["Nobody"], 1);
  t.strictSame(tracker.open, []);
  t.equal(codeOf(tracker), 69);
});

promise("ranks an untrusted key above a failure, and a failure above waiting messages", (t) => {
  const tracker = new SendTracker();
  tracker.handedOver(["Bob", "Martha"], 1);
  t.equal(codeOf(tracker), 75);
  t.equal(codeOf(tracker, "", false), 69, "a waiting message that is not kept has failed");
  tracker.refused();
  t.equal(codeOf(tracker), 69);
  t.equal(codeOf(tracker, "Martha"), 4);
  tracker.outcome(end("delivered", "Martha"));
  t.equal(codeOf(tracker, "Martha"), 69, "Martha has no open message any more");
});

for (const kind of ["failed", "cancelled", "expired"] as const)
  promise(`counts ${kind} as a failure`, (t) => {
    const tracker = new SendTracker();
    tracker.handedOver(["Bob"], 1);
    tracker.outcome(end(kind, "Bob"));
    t.equal(codeOf(tracker), 69);
  });

class DrainRig {
  readonly reactor = reactorRig();
  readonly tracker = new SendTracker();
  readonly codes: number[] = [];
  readonly distrusted = new Set<string>();
  readonly drain: Drain;

  constructor(longestMs: number) {
    this.drain = new Drain({
      ...{ longestMs, tracker: this.tracker, kept: true },
      after: (delayMs, run) => this.reactor.reactor.wheel.after(delayMs, run),
      distrusted: (name) => this.distrusted.has(name),
      end: (code) => this.codes.push(code),
    });
  }
}

promise("waits from the end of input until the last outcome", (t) => {
  const rig = new DrainRig(Infinity);
  rig.drain.check();
  rig.tracker.handedOver(["Bob"], 1);
  rig.drain.begin();
  rig.drain.check();
  t.strictSame(rig.codes, []);
  rig.tracker.outcome(end("delivered", "Bob"));
  rig.drain.check();
  rig.drain.check();
  t.strictSame(rig.codes, [0], "and ends only once");
});

promise("does not wait for distrusted friends", (t) => {
  const rig = new DrainRig(Infinity);
  rig.tracker.handedOver(["Bob", "Martha"], 1);
  rig.drain.begin();
  rig.distrusted.add("Bob");
  rig.drain.check();
  t.strictSame(rig.codes, [], "Martha may still answer");
  rig.tracker.outcome(end("delivered", "Martha"));
  rig.drain.check();
  t.strictSame(rig.codes, [4]);
});

promise("stops waiting after its time limit, with the exit code for waiting messages", (t) => {
  const rig = new DrainRig(5_000);
  rig.tracker.handedOver(["Bob"], 1);
  rig.drain.begin();
  rig.reactor.clock.advance(4_900);
  rig.drain.check();
  t.strictSame(rig.codes, []);
  rig.reactor.clock.advance(200);
  t.strictSame(rig.codes, [75]);
  t.equal(rig.reactor.reactor.wheel.size, 0);
});

promise("keeps exactly the unfinished messages open, in any order of sends and outcomes", (t) => {
  const step = fc.tuple(fc.constantFrom("Bob", "Eve"), fc.integer({ min: 1, max: 5 }), fc.boolean());
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const tracker = new SendTracker();
      const open = new Map<string, number>();
      for (const [name, count, over] of steps) {
        open.set(name, (open.get(name) ?? 0) + (over ? count : -count));
        if (over) tracker.handedOver([name], count);
        else tracker.outcome(end("delivered", name, count));
      }
      const left = [...open].filter(([, count]) => count !== 0).map(([name]) => name);
      return left.toSorted().join() === [...tracker.open].toSorted().join();
    }),
  );
  t.pass();
});

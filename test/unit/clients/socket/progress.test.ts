import type { Outcome, OutcomeKind } from "../../../../src/core/outcome.js";
import { Progress } from "../../../../src/clients/socket/progress.js";
import { promise } from "../../kit/promise.js";

const told = (kind: OutcomeKind, number: number | undefined, more: Partial<Outcome> = {}): Outcome => ({
  ...{ kind, number, to: "Bob", count: 1, id: undefined },
  final: kind !== "queued" && kind !== "sent",
  ...more,
});

const trusted = { distrusted: () => false, kept: true };

promise("counts each stage on its own, and an outcome told twice once", (t) => {
  const progress = new Progress();
  progress.handedOver(["Bob"], 3);
  t.same(progress.before("queued"), ["Bob"]);
  progress.outcome(told("queued", 5, { count: 3 }));
  t.same(progress.before("queued"), []);
  t.equal(progress.codeFor("queued", trusted), 0);
  progress.outcome(told("sent", 5, { count: 2 }));
  progress.outcome(told("sent", 5, { count: 2 }));
  t.same(progress.before("sent"), ["Bob"], "sent again on another connection");
  t.equal(progress.codeFor("sent", trusted), 75);
  progress.outcome(told("sent", 5, { count: 3 }));
  t.same(progress.before("sent"), []);
  t.same(progress.before("delivered"), ["Bob"]);
  progress.outcome(told("delivered", 5, { count: 3 }));
  t.equal(progress.codeFor("delivered", trusted), 0);
});

promise("ends a cancelled message without ending those before it", (t) => {
  const progress = new Progress();
  progress.handedOver(["Bob"], 2);
  progress.outcome(told("queued", 1, { count: 2 }));
  progress.outcome(told("cancelled", 2));
  t.same(progress.before("sent"), ["Bob"]);
  progress.outcome(told("sent", 1));
  t.same(progress.before("sent"), []);
  progress.outcome(told("delivered", 1));
  t.same(progress.before("delivered"), []);
  t.equal(progress.codeFor("delivered", trusted), 69);
});

promise("ends a refused message without a number in every stage, and a message to ourselves too", (t) => {
  const progress = new Progress();
  progress.handedOver(["Bob", "Nobody"], 1);
  progress.outcome(told("failed", undefined, { to: "Nobody" }));
  progress.outcome(told("delivered", 7));
  for (const stage of ["queued", "sent", "delivered"] as const) t.same(progress.before(stage), []);
  t.equal(progress.codeFor("queued", trusted), 69);
});

promise("ranks key trouble first except for queued, and counts messages that are not kept as failed", (t) => {
  const progress = new Progress();
  progress.handedOver(["Bob"], 1);
  const distrusted = { distrusted: () => true, kept: true };
  t.equal(progress.codeFor("delivered", distrusted), 4);
  t.equal(progress.codeFor("queued", distrusted), 75);
  t.equal(progress.codeFor("delivered", { distrusted: () => false, kept: false }), 69);
});

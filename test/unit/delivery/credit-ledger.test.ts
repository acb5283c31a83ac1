import fc from "fast-check";
import { windowBytes } from "../../../src/core/limits.js";
import { CreditLedger } from "../../../src/delivery/credit-ledger.js";
import { promise } from "../kit/promise.js";

promise("a friend may send a window's worth beyond what was shown, to the byte", (t) => {
  const backlog = new CreditLedger();
  t.equal(backlog.granted, windowBytes);
  t.ok(backlog.receive(windowBytes - 1));
  t.equal(backlog.granted, windowBytes, "nothing was shown");
  t.ok(backlog.receive(1));
  t.notOk(backlog.receive(1));
});

promise("what was shown, or is not to be shown, is granted again; what waits is not", (t) => {
  const backlog = new CreditLedger();
  for (const last of [10, 20, 30]) {
    backlog.receive(100);
    backlog.wait(last, 100);
  }
  backlog.receive(7);
  backlog.drop(7);
  t.equal(backlog.granted, windowBytes + 7);
  backlog.shown(19);
  t.equal(backlog.granted, windowBytes + 107, "a batch counts when its last message was shown");
  backlog.shown(30);
  t.equal(backlog.granted, windowBytes + 307);
  backlog.shown(30);
  t.equal(backlog.granted, windowBytes + 307, "once");
});

promise("a new connection begins a new account, and what the screen has not shown still counts", (t) => {
  const backlog = new CreditLedger();
  backlog.receive(100);
  backlog.wait(1, 100);
  backlog.stand();
  t.equal(backlog.granted, windowBytes - 100);
  backlog.shown(1);
  t.equal(backlog.granted, windowBytes);
});

promise("what could not be kept is granted again, and what was kept before is not", (t) => {
  const backlog = new CreditLedger();
  for (const last of [10, 20, 30]) {
    backlog.receive(100);
    backlog.wait(last, 100);
  }
  backlog.forget(11);
  backlog.stand();
  t.equal(backlog.granted, windowBytes - 100);
  backlog.shown(10);
  t.equal(backlog.granted, windowBytes);
});

type Move = { readonly kind: "receive" | "show" | "stand"; readonly size: number };

promise(
  "whatever comes and is shown, the grant never goes back on a connection, and no more waits than a window",
  (t) => {
    const move = fc.record<Move>({
      kind: fc.constantFrom("receive", "receive", "show", "stand"),
      size: fc.integer({ min: 1, max: windowBytes }),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
        const backlog = new CreditLedger();
        const waiting: number[] = [];
        let [granted, received, number] = [0, 0, 0];
        for (const { kind, size } of moves) {
          const bytes = Math.min(size, backlog.granted - received);
          if (kind === "receive" && bytes > 0) {
            if (!backlog.receive(bytes)) throw new Error("refused what was granted");
            backlog.wait((number += 1), bytes);
            waiting.push(bytes);
            received += bytes;
          }
          if (kind === "show" && waiting.shift() !== undefined) backlog.shown(number - waiting.length);
          if (kind === "stand") {
            backlog.stand();
            [granted, received] = [0, 0];
          }
          if (backlog.granted < granted) throw new Error("taken back");
          granted = backlog.granted;
          const unshown = waiting.reduce((sum, each) => sum + each, 0);
          if (unshown > windowBytes || granted !== received + windowBytes - unshown) throw new Error(String(unshown));
        }
      }),
      { numRuns: 500 },
    );
    t.pass();
  },
);

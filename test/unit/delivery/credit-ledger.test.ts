// The credit ledger: how much a friend may send.

import fc from "fast-check";
import { windowBytes } from "../../../src/core/limits.js";
import { CreditLedger } from "../../../src/delivery/credit-ledger.js";
import { promise } from "../kit/promise.js";

promise("grants exactly one window beyond the bytes that were shown", (t) => {
  const creditLedger = new CreditLedger();
  t.equal(creditLedger.granted, windowBytes);
  t.ok(creditLedger.receive(windowBytes - 1));
  t.equal(creditLedger.granted, windowBytes, "nothing was shown");
  t.ok(creditLedger.receive(1));
  t.notOk(creditLedger.receive(1));
});

promise("grants shown and dropped bytes again, and not bytes that wait", (t) => {
  const creditLedger = new CreditLedger();
  for (const last of [10, 20, 30]) {
    creditLedger.receive(100);
    creditLedger.wait(last, 100);
  }
  creditLedger.receive(7);
  creditLedger.drop(7);
  t.equal(creditLedger.granted, windowBytes + 7);
  creditLedger.shown(19);
  t.equal(creditLedger.granted, windowBytes + 107, "a batch counts once its last message was shown");
  creditLedger.shown(30);
  t.equal(creditLedger.granted, windowBytes + 307);
  creditLedger.shown(30);
  t.equal(creditLedger.granted, windowBytes + 307, "once");
});

promise("counts from zero on a new connection, less the bytes that were not shown yet", (t) => {
  const creditLedger = new CreditLedger();
  creditLedger.receive(100);
  creditLedger.wait(1, 100);
  creditLedger.connected();
  t.equal(creditLedger.granted, windowBytes - 100);
  creditLedger.shown(1);
  t.equal(creditLedger.granted, windowBytes);
});

promise("grants bytes that could not be stored again, and not those stored before", (t) => {
  const creditLedger = new CreditLedger();
  for (const last of [10, 20, 30]) {
    creditLedger.receive(100);
    creditLedger.wait(last, 100);
  }
  creditLedger.forget(11);
  creditLedger.connected();
  t.equal(creditLedger.granted, windowBytes - 100);
  creditLedger.shown(10);
  t.equal(creditLedger.granted, windowBytes);
});

type Move = { readonly kind: "receive" | "show" | "stand"; readonly size: number };

promise("the grant never shrinks on a connection, and at most one window is waiting to be shown", (t) => {
  const move = fc.record<Move>({
    kind: fc.constantFrom("receive", "receive", "show", "stand"),
    size: fc.integer({ min: 1, max: windowBytes }),
  });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
      const creditLedger = new CreditLedger();
      const waiting: number[] = [];
      let [granted, received, number] = [0, 0, 0];
      for (const { kind, size } of moves) {
        const bytes = Math.min(size, creditLedger.granted - received);
        if (kind === "receive" && bytes > 0) {
          if (!creditLedger.receive(bytes)) throw new Error("refused what was granted");
          creditLedger.wait((number += 1), bytes);
          waiting.push(bytes);
          received += bytes;
        }
        if (kind === "show" && waiting.shift() !== undefined) creditLedger.shown(number - waiting.length);
        if (kind === "stand") {
          creditLedger.connected();
          [granted, received] = [0, 0];
        }
        if (creditLedger.granted < granted) throw new Error("the grant shrank");
        granted = creditLedger.granted;
        const unshown = waiting.reduce((sum, each) => sum + each, 0);
        if (unshown > windowBytes || granted !== received + windowBytes - unshown) throw new Error(String(unshown));
      }
    }),
    { numRuns: 500 },
  );
  t.pass();
});

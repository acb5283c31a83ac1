import fc from "fast-check";
import { Counts } from "../../../src/core/counts.js";
import { TokenBucket, TokenBuckets } from "../../../src/core/token-bucket.js";
import { promise } from "../kit/promise.js";

promise("Counts counts each kind separately and drops kinds with a count of zero", (t) => {
  const counts = new Counts<string>();
  for (const kind of ["a", "a", "b"]) counts.add(kind);
  for (const kind of ["a", "b"]) counts.remove(kind);
  t.strictSame([counts.of("a"), counts.of("b"), counts.size], [1, 0, 1]);
});

promise("TokenBuckets limits each taker separately and forgets all others beyond the maximum", (t) => {
  const buckets = new TokenBuckets<string>({ perSecond: 1, burst: 1 }, 2);
  const taken = ["a", "a", "b", "c", "a", "a"].map((taker) => buckets.take(taker, 0));
  t.strictSame(taken, [true, false, true, true, true, false]);
});

promise("TokenBuckets forgets inactive takers without changing any rate", (t) => {
  const rate = { perSecond: 5, burst: 4 };
  const takings = fc.array(fc.record({ taker: fc.integer({ min: 0, max: 3 }), gap: fc.integer({ min: 0, max: 900 }) }));
  fc.assert(
    fc.property(takings, (all) => {
      const [buckets, kept] = [new TokenBuckets<number>(rate), new Map<number, TokenBucket>()];
      let nowMs = 0;
      for (const { taker, gap } of all) {
        nowMs += gap;
        const own = kept.get(taker) ?? new TokenBucket({ ...rate, nowMs });
        kept.set(taker, own);
        if (buckets.take(taker, nowMs) !== own.take(nowMs)) return false;
      }
      buckets.take(9, nowMs + 1_000);
      return buckets.size === 1;
    }),
  );
  t.pass();
});

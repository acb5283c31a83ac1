import { Counts } from "../../../src/core/counts.js";
import { TokenBuckets } from "../../../src/core/token-bucket.js";
import { promise } from "../kit/promise.js";

promise("each kind is counted apart, and one of which there is none takes no room", (t) => {
  const counts = new Counts<string>();
  for (const kind of ["a", "a", "b"]) counts.add(kind);
  for (const kind of ["a", "b"]) counts.remove(kind);
  t.strictSame([counts.of("a"), counts.of("b"), counts.size], [1, 0, 1]);
});

promise("each taker has a rate of his own, and of too many all others are forgotten", (t) => {
  const buckets = new TokenBuckets<string>({ perSecond: 1, burst: 1 }, 2);
  const taken = ["a", "a", "b", "c", "a", "a"].map((taker) => buckets.take(taker, 0));
  t.strictSame(taken, [true, false, true, true, true, false]);
});

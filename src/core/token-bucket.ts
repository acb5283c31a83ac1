// A rate with a burst. Time is passed in, so it has no timer and nothing to stop.

export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(options: { readonly perSecond: number; readonly burst: number; readonly nowMs: number }) {
    this.#perSecond = options.perSecond;
    this.#burst = options.burst;
    this.#tokens = options.burst;
    this.#at = options.nowMs;
  }

  /** Takes one token; false means over the rate. */
  take(nowMs: number): boolean {
    const earned = ((nowMs - this.#at) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, earned));
    this.#at = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** A bucket for each who takes. */
export class TokenBuckets<Taker> {
  readonly #rate: { readonly perSecond: number; readonly burst: number };
  readonly #takersMax: number;
  readonly #buckets = new Map<Taker, TokenBucket>();

  /** Of more than `takersMax` all others are forgotten. */
  constructor(rate: { readonly perSecond: number; readonly burst: number }, takersMax = Infinity) {
    this.#rate = rate;
    this.#takersMax = takersMax;
  }

  take(taker: Taker, nowMs: number): boolean {
    const bucket = this.#buckets.get(taker) ?? new TokenBucket({ ...this.#rate, nowMs });
    if (this.#buckets.size >= this.#takersMax) this.#buckets.clear();
    this.#buckets.set(taker, bucket);
    return bucket.take(nowMs);
  }
}

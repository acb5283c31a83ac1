// Token bucket: limits a rate and allows a burst. The caller passes the time, so there is no timer to stop.

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

  /** Takes one token; false means that the rate is exceeded. */
  take(nowMs: number): boolean {
    this.#tokens = this.#tokensAt(nowMs);
    this.#at = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Whether it holds the whole burst, like a new one. */
  isFull(nowMs: number): boolean {
    return this.#tokensAt(nowMs) === this.#burst;
  }

  #tokensAt(nowMs: number): number {
    const earned = ((nowMs - this.#at) / 1_000) * this.#perSecond;
    return Math.min(this.#burst, this.#tokens + Math.max(0, earned));
  }
}

/** One bucket per taker, removed when it is full again: inactive takers use no memory. */
export class TokenBuckets<Taker> {
  readonly #rate: { readonly perSecond: number; readonly burst: number };
  readonly #takersMax: number;
  /** In the order of the last `take`. */
  readonly #buckets = new Map<Taker, TokenBucket>();

  /** If there would be more than `takersMax` takers, all others are forgotten. */
  constructor(rate: { readonly perSecond: number; readonly burst: number }, takersMax = Infinity) {
    this.#rate = rate;
    this.#takersMax = takersMax;
  }

  /** The number of takers remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  take(taker: Taker, nowMs: number): boolean {
    this.#forgetFull(nowMs);
    const bucket = this.#buckets.get(taker) ?? new TokenBucket({ ...this.#rate, nowMs });
    if (this.#buckets.size >= this.#takersMax) this.#buckets.clear();
    this.#buckets.delete(taker);
    this.#buckets.set(taker, bucket);
    return bucket.take(nowMs);
  }

  #forgetFull(nowMs: number): void {
    for (const [taker, bucket] of this.#buckets)
      if (bucket.isFull(nowMs)) this.#buckets.delete(taker);
      else return;
  }
}

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
    this.#tokens = this.#tokensAt(nowMs);
    this.#at = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Whether it is as good as a new one. */
  isFull(nowMs: number): boolean {
    return this.#tokensAt(nowMs) === this.#burst;
  }

  #tokensAt(nowMs: number): number {
    const earned = ((nowMs - this.#at) / 1_000) * this.#perSecond;
    return Math.min(this.#burst, this.#tokens + Math.max(0, earned));
  }
}

/** A bucket for each who takes, until it is full again: who has not knocked for a while weighs nothing. */
export class TokenBuckets<Taker> {
  readonly #rate: { readonly perSecond: number; readonly burst: number };
  readonly #takersMax: number;
  /** Who took last stands last. */
  readonly #buckets = new Map<Taker, TokenBucket>();

  /** Of more than `takersMax` all others are forgotten. */
  constructor(rate: { readonly perSecond: number; readonly burst: number }, takersMax = Infinity) {
    this.#rate = rate;
    this.#takersMax = takersMax;
  }

  /** How many are remembered. */
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

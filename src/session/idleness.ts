// When a session last heard or spoke, and whether that is long enough ago.
// Traffic only stamps; the wheel is touched once per idle period, not once per packet.

import { crossingMs } from "../core/limits.js";
import type { IdlePolicy } from "../core/types.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Due, Timer } from "../reactor/timer-wheel.js";

// A FIN that comes after three quarters of the idle timeout in silence is the other side's idle timeout: its clock
// started within a round trip of ours.
const aboutIdle = 0.75;

export class Idleness implements Due {
  readonly #reactor: Reactor;
  readonly #onIdle: () => void;
  #policy: IdlePolicy;
  #timer: Timer | undefined;
  #last: number | undefined;
  /** When our own speaking broke a silence of about the idle timeout, and nothing was heard since. */
  #brokeSilenceAt: number | undefined;

  constructor(reactor: Reactor, policy: IdlePolicy, onIdle: () => void) {
    this.#reactor = reactor;
    this.#policy = policy;
    this.#onIdle = onIdle;
  }

  set policy(policy: IdlePolicy) {
    this.#policy = policy;
    if (this.#timer?.pending !== true) return;
    this.stop();
    this.watch();
  }

  /** Since the last byte in either direction; undefined before the first. */
  get quietMs(): number | undefined {
    return this.#last === undefined ? undefined : this.#reactor.now - this.#last;
  }

  /** Something was heard, or the kernel took something. */
  stamp(): void {
    this.#last = this.#reactor.now;
  }

  heard(): void {
    this.#brokeSilenceAt = undefined;
    this.stamp();
  }

  spoke(): void {
    if (this.#quietForAboutIdle) this.#brokeSilenceAt = this.#reactor.now;
    this.stamp();
  }

  /**
   * Whether a FIN that comes now is probably the other side's idle timeout: it follows a silence of about that long,
   * or crossed the words with which we broke one.
   */
  get explainsFin(): boolean {
    if (this.#policy.kind === "never") return false;
    if (this.#quietForAboutIdle) return true;
    const window = Math.min(crossingMs, this.#policy.afterMs / 2);
    return this.#brokeSilenceAt !== undefined && this.#reactor.now - this.#brokeSilenceAt < window;
  }

  /** Calls `onIdle` once, when it has been quiet for the policy's time. */
  watch(): void {
    if (this.#policy.kind !== "never" && this.#timer?.pending !== true) this.#arm(this.#policy.afterMs);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  onDue(): void {
    const left = this.#policy.afterMs - (this.quietMs ?? 0);
    if (left > 0) this.#arm(left);
    else this.#onIdle();
  }

  get #quietForAboutIdle(): boolean {
    return this.#policy.kind !== "never" && (this.quietMs ?? 0) >= this.#policy.afterMs * aboutIdle;
  }

  #arm(delayMs: number): void {
    this.#timer = this.#reactor.wheel.after(delayMs, this);
  }
}

// Silence on a session's connections: the idle timeout, answers that do not come, and how an ending is reported.

import { answerMs, crossingMs } from "../core/limits.js";
import type { IdlePolicy } from "../core/types.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Due, Timer } from "../reactor/timer-wheel.js";
import type { ByeReason } from "../wire/event.js";
import type { CarrierEvents } from "./carrier.js";
import type { Link } from "./link.js";

// A FIN that comes after three quarters of the idle timeout in silence is the other side's idle timeout: its clock
// started within a round trip of ours.
const aboutIdle = 0.75;

/**
 * When a session last heard or spoke, and whether that is long enough ago.
 * Traffic only stamps the time; the timer wheel is touched once per idle period, not once per packet.
 */
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

/** Notices when a connection that owes an answer says nothing for the answer time. */
export class AnswerWatch {
  readonly #reactor: Reactor;
  readonly #onSilence: () => void;
  #timer: Timer | undefined;
  #expecting = false;
  /** When something was heard last, or the waiting began. */
  #since = 0;

  constructor(reactor: Reactor, onSilence: () => void) {
    this.#reactor = reactor;
    this.#onSilence = onSilence;
  }

  expect(answer: boolean): void {
    if (answer && !this.#expecting) this.#since = this.#reactor.now;
    this.#expecting = answer;
    if (answer && this.#timer?.pending !== true) this.#arm(answerMs);
  }

  heard(): void {
    this.#since = this.#reactor.now;
  }

  cancel(): void {
    this.#expecting = false;
    this.#timer?.cancel();
  }

  #arm(delayMs: number): void {
    this.#timer = this.#reactor.wheel.after(delayMs, () => this.#check());
  }

  #check(): void {
    if (!this.#expecting) return;
    const left = this.#since + answerMs - this.#reactor.now;
    if (left > 0) return this.#arm(left);
    this.#expecting = false;
    this.#onSilence();
  }
}

type EndingEvents = Pick<CarrierEvents, "onTimedOut" | "onClosed">;

/** A program that was killed, or one that has failed: it may come back as it was. */
const withoutBye = "it ended without a word";

/** Reports each ending once, as a timeout, a close or a break; reports none while this program ends the session itself. */
export class DisconnectNotices {
  readonly #idleness: Idleness;
  readonly #events: EndingEvents;
  #silent = false;
  /** On connections of the friend's own, since the last end that was told. */
  #heardApart = false;

  constructor(idleness: Idleness, events: EndingEvents) {
    this.#idleness = idleness;
    this.#events = events;
  }

  /** From now on nothing is told. */
  silence(): void {
    this.#silent = true;
  }

  heardApart(): void {
    this.#heardApart = true;
  }

  timedOut(): void {
    this.#heardApart = false;
    if (!this.#silent) this.#events.onTimedOut();
  }

  bye(reason: ByeReason): void {
    if (reason === "idle") this.timedOut();
    if (reason === "quit") this.#closed();
  }

  /** The other side's FIN, and no bye says why. Where nobody says bye: was it its idle timeout, or did it leave? */
  fin(link: Link): void {
    const { farewell } = link.dialect.traits;
    if (this.#idleness.explainsFin && !farewell) this.timedOut();
    else if (link.everUsed) this.#closed(farewell ? withoutBye : undefined);
  }

  broke(reason: string): void {
    this.#closed(reason);
  }

  /** The last of the friend's own connections has ended. `told`: one of ours stands and will tell the end, or nobody expects one. */
  left(told: boolean): void {
    const [heard, timedOut] = [this.#heardApart && !told, this.#idleness.explainsFin];
    this.#heardApart = false;
    if (heard && timedOut) this.timedOut();
    if (heard && !timedOut) this.#closed();
  }

  #closed(reason?: string): void {
    if (this.#silent) return;
    if (reason === undefined) this.#events.onClosed();
    else this.#events.onClosed(reason);
  }
}

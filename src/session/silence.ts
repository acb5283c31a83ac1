// Silence on a session's connections: the idle timeout, answers that do not come, and how an ending is reported.

import { answerMs, crossingMs } from "../core/limits.js";
import type { IdlePolicy } from "../core/types.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Due, Timer } from "../reactor/timer-wheel.js";
import type { ByeReason } from "../wire/event.js";
import type { CarrierEvents } from "./carrier.js";
import type { Link } from "./link.js";

// A FIN after a silence of three quarters of the idle timeout is the peer's idle timeout: its clock started within a
// round trip of ours.
const nearIdleFraction = 0.75;

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
  /** When we sent something after a silence of nearly the idle timeout; undefined once the peer has answered. */
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

  /** Milliseconds since the last byte in either direction; undefined before the first. */
  get quietMs(): number | undefined {
    return this.#last === undefined ? undefined : this.#reactor.now - this.#last;
  }

  /** Bytes arrived, or the kernel took some. */
  stamp(): void {
    this.#last = this.#reactor.now;
  }

  heard(): void {
    this.#brokeSilenceAt = undefined;
    this.stamp();
  }

  spoke(): void {
    if (this.#nearlyIdle) this.#brokeSilenceAt = this.#reactor.now;
    this.stamp();
  }

  /**
   * Whether a FIN that arrives now is probably the peer's idle timeout: it follows a silence of nearly that long, or it
   * crossed the message with which we ended such a silence.
   */
  get peerProbablyTimedOut(): boolean {
    if (this.#policy.kind === "never") return false;
    if (this.#nearlyIdle) return true;
    const window = Math.min(crossingMs, this.#policy.afterMs / 2);
    return this.#brokeSilenceAt !== undefined && this.#reactor.now - this.#brokeSilenceAt < window;
  }

  /** Calls `onIdle` once, when neither side has sent anything for the policy's time. */
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

  get #nearlyIdle(): boolean {
    return this.#policy.kind !== "never" && (this.quietMs ?? 0) >= this.#policy.afterMs * nearIdleFraction;
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
  /** When the peer last said something, or when we began to wait for an answer. */
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

/** The peer's program was killed or crashed; it may come back with the same state. */
const endedWithoutBye = "it ended without a word";

/** Reports each ending once, as a timeout, a close or a break; reports none while this program ends the session itself. */
export class DisconnectNotices {
  readonly #idleness: Idleness;
  readonly #events: EndingEvents;
  #muted = false;
  /** The peer said something on inbound connections since the last ending was reported. */
  #heardInbound = false;

  constructor(idleness: Idleness, events: EndingEvents) {
    this.#idleness = idleness;
    this.#events = events;
  }

  /** Reports nothing from now on. */
  mute(): void {
    this.#muted = true;
  }

  heardInbound(): void {
    this.#heardInbound = true;
  }

  timedOut(): void {
    this.#heardInbound = false;
    if (!this.#muted) this.#events.onTimedOut();
  }

  bye(reason: ByeReason): void {
    if (reason === "idle") this.timedOut();
    if (reason === "quit") this.#closed();
  }

  /** The peer's FIN without a bye. In dialects without a bye it may be the peer's idle timeout. */
  fin(link: Link): void {
    const { farewell } = link.dialect.traits;
    if (this.#idleness.peerProbablyTimedOut && !farewell) this.timedOut();
    else if (link.everUsed) this.#closed(farewell ? endedWithoutBye : undefined);
  }

  broke(reason: string): void {
    this.#closed(reason);
  }

  /**
   * The last inbound connection of the peer has ended. `told`: one of our own connections will report the ending, or no
   * ending is expected.
   */
  inboundEnded(told: boolean): void {
    const [heard, timedOut] = [this.#heardInbound && !told, this.#idleness.peerProbablyTimedOut];
    this.#heardInbound = false;
    if (heard && timedOut) this.timedOut();
    if (heard && !timedOut) this.#closed();
  }

  #closed(reason?: string): void {
    if (this.#muted) return;
    if (reason === undefined) this.#events.onClosed();
    else this.#events.onClosed(reason);
  }
}

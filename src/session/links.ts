// All connections of one session: the one that carries messages, and those that drain, are detached or were replaced.

import { crossingMs, holdMs, linksMax } from "../core/limits.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Timer } from "../reactor/timer-wheel.js";
import type { ByeReason } from "../wire/event.js";
import type { Link } from "./link.js";

/** Connections of all sessions together. */
export interface ConnectionCount {
  connections: number;
}

export class Links {
  readonly #reactor: Reactor;
  readonly #all = new Set<Link>();
  #detachedTimer: Timer | undefined;
  /** A connection that was silent for nearly the idle timeout when a newer one replaced it. */
  #replacedSilent: { readonly link: Link; readonly since: number } | undefined;

  readonly #connectionCount: ConnectionCount;
  /** Newer connections that are not read until the older ones have drained: messages appear in the order they were sent. */
  readonly #held = new Set<Link>();
  #holdTimer: Timer | undefined;
  #paused = false;

  constructor(reactor: Reactor, connectionCount: ConnectionCount) {
    this.#reactor = reactor;
    this.#connectionCount = connectionCount;
  }

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): Iterator<Link> {
    return this.#all.values();
  }

  /** `readInOrder`: do not read it while an older one drains. */
  add(link: Link, { inTurn: readInOrder }: { readonly inTurn: boolean }): void {
    if (this.#paused) link.pause();
    if (readInOrder && this.#draining) this.#hold(link);
    this.#all.add(link);
    this.#connectionCount.connections += 1;
  }

  /** Closes the connections that `kept` does not select. For dialects in which one connection carries everything. */
  keepOnly(kept: (link: Link) => boolean): void {
    for (const link of this.#all) {
      if (kept(link)) continue;
      link.sayBye("replaced");
      link.finish();
    }
    this.trim();
  }

  /** Sends a bye if the dialect has one, then our FIN. */
  closeAll(reason: ByeReason): void {
    for (const link of this.#all) {
      link.leave(reason);
      link.finish();
    }
  }

  /** Finishes or detaches every usable connection. */
  idleOut(detaches: boolean): void {
    for (const link of this.#all) {
      if (!link.usable) continue;
      if (detaches) link.detach();
      else link.finish();
    }
  }

  /** Destroys old connections beyond the limit: a peer may reconnect again and again. */
  trim(): void {
    let excess = this.#all.size - linksMax;
    for (const link of this.#all) {
      if (excess <= 0) return;
      if (!link.finishing && !link.closing) continue;
      link.destroy();
      excess -= 1;
    }
  }

  forget(link: Link): void {
    this.#all.delete(link);
    this.#held.delete(link);
    this.#connectionCount.connections -= 1;
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    for (const link of this.#all) link.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (const link of this.#all) link.resume();
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Resumes held connections unless an older one still drains. */
  releaseHeldIfDrained(): void {
    if (!this.#draining) this.#releaseHeld();
  }

  /** Pauses reading until `#releaseHeld`, but no longer than the hold time. */
  #hold(link: Link): void {
    this.#held.add(link);
    link.pause();
    if (this.#holdTimer?.pending !== true)
      this.#holdTimer = this.#reactor.wheel.after(holdMs, () => this.#releaseHeld());
  }

  #releaseHeld(): void {
    this.#holdTimer?.cancel();
    for (const link of this.#held) link.resume();
    this.#held.clear();
  }

  get newestUsable(): Link | undefined {
    return [...this.#all].filter((link) => link.usable).sort((a, b) => b.openedAt - a.openedAt)[0];
  }

  get #draining(): boolean {
    return [...this.#all].some((link) => link.draining);
  }

  /** A newer connection may arrive before the FIN of the peer's idle timeout on this one. */
  rememberSilent(link: Link | undefined): void {
    this.#replacedSilent = link && { link, since: this.#reactor.now };
  }

  /** Whether the FIN on `link` is the peer's idle timeout, and a newer connection arrived before it. */
  finWasOvertaken(link: Link): boolean {
    return link === this.#replacedSilent?.link && this.#reactor.now - this.#replacedSilent.since < crossingMs;
  }

  /**
   * Closes detached connections after the crossing time. First the new connection must open and the peer must have
   * accepted it; any other order crashes older programs.
   */
  closeDetachedSoon(): void {
    const old = [...this.#all].filter((link) => link.detached);
    if (this.#detachedTimer?.pending === true || old.length === 0) return;
    this.#detachedTimer = this.#reactor.wheel.after(crossingMs, () => {
      for (const link of old) if (link.detached) link.finish();
    });
  }

  cancel(): void {
    this.#detachedTimer?.cancel();
  }

  destroy(): void {
    this.cancel();
    this.#releaseHeld();
    for (const link of this.#all) link.destroy();
  }
}

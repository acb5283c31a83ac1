// The connections under a session: one that carries, and those that drain, wait for their replacement or were left over.

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
  /** The connection that a newer one followed after about an idle timeout of silence. */
  #silent: { readonly link: Link; readonly since: number } | undefined;

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

  /** `inTurn`: it is not read while an older one drains. */
  add(link: Link, { inTurn }: { readonly inTurn: boolean }): void {
    if (this.#paused) link.pause();
    if (inTurn && this.#draining) this.#hold(link);
    this.#all.add(link);
    this.#connectionCount.connections += 1;
  }

  /** Where one connection carries everything, the others end. */
  keep(kept: (link: Link) => boolean): void {
    for (const link of this.#all) {
      if (kept(link)) continue;
      link.sayBye("replaced");
      link.finish();
    }
    this.trim();
  }

  /** A word of farewell where the dialect has one, and our FIN behind it. */
  end(reason: ByeReason): void {
    for (const link of this.#all) {
      link.leave(reason);
      link.finish();
    }
  }

  /** Those that could carry messages get our FIN, or are detached. */
  idleOut(detaches: boolean): void {
    for (const link of this.#all) {
      if (!link.usable) continue;
      if (detaches) link.detach();
      else link.finish();
    }
  }

  /** Who replaces his connection again and again does not get to keep the old ones. */
  trim(): void {
    let excess = this.#all.size - linksMax;
    for (const link of this.#all) {
      if (excess <= 0) return;
      if (!link.finishing && !link.parting) continue;
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

  /** Those that waited for one that drained. */
  releaseHeld(): void {
    if (!this.#draining) this.#release();
  }

  /** Until `#release`, but no longer than the hold time. */
  #hold(link: Link): void {
    this.#held.add(link);
    link.pause();
    if (this.#holdTimer?.pending !== true) this.#holdTimer = this.#reactor.wheel.after(holdMs, () => this.#release());
  }

  #release(): void {
    this.#holdTimer?.cancel();
    for (const link of this.#held) link.resume();
    this.#held.clear();
  }

  get newestUsable(): Link | undefined {
    return [...this.#all].filter((link) => link.usable).sort((a, b) => b.stoodAt - a.stoodAt)[0];
  }

  get #draining(): boolean {
    return [...this.#all].some((link) => link.draining);
  }

  /** A newer connection may overtake the FIN with which the other side's idle timeout ends this one. */
  rememberSilence(link: Link | undefined): void {
    this.#silent = link && { link, since: this.#reactor.now };
  }

  overtaken(link: Link): boolean {
    return link === this.#silent?.link && this.#reactor.now - this.#silent.since < crossingMs;
  }

  /** Dial the new one first, then close the old one, and not before the other side took up the new: other orders are fatal to older programs. */
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
    this.#release();
    for (const link of this.#all) link.destroy();
  }
}

// Receives texts on inbound connections of dialects whose texts name their sender. Nothing is written on them except one
// reply to a program that waits for it, and no sender is proven: each text is passed on with its address. A silent
// connection may stay open for hours; it is dropped when others need its place.

import { Counts } from "../core/counts.js";
import { callersPerAddressMax, callerSilenceMs, talkersPerAddressMax } from "../core/limits.js";
import type { Batch } from "../core/types.js";
import { toUtf8 } from "../core/utf8.js";
import type { Connection, Log } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Dialect } from "../wire/dialect.js";
import type { Sender, TextsEvent, WireEvent } from "../wire/event.js";
import { Link, type LinkEvents } from "./link.js";
import type { ConnectionCount } from "./links.js";

export interface InboundReceiverParts {
  readonly reactor: Reactor;
  readonly log: Log;
  readonly connectionCount: ConnectionCount;
  /** `from`: the sender that the text names, if any. `host`: the address that it came from. */
  onTexts(host: string, batch: Batch, from: Sender | undefined): void;
  /** The last connection that carried texts from `from` has ended. */
  onLeft(host: string, from: Sender): void;
}

interface Caller {
  readonly host: string;
  /** When it was accepted, or last said something. */
  heardAt: number;
  /** The sender of its last text. */
  from?: Sender;
  replied?: boolean;
}

export class InboundReceiver implements LinkEvents {
  readonly #parts: InboundReceiverParts;
  readonly #callers = new Map<Link, Caller>();
  readonly #counts = new Counts<string>();
  #paused = false;
  /** Connections refused since reading was paused. */
  #turnedAwayWhilePaused = 0;

  constructor(parts: InboundReceiverParts) {
    this.#parts = parts;
  }

  /** Number of connections from `host`. */
  count(host: string): number {
    return this.#counts.of(host);
  }

  accept(connection: Connection, dialect: Dialect): void {
    const host = connection.remoteHost;
    if (this.count(host) >= callersPerAddressMax && !this.#makeRoom(host)) return connection.reset();
    const link = new Link({ connection, dialect, reactor: this.#parts.reactor, dialled: false, events: this });
    if (this.#paused) link.pause();
    this.#callers.set(link, { host, heardAt: this.#parts.reactor.now });
    this.#counts.add(host);
    this.#parts.connectionCount.connections += 1;
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    for (const link of this.#callers.keys()) link.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#turnedAwayWhilePaused > 0)
      this.#parts.log.warn("callers-turned-away", { count: this.#turnedAwayWhilePaused });
    this.#turnedAwayWhilePaused = 0;
    // Callers that we did not read meanwhile do not count as silent.
    for (const caller of this.#callers.values()) caller.heardAt = this.#parts.reactor.now;
    for (const link of this.#callers.keys()) link.resume();
  }

  /** Sends our FIN on each connection that `keeps` does not select, and reads it to its end. */
  finish(keeps: (host: string, dialect: Dialect) => boolean = () => false): void {
    for (const [link, { host }] of this.#callers) if (!keeps(host, link.dialect)) link.finish();
  }

  destroy(): void {
    for (const link of this.#callers.keys()) link.destroy();
  }

  onOpen(): void {
    // Accepted connections are open from the start.
  }

  /** Moves the caller to the end of the map: the first entry has been silent longest. */
  onTraffic(link: Link): void {
    const caller = this.#callers.get(link);
    if (caller === undefined) return;
    caller.heardAt = this.#parts.reactor.now;
    this.#callers.delete(link);
    this.#callers.set(link, caller);
  }

  onWireEvent(link: Link, event: WireEvent): void {
    const caller = this.#callers.get(link);
    if (caller === undefined) return;
    if (event.kind === "texts") return this.#receive(caller, link, event);
    if (event.kind !== "fault") return;
    this.#parts.log.warn("peer-cut-off", { host: caller.host, reason: event.reason });
    link.break(event.reason);
  }

  onDrain(): void {
    // At most one reply is written, and nothing waits behind it.
  }

  onEnd(link: Link): void {
    link.finish();
  }

  onClose(link: Link): void {
    const caller = this.#callers.get(link);
    if (caller === undefined) return;
    this.#forget(link, caller);
    if (caller.from === undefined || link.dialect.traits.transport === "one-shot") return;
    if (!this.#speaksElsewhere(caller.host, caller.from)) this.#parts.onLeft(caller.host, caller.from);
  }

  #forget(link: Link, { host }: Caller): void {
    this.#callers.delete(link);
    this.#parts.connectionCount.connections -= 1;
    this.#counts.remove(host);
  }

  #receive(caller: Caller, link: Link, { batch, from, reply }: TextsEvent): void {
    if (from !== undefined) caller.from = from;
    if (reply !== undefined && caller.replied !== true) link.write(toUtf8(reply));
    caller.replied ||= reply !== undefined;
    this.#parts.onTexts(caller.host, batch, from);
  }

  #speaksElsewhere(host: string, { name, port }: Sender): boolean {
    return [...this.#callers.values()].some(
      (caller) => caller.host === host && caller.from?.name === name && caller.from.port === port,
    );
  }

  /** While reading is paused, any caller may have sent something unread: then refuse the new one instead. */
  #makeRoom(host: string): boolean {
    const full = this.count(host) >= talkersPerAddressMax;
    if (!this.#paused) this.#dropSilent(host, full ? 0 : callerSilenceMs);
    else if (full) this.#turnedAwayWhilePaused += 1;
    return !this.#paused || !full;
  }

  /** Drops the caller of that address that has been silent longest. A recent one may have sent something unread. */
  #dropSilent(host: string, silenceMs: number): void {
    for (const [link, caller] of this.#callers) {
      if (caller.host !== host) continue;
      if (this.#parts.reactor.now - caller.heardAt < silenceMs) return;
      this.#forget(link, caller);
      return link.destroy();
    }
  }
}

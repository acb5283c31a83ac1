// Inbound connections of dialects whose texts say who speaks. Nobody is spoken to on them, but for one word to a program that
// waits for it, and nobody is proven: what arrives is passed on with the address that it came from. A silent one may stand for hours; its place is taken when others need it.

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
  /** `from` as the text says; undefined where it does not. `host` is where it came from. */
  onTexts(host: string, batch: Batch, from: Sender | undefined): void;
  /** The last connection on which `from` has spoken has ended. */
  onLeft(host: string, from: Sender): void;
}

interface Guest {
  readonly host: string;
  /** When it came, or last said something. */
  heardAt: number;
  /** Who spoke on it last. */
  from?: Sender;
  replied?: boolean;
}

export class InboundReceiver implements LinkEvents {
  readonly #parts: InboundReceiverParts;
  readonly #guests = new Map<Link, Guest>();
  readonly #counts = new Counts<string>();
  #paused = false;
  /** Since the screen was full. */
  #turnedAway = 0;

  constructor(parts: InboundReceiverParts) {
    this.#parts = parts;
  }

  /** Connections that come from `host`. */
  count(host: string): number {
    return this.#counts.of(host);
  }

  accept(connection: Connection, dialect: Dialect): void {
    const host = connection.remoteHost;
    if (this.count(host) >= callersPerAddressMax && !this.#makeRoom(host)) return connection.reset();
    const link = new Link({ connection, dialect, reactor: this.#parts.reactor, dialled: false, events: this });
    if (this.#paused) link.pause();
    this.#guests.set(link, { host, heardAt: this.#parts.reactor.now });
    this.#counts.add(host);
    this.#parts.connectionCount.connections += 1;
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    for (const link of this.#guests.keys()) link.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#turnedAway > 0) this.#parts.log.warn("callers-turned-away", { count: this.#turnedAway });
    this.#turnedAway = 0;
    // Who could not be heard meanwhile was not silent.
    for (const guest of this.#guests.values()) guest.heardAt = this.#parts.reactor.now;
    for (const link of this.#guests.keys()) link.resume();
  }

  /** Our FIN for each that is not to stay; what comes is read to its end. */
  finish(stays: (host: string, dialect: Dialect) => boolean = () => false): void {
    for (const [link, { host }] of this.#guests) if (!stays(host, link.dialect)) link.finish();
  }

  destroy(): void {
    for (const link of this.#guests.keys()) link.destroy();
  }

  onStand(): void {
    // Accepted connections stand from the start.
  }

  /** Who speaks goes to the end of the line: the first in it was silent longest. */
  onTraffic(link: Link): void {
    const guest = this.#guests.get(link);
    if (guest === undefined) return;
    guest.heardAt = this.#parts.reactor.now;
    this.#guests.delete(link);
    this.#guests.set(link, guest);
  }

  onWireEvent(link: Link, event: WireEvent): void {
    const guest = this.#guests.get(link);
    if (guest === undefined) return;
    if (event.kind === "texts") return this.#hear(guest, link, event);
    if (event.kind !== "fault") return;
    this.#parts.log.warn("peer-cut-off", { host: guest.host, reason: event.reason });
    link.break(event.reason);
  }

  onDrain(): void {
    // A word is written once, and nothing waits behind it.
  }

  onEnd(link: Link): void {
    link.finish();
  }

  onClose(link: Link): void {
    const guest = this.#guests.get(link);
    if (guest === undefined) return;
    this.#forget(link, guest);
    if (guest.from === undefined || link.dialect.traits.transport === "one-shot") return;
    if (!this.#speaksElsewhere(guest.host, guest.from)) this.#parts.onLeft(guest.host, guest.from);
  }

  #forget(link: Link, { host }: Guest): void {
    this.#guests.delete(link);
    this.#parts.connectionCount.connections -= 1;
    this.#counts.remove(host);
  }

  #hear(guest: Guest, link: Link, { batch, from, reply }: TextsEvent): void {
    if (from !== undefined) guest.from = from;
    if (reply !== undefined && guest.replied !== true) link.write(toUtf8(reply));
    guest.replied ||= reply !== undefined;
    this.#parts.onTexts(guest.host, batch, from);
  }

  #speaksElsewhere(host: string, { name, port }: Sender): boolean {
    return [...this.#guests.values()].some(
      (guest) => guest.host === host && guest.from?.name === name && guest.from.port === port,
    );
  }

  /** While nothing is read, anybody may have said something: then who comes last has no place. */
  #makeRoom(host: string): boolean {
    const full = this.count(host) >= talkersPerAddressMax;
    if (!this.#paused) this.#dropSilent(host, full ? 0 : callerSilenceMs);
    else if (full) this.#turnedAway += 1;
    return !this.#paused || !full;
  }

  /** The longest silent one of that address goes. Who has just come may have said something that we have not read yet. */
  #dropSilent(host: string, silenceMs: number): void {
    for (const [link, guest] of this.#guests) {
      if (guest.host !== host) continue;
      if (this.#parts.reactor.now - guest.heardAt < silenceMs) return;
      this.#forget(link, guest);
      return link.destroy();
    }
  }
}

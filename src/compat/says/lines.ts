// The private lines of `p2p says`: numbered chats over encrypted connections, answered without a question. A text that is sent
// again after a break keeps its number, so that the receiver shows it once.

import { formatEndpoint, sourceAddress } from "../../core/address.js";
import { reasonOf } from "../../core/errors.js";
import { privateCallsMax, privatePartnersMax } from "../../core/older-limits.js";
import type { Endpoint, PublicKey } from "../../core/types.js";
import type { CompatChatOptions } from "../../commands/options.js";
import type { Ports } from "../../member/member.js";
import type { Connection } from "../../ports.js";
import type { Reactor } from "../../reactor/reactor.js";
import type { RefusalReason } from "../../wire/secure/frames.js";
import { NumberedChat } from "../numbered/chat.js";
import { PrivateLine, securePortOf, type Caller } from "../private-line.js";

/** A peer that has, or had, a private line in this run. */
export interface Partner {
  /** Its clear listener, which identifies it. */
  readonly to: Endpoint;
  /** Nothing proves the name. */
  readonly name: string;
  readonly port: number;
  readonly key: PublicKey;
  readonly securePort: number;
  /** Number of its last text. */
  heard: number;
  /** Its open lines, the newest last. If both sides dial at once there are two. */
  readonly chats: NumberedChat[];
}

export interface LineEvents {
  /** For the first time, or with another key than before. */
  onNewKey(partner: Partner, ownKey: PublicKey): void;
  onOpen(partner: Partner): void;
  onText(partner: Partner, text: string): void;
  /** The peer has the text of the last `say`. */
  onConfirmed(): void;
  /** The line that carried the last `say` is over; another one may be open. */
  onLost(): void;
  /** Its last line is over; `reason` if it broke. */
  onOver(partner: Partner, reason: string | undefined): void;
  /** A dial failed. `found`: there is a private line. */
  onFailed(reason: string, found: boolean): void;
  onCannotListen(port: number, reason: string): void;
}

export interface SaysLinesParts {
  readonly options: CompatChatOptions;
  readonly ports: Ports;
  readonly reactor: Reactor;
  readonly self: { readonly name: string; readonly port: number };
  readonly events: LineEvents;
}

/** Lines to one peer: two that were dialled at once. */
const linesPerPeerMax = 2;

const ignore = (): void => undefined;

export class SaysLines {
  readonly #parts: SaysLinesParts;
  readonly #line: PrivateLine;
  readonly #partners = new Map<string, Partner>();
  readonly #chats = new Set<NumberedChat>();
  /** The line of the last `say`. */
  #carrier: NumberedChat | undefined;
  /** Number of our last confirmed text. */
  #confirmed = 0;
  #held = false;
  /** The peer that the user chose is never forgotten. */
  #kept = "";

  constructor(parts: SaysLinesParts) {
    this.#parts = parts;
    const { options, ports, reactor, self, events } = parts;
    const securePort = options.securePort ?? securePortOf(self.port);
    this.#line = new PrivateLine({
      ...{ ...ports, reactor, host: options.listen, localHost: sourceAddress(options.listen) },
      self: { program: "says", ...self, securePort },
      events: {
        onCannotListen: (code) => events.onCannotListen(securePort, reasonOf(code)),
        judge: (host, { port }, key) => this.#judge({ host, port }, key),
        onCaller: (connection, caller) => this.#accept(connection, caller),
      },
    });
  }

  /** Number of lines, and of dials under way. */
  get connections(): number {
    return this.#chats.size;
  }

  /** The user talks to this peer. */
  keep(to: Endpoint): void {
    this.#kept = formatEndpoint(to);
  }

  partner(to: Endpoint): Partner | undefined {
    return this.#partners.get(formatEndpoint(to));
  }

  /** Whether `say` may be called. */
  isOpen(to: Endpoint): boolean {
    return (this.partner(to)?.chats.length ?? 0) > 0;
  }

  /** Sends one text after the last one was confirmed. */
  say(to: Endpoint, text: string): void {
    this.#carrier = this.partner(to)?.chats.at(-1);
    this.#carrier?.continueAfter(this.#confirmed);
    this.#carrier?.say(text);
  }

  dial(to: Endpoint): void {
    const dial = this.#line.dial({ host: to.host, port: this.partner(to)?.securePort ?? securePortOf(to.port) });
    this.#begin(
      dial.connection,
      to,
      () => dial.peer,
      (reason) => this.#parts.events.onFailed(reason, dial.found),
    );
  }

  /** Pauses or resumes reading: the screen is full or not. */
  hold(held: boolean): void {
    this.#held = held;
    for (const chat of this.#chats) chat.hold(held);
  }

  finish(): void {
    this.#line.close();
    for (const chat of this.#chats) chat.exit();
  }

  destroy(): void {
    this.#line.close();
    for (const chat of this.#chats) chat.destroy();
  }

  /** While a peer is connected, a caller with another key but the same address and port is refused. */
  #judge(to: Endpoint, key: PublicKey): RefusalReason | undefined {
    if (this.isOpen(to) && this.partner(to)?.key !== key) return "key-changed";
    return this.#chats.size < privateCallsMax ? undefined : "busy";
  }

  #accept(connection: Connection, caller: Caller): void {
    const to = { host: connection.remoteHost, port: caller.port };
    this.#begin(connection, to, () => caller).answer(true);
  }

  /** `onFailed`: we dialled, and the line did not open. */
  #begin(
    connection: Connection,
    to: Endpoint,
    peer: () => Caller | undefined,
    onFailed?: (reason: string) => void,
  ): NumberedChat {
    let partner: Partner | undefined;
    const chat: NumberedChat = new NumberedChat({
      ...{ connection, reactor: this.#parts.reactor, caller: onFailed !== undefined, privately: true },
      events: {
        onMessage: (number, text) => partner && this.#hear(partner, number, text),
        onSeen: (number) => this.#confirm(number),
        ...{ onStray: ignore, onSent: ignore, onCongested: ignore },
      },
      onStarted: () => (partner = this.#open(chat, connection.contact?.key, to, peer())),
      onOver: (end, _unsent, reason) => {
        this.#chats.delete(chat);
        if (partner !== undefined) this.#close(partner, chat, reason);
        else if (end !== "left") onFailed?.(reason ?? "it does not answer");
      },
    });
    this.#chats.add(chat);
    if (this.#held) chat.hold(true);
    return chat;
  }

  #open(chat: NumberedChat, key: PublicKey | undefined, to: Endpoint, peer: Caller | undefined): Partner | undefined {
    if (key === undefined || peer === undefined) return undefined;
    const { name, securePort } = peer;
    const known = this.partner(to);
    const partner = known?.key === key ? known : { to, name, port: to.port, key, securePort, heard: 0, chats: [] };
    partner.chats.push(chat);
    if (partner.chats.length > linesPerPeerMax) partner.chats.shift()?.exit();
    if (partner !== known) {
      this.#remember(partner);
      this.#parts.events.onNewKey(partner, this.#line.key);
    }
    this.#parts.events.onOpen(partner);
    return partner;
  }

  #hear(partner: Partner, number: number, text: string): void {
    if (number <= partner.heard) return;
    partner.heard = number;
    this.#parts.events.onText(partner, text);
  }

  #confirm(number: number): void {
    if (number !== this.#confirmed + 1) return;
    this.#confirmed = number;
    this.#parts.events.onConfirmed();
  }

  #close(partner: Partner, chat: NumberedChat, reason: string | undefined): void {
    if (partner.chats.includes(chat)) partner.chats.splice(partner.chats.indexOf(chat), 1);
    if (partner.chats.length === 0) this.#parts.events.onOver(partner, reason);
    if (chat === this.#carrier) this.#parts.events.onLost();
  }

  #remember(partner: Partner): void {
    this.#partners.set(formatEndpoint(partner.to), partner);
    if (this.#partners.size <= privatePartnersMax) return;
    for (const [to, { chats }] of this.#partners)
      if (chats.length === 0 && to !== this.#kept) return void this.#partners.delete(to);
  }
}

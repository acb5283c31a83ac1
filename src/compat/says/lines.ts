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
import type { SaysConsole, SaysSelf } from "./console.js";
import type { Outbox } from "./outbox.js";

/** A peer that has, or had, a private line in this run. */
interface Partner {
  /** Nothing proves the name. */
  readonly name: string;
  /** Of its clear listener, which identifies it. */
  readonly port: number;
  readonly key: PublicKey;
  readonly securePort: number;
  /** Number of its last text. */
  heard: number;
  /** Its open lines, the newest last. If both sides dial at once there are two. */
  readonly chats: NumberedChat[];
}

export interface SaysLinesParts {
  readonly options: CompatChatOptions;
  readonly ports: Ports;
  readonly reactor: Reactor;
  readonly self: SaysSelf;
  readonly console: SaysConsole;
  readonly outbox: Outbox;
}

/** Lines to one peer: two that were dialled at once. */
const linesPerPeerMax = 2;

const ignore = (): void => undefined;

export class SaysLines {
  readonly #parts: SaysLinesParts;
  readonly #line: PrivateLine;
  /** By the address of the clear listener. */
  readonly #partners = new Map<string, Partner>();
  readonly #chats = new Set<NumberedChat>();
  /** The peer that the user talks to. */
  #to: Endpoint = { host: "", port: 0 };
  /** The line of the last `say`. */
  #carrier: NumberedChat | undefined;
  /** Number of our last confirmed text. */
  #confirmed = 0;
  #held = false;

  constructor(parts: SaysLinesParts) {
    this.#parts = parts;
    const { options, ports, reactor, self, console } = parts;
    const securePort = options.securePort ?? securePortOf(self.port);
    this.#line = new PrivateLine({
      ...{ ...ports, reactor, host: options.listen, localHost: sourceAddress(options.listen) },
      self: { program: "says", ...self, securePort },
      events: {
        onCannotListen: (code) => console.cannotListen(securePort, reasonOf(code)),
        judge: (host, { port }, key) => this.#judge({ host, port }, key),
        onCaller: (connection, caller) => this.#accept(connection, caller),
      },
    });
  }

  /** Number of lines, and of dials under way. */
  get connections(): number {
    return this.#chats.size;
  }

  /** A line to the peer that the user talks to is open. */
  get open(): boolean {
    return (this.partner?.chats.length ?? 0) > 0;
  }

  /** Undefined: the peer had no private line in this run. */
  get partner(): Partner | undefined {
    return this.#partnerAt(this.#to);
  }

  meet(to: Endpoint): void {
    this.#to = to;
    if (this.partner !== undefined) this.#parts.outbox.lineOpened();
  }

  /** Sends one text on the open line, after the last one was confirmed. */
  say(text: string): void {
    this.#carrier = this.partner?.chats.at(-1);
    this.#carrier?.continueAfter(this.#confirmed);
    this.#carrier?.say(text);
  }

  /** The outbox hears how it went. */
  dial(): void {
    const { host, port } = this.#to;
    const dial = this.#line.dial({ host, port: this.partner?.securePort ?? securePortOf(port) });
    const onFailed = (reason: string): void => this.#parts.outbox.noLine(reason, dial.found);
    this.#begin(dial.connection, this.#to, () => dial.peer, onFailed);
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

  #partnerAt(to: Endpoint): Partner | undefined {
    return this.#partners.get(formatEndpoint(to));
  }

  /** While a peer is connected, a caller with another key but the same address and port is refused. */
  #judge(to: Endpoint, key: PublicKey): RefusalReason | undefined {
    const known = this.#partnerAt(to);
    if (known !== undefined && known.chats.length > 0 && known.key !== key) return "key-changed";
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
      onStarted: () => (partner = this.#opened(chat, connection.contact?.key, to, peer())),
      onOver: (end, _unsent, reason) => {
        this.#chats.delete(chat);
        if (partner !== undefined) this.#over(partner, chat, reason);
        else if (end !== "left") onFailed?.(reason ?? "it does not answer");
      },
    });
    this.#chats.add(chat);
    if (this.#held) chat.hold(true);
    return chat;
  }

  #opened(chat: NumberedChat, key: PublicKey | undefined, to: Endpoint, peer: Caller | undefined): Partner | undefined {
    if (key === undefined || peer === undefined) return undefined;
    const { name, securePort } = peer;
    const known = this.#partnerAt(to);
    const partner = known?.key === key ? known : { name, port: to.port, key, securePort, heard: 0, chats: [] };
    partner.chats.push(chat);
    if (partner.chats.length > linesPerPeerMax) partner.chats.shift()?.exit();
    if (partner !== known) {
      this.#remember(to, partner);
      this.#parts.console.private(partner, key, this.#line.key);
    }
    if (partner === this.partner) this.#parts.outbox.lineOpened();
    return partner;
  }

  #hear(partner: Partner, number: number, text: string): void {
    if (number <= partner.heard) return;
    partner.heard = number;
    this.#parts.console.message(text, partner);
  }

  #confirm(number: number): void {
    if (number !== this.#confirmed + 1) return;
    this.#confirmed = number;
    this.#parts.console.delivered();
    this.#parts.outbox.confirmed();
  }

  #over(partner: Partner, chat: NumberedChat, reason: string | undefined): void {
    if (partner.chats.includes(chat)) partner.chats.splice(partner.chats.indexOf(chat), 1);
    if (partner.chats.length === 0) this.#parts.console.privateEnded(partner, reason);
    if (chat === this.#carrier) this.#parts.outbox.lineLost();
  }

  #remember(at: Endpoint, partner: Partner): void {
    this.#partners.set(formatEndpoint(at), partner);
    if (this.#partners.size <= privatePartnersMax) return;
    for (const [to, { chats }] of this.#partners)
      if (chats.length === 0 && to !== formatEndpoint(this.#to)) return void this.#partners.delete(to);
  }
}

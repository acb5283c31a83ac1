// The connections of the chat of two ports: the clear listener, the private line, and one connection for each clear message.

import { sourceAddress, formatEndpoint } from "../../core/address.js";
import { batchOf, portionsOf } from "../../core/batch.js";
import { reasonOf } from "../../core/errors.js";
import { connectionsMax } from "../../core/limits.js";
import { oneShotMs, privatePartnersMax } from "../../core/older-limits.js";
import type { Notice } from "../../core/notice.js";
import type { Batch, Bytes, Endpoint } from "../../core/types.js";
import type { Ports } from "../../member/member.js";
import type { PrivateParty, SaysConsole } from "./console.js";
import type { CompatChatOptions } from "../../commands/options.js";
import type { Connection, Listener } from "../../ports.js";
import type { Call } from "../private-call.js";
import { PrivateLine, type PrivateEvents } from "../private-line.js";
import { listenAnywhere } from "../../reactor/entrances.js";
import { PostedConnection } from "../../reactor/posted.js";
import type { Reactor } from "../../reactor/reactor.js";
import { securePortOf } from "../caller.js";
import { Correspondence, type CarryEvents, type Routes } from "../correspondence.js";
import { OneShotSender } from "../one-shot.js";
import { InboundReceiver } from "../../session/inbound-receiver.js";
import type { Dialect } from "../../wire/dialect.js";
import { saysDialect } from "../../wire/dialects/says.js";
import type { Sender } from "../../wire/event.js";

export interface SaysSelf {
  readonly name: string;
  readonly port: number;
}

export interface SaysRoutesParts {
  readonly options: CompatChatOptions;
  readonly ports: Ports;
  readonly reactor: Reactor;
  readonly self: SaysSelf;
  readonly console: SaysConsole;
  /** Cannot listen in the clear; `code` is a system error code. */
  readonly onFailure: (code: string) => void;
}

/** Texts of a call that the screen may not have taken yet. */
interface Unshown {
  readonly onScreen: number;
  readonly call: Call;
  readonly number: number;
}

export class SaysRoutes implements Routes, PrivateEvents {
  readonly #parts: SaysRoutesParts;
  readonly #dialect: Dialect;
  readonly #receiver: InboundReceiver;
  readonly #correspondence: Correspondence;
  readonly #line: PrivateLine | undefined;
  readonly #connectionCount = { connections: 0 };
  readonly #sender: OneShotSender;
  #listener: Listener | undefined;
  #to: Endpoint | undefined;
  /** Peers that had a private line in this run, by the address of their clear listener. */
  readonly #partners = new Map<string, Sender>();
  #onScreen = 0;
  #unshown: Unshown[] = [];
  /** Number of messages confirmed in this turn. */
  #delivered = 0;
  #privatelyCongested = false;
  #outage = false;

  constructor(parts: SaysRoutesParts) {
    const { reactor, ports, self, options, console } = parts;
    this.#parts = parts;
    this.#dialect = saysDialect({ name: self.name, host: "", port: self.port });
    this.#receiver = new InboundReceiver({
      ...{ reactor, log: ports.log, connectionCount: this.#connectionCount },
      onTexts: (_host, batch, from) => this.#show(batch, from),
      onLeft: () => undefined,
    });
    const localHost = sourceAddress(options.listen);
    this.#sender = new OneShotSender(reactor, (to) => ports.network.dial({ ...to, localHost }));
    this.#correspondence = new Correspondence({
      ...{ reactor, random: ports.random, routes: this },
      onClear: () => options.clear || console.clear(),
      onHeld: (reason) => this.#tellHeld(reason),
      onFailed: (reason) => console.failed(reason, { count: this.waiting, privately: false }),
    });
    this.#line = options.clear ? undefined : this.#newLine();
  }

  /** Opens the private listener first: a peer that finds the clear one must find both. */
  listen(): void {
    this.#line?.start();
    const { ports, reactor, self, options, onFailure } = this.#parts;
    this.#listener = listenAnywhere(
      { ...ports, reactor },
      { host: options.listen, port: self.port },
      { onListening: () => undefined, onConnection: (connection) => this.#accept(connection), onFailure },
    );
  }

  meet(to: Endpoint): void {
    this.#to = to;
    if (this.#partners.has(formatEndpoint(to))) this.#correspondence.goPrivate();
  }

  /** False: too much is waiting already. */
  say(text: string): boolean {
    const taken = this.#correspondence.say(text);
    if (!taken) this.#parts.console.refused();
    return taken;
  }

  /** Number of messages that were not sent, or were sent privately and not confirmed. */
  get waiting(): number {
    return this.#correspondence.waiting + (this.#line?.waiting ?? 0);
  }

  /** Whether the waiting messages may go out soon. */
  get progressing(): boolean {
    return this.#correspondence.progressing || this.#callSends;
  }

  get congested(): boolean {
    return this.#privatelyCongested || this.#correspondence.congested;
  }

  get connections(): number {
    return this.#connectionCount.connections + this.#sender.connections + (this.#line?.connections ?? 0);
  }

  /** The screen is full: stops reading clear messages. On the private line the credit limits the peer. */
  pauseReading(): void {
    this.#receiver.pause();
  }

  resumeReading(): void {
    this.#receiver.resume();
  }

  /** The screen has taken all messages up to that number. */
  shown(onScreen: number): void {
    while (this.#unshown[0] !== undefined && this.#unshown[0].onScreen <= onScreen) {
      const { call, number } = this.#unshown[0];
      this.#unshown.shift();
      call.shown(number);
    }
  }

  /** Called at the end of a turn, before the screen is flushed. */
  settle(): void {
    if (this.#delivered > 0) this.#parts.console.delivered(this.#delivered);
    this.#delivered = 0;
  }

  stopListening(): void {
    this.#listener?.close();
  }

  finish(): void {
    this.#correspondence.cancel();
    this.#receiver.finish();
    this.#line?.finish();
  }

  destroy(): void {
    this.#receiver.destroy();
    this.#line?.destroy();
    this.#sender.destroy();
  }

  // Routes, for the correspondence.

  sayPrivately(text: string): boolean {
    const call = this.#to && this.#line?.callTo(this.#to);
    call?.say(text);
    return call !== undefined;
  }

  ask(): void {
    const to = this.#to;
    if (to === undefined) return;
    if (this.#line === undefined || this.#isSelf(to))
      return this.#correspondence.goClear("no private line is used here");
    if (this.#line.callTo(to) !== undefined) return this.#correspondence.goPrivate();
    this.#line.dial(to);
  }

  portionOf(text: string): string {
    const [portion] = portionsOf(batchOf(`${text}\n`), this.#dialect.traits.portionBytes ?? Infinity);
    return portion?.texts.slice(0, -1) ?? text;
  }

  carry(portion: string, { onLeaving, onOutcome }: CarryEvents): void {
    if (this.#to === undefined) return;
    const message = (): Bytes | undefined => {
      if (!onLeaving()) return undefined;
      return this.#dialect.encode([{ kind: "texts", batch: batchOf(`${portion}\n`) }]);
    };
    this.#sender.run({ to: this.#to, message, deadlineMs: oneShotMs, onOutcome });
  }

  // The private line.

  onCannotListen(code: string): void {
    this.#parts.console.cannotListen(this.#securePort, reasonOf(code));
  }

  onClear(_to: Endpoint, reason: string): void {
    this.#correspondence.goClear(reason);
  }

  onPrivate(call: Call): void {
    this.#outage = false;
    this.#remember(call);
    if (call.key !== undefined && this.#line !== undefined)
      this.#parts.console.private({ ...partyOf(call), key: call.key }, this.#line.key);
    if (this.#isOther(call)) this.#correspondence.goPrivate();
  }

  onTexts(call: Call, batch: Batch, number: number): void {
    this.#show(batch, partyOf(call));
    this.#unshown.push({ onScreen: this.#onScreen, call, number: number + batch.count - 1 });
  }

  onDelivered(_call: Call, count: number): void {
    this.#outage = false;
    this.#delivered += count;
  }

  onUnreachable(call: Call, reason: string): void {
    if (!this.#isOther(call)) return;
    this.#correspondence.goPrivate();
    if (!this.#outage && this.waiting > 0) this.#parts.console.failed(reason, { count: this.waiting, privately: true });
    this.#outage = this.waiting > 0;
  }

  onEnded(call: Call, reason: string | undefined): void {
    this.#parts.console.privateEnded(partyOf(call), reason);
  }

  onNotice(_call: Call, notice: Notice): void {
    this.#parts.console.notice(notice);
  }

  onCongestion(congested: boolean): void {
    this.#privatelyCongested = congested;
  }

  #newLine(): PrivateLine {
    const { reactor, ports, self, options } = this.#parts;
    return new PrivateLine({
      ...{ ...ports, reactor, events: this },
      caller: { ...self, securePort: this.#securePort },
      host: options.listen,
      localHost: sourceAddress(options.listen),
    });
  }

  get #securePort(): number {
    return this.#parts.options.securePort ?? securePortOf(this.#parts.self.port);
  }

  get #callSends(): boolean {
    const call = this.#to && this.#line?.callTo(this.#to);
    return call?.sending === true;
  }

  /** Also before the user chose the peer, which may be gone by then. */
  #remember(call: Call): void {
    this.#partners.set(formatEndpoint(call.to), partyOf(call));
    if (this.#partners.size <= privatePartnersMax) return;
    const other = this.#to && formatEndpoint(this.#to);
    for (const to of this.#partners.keys()) if (to !== other) return void this.#partners.delete(to);
  }

  #tellHeld(reason: string): void {
    const { host, port } = this.#to ?? { host: "", port: 0 };
    const party = this.#partners.get(formatEndpoint({ host, port })) ?? { name: host, port };
    this.#parts.console.held(party, reason, this.waiting);
  }

  #isOther({ to }: Call): boolean {
    return to.host === this.#to?.host && to.port === this.#to.port;
  }

  /** Whether the address is our own: a private line to ourselves would be refused. */
  #isSelf({ host, port }: Endpoint): boolean {
    return (
      port === this.#parts.self.port &&
      (host.startsWith("127.") || host === "::1" || host === this.#parts.options.listen)
    );
  }

  #accept(connection: Connection): void {
    if (this.#connectionCount.connections >= connectionsMax) return connection.reset();
    this.#receiver.accept(new PostedConnection(this.#parts.reactor, connection), this.#dialect);
  }

  #show(batch: Batch, from: Sender | undefined): void {
    this.#onScreen += 1;
    this.#parts.console.message(batch, from, this.#onScreen);
  }
}

const partyOf = ({ caller, to }: Call): Omit<PrivateParty, "key"> => ({ name: caller?.name ?? to.host, port: to.port });

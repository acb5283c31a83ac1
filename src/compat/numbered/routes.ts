// Chooses the route of each numbered chat: a private line between two copies of this program, else in the clear. A chat
// that began on a private line never continues in the clear.

import { reasonOf } from "../../core/errors.js";
import type { Notice } from "../../core/notice.js";
import type { Batch, Endpoint, PublicKey } from "../../core/types.js";
import type { Ports } from "../../member/member.js";
import type { NumberedOptions } from "../../commands/options.js";
import type { Connection } from "../../ports.js";
import type { Call } from "../private-call.js";
import { PrivateLine, type PrivateEvents } from "../private-line.js";
import type { Reactor } from "../../reactor/reactor.js";
import { securePortOf } from "../caller.js";
import { Calls, type CallsEvents } from "./calls.js";
import type { Chat, ChatEvents } from "./chat.js";
import { callWord, PrivateChat, type PrivateRoute } from "./private-chat.js";

export interface RouteEvents extends CallsEvents {
  onPrivate(theirKey: PublicKey, ownKey: PublicKey): void;
  /** The private line cannot listen: peers cannot call us privately. */
  onCannotListen(port: number, reason: string): void;
  onNotice(notice: Notice): void;
}

export interface NumberedRoutesParts {
  readonly options: NumberedOptions;
  readonly ports: Ports;
  readonly reactor: Reactor;
  readonly dial: (host: string) => Connection;
  readonly listenHost: string | undefined;
  readonly localHost: string | undefined;
  /** Our own probable address, before there is a connection. */
  readonly ownHost: string;
  readonly events: RouteEvents;
}

export class NumberedRoutes implements PrivateEvents {
  readonly calls: Calls;
  readonly #parts: NumberedRoutesParts;
  readonly #line: PrivateLine | undefined;
  #chat: PrivateChat | undefined;
  /** Callbacks for the unconfirmed texts of each call, in order. */
  readonly #unconfirmed = new WeakMap<Call, (() => void)[]>();
  #held = false;
  #unshown: (() => void)[] = [];

  constructor(parts: NumberedRoutesParts) {
    this.#parts = parts;
    this.#line = parts.options.clear ? undefined : this.#newLine();
    const callPrivately = this.#line && ((host: string, events: ChatEvents): Chat => this.#callPrivately(host, events));
    this.calls = new Calls({ reactor: parts.reactor, dial: parts.dial, callPrivately, events: parts.events });
  }

  /** Starts the private listener. Called before the clear one opens: a peer that finds the clear one must find both. */
  listen(): void {
    this.#line?.start();
  }

  /** Whether there is a chat, or texts that a peer has not confirmed. */
  get busy(): boolean {
    return this.calls.busy || (this.#line?.waiting ?? 0) > 0;
  }

  get connections(): number {
    return this.#line?.connections ?? 0;
  }

  /** The screen is full or not: pauses reading and withholds credit. */
  hold(held: boolean): void {
    this.#held = held;
    this.calls.hold(held);
    if (!held) for (const shown of this.#unshown.splice(0)) shown();
  }

  finish(): void {
    this.#line?.finish();
  }

  destroy(): void {
    this.calls.destroy();
    this.#line?.destroy();
  }

  // Events of the line.

  onCannotListen(code: string): void {
    this.#parts.events.onCannotListen(this.#securePort, reasonOf(code));
  }

  onClear(to: Endpoint, reason: string): void {
    const chat = this.#chatWith(to);
    if (chat?.untouched !== true) return chat?.onGone(reason);
    this.#chat = undefined;
    this.calls.callInClear(to.host);
  }

  onPrivate(call: Call): void {
    this.#chatWith(call.to)?.onLine();
  }

  onTexts(call: Call, batch: Batch, number: number): void {
    for (const text of batch.texts.slice(0, -1).split("\n"))
      if (this.#chatWith(call.to)?.hear(text) !== true && text === callWord) this.#ring(call);
    const shown = (): void => call.shown(number + batch.count - 1);
    if (this.#held) this.#unshown.push(shown);
    else shown();
  }

  onDelivered(call: Call, count: number): void {
    for (const onConfirmed of this.#unconfirmed.get(call)?.splice(0, count) ?? []) onConfirmed();
  }

  onUnreachable(call: Call, reason: string): void {
    this.#giveUp(call, reason);
  }

  /** A line that closed cleanly opens again with the next text. */
  onEnded(call: Call, reason: string | undefined): void {
    if (reason !== undefined) this.#giveUp(call, reason);
  }

  /** A line that closes when idle opens again with the next text: the chat has not ended. */
  onNotice(_call: Call, notice: Notice): void {
    if (notice.kind !== "timed-out") this.#parts.events.onNotice(notice);
  }

  onCongestion(congested: boolean): void {
    if (this.#chat !== undefined) this.#parts.events.onCongested(congested);
  }

  /** Drops the waiting texts: they must not arrive later, after the user saw the chat end. */
  #giveUp(call: Call, reason: string): void {
    this.#parts.reactor.post("timer", { run: () => this.#line?.hangUp(call) });
    this.#chatWith(call.to)?.onGone(reason);
  }

  #ring(call: Call): void {
    const rings = this.calls.ring((events) => this.#begin(call.to, false, events));
    if (!rings) this.#say(call, "n", () => undefined);
  }

  #callPrivately(host: string, events: ChatEvents): Chat {
    const chat = this.#begin({ host, port: this.#parts.options.port }, true, events);
    // In a later turn: `say` may fail at once, and the caller must have the chat by then.
    this.#parts.reactor.post("timer", { run: () => chat.call() });
    return chat;
  }

  #begin(to: Endpoint, caller: boolean, events: ChatEvents): PrivateChat {
    const onOver = (...end: Parameters<ChatEvents["onOver"]>): void => {
      this.#chat = undefined;
      events.onOver(...end);
    };
    return (this.#chat = new PrivateChat(this.#wayTo(to), caller, { ...events, onOver }));
  }

  #wayTo(to: Endpoint): PrivateRoute {
    const { events, ownHost } = this.#parts;
    const line = this.#line;
    return {
      ...{ host: to.host, ownHost },
      get key() {
        return line?.callTo(to)?.key;
      },
      say: (text, onConfirmed) => {
        const call = line?.callTo(to);
        if (call === undefined) line?.dial(to);
        else this.#say(call, text, onConfirmed);
        return call !== undefined;
      },
      onPrivate: (key) => line && events.onPrivate(key, line.key),
    };
  }

  #say(call: Call, text: string, onConfirmed: () => void): void {
    const unconfirmed = this.#unconfirmed.get(call) ?? [];
    unconfirmed.push(onConfirmed);
    this.#unconfirmed.set(call, unconfirmed);
    call.say(text);
  }

  #chatWith(to: Endpoint): PrivateChat | undefined {
    return this.#chat?.host === to.host ? this.#chat : undefined;
  }

  #newLine(): PrivateLine {
    const { reactor, ports, options, listenHost, localHost, ownHost } = this.#parts;
    return new PrivateLine({
      ...{ ...ports, reactor, events: this },
      caller: { name: ownHost, port: options.port, securePort: this.#securePort },
      ...{ host: listenHost, localHost },
    });
  }

  get #securePort(): number {
    return this.#parts.options.securePort ?? securePortOf(this.#parts.options.port);
  }
}

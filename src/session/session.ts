// The session with one peer, across many connections. It decides when to dial, which connection carries our messages and
// when the idle timeout ends it. It reports each ending once, and depends on dialect traits, not on dialect names.

import { crossingMs } from "../core/limits.js";
import { reasonOf } from "../core/errors.js";
import type { Peer } from "../core/types.js";
import type { Connection, Log, Random } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Dialect } from "../wire/dialect.js";
import type { ByeReason, DeliveryEvent, WireEvent } from "../wire/event.js";
import type { Carrier, CarrierEvents, Expectation } from "./carrier.js";
import { movesTo } from "./crossing.js";
import { Dial, Retry } from "./dialing.js";
import { Link, type LinkEvents } from "./link.js";
import { Links, type ConnectionCount } from "./links.js";
import { AnswerWatch, DisconnectNotices, Idleness } from "./silence.js";
import { stateWords, transition, type Cause, type SessionState } from "./transitions.js";
import { WriteState } from "./write-state.js";

export interface SessionParts {
  readonly peer: Peer;
  readonly dialect: Dialect;
  readonly reactor: Reactor;
  /** Starts a connection to the peer. Its callbacks run in turns; it reports `onOpen` when messages may go over it. */
  dial(peer: Peer): Connection;
  readonly random: Random;
  readonly log: Log;
  readonly connectionCount: ConnectionCount;
  readonly events: CarrierEvents;
}

export class Session implements LinkEvents, Carrier {
  readonly #parts: SessionParts;
  readonly #links: Links;
  readonly #idleness: Idleness;
  readonly #retry: Retry;
  readonly #writeState: WriteState;
  #peer: Peer;
  #dialect: Dialect;
  #state: SessionState = "closed";
  #current: Link | undefined;
  readonly #outgoingDial: Dial;
  #stopping = false;
  /** The connection on which a bye was sent or received; started exchanges finish. */
  #closing: Link | undefined;
  readonly #answerWatch: AnswerWatch;
  readonly #disconnectNotices: DisconnectNotices;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#peer = parts.peer;
    this.#dialect = parts.dialect;
    this.#idleness = new Idleness(parts.reactor, parts.peer.idle, () => this.#onIdle());
    this.#disconnectNotices = new DisconnectNotices(this.#idleness, parts.events);
    this.#links = new Links(parts.reactor, parts.connectionCount);
    this.#outgoingDial = new Dial(parts.reactor);
    this.#retry = new Retry(parts.reactor, parts.random, () => this.#redial());
    this.#answerWatch = new AnswerWatch(parts.reactor, () => this.drop("no answer"));
    this.#writeState = new WriteState(parts.reactor.wheel, {
      onProgress: () => parts.events.onProgress(),
      onPauseEnded: () => this.#reportReadiness(),
    });
  }

  get status(): Carrier["status"] {
    return {
      state: stateWords[this.#state],
      idleMs: this.#idleness.quietMs,
      ...this.#outgoingDial.account(this.#retry),
    };
  }

  get connectionCount(): number {
    return this.#links.size;
  }

  get ready(): boolean {
    return this.#carryingLink !== undefined && this.#writeState.free;
  }

  get parting(): boolean {
    return this.#current === undefined && this.#closing !== undefined;
  }

  /** The connection that a write would use now. */
  get #carryingLink(): Link | undefined {
    if (this.#current !== undefined) return this.#state === "open" && this.#current.usable ? this.#current : undefined;
    return this.#closing?.closing === true ? this.#closing : undefined;
  }

  get progressing(): boolean {
    const between = this.#state === "closed" && this.#dialect.traits.transport === "one-shot";
    return !this.#writeState.stalled && (between || this.#state === "open" || this.#state === "dialling");
  }

  want(how: "soon" | "now" = "soon"): void {
    if (this.#stopping) return;
    if (this.#state === "waiting") return how === "now" ? this.#redial() : this.#retry.hasten();
    if (this.#state === "closed" && this.#retry.mustWait) {
      this.#enter("postpone");
      this.#retry.schedule();
    } else if (this.#state === "closed") {
      this.#enter("want");
      this.#dial();
    }
  }

  carry(events: readonly DeliveryEvent[]): void {
    const link = this.#carryingLink;
    if (link === undefined || !this.ready) throw new Error("carry without being ready");
    this.#idleness.spoke();
    const taken = link.write(this.#dialect.encode(events));
    this.#writeState.begin(link);
    if (taken) return this.#taken();
    this.#dialect.keep();
    this.#writeState.startWaiting();
  }

  expect(expectation: Expectation): void {
    this.#answerWatch.expect(expectation === "answer");
    this.#writeState.awaitCredit(expectation === "credit");
  }

  settled(): void {
    this.#closing?.sayBye("idle");
  }

  drop(reason: string): void {
    this.#carryingLink?.break(reason);
  }

  /** Takes a connection that the peer dialled; its callbacks run in turns. */
  accept(connection: Connection): void {
    if (this.#stopping) return connection.destroy();
    const link = this.#createLink(connection, false);
    const { transport } = this.#dialect.traits;
    // While our own dial is under way, wait for its result, but at most for the crossing time.
    if (this.#state === "dialling" && transport === "several") this.#outgoingDial.limitTo(crossingMs);
    else this.#adopt(link);
    if (transport === "one" && link.preferred === true) this.#outgoingDial.giveUp();
  }

  /** The peer said something on a separate inbound connection. */
  hear(event: DeliveryEvent): void {
    this.#idleness.heard();
    this.#disconnectNotices.heardInbound();
    this.#parts.events.onEvent(event);
  }

  /** The last inbound connection of the peer has ended. */
  left(): void {
    this.#disconnectNotices.inboundEnded(this.#state === "open" || this.#dialect.traits.transport !== "dialled");
  }

  pauseReading(): void {
    // A peer limited by our credit sends only what we can hold, and its acknowledgements must be read.
    if (this.#dialect.traits.claim === "acknowledged") return;
    this.#links.pause();
  }

  resumeReading(): void {
    this.#links.resume();
  }

  /** The peer's row has changed. Exchanges under way finish; a new address or dialect needs new connections. */
  reconfigure(peer: Peer, dialect: Dialect): void {
    const old = this.#peer;
    this.#peer = peer;
    const sameWire = dialect === this.#dialect;
    this.#dialect = dialect;
    this.#idleness.policy = peer.idle;
    if (this.#state === "open") this.#idleness.watch();
    if (old.host === peer.host && old.port === peer.port && sameWire) return;
    this.#retry.forgive();
    this.#outgoingDial.markOutdated();
    this.#links.closeAll("quit");
    if (this.#current !== undefined) this.#lose();
    if (this.#state === "waiting") this.#redial();
  }

  /** Dials no more; sends our FIN on every connection and reads each to its end. */
  finish(): void {
    this.#stop();
    for (const timer of [this.#links, this.#retry]) timer.cancel();
    for (const link of this.#links) link.leave("quit");
  }

  /** Destroys every connection at once and reports nothing more. */
  destroy(): void {
    this.#stop();
    for (const timer of [this.#outgoingDial, this.#retry, this.#writeState, this.#answerWatch]) timer.cancel();
    this.#links.destroy();
  }

  #stop(): void {
    this.#stopping = true;
    this.#disconnectNotices.mute();
    this.#idleness.stop();
  }

  onOpen(link: Link): void {
    if (this.#outgoingDial.is(link)) this.#outgoingDial.succeeded();
    this.#adopt(link);
  }

  onTraffic(link: Link): void {
    if (this.#dialect.traits.claim === "written") this.#retry.forgive();
    this.#idleness.heard();
    if (link === this.#carryingLink) {
      this.#answerWatch.heard();
      this.#parts.events.onHeard();
    }
    if (!link.detached) return;
    link.reattach();
    if (this.#current === undefined && this.#state !== "dialling") this.#adopt(link);
  }

  onWireEvent(link: Link, event: WireEvent): void {
    if (event.kind === "bye") return this.#onBye(link, event.reason);
    if (event.kind !== "fault") return this.#passOn(link, event);
    this.#parts.log.warn("peer-cut-off", { peer: this.#peer.name, reason: event.reason });
    link.break(event.reason);
  }

  /** If one connection carries everything, drop events of the others: the peer sends them again. */
  #passOn(link: Link, event: DeliveryEvent): void {
    if (link.dialect !== this.#dialect || (this.#dialect.traits.transport === "one" && link !== this.#carryingLink))
      return;
    if (event.kind === "texts" || event.kind === "entry" || event.kind === "ack") this.#retry.forgive();
    this.#parts.events.onEvent(event);
  }

  #onBye(link: Link, reason: ByeReason): void {
    link.receiveBye();
    if (link !== this.#current) return link.sayBye(reason);
    this.#closeGracefully(link, reason === "idle" ? "idle" : "lost");
    this.#disconnectNotices.bye(reason);
  }

  onDrain(link: Link): void {
    if (link === this.#writeState.link) this.#taken();
  }

  onEnd(link: Link): void {
    link.finish();
    this.#links.releaseHeldIfDrained();
    if (link === this.#current && this.#lose()) this.#onFin(link);
    else if (this.#links.finWasOvertaken(link)) this.#disconnectNotices.timedOut();
  }

  onClose(link: Link, reason?: string): void {
    this.#links.forget(link);
    this.#links.releaseHeldIfDrained();
    if (this.#outgoingDial.is(link)) return this.#dialFailed(reason ?? reasonOf("ECONNRESET"));
    if (link === this.#closing) this.#closing = undefined;
    const lost = link === this.#current ? this.#lose() : undefined;
    if (link === this.#writeState.link) this.#notTaken();
    else if (lost === undefined) this.#reportReadiness();
    if (lost === true ? link.everUsed : link.brokeAfterWrite)
      this.#disconnectNotices.broke(reason ?? reasonOf("ECONNRESET"));
  }

  // Dialling.

  #dial(): void {
    this.#retry.dialled();
    this.#outgoingDial.start(this.#createLink(this.#parts.dial(this.#peer), true), this.#peer);
    this.#writeState.startWaiting();
  }

  #dialFailed(reason: string): void {
    this.#outgoingDial.failed(reason);
    if (this.#state === "open") return;
    const other = this.#links.newestUsable;
    if (other !== undefined) return this.#adopt(other);
    this.#enter("failed");
    this.#writeState.stopWaiting();
    if (this.#stopping) return;
    if (this.#outgoingDial.outdated) return this.#redial();
    this.#parts.events.onUnreachable(reason);
    this.#retry.schedule();
  }

  #redial(): void {
    this.#retry.cancel();
    this.#enter("retry");
    this.#dial();
  }

  // Opening and ending.

  #adopt(link: Link): void {
    this.#retry.cancel();
    this.#links.rememberSilent(this.#idleness.peerProbablyTimedOut ? this.#current : undefined);
    if (this.#current === undefined || movesTo(link, this.#current)) this.#moveTo(link);
    if (this.#dialect.traits.transport === "one")
      this.#links.keepOnly((link) => link === this.#current || this.#outgoingDial.is(link));
    this.#writeState.stopWaiting();
    this.#links.closeDetachedSoon();
    this.#enter("opened");
    this.#idleness.stamp();
    this.#idleness.watch();
    this.#reportReadiness();
  }

  /** A peer that dials anew may have forgotten the old connection: send again what our kernel has not taken. */
  #moveTo(link: Link): void {
    const left = this.#writeState.link;
    this.#current = link;
    this.#closing = undefined;
    this.#answerWatch.cancel();
    this.#parts.events.onStand(link.contact);
    if (left !== undefined && left !== link && !left.finishing) this.#notTaken();
  }

  /** The current connection can carry no more. Returns whether no usable connection is left. */
  #lose(): boolean {
    this.#current = this.#links.newestUsable;
    if (this.#current === undefined) this.#leaveOpen("lost");
    this.#reportReadiness();
    return this.#current === undefined;
  }

  #reportReadiness(): void {
    if (this.ready) this.#parts.events.onReady();
    else if (this.#carryingLink === undefined && this.#writeState.link === undefined) this.#parts.events.onUnready();
  }

  #onFin(link: Link): void {
    if (link.everUsed && !this.#dialect.traits.farewell) this.#retry.forgive();
    this.#disconnectNotices.fin(link);
  }

  #onIdle(): void {
    if (this.#state !== "open") return;
    return this.#links.paused ? this.#idleness.watch() : this.#idleOut();
  }

  #idleOut(): void {
    if (this.#dialect.traits.farewell) return this.#closeIdle();
    const detaches = this.#peer.idle.kind === "detach";
    this.#links.idleOut(detaches);
    this.#current = undefined;
    this.#retry.forgive();
    this.#enter("idle");
    this.#disconnectNotices.timedOut();
    if (detaches && this.#writeState.link !== undefined) this.#notTaken();
    this.#reportReadiness();
  }

  #closeIdle(): void {
    const link = this.#current;
    if (link === undefined) return;
    this.#retry.forgive();
    this.#closeGracefully(link, "idle");
    link.sayBye("idle");
    this.#disconnectNotices.timedOut();
  }

  /** Starts nothing new on the connection; started exchanges finish. */
  #closeGracefully(link: Link, cause: "idle" | "lost"): void {
    this.#closing = link;
    this.#current = undefined;
    this.#leaveOpen(cause);
    this.#reportReadiness();
  }

  /** If a dial is under way beside the connection, the session waits for it now. */
  #leaveOpen(cause: "idle" | "lost"): void {
    this.#enter(cause);
    if (this.#outgoingDial.active) this.#enter("want");
  }

  // Carrying.

  #taken(): void {
    const { transport, spacingMs } = this.#dialect.traits;
    const link = this.#writeState.end(spacingMs);
    this.#idleness.stamp();
    if (transport === "one-shot" && link === this.#current) this.#conclude();
    this.#parts.events.onTaken();
    this.#reportReadiness();
  }

  /** A one-shot connection ends after its message. */
  #conclude(): void {
    this.#current?.finish();
    this.#current = undefined;
    this.#links.trim();
    this.#retry.messageCarried();
    this.#enter("idle");
  }

  #notTaken(): void {
    this.#writeState.end();
    this.#parts.events.onUntaken();
    this.#reportReadiness();
  }

  #createLink(connection: Connection, dialled: boolean): Link {
    const link = new Link({ connection, dialect: this.#dialect, reactor: this.#parts.reactor, dialled, events: this });
    const { transport } = this.#dialect.traits;
    this.#links.add(link, { inTurn: this.#peer.idle.kind === "close" && transport !== "one-shot" });
    return link;
  }

  #enter(cause: Cause): void {
    const [from, progressed] = [this.#state, this.progressing];
    this.#state = transition(from, cause);
    if (this.progressing !== progressed) this.#parts.events.onProgress();
    this.#parts.log.debug("session", { peer: this.#peer.name, from, cause, to: this.#state });
  }
}

// The lasting relation with one friend. Connections come and go under it; it decides when to dial, which one carries
// our messages and when silence ends it. It promises one notice per ending, and knows no dialect by name.

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
  /** A new connection with the friend, whose callbacks come in turns; it stands when messages may go over it. */
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
  readonly #outgoing: Dial;
  #stopping = false;
  /** Both sides are ending it; what was under way goes on. */
  #parting: Link | undefined;
  readonly #answerWatch: AnswerWatch;
  readonly #disconnectNotices: DisconnectNotices;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#peer = parts.peer;
    this.#dialect = parts.dialect;
    this.#idleness = new Idleness(parts.reactor, parts.peer.idle, () => this.#onIdle());
    this.#disconnectNotices = new DisconnectNotices(this.#idleness, parts.events);
    this.#links = new Links(parts.reactor, parts.connectionCount);
    this.#outgoing = new Dial(parts.reactor);
    this.#retry = new Retry(parts.reactor, parts.random, () => this.#redial());
    this.#answerWatch = new AnswerWatch(parts.reactor, () => this.drop("no answer"));
    this.#writeState = new WriteState(parts.reactor.wheel, {
      onProgress: () => parts.events.onProgress(),
      onRested: () => this.#tellReadiness(),
    });
  }

  get status(): Carrier["status"] {
    return { state: stateWords[this.#state], idleMs: this.#idleness.quietMs, ...this.#outgoing.account(this.#retry) };
  }

  get connectionCount(): number {
    return this.#links.size;
  }

  get ready(): boolean {
    return this.#road !== undefined && this.#writeState.free;
  }

  get parting(): boolean {
    return this.#current === undefined && this.#parting !== undefined;
  }

  /** The connection that carries what is to be said now. */
  get #road(): Link | undefined {
    if (this.#current !== undefined) return this.#state === "open" && this.#current.usable ? this.#current : undefined;
    return this.#parting?.parting === true ? this.#parting : undefined;
  }

  get progressing(): boolean {
    const between = this.#state === "closed" && this.#dialect.traits.transport === "one-shot";
    return !this.#writeState.stalled && (between || this.#state === "open" || this.#state === "dialling");
  }

  want(how: "soon" | "now" = "soon"): void {
    if (this.#stopping) return;
    if (this.#state === "waiting") return how === "now" ? this.#redial() : this.#retry.hasten();
    if (this.#state === "closed" && this.#retry.cautious) {
      this.#enter("postpone");
      this.#retry.schedule();
    } else if (this.#state === "closed") {
      this.#enter("want");
      this.#dial();
    }
  }

  carry(events: readonly DeliveryEvent[]): void {
    const link = this.#road;
    if (link === undefined || !this.ready) throw new Error("carry without being ready");
    this.#idleness.spoke();
    const taken = link.write(this.#dialect.encode(events));
    this.#writeState.begin(link);
    if (taken) return this.#taken();
    this.#dialect.keep();
    this.#writeState.wait();
  }

  expect(expectation: Expectation): void {
    this.#answerWatch.expect(expectation === "answer");
    this.#writeState.starve(expectation === "credit");
  }

  settled(): void {
    this.#parting?.sayBye("idle");
  }

  drop(reason: string): void {
    this.#road?.break(reason);
  }

  /** A connection that the friend dialled; its callbacks come in turns. */
  accept(connection: Connection): void {
    if (this.#stopping) return connection.destroy();
    const link = this.#link(connection, false);
    const { transport } = this.#dialect.traits;
    // While our own dial is out it decides, unless nothing answers it for the crossing time.
    if (this.#state === "dialling" && transport === "several") this.#outgoing.limit(crossingMs);
    else this.#stand(link);
    if (transport === "one" && link.preferred === true) this.#outgoing.giveUp();
  }

  /** The friend said something on a connection of his own. */
  hear(event: DeliveryEvent): void {
    this.#idleness.heard();
    this.#disconnectNotices.heardApart();
    this.#parts.events.onEvent(event);
  }

  /** The last of the friend's own connections has ended. */
  left(): void {
    this.#disconnectNotices.left(this.#state === "open" || this.#dialect.traits.transport !== "dialled");
  }

  pauseReading(): void {
    // Where the friend sends no more than we grant, what stands still costs nothing; and acknowledgements must be read.
    if (this.#dialect.traits.claim === "acknowledged") return;
    this.#links.pause();
  }

  resumeReading(): void {
    this.#links.resume();
  }

  /** The row has changed. What is on the way finishes; a new address or dialect means new connections. */
  reconfigure(peer: Peer, dialect: Dialect): void {
    const old = this.#peer;
    this.#peer = peer;
    const sameWire = dialect === this.#dialect;
    this.#dialect = dialect;
    this.#idleness.policy = peer.idle;
    if (this.#state === "open") this.#idleness.watch();
    if (old.host === peer.host && old.port === peer.port && sameWire) return;
    this.#retry.forgive();
    this.#outgoing.outdate();
    this.#links.end("quit");
    if (this.#current !== undefined) this.#lose();
    if (this.#state === "waiting") this.#redial();
  }

  /** No more dials; every connection gets our FIN and is read to its end. */
  finish(): void {
    this.#stop();
    for (const timer of [this.#links, this.#retry]) timer.cancel();
    for (const link of this.#links) link.leave("quit");
  }

  /** At once. Nothing is announced any more. */
  destroy(): void {
    this.#stop();
    for (const timer of [this.#outgoing, this.#retry, this.#writeState, this.#answerWatch]) timer.cancel();
    this.#links.destroy();
  }

  #stop(): void {
    this.#stopping = true;
    this.#disconnectNotices.silence();
    this.#idleness.stop();
  }

  onStand(link: Link): void {
    if (this.#outgoing.is(link)) this.#outgoing.stood();
    this.#stand(link);
  }

  onTraffic(link: Link): void {
    if (this.#dialect.traits.claim === "written") this.#retry.forgive();
    this.#idleness.heard();
    if (link === this.#road) {
      this.#answerWatch.heard();
      this.#parts.events.onHeard();
    }
    if (!link.detached) return;
    link.reattach();
    if (this.#current === undefined && this.#state !== "dialling") this.#stand(link);
  }

  onWireEvent(link: Link, event: WireEvent): void {
    if (event.kind === "bye") return this.#onBye(link, event.reason);
    if (event.kind !== "fault") return this.#pass(link, event);
    this.#parts.log.warn("peer-cut-off", { peer: this.#peer.name, reason: event.reason });
    link.break(event.reason);
  }

  /** Where one connection carries everything, what the others still say comes again over it. */
  #pass(link: Link, event: DeliveryEvent): void {
    if (link.dialect !== this.#dialect || (this.#dialect.traits.transport === "one" && link !== this.#road)) return;
    if (event.kind === "texts" || event.kind === "ack") this.#retry.forgive();
    this.#parts.events.onEvent(event);
  }

  #onBye(link: Link, reason: ByeReason): void {
    link.hearBye();
    if (link !== this.#current) return link.sayBye(reason);
    this.#part(link, reason === "idle" ? "idle" : "lost");
    this.#disconnectNotices.bye(reason);
  }

  onDrain(link: Link): void {
    if (link === this.#writeState.link) this.#taken();
  }

  onEnd(link: Link): void {
    link.finish();
    this.#links.releaseHeld();
    if (link === this.#current && this.#lose()) this.#onFin(link);
    else if (this.#links.overtaken(link)) this.#disconnectNotices.timedOut();
  }

  onClose(link: Link, reason?: string): void {
    this.#links.forget(link);
    this.#links.releaseHeld();
    if (this.#outgoing.is(link)) return this.#dialFailed(reason ?? reasonOf("ECONNRESET"));
    if (link === this.#parting) this.#parting = undefined;
    const lost = link === this.#current ? this.#lose() : undefined;
    if (link === this.#writeState.link) this.#untaken();
    else if (lost === undefined) this.#tellReadiness();
    if (lost === true ? link.everUsed : link.brokeWithWords)
      this.#disconnectNotices.broke(reason ?? reasonOf("ECONNRESET"));
  }

  // Dialling.

  #dial(): void {
    this.#retry.dialled();
    this.#outgoing.start(this.#link(this.#parts.dial(this.#peer), true), this.#peer);
    this.#writeState.wait();
  }

  #dialFailed(reason: string): void {
    this.#outgoing.failed(reason);
    if (this.#state === "open") return;
    const other = this.#links.newestUsable;
    if (other !== undefined) return this.#stand(other);
    this.#enter("failed");
    this.#writeState.ease();
    if (this.#stopping) return;
    if (this.#outgoing.outdated) return this.#redial();
    this.#parts.events.onUnreachable(reason);
    this.#retry.schedule();
  }

  #redial(): void {
    this.#retry.cancel();
    this.#enter("retry");
    this.#dial();
  }

  // Standing and ending.

  #stand(link: Link): void {
    this.#retry.cancel();
    this.#links.rememberSilence(this.#idleness.explainsFin ? this.#current : undefined);
    if (this.#current === undefined || movesTo(link, this.#current)) this.#moveTo(link);
    if (this.#dialect.traits.transport === "one")
      this.#links.keep((link) => link === this.#current || this.#outgoing.is(link));
    this.#writeState.ease();
    this.#links.closeDetachedSoon();
    this.#enter("stand");
    this.#idleness.stamp();
    this.#idleness.watch();
    this.#tellReadiness();
  }

  /** A friend who dials anew may have forgotten the old connection: what its kernel has not taken goes out again. */
  #moveTo(link: Link): void {
    const left = this.#writeState.link;
    this.#current = link;
    this.#parting = undefined;
    this.#answerWatch.cancel();
    this.#parts.events.onStand(link.contact);
    if (left !== undefined && left !== link && !left.finishing) this.#untaken();
  }

  /** The current connection can carry no more. Whether that leaves none. */
  #lose(): boolean {
    this.#current = this.#links.newestUsable;
    if (this.#current === undefined) this.#leave("lost");
    this.#tellReadiness();
    return this.#current === undefined;
  }

  #tellReadiness(): void {
    if (this.ready) this.#parts.events.onReady();
    else if (this.#road === undefined && this.#writeState.link === undefined) this.#parts.events.onUnready();
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
    if (this.#dialect.traits.farewell) return this.#partIdle();
    const detaches = this.#peer.idle.kind === "detach";
    this.#links.idleOut(detaches);
    this.#current = undefined;
    this.#retry.forgive();
    this.#enter("idle");
    this.#disconnectNotices.timedOut();
    if (detaches && this.#writeState.link !== undefined) this.#untaken();
    this.#tellReadiness();
  }

  #partIdle(): void {
    const link = this.#current;
    if (link === undefined) return;
    this.#retry.forgive();
    this.#part(link, "idle");
    link.sayBye("idle");
    this.#disconnectNotices.timedOut();
  }

  /** The connection begins nothing new, and carries on what is under way. */
  #part(link: Link, cause: "idle" | "lost"): void {
    this.#parting = link;
    this.#current = undefined;
    this.#leave(cause);
    this.#tellReadiness();
  }

  /** A dial may be out beside the connection, and is now what we wait for. */
  #leave(cause: "idle" | "lost"): void {
    this.#enter(cause);
    if (this.#outgoing.out) this.#enter("want");
  }

  // Carrying.

  #taken(): void {
    const { transport, spacingMs } = this.#dialect.traits;
    const link = this.#writeState.end(spacingMs);
    this.#idleness.stamp();
    if (transport === "one-shot" && link === this.#current) this.#conclude();
    this.#parts.events.onTaken();
    this.#tellReadiness();
  }

  /** That message was all that this connection was for. */
  #conclude(): void {
    this.#current?.finish();
    this.#current = undefined;
    this.#links.trim();
    this.#retry.done();
    this.#enter("idle");
  }

  #untaken(): void {
    this.#writeState.end();
    this.#parts.events.onUntaken();
    this.#tellReadiness();
  }

  #link(connection: Connection, dialled: boolean): Link {
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

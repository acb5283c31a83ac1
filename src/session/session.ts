// The lasting relation with one friend. Connections come and go under it; it decides when to dial, which one carries
// our messages and when silence ends it. It promises one notice per ending, and knows no dialect by name.

import { crossingMs } from "../core/limits.js";
import { reasonOf } from "../core/errors.js";
import type { PeerStatus } from "../core/notice.js";
import type { Peer } from "../core/types.js";
import type { Connection } from "../ports.js";
import type { Dialect } from "../wire/dialect.js";
import type { ByeReason, DeliveryEvent, WireEvent } from "../wire/event.js";
import { AnswerWatch } from "./answer-watch.js";
import type { Carrier, Expectation } from "./carrier.js";
import { movesTo } from "./crossing.js";
import { Dial } from "./dial.js";
import { Idleness } from "./idleness.js";
import { Link, type LinkEvents } from "./link.js";
import { Links } from "./links.js";
import { Retry } from "./retry.js";
import type { SessionParts } from "./session-parts.js";
import { StallWatch } from "./stall-watch.js";
import { stateWords, transition, type Cause, type SessionState } from "./transitions.js";

export class Session implements LinkEvents, Carrier {
  readonly #parts: SessionParts;
  readonly #links: Links;
  readonly #idleness: Idleness;
  readonly #retry: Retry;
  readonly #stallWatch: StallWatch;
  #peer: Peer;
  #dialect: Dialect;
  #state: SessionState = "closed";
  #current: Link | undefined;
  /** The link whose kernel has not yet taken all that was carried. */
  #carrying: Link | undefined;
  readonly #outgoing: Dial;
  #stopping = false;
  /** Both sides are ending it; what was under way goes on. */
  #parting: Link | undefined;
  readonly #answerWatch: AnswerWatch;
  /** The friend takes no more until more was shown there. */
  #starving = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#peer = parts.peer;
    this.#dialect = parts.dialect;
    this.#idleness = new Idleness(parts.reactor, parts.peer.idle, () => this.#onIdle());
    this.#links = new Links(parts.reactor, parts.tally);
    this.#outgoing = new Dial(parts.reactor);
    this.#retry = new Retry(parts.reactor, parts.random, () => this.#redial());
    this.#answerWatch = new AnswerWatch(parts.reactor, () => this.drop("no answer"));
    this.#stallWatch = new StallWatch(parts.reactor.wheel, () => parts.events.onProgress());
  }

  get status(): Pick<PeerStatus, "state" | "idleMs"> {
    return { state: stateWords[this.#state], idleMs: this.#idleness.quietMs };
  }

  get connectionCount(): number {
    return this.#links.size;
  }

  get ready(): boolean {
    return this.#road !== undefined && this.#carrying === undefined;
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
    return !this.#stallWatch.stalled && (this.#state === "open" || this.#state === "dialling");
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
    this.#carrying = link;
    if (taken) return this.#taken();
    this.#dialect.keep();
    this.#stallWatch.start();
  }

  expect(expectation: Expectation): void {
    this.#answerWatch.expect(expectation === "answer");
    if (expectation === "credit" && !this.#starving) this.#stallWatch.start();
    if (expectation !== "credit" && this.#starving && this.#carrying === undefined) this.#stallWatch.stop();
    this.#starving = expectation === "credit";
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
    const { carriage } = this.#dialect.traits;
    // While our own dial is out it decides, unless nothing answers it for the crossing time.
    if (this.#state === "dialling" && carriage === "several") this.#outgoing.limit(crossingMs);
    else this.#stand(link);
    if (carriage === "one" && link.preferred === true) this.#outgoing.giveUp();
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
    for (const link of this.#links) link.finish();
    if (this.#current !== undefined) this.#lose();
    if (this.#state === "waiting") this.#redial();
  }

  /** No more dials; every connection gets our FIN and is read to its end. */
  finish(): void {
    this.#stopping = true;
    for (const timer of [this.#links, this.#retry]) timer.cancel();
    this.#idleness.stop();
    for (const link of this.#links) this.#end(link, "quit");
  }

  /** At once. Nothing is announced any more. */
  destroy(): void {
    this.#stopping = true;
    for (const timer of [this.#outgoing, this.#retry, this.#stallWatch, this.#answerWatch]) timer.cancel();
    this.#idleness.stop();
    this.#links.destroy();
  }

  onStand(link: Link): void {
    if (this.#outgoing.is(link)) this.#outgoing.end();
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
    if (link.dialect !== this.#dialect || (this.#dialect.traits.carriage === "one" && link !== this.#road)) return;
    if (event.kind === "texts" || event.kind === "ack") this.#retry.forgive();
    this.#parts.events.onEvent(event);
  }

  #onBye(link: Link, reason: ByeReason): void {
    link.hearBye();
    if (link !== this.#current) return link.sayBye(reason);
    this.#part(link, reason === "idle" ? "idle" : "lost");
    if (this.#stopping) return;
    if (reason === "idle") this.#parts.events.onTimedOut();
    if (reason === "quit") this.#parts.events.onClosed();
  }

  onDrain(link: Link): void {
    if (link === this.#carrying) this.#taken();
  }

  onEnd(link: Link): void {
    link.finish();
    this.#links.releaseHeld();
    if (link === this.#current && this.#lose()) this.#announceEnd(link);
    else if (this.#links.overtaken(link) && !this.#stopping) this.#parts.events.onTimedOut();
  }

  onClose(link: Link, reason?: string): void {
    this.#links.forget(link);
    this.#links.releaseHeld();
    if (this.#outgoing.is(link)) return this.#dialFailed(reason ?? reasonOf("ECONNRESET"));
    if (link === this.#parting) this.#parting = undefined;
    const lost = link === this.#current ? this.#lose() : undefined;
    if (link === this.#carrying) this.#untaken();
    else if (lost === undefined) this.#tellReadiness();
    if (this.#stopping || !(lost === true ? link.everUsed : link.brokeWithWords)) return;
    this.#parts.events.onClosed(reason ?? reasonOf("ECONNRESET"));
  }

  // Dialling.

  #dial(): void {
    this.#retry.dialled();
    this.#outgoing.start(this.#link(this.#parts.dial(this.#peer), true));
    this.#stallWatch.start();
  }

  #dialFailed(reason: string): void {
    this.#outgoing.end();
    if (this.#state === "open") return;
    const other = this.#links.newestUsable;
    if (other !== undefined) return this.#stand(other);
    this.#enter("failed");
    this.#stallWatch.stop();
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
    this.#keepOne();
    if (this.#carrying === undefined) this.#stallWatch.stop();
    this.#links.closeDetachedSoon();
    this.#enter("stand");
    this.#idleness.stamp();
    this.#idleness.watch();
    this.#tellReadiness();
  }

  /** A friend who dials anew may have forgotten the old connection: what its kernel has not taken goes out again. */
  #moveTo(link: Link): void {
    const left = this.#carrying;
    this.#current = link;
    this.#parting = undefined;
    this.#answerWatch.cancel();
    this.#parts.events.onStand(link.contact);
    if (left !== undefined && left !== link && !left.finishing) this.#untaken();
  }

  #keepOne(): void {
    if (this.#dialect.traits.carriage === "several") return;
    for (const link of this.#links)
      if (link !== this.#current && !this.#outgoing.is(link)) {
        link.sayBye("replaced");
        link.finish();
      }
    this.#links.trim();
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
    else if (this.#road === undefined && this.#carrying === undefined) this.#parts.events.onUnready();
  }

  /** The other side's FIN ended the session: was it its idle timeout, or did it leave? */
  #announceEnd(link: Link): void {
    if (this.#stopping) return;
    if (link.everUsed && !this.#dialect.traits.farewell) this.#retry.forgive();
    if (this.#idleness.explainsFin && !this.#dialect.traits.farewell) this.#parts.events.onTimedOut();
    else if (link.everUsed) this.#parts.events.onClosed();
  }

  #onIdle(): void {
    if (this.#state !== "open") return;
    if (this.#links.paused) this.#idleness.watch();
    else this.#idleOut();
  }

  #idleOut(): void {
    if (this.#dialect.traits.farewell) return this.#partIdle();
    const detaches = this.#peer.idle.kind === "detach";
    for (const link of this.#links) {
      if (!link.usable) continue;
      if (detaches) link.detach();
      else link.finish();
    }
    this.#current = undefined;
    this.#retry.forgive();
    this.#enter("idle");
    this.#parts.events.onTimedOut();
    if (detaches && this.#carrying !== undefined) this.#untaken();
    this.#tellReadiness();
  }

  #partIdle(): void {
    const link = this.#current;
    if (link === undefined) return;
    this.#retry.forgive();
    this.#part(link, "idle");
    link.sayBye("idle");
    this.#parts.events.onTimedOut();
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

  #end(link: Link, reason: ByeReason): void {
    if (this.#dialect.traits.farewell && link.usable) link.sayBye(reason);
    else link.finish();
  }

  // Carrying.

  #taken(): void {
    this.#carrying = undefined;
    this.#idleness.stamp();
    this.#stallWatch.stop();
    this.#parts.events.onTaken();
    this.#tellReadiness();
  }

  #untaken(): void {
    this.#carrying = undefined;
    this.#stallWatch.stop();
    this.#parts.events.onUntaken();
    this.#tellReadiness();
  }

  #link(connection: Connection, dialled: boolean): Link {
    const { reactor } = this.#parts;
    const link = new Link({ connection, dialect: this.#dialect, reactor, dialled, events: this });
    this.#links.add(link, { inTurn: this.#peer.idle.kind === "close" });
    return link;
  }

  #enter(cause: Cause): void {
    const [from, progressed] = [this.#state, this.progressing];
    this.#state = transition(from, cause);
    if (this.progressing !== progressed) this.#parts.events.onProgress();
    this.#parts.log.debug("session", { peer: this.#peer.name, from, cause, to: this.#state });
  }
}

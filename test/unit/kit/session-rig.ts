// One session with a fake network, clock and owner that the test controls. It checks the invariants after each turn.

import { batchOf } from "../../../src/core/batch.js";
import type { Contact } from "../../../src/core/notice.js";
import type { IdlePolicy, Peer, PeerName } from "../../../src/core/types.js";
import type { Connection } from "../../../src/ports.js";
import { PostedConnection } from "../../../src/reactor/posted.js";
import { Reactor } from "../../../src/reactor/reactor.js";
import type { CarrierEvents } from "../../../src/session/carrier.js";
import { Session } from "../../../src/session/session.js";
import type { Dialect } from "../../../src/wire/dialect.js";
import { lineDialect } from "../../../src/wire/dialects/line.js";
import type { DeliveryEvent } from "../../../src/wire/event.js";
import { FakeConnection, FakeNetwork } from "./fake-network.js";
import { RecordingLog } from "./recording-log.js";
import { SteadyRandom } from "./steady-random.js";
import { VirtualClock } from "./virtual-clock.js";

export const idleMs = 10_000;

export const bob = (idle: IdlePolicy = { kind: "close", afterMs: idleMs }): Peer => ({
  name: "Bob" as PeerName,
  host: "10.1.2.0",
  port: 6969,
  ownPort: false,
  dialect: "line",
  idle,
});

/** Passes on the contact of the inner connection, like a secure connection. */
class MetConnection extends PostedConnection {
  readonly #inner: Connection;

  constructor(reactor: Reactor, inner: Connection) {
    super(reactor, inner);
    this.#inner = inner;
  }

  get contact(): Contact | undefined {
    return this.#inner.contact;
  }
}

export class SessionRig implements CarrierEvents {
  readonly clock = new VirtualClock(5_000);
  readonly log = new RecordingLog();
  readonly reactor = new Reactor(this.clock, this.log);
  readonly network = new FakeNetwork();
  readonly connectionCount = { connections: 0 };
  readonly session: Session;
  /** The session's events, in order, except progress. */
  readonly told: string[] = [];
  heard = 0;
  #progressing = false;
  readonly #connections: FakeConnection[] = [];

  /** `over` wraps a dialled connection. */
  constructor(idle?: IdlePolicy, dialect: Dialect = lineDialect, over = (beneath: Connection): Connection => beneath) {
    this.session = new Session({
      peer: bob(idle),
      dialect,
      reactor: this.reactor,
      dial: ({ host, port }) => over(this.posted(this.network.dial({ host, port, localHost: undefined }))),
      random: new SteadyRandom(),
      log: this.log,
      connectionCount: this.connectionCount,
      events: this,
    });
    this.#progressing = this.session.progressing;
  }

  onStand(contact: Contact | undefined): void {
    // Called for each connection that carries messages; recorded only if the peer has a proven key.
    if (contact !== undefined) this.told.push(`stands: ${contact.key}`);
  }
  onReady(): void {
    this.told.push("ready");
  }
  onTaken(): void {
    this.told.push("taken");
  }
  onUntaken(): void {
    this.told.push("untaken");
  }
  onUnready(): void {
    this.told.push("unready");
  }
  onProgress(): void {
    this.#progressing = this.session.progressing;
  }
  onHeard(): void {
    this.heard += 1;
  }
  onEvent(event: DeliveryEvent): void {
    if (event.kind === "texts") this.told.push(...event.batch.texts.trimEnd().split("\n"));
    else this.told.push(event.kind);
  }
  onUnreachable(reason: string): void {
    this.told.push(`unreachable: ${reason}`);
  }
  onTimedOut(): void {
    this.told.push("timed out");
  }
  onClosed(reason?: string): void {
    this.told.push(reason === undefined ? "closed" : `broke: ${reason}`);
  }

  /** The events that the user would see: texts and endings, not the traffic with the outbox. */
  get shown(): readonly string[] {
    return this.told.filter((each) => !["ready", "unready", "taken", "untaken"].includes(each));
  }

  /** Wraps a connection like those that the session gets. */
  posted(connection: Connection): Connection {
    return new MetConnection(this.reactor, connection);
  }

  /** Runs all posted tasks, then checks. */
  turn(...happenings: (() => void)[]): this {
    for (const happening of happenings) happening();
    this.clock.settle();
    return this.check();
  }

  pass(ms: number): this {
    this.clock.advance(ms);
    return this.check();
  }

  /** Bob dials us. */
  accepted(connection = new FakeConnection()): FakeConnection {
    this.#connections.push(connection);
    this.session.accept(this.posted(connection));
    this.check();
    return connection;
  }

  /** We dial Bob, and he accepts. */
  dialled(): FakeConnection {
    this.session.want();
    const connection = this.network.last;
    this.turn(() => connection.open());
    return connection;
  }

  carry(texts = "hello\n"): this {
    this.session.carry([{ kind: "texts", batch: batchOf(texts) }]);
    return this.check();
  }

  /** Closes every connection on both sides, until none is left. */
  closeAll(): this {
    for (const connection of this.connections) if (!connection.closed) this.turn(() => connection.close());
    return this;
  }

  get connections(): readonly FakeConnection[] {
    return [...this.#connections, ...this.network.dials.map((dial) => dial.connection)];
  }

  check(): this {
    if (this.#progressing !== this.session.progressing) throw new Error("progressing changed without onProgress");
    if (this.connectionCount.connections !== this.session.connectionCount)
      throw new Error("the connection count is wrong");
    if (this.connections.some((connection) => connection.lateWrites > 0)) throw new Error("wrote when it must not");
    if (this.connections.some((connection) => connection.overwritten))
      throw new Error("overwrote a chunk before the kernel took it");
    const bugs = this.log.lines.filter((line) => line.level === "error");
    if (bugs.length > 0) throw new Error(JSON.stringify(bugs));
    return this;
  }
}

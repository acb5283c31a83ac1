import {
  acceptBurst,
  arrivalsMax,
  arrivalsPerAddressMax,
  firstByteMs,
  handshakeMs,
  sniffMs,
  acceptsPerSecond,
  connectionsMax,
  connectionsPerAddressMax,
  refusalLogLineBurst,
  refusalLogLinesPerSecond,
  unknownHostNoticeBurst,
} from "../../../src/core/limits.js";
import type { Notice } from "../../../src/core/notice.js";
import { publicKeyOf } from "../../../src/core/known-key.js";
import type { PeerTable } from "../../../src/core/peer-table.js";
import { noiseLibrary } from "../../../src/platform/noise-library.js";
import type { Connection } from "../../../src/ports.js";
import { Acceptor, type Entrance } from "../../../src/session/acceptor.js";
import { PeerAuthenticator } from "../../../src/trust/peer-authenticator.js";
import { secureDialect } from "../../../src/wire/dialects/secure.js";
import { groupOf, nameOf } from "../kit/keys.js";
import { MemoryKeyring } from "../kit/memory-keyring.js";
import { SecureFriend } from "../kit/secure-friend.js";
import { alice, bob as other, keysOf } from "../kit/two-channels.js";
import { FakeConnection } from "../kit/fake-network.js";
import { promise } from "../kit/promise.js";
import { SessionRig } from "../kit/session-rig.js";

/** The door of Alice, in whose group Bob has a clear row; with `carol`, Carol has a secure one. */
class Door extends SessionRig {
  readonly notices: Notice[] = [];
  readonly keyring = new MemoryKeyring();
  readonly carols = new SessionRig(undefined, secureDialect);
  readonly table: PeerTable;
  readonly acceptor: Acceptor;

  constructor({ carol = false, bobs }: { readonly carol?: boolean; readonly bobs?: Entrance } = {}) {
    super();
    const secure = carol ? ["Carol 10.1.3.0"] : [];
    this.table = groupOf("Alice 10.1.1.0", "Bob 10.1.2.0 dialect=line", ...secure);
    const row = this.table.find("Carol");
    const { reactor, log, keyring, connectionCount } = this;
    const notice = (told: Notice): number => this.notices.push(told);
    const self = { name: nameOf("Alice"), keys: keysOf(alice), key: publicKeyOf(keysOf(alice).publicKey) };
    const authenticator = new PeerAuthenticator({
      ...{ self, noise: noiseLibrary, reactor, keyring, clock: this.clock, notice },
      requireVerified: false,
      table: () => this.table,
    });
    this.acceptor = new Acceptor({
      ...{ reactor, log, connectionCount, authenticator, notice },
      rows: {
        anySecure: row !== undefined,
        clearEntrance: (host) => (host === "10.1.2.0" ? (bobs ?? this.session) : undefined),
        securePeer: (host) => (host === row?.host ? row : undefined),
        entranceOf: ({ name }) => (name === row?.name ? this.carols.session : undefined),
      },
    });
  }

  knock(host = "10.1.2.0"): FakeConnection {
    const connection = new FakeConnection(host);
    this.acceptor.accept(connection);
    return connection;
  }

  /** Knocks and leaves again, so that only the rate can be what refuses. */
  knockAndLeave(host?: string): boolean {
    const connection = this.knock(host);
    if (!connection.destroyed) this.turn(() => connection.close());
    return !connection.destroyed;
  }

  /** What the lines about refusals say that were left out since `from`. */
  unlogged(from = 0): unknown[] {
    return this.log.loud.slice(from).map((line) => line["unlogged"]);
  }

  times(count: number, host?: string): number {
    return Array.from({ length: count }, () => this.knockAndLeave(host)).filter(Boolean).length;
  }
}

const stranger = "10.9.9.9";

promise("a friend's connection goes to his session", (t) => {
  const door = new Door();
  const connection = door.knock();
  t.notOk(connection.destroyed);
  door.turn(() => connection.say("hi\n"));
  t.strictSame(door.shown, ["hi"]);
  t.strictSame(door.notices, []);
});

promise("an unknown address costs one reset, one notice and one log line", (t) => {
  const door = new Door();
  const connection = door.knock(stranger);
  t.ok(connection.wasReset);
  t.equal(door.connectionCount.connections, 0);
  t.strictSame(door.notices, [{ kind: "unknown-host" }]);
  t.strictSame(door.log.loud, [
    { level: "warn", event: "connection-refused", host: stranger, reason: "unknown-host", unlogged: 0 },
  ]);
});

promise("a flood of unknown addresses fills neither the screen nor the log, and is counted", (t) => {
  const door = new Door();
  for (let index = 0; index < 1_000; index += 1) door.knock(stranger);
  t.equal(door.notices.length, unknownHostNoticeBurst);
  t.strictSame(
    door.unlogged(),
    Array.from({ length: refusalLogLineBurst }, () => 0),
  );
  door.pass(1_000);
  for (let index = 0; index < 10; index += 1) door.knock(`10.9.0.${String(index)}`);
  t.strictSame(
    door.unlogged(refusalLogLineBurst),
    [1_000 - refusalLogLineBurst, ...Array.from({ length: refusalLogLinesPerSecond - 1 }, () => 0)],
    "whatever the address, at the rate and no faster",
  );
  t.strictSame(door.notices.slice(unknownHostNoticeBurst), [
    { kind: "unknown-hosts", count: 1_000 - unknownHostNoticeBurst },
    { kind: "unknown-host" },
  ]);
  door.pass(1_000);
  door.knock(stranger);
  t.match(door.notices.at(-2), { kind: "unknown-hosts", count: 9 });
  t.match(door.log.loud.at(-1), { unlogged: 10 - refusalLogLinesPerSecond });
});

promise("an address may have so many connections and no more, and room again when one ends", (t) => {
  const door = new Door();
  const connections = Array.from({ length: connectionsPerAddressMax }, () => door.knock());
  t.notOk(connections.some((connection) => connection.destroyed));
  t.ok(door.knock().wasReset);
  t.match(door.log.loud, [{ event: "connection-refused", reason: "connections-of-address", unlogged: 0 }]);
  door.turn(() => connections[0]!.close());
  t.notOk(door.knock().destroyed);
  t.strictSame(door.notices, [], "the user has no part in it");
});

promise("an address that knocks too often is let in at the rate and no faster", (t) => {
  const door = new Door();
  t.equal(door.times(acceptBurst + 50), acceptBurst);
  t.ok(door.knock().wasReset);
  door.pass(1_000);
  t.equal(door.times(100), acceptsPerSecond);
  t.ok(door.log.loud.every(({ reason }) => reason === "accept-rate"));
});

promise("one address that knocks too often keeps no other out", (t) => {
  const door = new Door();
  door.times(200);
  for (let index = 0; index < 100; index += 1) door.knock(stranger);
  door.pass(60_000);
  t.equal(door.times(1), 1);
});

promise("connections in all are bounded", (t) => {
  const door = new Door();
  door.connectionCount.connections = connectionsMax;
  t.ok(door.knock().wasReset);
  t.match(door.log.loud, [{ reason: "connections" }]);
  door.connectionCount.connections = 0;
  t.notOk(door.knock().destroyed);
});

promise("strangers, however many, make nobody forget how often a friend has knocked", (t) => {
  const door = new Door();
  t.equal(door.times(acceptBurst), acceptBurst);
  for (let index = 0; index < 5_000; index += 1) door.knock(`10.200.${String(index >> 8)}.${String(index & 255)}`);
  t.equal(door.times(1), 0);
});

promise(
  "a flood of strangers hides from the log neither what a friend's address does nor how much was left out",
  (t) => {
    const door = new Door();
    for (let index = 0; index < 100; index += 1) door.knock(stranger);
    door.connectionCount.connections = connectionsMax;
    door.knock();
    t.strictSame(door.log.loud.slice(refusalLogLineBurst), [
      {
        level: "warn",
        event: "connection-refused",
        host: "10.1.2.0",
        reason: "connections",
        unlogged: 100 - refusalLogLineBurst,
      },
    ]);
    for (let index = 0; index < 100; index += 1) door.knock();
    t.equal(door.log.loud.length, 2 * refusalLogLineBurst, "and has a bound of its own");
  },
);

// Where some rows are secure.

const carolsHost = "10.1.3.0";

/** Carol's end of a connection; the door answers in turns. */
const carolAt = (door: Door, host = carolsHost): SecureFriend =>
  new SecureFriend({
    connection: door.knock(host),
    initiator: true,
    secrets: other,
    name: "Carol",
    turn: () => door.turn(),
  });

promise("a secure friend is met and his connection goes to his session, with all that he said at once", (t) => {
  const door = new Door({ carol: true });
  const carol = carolAt(door);
  carol.greet();
  t.equal(door.carols.session.connectionCount, 1);
  t.match(door.carols.told, [`stands: ${publicKeyOf(keysOf(other).publicKey)}`, "ready"]);
  t.match(door.notices, [{ kind: "first-key", peer: "Carol" }]);
  carol.say({ kind: "position", stream: "0".repeat(32), received: 0, tag: "0".repeat(16), granted: 9 });
  t.equal(door.carols.told.at(-1), "position");
});

promise("a clear friend beside secure ones is recognised by the first byte, or after a moment of silence", (t) => {
  const door = new Door({ carol: true });
  const speaking = door.knock();
  t.equal(door.session.connectionCount, 0);
  door.turn(() => speaking.say("h"));
  t.equal(door.session.connectionCount, 1);
  door.turn(() => speaking.say("i\n"));
  t.strictSame(door.shown, ["hi"], "nothing of it is missing");
  const silent = door.knock();
  door.pass(sniffMs - 40);
  t.equal(door.session.connectionCount, 1);
  door.pass(80);
  t.equal(door.session.connectionCount, 2);
  door.carry();
  t.equal(silent.text, "hello\n");
});

promise("clear text from a secure row's address is refused, told with the friend's name, and shown nowhere", (t) => {
  const door = new Door({ carol: true });
  const connection = door.knock(carolsHost);
  door.turn(() => connection.say("hello\n"));
  t.ok(connection.wasReset);
  t.strictSame(door.notices, [{ kind: "clear-refused", peer: "Carol" }]);
  t.match(door.log.loud, [{ event: "connection-refused", host: carolsHost, reason: "clear-text" }]);
  t.strictSame(door.shown, []);
});

promise("who says nothing, or nothing secure from an unknown address, is reset in time and leaves no trace", (t) => {
  const door = new Door({ carol: true });
  const [silentFriend, silentStranger, clearStranger] = [carolsHost, stranger, stranger].map((host) =>
    door.knock(host),
  );
  door.turn(() => clearStranger!.say("GET / HTTP/1.1\r\n"));
  t.ok(clearStranger!.wasReset);
  door.pass(firstByteMs - 40);
  t.notOk(silentFriend!.destroyed || silentStranger!.destroyed);
  door.pass(80);
  t.ok(silentFriend!.wasReset && silentStranger!.wasReset);
  t.strictSame(door.notices, [{ kind: "unknown-host" }, { kind: "unknown-host" }]);
  t.strictSame(
    door.log.loud.map(({ reason }) => reason),
    ["unknown-host", "unknown-host"],
  );
  t.equal(door.reactor.wheel.size, 0);
});

promise(
  "a friend with a known key is met wherever he comes from; a first key from elsewhere is refused and told",
  (t) => {
    const door = new Door({ carol: true });
    const early = carolAt(door, stranger);
    early.greet();
    t.strictSame(early.frames, [{ kind: "refused", reason: "unknown-name" }]);
    t.equal(door.carols.session.connectionCount, 0);
    t.match(door.notices, [{ kind: "key-refused" }]);
    t.strictSame(door.log.loud, [], "what was told in words is no warning");
    carolAt(door).greet();
    carolAt(door, stranger).greet();
    t.equal(door.carols.session.connectionCount, 2);
  },
);

promise("a handshake that drips is cut off at its deadline, and takes a place no longer", (t) => {
  const door = new Door({ carol: true });
  const dripping = Array.from({ length: arrivalsPerAddressMax }, () => door.knock(stranger));
  t.ok(door.knock(stranger).wasReset, "no more from one address");
  t.match(door.log.loud.at(-1), { reason: "handshakes" });
  const first = new SecureFriend({
    connection: dripping[0]!,
    initiator: true,
    secrets: other,
    name: "Carol",
    turn: () => door.turn(),
  });
  const bytes = first.opening;
  for (let at = 0; (at + 1) * 250 < handshakeMs; at += 1) {
    for (const connection of dripping) connection.sayBytes(bytes.subarray(at, at + 1));
    door.pass(250);
  }
  t.notOk(dripping.some((connection) => connection.destroyed));
  door.pass(400);
  t.ok(dripping.every((connection) => connection.destroyed));
  t.ok(door.knock(stranger).wasReset, "until they are gone");
  for (const connection of dripping) door.turn(() => connection.close());
  t.notOk(door.knock(stranger).wasReset);
  door.pass(firstByteMs + 40);
  t.equal(door.reactor.wheel.size, 0);
});

promise("handshakes of strangers are bounded in all, and take no friend's place", (t) => {
  const door = new Door({ carol: true });
  const knocks = Array.from({ length: arrivalsMax }, (_, index) =>
    door.knock(`10.7.${String(index >> 8)}.${String(index & 255)}`),
  );
  t.notOk(knocks.some((connection) => connection.destroyed));
  t.notOk(door.knock(carolsHost).destroyed);
  t.ok(door.knock("10.8.0.1").wasReset);
  door.turn(() => knocks[0]!.close());
  t.notOk(door.knock("10.8.0.1").destroyed);
});

promise("a burst of messages on connections of their own waits to be read, beside secure rows too", (t) => {
  const taken: Connection[] = [];
  const door = new Door({
    carol: true,
    bobs: { connectionCount: 0, perMessage: true, accept: (one) => void taken.push(one) },
  });
  const callers = Array.from({ length: 1_000 }, () => door.knock());
  t.ok(callers.every((caller) => !caller.destroyed));
  door.turn(() => {
    for (const caller of callers) caller.say("x");
  });
  t.equal(taken.length, callers.length);
});

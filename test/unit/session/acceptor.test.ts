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

/** Alice's acceptor. Bob's row is in clear text; with `carol`, there is a secure row for Carol. */
class AcceptorRig extends SessionRig {
  readonly notices: Notice[] = [];
  readonly keyring = new MemoryKeyring();
  readonly carolRig = new SessionRig(undefined, secureDialect);
  readonly table: PeerTable;
  readonly acceptor: Acceptor;

  constructor({ carol = false, bobEntrance }: { readonly carol?: boolean; readonly bobEntrance?: Entrance } = {}) {
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
        clearEntrance: (host) => (host === "10.1.2.0" ? (bobEntrance ?? this.session) : undefined),
        securePeer: (host) => (host === row?.host ? row : undefined),
        entranceOf: ({ name }) => (name === row?.name ? this.carolRig.session : undefined),
      },
    });
  }

  connect(host = "10.1.2.0"): FakeConnection {
    const connection = new FakeConnection(host);
    this.acceptor.accept(connection);
    return connection;
  }

  /** Connects and closes again, so that only the rate limit can refuse. Returns whether it was accepted. */
  connectAndClose(host?: string): boolean {
    const connection = this.connect(host);
    if (!connection.destroyed) this.turn(() => connection.close());
    return !connection.destroyed;
  }

  /** The `unlogged` counts of the warnings from index `from` on. */
  unlogged(from = 0): unknown[] {
    return this.log.loud.slice(from).map((line) => line["unlogged"]);
  }

  acceptedOf(count: number, host?: string): number {
    return Array.from({ length: count }, () => this.connectAndClose(host)).filter(Boolean).length;
  }
}

const stranger = "10.9.9.9";

promise("passes a friend's connection to the friend's session", (t) => {
  const rig = new AcceptorRig();
  const connection = rig.connect();
  t.notOk(connection.destroyed);
  rig.turn(() => connection.say("hi\n"));
  t.strictSame(rig.shown, ["hi"]);
  t.strictSame(rig.notices, []);
});

promise("answers an unknown address with one reset, one notice and one log line", (t) => {
  const rig = new AcceptorRig();
  const connection = rig.connect(stranger);
  t.ok(connection.wasReset);
  t.equal(rig.connectionCount.connections, 0);
  t.strictSame(rig.notices, [{ kind: "unknown-host" }]);
  t.strictSame(rig.log.loud, [
    { level: "warn", event: "connection-refused", host: stranger, reason: "unknown-host", unlogged: 0 },
  ]);
});

promise("limits notices and log lines about unknown addresses, and counts the omitted ones", (t) => {
  const rig = new AcceptorRig();
  for (let index = 0; index < 1_000; index += 1) rig.connect(stranger);
  t.equal(rig.notices.length, unknownHostNoticeBurst);
  t.strictSame(
    rig.unlogged(),
    Array.from({ length: refusalLogLineBurst }, () => 0),
  );
  rig.pass(1_000);
  for (let index = 0; index < 10; index += 1) rig.connect(`10.9.0.${String(index)}`);
  t.strictSame(
    rig.unlogged(refusalLogLineBurst),
    [1_000 - refusalLogLineBurst, ...Array.from({ length: refusalLogLinesPerSecond - 1 }, () => 0)],
    "the rate is shared by all unknown addresses",
  );
  t.strictSame(rig.notices.slice(unknownHostNoticeBurst), [
    { kind: "unknown-hosts", count: 1_000 - unknownHostNoticeBurst },
    { kind: "unknown-host" },
  ]);
  rig.pass(1_000);
  rig.connect(stranger);
  t.match(rig.notices.at(-2), { kind: "unknown-hosts", count: 9 });
  t.match(rig.log.loud.at(-1), { unlogged: 10 - refusalLogLinesPerSecond });
});

promise("limits the connections of one address, and accepts another when one has ended", (t) => {
  const rig = new AcceptorRig();
  const connections = Array.from({ length: connectionsPerAddressMax }, () => rig.connect());
  t.notOk(connections.some((connection) => connection.destroyed));
  t.ok(rig.connect().wasReset);
  t.match(rig.log.loud, [{ event: "connection-refused", reason: "connections-of-address", unlogged: 0 }]);
  rig.turn(() => connections[0]!.close());
  t.notOk(rig.connect().destroyed);
  t.strictSame(rig.notices, [], "the user is not told");
});

promise("limits the accept rate of one address", (t) => {
  const rig = new AcceptorRig();
  t.equal(rig.acceptedOf(acceptBurst + 50), acceptBurst);
  t.ok(rig.connect().wasReset);
  rig.pass(1_000);
  t.equal(rig.acceptedOf(100), acceptsPerSecond);
  t.ok(rig.log.loud.every(({ reason }) => reason === "accept-rate"));
});

promise("does not refuse other addresses when one connects too often", (t) => {
  const rig = new AcceptorRig();
  rig.acceptedOf(200);
  for (let index = 0; index < 100; index += 1) rig.connect(stranger);
  rig.pass(60_000);
  t.equal(rig.acceptedOf(1), 1);
});

promise("limits the total number of connections", (t) => {
  const rig = new AcceptorRig();
  rig.connectionCount.connections = connectionsMax;
  t.ok(rig.connect().wasReset);
  t.match(rig.log.loud, [{ reason: "connections" }]);
  rig.connectionCount.connections = 0;
  t.notOk(rig.connect().destroyed);
});

promise("keeps the accept rate of a friend's address however many strangers connect", (t) => {
  const rig = new AcceptorRig();
  t.equal(rig.acceptedOf(acceptBurst), acceptBurst);
  for (let index = 0; index < 5_000; index += 1) rig.connect(`10.200.${String(index >> 8)}.${String(index & 255)}`);
  t.equal(rig.acceptedOf(1), 0);
});

promise("logs refusals of a friend's address during a flood of strangers, with the count of omitted lines", (t) => {
  const rig = new AcceptorRig();
  for (let index = 0; index < 100; index += 1) rig.connect(stranger);
  rig.connectionCount.connections = connectionsMax;
  rig.connect();
  t.strictSame(rig.log.loud.slice(refusalLogLineBurst), [
    {
      level: "warn",
      event: "connection-refused",
      host: "10.1.2.0",
      reason: "connections",
      unlogged: 100 - refusalLogLineBurst,
    },
  ]);
  for (let index = 0; index < 100; index += 1) rig.connect();
  t.equal(rig.log.loud.length, 2 * refusalLogLineBurst, "with a limit of its own");
});

// Groups with secure rows.

const carolsHost = "10.1.3.0";

/** Carol's end of a connection; Alice's acceptor answers in turns. */
const carolFrom = (rig: AcceptorRig, host = carolsHost): SecureFriend =>
  new SecureFriend({
    connection: rig.connect(host),
    initiator: true,
    secrets: other,
    name: "Carol",
    turn: () => rig.turn(),
  });

promise("authenticates a secure friend and passes the connection on with all bytes sent so far", (t) => {
  const rig = new AcceptorRig({ carol: true });
  const carol = carolFrom(rig);
  carol.greet();
  t.equal(rig.carolRig.session.connectionCount, 1);
  t.match(rig.carolRig.told, [`stands: ${publicKeyOf(keysOf(other).publicKey)}`, "ready"]);
  t.match(rig.notices, [{ kind: "first-key", peer: "Carol" }]);
  carol.say({ kind: "position", stream: "0".repeat(32), received: 0, tag: "0".repeat(16), granted: 9 });
  t.equal(rig.carolRig.told.at(-1), "position");
});

promise("recognises a clear-text friend by the first byte, or after a short silence, beside secure rows", (t) => {
  const rig = new AcceptorRig({ carol: true });
  const speaking = rig.connect();
  t.equal(rig.session.connectionCount, 0);
  rig.turn(() => speaking.say("h"));
  t.equal(rig.session.connectionCount, 1);
  rig.turn(() => speaking.say("i\n"));
  t.strictSame(rig.shown, ["hi"], "no byte is lost");
  const silent = rig.connect();
  rig.pass(sniffMs - 40);
  t.equal(rig.session.connectionCount, 1);
  rig.pass(80);
  t.equal(rig.session.connectionCount, 2);
  rig.carry();
  t.equal(silent.text, "hello\n");
});

promise(
  "refuses clear text from a secure row's address, names the friend in the notice, and shows none of the text",
  (t) => {
    const rig = new AcceptorRig({ carol: true });
    const connection = rig.connect(carolsHost);
    rig.turn(() => connection.say("hello\n"));
    t.ok(connection.wasReset);
    t.strictSame(rig.notices, [{ kind: "clear-refused", peer: "Carol" }]);
    t.match(rig.log.loud, [{ event: "connection-refused", host: carolsHost, reason: "clear-text" }]);
    t.strictSame(rig.shown, []);
  },
);

promise(
  "resets silent connections at the time limit, and clear text from unknown addresses at once, and keeps no timer",
  (t) => {
    const rig = new AcceptorRig({ carol: true });
    const [silentFriend, silentStranger, clearStranger] = [carolsHost, stranger, stranger].map((host) =>
      rig.connect(host),
    );
    rig.turn(() => clearStranger!.say("GET / HTTP/1.1\r\n"));
    t.ok(clearStranger!.wasReset);
    rig.pass(firstByteMs - 40);
    t.notOk(silentFriend!.destroyed || silentStranger!.destroyed);
    rig.pass(80);
    t.ok(silentFriend!.wasReset && silentStranger!.wasReset);
    t.strictSame(rig.notices, [{ kind: "unknown-host" }, { kind: "unknown-host" }]);
    t.strictSame(
      rig.log.loud.map(({ reason }) => reason),
      ["unknown-host", "unknown-host"],
    );
    t.equal(rig.reactor.wheel.size, 0);
  },
);

promise(
  "accepts a known key from any address; refuses a first key from an address other than the row's, with a notice",
  (t) => {
    const rig = new AcceptorRig({ carol: true });
    const early = carolFrom(rig, stranger);
    early.greet();
    t.strictSame(early.frames, [{ kind: "refused", reason: "unknown-name" }]);
    t.equal(rig.carolRig.session.connectionCount, 0);
    t.match(rig.notices, [{ kind: "key-refused" }]);
    t.strictSame(rig.log.loud, [], "a refusal shown to the user is not logged as a warning");
    carolFrom(rig).greet();
    carolFrom(rig, stranger).greet();
    t.equal(rig.carolRig.session.connectionCount, 2);
  },
);

promise("cuts off a slow handshake at its deadline and frees its place once it has closed", (t) => {
  const rig = new AcceptorRig({ carol: true });
  const slow = Array.from({ length: arrivalsPerAddressMax }, () => rig.connect(stranger));
  t.ok(rig.connect(stranger).wasReset, "the limit per address is reached");
  t.match(rig.log.loud.at(-1), { reason: "handshakes" });
  const first = new SecureFriend({
    connection: slow[0]!,
    initiator: true,
    secrets: other,
    name: "Carol",
    turn: () => rig.turn(),
  });
  const bytes = first.opening;
  for (let at = 0; (at + 1) * 250 < handshakeMs; at += 1) {
    for (const connection of slow) connection.sayBytes(bytes.subarray(at, at + 1));
    rig.pass(250);
  }
  t.notOk(slow.some((connection) => connection.destroyed));
  rig.pass(400);
  t.ok(slow.every((connection) => connection.destroyed));
  t.ok(rig.connect(stranger).wasReset, "until they have closed");
  for (const connection of slow) rig.turn(() => connection.close());
  t.notOk(rig.connect(stranger).wasReset);
  rig.pass(firstByteMs + 40);
  t.equal(rig.reactor.wheel.size, 0);
});

promise("limits the handshakes of all strangers together, without taking places from friends", (t) => {
  const rig = new AcceptorRig({ carol: true });
  const connections = Array.from({ length: arrivalsMax }, (_, index) =>
    rig.connect(`10.7.${String(index >> 8)}.${String(index & 255)}`),
  );
  t.notOk(connections.some((connection) => connection.destroyed));
  t.notOk(rig.connect(carolsHost).destroyed);
  t.ok(rig.connect("10.8.0.1").wasReset);
  rig.turn(() => connections[0]!.close());
  t.notOk(rig.connect("10.8.0.1").destroyed);
});

promise("accepts a burst of one-message connections, beside secure rows too", (t) => {
  const taken: Connection[] = [];
  const rig = new AcceptorRig({
    carol: true,
    bobEntrance: { connectionCount: 0, perMessage: true, accept: (one) => void taken.push(one) },
  });
  const callers = Array.from({ length: 1_000 }, () => rig.connect());
  t.ok(callers.every((caller) => !caller.destroyed));
  rig.turn(() => {
    for (const caller of callers) caller.say("x");
  });
  t.equal(taken.length, callers.length);
});

import {
  acceptBurst,
  acceptsPerSecond,
  connectionsMax,
  connectionsPerAddressMax,
  refusalLogLineBurst,
  refusalLogLinesPerSecond,
  unknownHostNoticeBurst,
} from "../../../src/core/limits.js";
import type { Notice } from "../../../src/core/notice.js";
import { Acceptor } from "../../../src/session/acceptor.js";
import { FakeConnection } from "../kit/fake-network.js";
import { promise } from "../kit/promise.js";
import { SessionRig } from "../kit/session-rig.js";

class Door extends SessionRig {
  readonly notices: Notice[] = [];
  readonly acceptor = new Acceptor({
    reactor: this.reactor,
    log: this.log,
    tally: this.tally,
    sessionOf: (host) => (host === "10.1.2.0" ? this.session : undefined),
    notice: (notice) => this.notices.push(notice),
  });

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
  t.equal(door.tally.connections, 0);
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
  door.tally.connections = connectionsMax;
  t.ok(door.knock().wasReset);
  t.match(door.log.loud, [{ reason: "connections" }]);
  door.tally.connections = 0;
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
    door.tally.connections = connectionsMax;
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

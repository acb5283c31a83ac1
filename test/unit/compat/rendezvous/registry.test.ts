import t from "tap";
import {
  clientCommandsMax,
  clientSilenceMs,
  refusedClientsMax,
  refusedClientMs,
} from "../../../../src/core/older-limits.js";
import { Registry } from "../../../../src/compat/rendezvous/registry.js";
import { FakeConnection } from "../../kit/fake-network.js";
import { rig } from "../../kit/reactor-rig.js";

function registryRig(clientsMax = 10) {
  const { clock, reactor } = rig();
  const told: string[] = [];
  const registry = new Registry({
    reactor,
    clientsMax,
    events: {
      onCome: (host) => told.push(`${host} comes`),
      onGo: (host, why) => told.push(`${host} goes: ${why}`),
      onTurnedAway: (host) => told.push(`${host} turned away`),
    },
  });
  const come = (host: string): FakeConnection => {
    const connection = new FakeConnection(host);
    registry.accept(connection);
    clock.settle();
    return connection;
  };
  const say = (connection: FakeConnection, text: string): string => {
    const before = connection.text.length;
    connection.say(text);
    clock.settle();
    return connection.text.slice(before);
  };
  return { clock, reactor, registry, told, come, say };
}

t.test("greets a new client, and answers its ping and list", (t) => {
  const { come, say, told } = registryRig();
  const one = come("10.1.3.0");
  t.equal(one.text, "CONN\0");
  t.equal(say(one, "PING\0"), "ACK");
  const two = come("10.1.2.0");
  t.equal(say(two, "LIST\0"), `10.1.2.0\n10.1.3.0\n${"\0".repeat(81)}`);
  t.equal(say(one, "PING\0LIST\0"), `ACK10.1.2.0\n10.1.3.0\n${"\0".repeat(81)}`, "both at once");
  t.equal(say(one, "PI") + say(one, "NG\0"), "ACK", "in two pieces");
  one.fin();
  t.equal(say(two, "LIST\0").startsWith("10.1.2.0\n\0"), true);
  t.ok(one.destroyed);
  t.same(told, ["10.1.3.0 comes", "10.1.2.0 comes", "10.1.3.0 goes: closed"]);
  t.end();
});

t.test("a new connection from an address replaces the older one, and the older one's end is ignored", (t) => {
  const { come, say, told, registry } = registryRig(1);
  const older = come("10.1.2.0");
  const newer = come("10.1.2.0");
  t.ok(older.destroyed);
  older.close();
  t.equal(say(newer, "PING\0"), "ACK");
  t.equal(registry.size, 1);
  t.same(told, ["10.1.2.0 comes", "10.1.2.0 goes: replaced", "10.1.2.0 comes"]);
  t.end();
});

t.test("refuses clients when it is full, and destroys their connections if they stay", (t) => {
  const { come, told, clock } = registryRig(1);
  come("10.1.2.0");
  const late = come("10.1.3.0");
  t.equal(late.text, "DISC\0");
  t.ok(late.ended && !late.destroyed);
  clock.advance(refusedClientMs + 50);
  t.ok(late.destroyed);
  t.same(told, ["10.1.2.0 comes", "10.1.3.0 turned away"]);
  t.end();
});

t.test("resets surplus callers of a full server without an answer", (t) => {
  const { come } = registryRig(1);
  come("10.1.2.0");
  for (let caller = 0; caller < refusedClientsMax; caller += 1) come("10.1.3.0");
  const last = come("10.1.4.0");
  t.ok(last.wasReset);
  t.equal(last.text, "");
  t.end();
});

t.test("drops silent clients after the timeout; pings keep a client, incomplete commands do not", (t) => {
  const { come, say, told, clock, reactor } = registryRig();
  const pinging = come("10.1.2.0");
  const dripping = come("10.1.4.0");
  come("10.1.3.0");
  for (let passed = 0; passed < 2 * clientSilenceMs; passed += 10_000) {
    clock.advance(10_000);
    say(pinging, "PING\0");
    if (passed < clientSilenceMs) say(dripping, "PING"[passed / 10_000]!);
  }
  t.same(told.slice(3), ["10.1.4.0 goes: silent", "10.1.3.0 goes: silent"]);
  t.equal(reactor.wheel.size, 1, "one timer for the one who is left");
  t.end();
});

t.test("drops a silent client no earlier than the timeout", (t) => {
  const { come, say, told, clock } = registryRig();
  const one = come("10.1.2.0");
  clock.advance(clientSilenceMs - 100);
  say(one, "PING\0");
  clock.advance(clientSilenceMs - 100);
  t.same(told.slice(1), []);
  clock.advance(200);
  t.same(told.slice(1), ["10.1.2.0 goes: silent"]);
  t.end();
});

t.test("drops a client that sends garbage, sends too many commands, or does not read the answers", (t) => {
  const { come, say, told } = registryRig();
  const other = come("10.1.9.0");
  say(come("10.1.2.0"), "GET / HTTP/1.1\r\n");
  say(come("10.1.3.0"), "LIST\0".repeat(clientCommandsMax + 1));
  const deaf = come("10.1.4.0");
  deaf.takes = false;
  say(deaf, "LIST\0");
  t.equal(say(other, "PING\0"), "ACK");
  t.same(
    told.filter((line) => line.includes("goes")),
    ["10.1.2.0 goes: garbage", "10.1.3.0 goes: flood", "10.1.4.0 goes: deaf"],
  );
  t.end();
});

t.test("leaves neither timers nor connections when it closes", (t) => {
  const { come, registry, reactor, clock } = registryRig(1);
  const [client, turnedAway] = [come("10.1.2.0"), come("10.1.3.0")];
  registry.close();
  t.ok(client.destroyed && turnedAway.destroyed);
  turnedAway.close();
  clock.advance(refusedClientMs + 50);
  t.equal(reactor.wheel.size, 0);
  t.end();
});

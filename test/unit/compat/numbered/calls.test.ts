import t from "tap";
import { ringBurst, refusedClientMs, unansweredMs, unattendedMs } from "../../../../src/core/older-limits.js";
import { Calls } from "../../../../src/compat/numbered/calls.js";
import { FakeConnection, FakeNetwork } from "../../kit/fake-network.js";
import { rig } from "../../kit/reactor-rig.js";

function callsRig() {
  const { clock, reactor } = rig();
  const network = new FakeNetwork();
  const told: string[] = [];
  const calls = new Calls({
    reactor,
    callPrivately: undefined,
    dial: (host) => network.dial({ host, port: 6666, localHost: undefined }),
    events: {
      onRing: (host) => told.push(`ring ${host}`),
      onClear: () => told.push("clear"),
      onStarted: () => told.push("started"),
      onMessage: (number, text) => told.push(`#${String(number)}:${text}`),
      onStray: () => undefined,
      onSeen: () => undefined,
      onSent: () => undefined,
      onCongested: () => undefined,
      onOver: (end) => told.push(`over ${end}`),
    },
  });
  const ring = (host: string): FakeConnection => {
    const connection = new FakeConnection(host);
    calls.accept(connection);
    clock.settle();
    return connection;
  };
  return { clock, network, told, calls, ring };
}

t.test("answers n to a second caller without a question, while the user is asked and during a chat", (t) => {
  const { ring, calls, told, clock } = callsRig();
  const first = ring("10.1.2.0");
  t.equal(ring("10.1.3.0").text, "n");
  calls.answer(true);
  t.equal(first.text, "y");
  t.equal(ring("10.1.4.0").text, "n");
  first.say("/exit");
  clock.settle();
  t.equal(ring("10.1.4.0").text, "");
  t.same(told, ["ring 10.1.2.0", "started", "over closed", "ring 10.1.4.0"]);
  t.end();
});

t.test("ends an unanswered call after its time, incoming or outgoing, but not an answered one", (t) => {
  const { ring, calls, network, told, clock } = callsRig();
  calls.call("10.1.2.0");
  network.last.open();
  clock.advance(unansweredMs);
  t.same(told, ["over unanswered"]);
  const caller = ring("10.1.3.0");
  clock.advance(unattendedMs);
  t.equal(caller.text, "n");
  const answered = ring("10.1.4.0");
  calls.answer(true);
  clock.advance(2 * unattendedMs);
  t.equal(answered.text, "y");
  t.same(told.slice(1), ["ring 10.1.3.0", "over unanswered", "ring 10.1.4.0", "started"]);
  answered.say("/exit");
  clock.settle();
  t.equal(told.at(-1), "over closed");
  t.end();
});

t.test("answers n to a caller during our own call", (t) => {
  const { ring, calls, network, told, clock } = callsRig();
  calls.call("10.1.2.0");
  t.equal(ring("10.1.3.0").text, "n");
  network.last.open();
  network.last.say("n");
  clock.settle();
  t.same(told, ["over denied"]);
  t.notOk(calls.busy);
  t.end();
});

t.test("keeps the call from the smaller address when two clear calls cross, without a question", (t) => {
  const larger = callsRig();
  larger.calls.call("10.1.0.9");
  const own = larger.network.last;
  own.open();
  const theirs = larger.ring("10.1.0.9");
  t.strictSame([theirs.text, own.destroyed], ["y", true]);
  theirs.say("#1:hello");
  larger.clock.settle();
  t.same(larger.told, ["started", "#1:hello"]);
  const smaller = callsRig();
  smaller.calls.call("10.1.2.0");
  smaller.network.last.open();
  const given = smaller.ring("10.1.2.0");
  t.strictSame([given.text, given.ended], ["", false]);
  given.close();
  smaller.network.last.say("y");
  smaller.clock.settle();
  t.same(smaller.told, ["started"]);
  t.equal(smaller.ring("10.1.2.0").text, "n", "once they talk, a call is one too many");
  t.end();
});

t.test(
  "closes the crossing call of an older program with the larger address soon, so that it can ask about ours",
  (t) => {
    const { calls, network, ring, clock, told } = callsRig();
    calls.call("10.1.2.0");
    network.last.open();
    const theirs = ring("10.1.2.0");
    clock.advance(refusedClientMs + 50);
    t.strictSame([theirs.text, theirs.destroyed], ["", true]);
    network.last.say("y");
    clock.settle();
    t.same(told, ["started"]);
    t.end();
  },
);

t.test("a caller that hangs up before the answer makes room", (t) => {
  const { ring, told, clock, calls } = callsRig();
  ring("10.1.2.0").fin();
  clock.settle();
  t.notOk(calls.busy);
  ring("10.1.3.0");
  t.same(told, ["ring 10.1.2.0", "over closed", "ring 10.1.3.0"]);
  t.end();
});

t.test("refuses a caller that rings too often, without asking", (t) => {
  const { ring, told, clock } = callsRig();
  for (let call = 0; call < 2 * ringBurst; call += 1) {
    ring("10.1.2.0").fin();
    clock.settle();
  }
  t.equal(told.filter((line) => line.startsWith("ring")).length, ringBurst);
  t.end();
});

import t from "tap";
import { ringBurst, unansweredMs, unattendedMs } from "../../../src/core/limits.js";
import { Calls } from "../../../src/session/calls.js";
import { FakeConnection, FakeNetwork } from "../kit/fake-network.js";
import { rig } from "../kit/reactor-rig.js";

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

t.test("a second caller gets n without a question, while the first is asked about, and while one talks", (t) => {
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

t.test("a call that nobody answers ends, ours and theirs; one that was answered does not", (t) => {
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

t.test("while we call somebody, a caller gets n", (t) => {
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

t.test("a caller who hangs up before he was answered makes room", (t) => {
  const { ring, told, clock, calls } = callsRig();
  ring("10.1.2.0").fin();
  clock.settle();
  t.notOk(calls.busy);
  ring("10.1.3.0");
  t.same(told, ["ring 10.1.2.0", "over closed", "ring 10.1.3.0"]);
  t.end();
});

t.test("who rings without end is soon answered without asking", (t) => {
  const { ring, told, clock } = callsRig();
  for (let call = 0; call < 2 * ringBurst; call += 1) {
    ring("10.1.2.0").fin();
    clock.settle();
  }
  t.equal(told.filter((line) => line.startsWith("ring")).length, ringBurst);
  t.end();
});

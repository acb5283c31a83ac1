import t from "tap";
import { ringBurst, refusedClientMs, unansweredMs, unattendedMs } from "../../../../src/core/older-limits.js";
import { Calls } from "../../../../src/compat/numbered/calls.js";
import { concat } from "../../../../src/core/bytes.js";
import { privateNumbered } from "../../../../src/wire/dialects/numbered.js";
import { FrameWriter } from "../../../../src/wire/secure/frame-writer.js";
import { FakeConnection, FakeNetwork } from "../../kit/fake-network.js";
import { keyOf } from "../../kit/keys.js";
import { rig } from "../../kit/reactor-rig.js";
import type { PrivateDial } from "../../../../src/compat/private-line.js";
import type { Endpoint } from "../../../../src/core/types.js";
import { PostedConnection } from "../../../../src/reactor/posted.js";

/** An encrypted connection begins with the peer's hello. */
const hello = new FrameWriter().encode([{ kind: "hello", minor: 0, name: "numbered 6666 7666 " }]);

/** Private lines: each dial is recorded, and the test says whether a line was found. */
class FakeLine {
  readonly key = keyOf("a");
  readonly dials: { readonly to: Endpoint; readonly connection: FakeConnection; found: boolean; peer: undefined }[] =
    [];

  dial(to: Endpoint): PrivateDial {
    const dial = { to, connection: new FakeConnection(to.host), found: false, peer: undefined };
    dial.connection.contact = { key: keyOf("b"), standing: "first-use", preferred: true, timed: false, entries: false };
    this.dials.push(dial);
    return dial;
  }
}

function callsRig(line?: FakeLine) {
  const { clock, reactor } = rig();
  const network = new FakeNetwork();
  const told: string[] = [];
  const calls = new Calls({
    reactor,
    ...{ line, securePort: 7666 },
    dial: (host) => new PostedConnection(reactor, network.dial({ host, port: 6666, localHost: undefined })),
    events: {
      onRing: (host) => told.push(`ring ${host}`),
      onClear: () => told.push("clear"),
      onPrivate: (theirs, own) => told.push(`private ${theirs} ${own}`),
      onStarted: () => told.push("started"),
      onMessage: (number, text) => told.push(`#${String(number)}:${text}`),
      onStray: () => undefined,
      onSeen: () => undefined,
      onSent: () => undefined,
      onCongested: () => undefined,
      onOver: (end) => told.push(`over ${end}`),
    },
  });
  const ring = (host: string, privately = false): FakeConnection => {
    const connection = new FakeConnection(host);
    connection.contact = { key: keyOf("b"), standing: "first-use", preferred: true, timed: false, entries: false };
    calls.accept(privately ? connection : new PostedConnection(reactor, connection), privately);
    clock.settle();
    return connection;
  };
  return { clock, network, told, calls, ring };
}

t.test("answers n to a second caller without a question, while the user is asked and during a chat", (t) => {
  const { ring, calls, told, clock } = callsRig();
  const first = ring("10.1.2.0");
  t.equal(ring("10.1.3.0").text, "n");
  calls.chat?.answer(true);
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
  calls.chat?.answer(true);
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
  t.notOk(calls.chat);
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
  t.notOk(calls.chat);
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

t.test("calls over a private line if the peer has one, and shows both keys before the chat starts", (t) => {
  const line = new FakeLine();
  const { calls, network, told, clock } = callsRig(line);
  calls.call("10.1.2.0");
  const [dial] = line.dials;
  t.same(dial?.to, { host: "10.1.2.0", port: 7666 });
  dial!.found = true;
  dial!.connection.open();
  dial!.connection.sayBytes(concat([hello, privateNumbered.answer(true)]));
  clock.settle();
  t.same(told, [`private ${keyOf("b")} ${keyOf("a")}`, "started"]);
  t.equal(network.dials.length, 0);
  t.end();
});

t.test("calls in the clear if there is no private line, and says so when the chat starts", (t) => {
  const line = new FakeLine();
  const { calls, network, told, clock } = callsRig(line);
  calls.call("10.1.2.0");
  line.dials[0]!.connection.close("ECONNREFUSED");
  t.same(told, []);
  network.last.open();
  network.last.say("y");
  clock.settle();
  t.same(told, ["clear", "started"]);
  t.end();
});

t.test("never calls in the clear once a private line was found", (t) => {
  const line = new FakeLine();
  const { calls, network, told } = callsRig(line);
  calls.call("10.1.2.0");
  line.dials[0]!.found = true;
  line.dials[0]!.connection.close("it refused us");
  t.same(told, ["over unreachable"]);
  t.equal(network.dials.length, 0);
  t.notOk(calls.chat);
  t.end();
});

t.test("takes a private call like a clear one, and joins two that cross without a question", (t) => {
  const asked = callsRig(new FakeLine());
  const caller = asked.ring("10.1.2.0", true);
  caller.sayBytes(hello);
  asked.calls.chat?.answer(true);
  t.same(caller.chunks, [privateNumbered.answer(true)]);
  t.same(asked.told, ["ring 10.1.2.0", `private ${keyOf("b")} ${keyOf("a")}`, "started"]);
  t.same(asked.ring("10.1.3.0", true).chunks, [privateNumbered.answer(false)]);
  const line = new FakeLine();
  const crossing = callsRig(line);
  crossing.calls.call("10.1.0.9");
  t.same(crossing.ring("10.1.0.9", true).chunks, [privateNumbered.answer(true)]);
  t.ok(line.dials[0]!.connection.destroyed);
  t.same(crossing.told, [`private ${keyOf("b")} ${keyOf("a")}`, "started"]);
  t.end();
});

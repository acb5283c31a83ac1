import type { Batch } from "../../../src/core/types.js";
import { callersPerAddressMax, callerSilenceMs, lineBytesMax, talkersPerAddressMax } from "../../../src/core/limits.js";
import { PostedConnection } from "../../../src/reactor/posted.js";
import { Reactor } from "../../../src/reactor/reactor.js";
import { claimedRow } from "../../../src/session/claimed-sender.js";
import { InboundReceiver } from "../../../src/session/inbound-receiver.js";
import type { Dialect } from "../../../src/wire/dialect.js";
import { lineDialect } from "../../../src/wire/dialects/line.js";
import type { Sender, WireEvent } from "../../../src/wire/event.js";
import { FakeConnection } from "../kit/fake-network.js";
import { promise } from "../kit/promise.js";
import { RecordingLog } from "../kit/recording-log.js";
import { member } from "../kit/router-rig.js";
import { VirtualClock } from "../kit/virtual-clock.js";

/** Each line begins with its sender's name and a slash; a line without a slash names no sender. */
const byName = (transport: "dialled" | "one-shot"): Dialect => ({
  ...lineDialect,
  traits: { ...lineDialect.traits, identity: "sender", transport },
  decoder: () => {
    const lines = lineDialect.decoder();
    const named = (events: readonly WireEvent[]): WireEvent[] => events.map(withSender);
    return {
      get unfinished() {
        return lines.unfinished;
      },
      push: (chunk) => named(lines.push(chunk)),
      flush: () => named(lines.flush()),
    };
  },
});

function withSender(event: WireEvent): WireEvent {
  if (event.kind !== "texts" || !event.batch.texts.includes("/")) return event;
  return { ...event, from: { name: event.batch.texts.split("/")[0]! } };
}

class ReceiverRig {
  readonly clock = new VirtualClock(5_000);
  readonly log = new RecordingLog();
  readonly reactor = new Reactor(this.clock, this.log);
  readonly connectionCount = { connections: 0 };
  readonly told: string[] = [];
  readonly receiver = new InboundReceiver({
    ...{ reactor: this.reactor, log: this.log, connectionCount: this.connectionCount },
    onTexts: (host: string, { texts }: Batch, from: Sender | undefined) =>
      void this.told.push(`${host} ${from?.name ?? "?"}: ${texts.trimEnd()}`),
    onLeft: (host: string, from: Sender) => void this.told.push(`${host} ${from.name} left`),
  });

  connect(dialect = byName("dialled"), host = "10.1.2.0"): FakeConnection {
    const connection = new FakeConnection(host);
    this.receiver.accept(new PostedConnection(this.reactor, connection), dialect);
    return connection;
  }

  turn(action: () => void): void {
    action();
    this.clock.settle();
  }
}

promise("passes texts on with their sender and address", (t) => {
  const rig = new ReceiverRig();
  const caller = rig.connect();
  rig.turn(() => caller.say("Bob/hi\n"));
  rig.turn(() => caller.say("hm\n"));
  t.strictSame(rig.told, ["10.1.2.0 Bob: Bob/hi", "10.1.2.0 ?: hm"]);
});

promise("reports that a friend left when its last connection ends, but never for one-shot connections", (t) => {
  const rig = new ReceiverRig();
  const callers = [rig.connect(), rig.connect()] as const;
  for (const caller of callers) rig.turn(() => caller.say("Bob/hi\n"));
  rig.turn(() => callers[0].fin());
  t.ok(callers[0].ended, "our FIN answers the friend's");
  rig.turn(() => callers[0].close());
  t.notOk(rig.told.includes("10.1.2.0 Bob left"));
  rig.turn(() => callers[1].close());
  t.ok(rig.told.includes("10.1.2.0 Bob left"));
  const once = new ReceiverRig();
  const caller = once.connect(byName("one-shot"));
  once.turn(() => caller.say("Bob/hi\n"));
  once.turn(() => caller.close());
  t.strictSame(once.told, ["10.1.2.0 Bob: Bob/hi"]);
  t.equal(once.connectionCount.connections, 0);
});

promise("keeps a silent connection for hours, and drops it when the address has too many", (t) => {
  const rig = new ReceiverRig();
  const silent = rig.connect();
  const talker = rig.connect();
  rig.clock.advance(10 * 3_600_000);
  t.notOk(silent.destroyed);
  rig.turn(() => talker.say("Bob/hi\n"));
  for (let count = 2; count < callersPerAddressMax; count += 1) rig.connect();
  t.notOk(silent.destroyed);
  rig.connect(undefined, "10.1.3.0");
  t.notOk(silent.destroyed, "connections of another address do not count");
  rig.connect();
  t.ok(silent.destroyed);
  t.notOk(talker.destroyed);
  t.equal(rig.receiver.count("10.1.2.0"), callersPerAddressMax);
  rig.turn(() => silent.close());
  t.equal(rig.connectionCount.connections, callersPerAddressMax + 1, "each connection is counted once");
});

promise("drops no caller that was accepted recently or whose bytes were not read during a pause", (t) => {
  const rig = new ReceiverRig();
  const first = rig.connect();
  for (let count = 1; count < 2 * callersPerAddressMax; count += 1) rig.connect();
  t.notOk(first.destroyed);
  rig.receiver.pause();
  rig.clock.advance(callerSilenceMs);
  rig.connect();
  rig.receiver.resume();
  rig.connect();
  t.notOk(first.destroyed);
  rig.clock.advance(callerSilenceMs);
  rig.connect();
  t.ok(first.destroyed, "it was silent while we read");
});

promise("limits the callers of one address even if none is silent", (t) => {
  const rig = new ReceiverRig();
  const first = rig.connect();
  for (let count = 1; count < talkersPerAddressMax; count += 1) rig.connect();
  t.notOk(first.destroyed);
  rig.connect();
  t.ok(first.destroyed);
  t.equal(rig.receiver.count("10.1.2.0"), talkersPerAddressMax);
});

promise("pauses earlier and later callers until it is resumed", (t) => {
  const rig = new ReceiverRig();
  const early = rig.connect();
  rig.receiver.pause();
  const late = rig.connect();
  t.strictSame([early.paused, late.paused], [true, true]);
  rig.receiver.resume();
  t.strictSame([early.paused, late.paused], [false, false]);
});

promise("drops no caller while paused, and counts the callers that it turns away", (t) => {
  const rig = new ReceiverRig();
  rig.receiver.pause();
  const callers = Array.from({ length: talkersPerAddressMax }, () => rig.connect());
  const late = [rig.connect(), rig.connect()];
  t.ok(callers.every((caller) => !caller.destroyed));
  t.ok(late.every((caller) => caller.destroyed));
  t.equal(rig.connectionCount.connections, talkersPerAddressMax);
  rig.receiver.resume();
  t.match(rig.log.lines, [{ level: "warn", event: "callers-turned-away", count: 2 }]);
  const next = rig.connect();
  t.notOk(next.destroyed);
  t.ok(callers[0]?.destroyed, "the longest silent caller is dropped");
});

promise("cuts off only the caller that breaks the format", (t) => {
  const rig = new ReceiverRig();
  const [broken, correct] = [rig.connect(), rig.connect()];
  rig.turn(() => broken.say("x".repeat(lineBytesMax + 1)));
  t.ok(broken.destroyed);
  rig.turn(() => correct.say("Bob/hi\n"));
  t.strictSame(rig.told, ["10.1.2.0 Bob: Bob/hi"]);
});

promise("finishes all callers, or only those that the filter does not keep", (t) => {
  const rig = new ReceiverRig();
  const [kept, removed] = [rig.connect(), rig.connect(undefined, "10.1.3.0")];
  rig.receiver.finish((host) => host === "10.1.2.0");
  t.strictSame([kept.ended, removed.ended], [false, true]);
  rig.receiver.finish();
  t.ok(kept.ended);
  rig.receiver.destroy();
  t.ok(kept.destroyed);
});

promise("finds the sender's row by port, then by name, and otherwise finds none", (t) => {
  const rows = [member("Bob", "10.1.2.0"), { ...member("Ann Lee", "10.1.2.0"), port: 7001 }];
  t.equal(claimedRow(rows, { name: "TEAMX", port: 7001 })?.name, "Ann Lee");
  t.equal(claimedRow(rows, { name: "Bob" })?.name, "Bob");
  t.equal(claimedRow(rows, { name: "Ann-Lee", port: 5 })?.name, "Ann Lee");
  t.equal(claimedRow(rows, { name: "bob" }), undefined);
});

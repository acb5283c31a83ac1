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

/** Each line begins with its sender's name and a slash; a line without one is from nobody. */
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

class Hall {
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

  guest(dialect = byName("dialled"), host = "10.1.2.0"): FakeConnection {
    const connection = new FakeConnection(host);
    this.receiver.accept(new PostedConnection(this.reactor, connection), dialect);
    return connection;
  }

  turn(happen: () => void): void {
    happen();
    this.clock.settle();
  }
}

promise("what is heard is passed on with its sender and where it came from", (t) => {
  const hall = new Hall();
  const guest = hall.guest();
  hall.turn(() => guest.say("Bob/hi\n"));
  hall.turn(() => guest.say("hm\n"));
  t.strictSame(hall.told, ["10.1.2.0 Bob: Bob/hi", "10.1.2.0 ?: hm"]);
});

promise("a friend has left with the last of his connections, and where messages come one by one nobody leaves", (t) => {
  const hall = new Hall();
  const guests = [hall.guest(), hall.guest()] as const;
  for (const guest of guests) hall.turn(() => guest.say("Bob/hi\n"));
  hall.turn(() => guests[0].fin());
  t.ok(guests[0].ended, "a FIN is answered");
  hall.turn(() => guests[0].close());
  t.notOk(hall.told.includes("10.1.2.0 Bob left"));
  hall.turn(() => guests[1].close());
  t.ok(hall.told.includes("10.1.2.0 Bob left"));
  const once = new Hall();
  const guest = once.guest(byName("one-shot"));
  once.turn(() => guest.say("Bob/hi\n"));
  once.turn(() => guest.close());
  t.strictSame(once.told, ["10.1.2.0 Bob: Bob/hi"]);
  t.equal(once.connectionCount.connections, 0);
});

promise("a silent connection stands for hours, and gives its place to the one too many", (t) => {
  const hall = new Hall();
  const silent = hall.guest();
  const talker = hall.guest();
  hall.clock.advance(10 * 3_600_000);
  t.notOk(silent.destroyed);
  hall.turn(() => talker.say("Bob/hi\n"));
  for (let count = 2; count < callersPerAddressMax; count += 1) hall.guest();
  t.notOk(silent.destroyed);
  hall.guest(undefined, "10.1.3.0");
  t.notOk(silent.destroyed, "another address is another matter");
  hall.guest();
  t.ok(silent.destroyed);
  t.notOk(talker.destroyed);
  t.equal(hall.receiver.count("10.1.2.0"), callersPerAddressMax);
  hall.turn(() => silent.close());
  t.equal(hall.connectionCount.connections, callersPerAddressMax + 1, "nothing is counted twice");
});

promise(
  "a burst of callers loses nobody: who has just come may have spoken, and who waited for our screen too",
  (t) => {
    const hall = new Hall();
    const first = hall.guest();
    for (let count = 1; count < 2 * callersPerAddressMax; count += 1) hall.guest();
    t.notOk(first.destroyed);
    hall.receiver.pause();
    hall.clock.advance(callerSilenceMs);
    hall.guest();
    hall.receiver.resume();
    hall.guest();
    t.notOk(first.destroyed);
    hall.clock.advance(callerSilenceMs);
    hall.guest();
    t.ok(first.destroyed, "but silence is silence");
  },
);

promise("callers of one address are bounded, however much they talk", (t) => {
  const hall = new Hall();
  const first = hall.guest();
  for (let count = 1; count < talkersPerAddressMax; count += 1) hall.guest();
  t.notOk(first.destroyed);
  hall.guest();
  t.ok(first.destroyed);
  t.equal(hall.receiver.count("10.1.2.0"), talkersPerAddressMax);
});

promise("nobody is read while the screen is full, nor who comes then", (t) => {
  const hall = new Hall();
  const early = hall.guest();
  hall.receiver.pause();
  const late = hall.guest();
  t.strictSame([early.paused, late.paused], [true, true]);
  hall.receiver.resume();
  t.strictSame([early.paused, late.paused], [false, false]);
});

promise("while the screen is full nobody loses his place, and who comes when there is none is counted", (t) => {
  const hall = new Hall();
  hall.receiver.pause();
  const guests = Array.from({ length: talkersPerAddressMax }, () => hall.guest());
  const late = [hall.guest(), hall.guest()];
  t.ok(guests.every((guest) => !guest.destroyed));
  t.ok(late.every((guest) => guest.destroyed));
  t.equal(hall.connectionCount.connections, talkersPerAddressMax);
  hall.receiver.resume();
  t.match(hall.log.lines, [{ level: "warn", event: "callers-turned-away", count: 2 }]);
  const next = hall.guest();
  t.notOk(next.destroyed);
  t.ok(guests[0]?.destroyed, "now who was silent longest gives up his place");
});

promise("who breaks the format is cut off, and no other", (t) => {
  const hall = new Hall();
  const [rude, polite] = [hall.guest(), hall.guest()];
  hall.turn(() => rude.say("x".repeat(lineBytesMax + 1)));
  t.ok(rude.destroyed);
  hall.turn(() => polite.say("Bob/hi\n"));
  t.strictSame(hall.told, ["10.1.2.0 Bob: Bob/hi"]);
});

promise("at the end everybody gets our FIN, or only those whom the table has no more", (t) => {
  const hall = new Hall();
  const [stays, goes] = [hall.guest(), hall.guest(undefined, "10.1.3.0")];
  hall.receiver.finish((host) => host === "10.1.2.0");
  t.strictSame([stays.ended, goes.ended], [false, true]);
  hall.receiver.finish();
  t.ok(stays.ended);
  hall.receiver.destroy();
  t.ok(stays.destroyed);
});

promise("a text is a member's by the port that it gives, else by its name, and else nobody's", (t) => {
  const rows = [member("Bob", "10.1.2.0"), { ...member("Ann Lee", "10.1.2.0"), port: 7001 }];
  t.equal(claimedRow(rows, { name: "TEAMX", port: 7001 })?.name, "Ann Lee");
  t.equal(claimedRow(rows, { name: "Bob" })?.name, "Bob");
  t.equal(claimedRow(rows, { name: "Ann-Lee", port: 5 })?.name, "Ann Lee");
  t.equal(claimedRow(rows, { name: "bob" }), undefined);
});

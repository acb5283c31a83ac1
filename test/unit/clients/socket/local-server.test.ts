// The server for other programs, over connections to the test.

import { batchOf } from "../../../../src/core/batch.js";
import {
  clientFaultsMax,
  clientsMax,
  followChars,
  followMessages,
  followerNamesMax,
} from "../../../../src/core/limits.js";
import type { SendOptions } from "../../../../src/core/outcome.js";
import type { Batch } from "../../../../src/core/types.js";
import { MemoryStore } from "../../kit/memory-store.js";
import { LocalServer } from "../../../../src/clients/socket/local-server.js";
import { bob, ConsoleRig } from "../../kit/console-rig.js";
import { FakeConnection } from "../../kit/fake-network.js";
import { checkedEvents, type JsonEvent } from "../../kit/json-rig.js";
import { promise } from "../../kit/promise.js";
import { VirtualClock } from "../../kit/virtual-clock.js";

class ServerRig extends ConsoleRig {
  readonly store = new MemoryStore({ keepHistory: true });
  readonly clock = new VirtualClock(1_700_000_000_250);
  readonly sendOptions: SendOptions[] = [];
  readonly server: LocalServer;
  turnRequests = 0;

  constructor(kept = true) {
    super();
    this.server = new LocalServer({
      ...{ api: () => this, clock: this.clock, store: this.store, kept },
      after: (delayMs, run) => ({ cancel: this.clock.after(delayMs, run) }),
      keyTrouble: () => undefined,
      greet: (client) => client.greet(6969),
      status: () => ({}),
      peers: () => [],
      momentary: false,
      stop: () => undefined,
      dialAll: () => [],
      requestTurn: () => (this.turnRequests += 1),
    });
  }

  override send(to: string, batch: Batch, sendOptions?: SendOptions): readonly string[] {
    if (sendOptions !== undefined) this.sendOptions.push(sendOptions);
    return super.send(to, batch);
  }

  connect(): FakeConnection {
    const connection = new FakeConnection("");
    this.server.accept(connection);
    this.server.flush();
    return connection;
  }

  /** One turn in which a program sends these lines. */
  says(connection: FakeConnection, ...lines: readonly string[]): void {
    connection.say(lines.map((line) => `${line}\n`).join(""));
    this.endTurn();
  }

  endTurn(): void {
    this.store.commit();
    this.server.flush();
  }

  hears(texts: string): void {
    const batch = batchOf(texts);
    const number = this.store.append({ direction: "in", peer: bob, time: 1, batch, key: "pinned" });
    this.store.commit();
    this.server.message({ peer: bob, time: 1, batch, key: "pinned", number });
    this.server.flush();
  }
}

const eventsOf = (connection: FakeConnection): readonly JsonEvent[] => checkedEvents(connection.text);
const named = (connection: FakeConnection, event: string): readonly JsonEvent[] =>
  eventsOf(connection).filter((each) => each["event"] === event);
const texts = (connection: FakeConnection): readonly unknown[] => named(connection, "message").map(({ text }) => text);

promise("writes an answer after the outcomes that it sums up", (t) => {
  const rig = new ServerRig();
  const program = rig.connect();
  rig.says(program, '{"to":"Bob","text":"hi"}', '{"do":"wait","for":"queued"}');
  t.same(named(program, "wait"), []);
  t.ok(rig.server.busy);
  rig.sendOptions[0]!.origin.outcome({ kind: "queued", final: false, to: "Bob", count: 1, number: 3, id: undefined });
  rig.endTurn();
  t.same(
    eventsOf(program).map(({ event }) => event),
    ["ready", "queued", "wait"],
  );
  t.match(named(program, "wait")[0], { code: 0, for: "queued" });
});

promise("is busy until a program has read its answer, but does not wait for a follower", (t) => {
  for (const [request, busy] of [
    ['{"do":"status"}', true],
    ['{"do":"follow","from":"all"}', false],
  ] as const) {
    const rig = new ServerRig();
    const program = rig.connect();
    program.takes = false;
    rig.says(program, request);
    t.equal(rig.server.busy, busy, request);
    program.drain();
    rig.endTurn();
    t.notOk(rig.server.busy);
  }
});

promise("answers a question at its deadline with the state at that time", (t) => {
  const rig = new ServerRig();
  const program = rig.connect();
  rig.says(program, "Bob/hi", '{"do":"wait","deadline":"500ms"}');
  rig.clock.advance(500);
  rig.endTurn();
  t.match(named(program, "wait")[0], { code: 75, open: ["Bob"] });
});

promise("gives a follower one page until it reads, then all the rest", (t) => {
  const rig = new ServerRig();
  const [slow, quick] = [rig.connect(), rig.connect()];
  for (const program of [slow, quick]) rig.says(program, '{"do":"follow"}');
  slow.takes = false;
  const line = `${"x".repeat(999)}\n`;
  for (let page = 0; page < 10; page += 1) rig.hears(line.repeat(Math.ceil(followChars / line.length)));
  const all = named(quick, "message").length;
  t.equal(all, 10 * Math.ceil(followChars / line.length));
  t.ok(slow.text.length < 3 * followChars);
  for (let round = 0; round < 2_000 && named(slow, "message").length < all; round += 1) {
    slow.drain();
    rig.endTurn();
  }
  t.same(
    named(slow, "message").map(({ seq }) => seq),
    named(quick, "message").map(({ seq }) => seq),
  );
});

promise("bounds a page of short texts by their number, and tells each once", (t) => {
  const rig = new ServerRig();
  const slow = rig.connect();
  slow.takes = false;
  rig.says(slow, '{"do":"follow","from":"all"}');
  const all = 5 * followMessages + 1;
  rig.hears("x\n".repeat(all));
  for (let told = 0; told < all; told = named(slow, "message").length) {
    slow.drain();
    slow.takes = false;
    rig.endTurn();
    const more = named(slow, "message").length - told;
    t.ok(more > 0 && more <= followMessages, `${more} at once`);
    if (more === 0) break;
  }
  t.same(
    named(slow, "message").map(({ seq }) => Number(seq)),
    Array.from({ length: all }, (_, index) => index + 1),
  );
});

promise("answers a question that is over or late before earlier ones that are not", (t) => {
  const rig = new ServerRig();
  const program = rig.connect();
  rig.says(program, "Bob/hi", '{"do":"wait","id":"long"}', '{"do":"wait","id":"short","deadline":"500ms"}');
  rig.clock.advance(500);
  rig.endTurn();
  t.same(
    named(program, "wait").map(({ id }) => id),
    ["short"],
  );
  t.ok(rig.server.busy);
});

promise("stores a follower's position again after its first commit failed", (t) => {
  const rig = new ServerRig();
  rig.hears("one\n");
  rig.store.failWith = "the disk is full";
  rig.store.append({ direction: "in", peer: bob, time: 1, batch: batchOf("lost\n"), key: "pinned" });
  const bot = rig.connect();
  rig.says(bot, '{"do":"follow","as":"bot"}');
  rig.store.failWith = undefined;
  rig.endTurn();
  rig.store.rollback();
  t.equal(rig.store.confirmed("bot"), 1);
});

promise("stores a named position at once, and moves it forward with confirmations, never back", (t) => {
  const rig = new ServerRig();
  rig.hears("one\ntwo\nthree\n");
  const bot = rig.connect();
  rig.says(bot, '{"do":"follow","from":"all","as":"bot"}');
  t.equal(rig.store.confirmed("bot"), 0);
  t.same(texts(bot), ["one", "two", "three"]);
  rig.says(bot, "ack 2", '{"do":"ack","seq":"1"}', "ack 4", "ack x");
  t.equal(rig.store.confirmed("bot"), 2);
  t.equal(named(bot, "error").length, 2);
  const second = rig.connect();
  second.takes = false;
  rig.says(second, '{"do":"follow","from":"all","as":"bot"}', "ack 3");
  t.equal(rig.store.confirmed("bot"), 3, "told by an earlier connection, and not yet by this one");
  t.ok(bot.ended, "the earlier connection under the name is closed");
});

promise("forgets a name that is not in use, which makes room for another", (t) => {
  const rig = new ServerRig();
  for (let number = 0; number < followerNamesMax; number += 1) rig.store.confirm(`bot ${number}`, 0);
  const [bot, clerk] = [rig.connect(), rig.connect()];
  rig.says(bot, '{"do":"follow","as":"new"}');
  t.match(named(bot, "error")[0], { text: /--forget/ });
  rig.says(bot, '{"do":"follow","as":"bot 1"}');
  rig.says(clerk, '{"do":"forget","as":"bot 1"}', '{"do":"forget","as":"nobody"}', '{"do":"forget"}');
  t.equal(named(clerk, "error").length, 3);
  rig.says(clerk, '{"do":"forget","as":"bot 2"}');
  t.match(named(clerk, "forget"), [{ as: "bot 2" }]);
  rig.says(clerk, '{"do":"follow","as":"new"}');
  t.equal(named(clerk, "following").length, 1);
  t.equal(rig.store.confirmed("bot 2"), undefined);
  rig.store.failWith = "the disk is full";
  rig.says(clerk, '{"do":"forget","as":"bot 3"}');
  t.match(named(clerk, "error").at(-1), { text: /the place is kept/ });
  t.equal(named(clerk, "forget").length, 1, "tells forget only after its commit");
});

promise("a follower begins now, at the oldest message or at a number, at most at the newest", (t) => {
  const rig = new ServerRig();
  rig.hears("one\ntwo\n");
  for (const [from, expected] of [
    ["now", ["three"]],
    ["all", ["one", "two", "three"]],
    ["2", ["two", "three"]],
    ["99", ["three"]],
  ] as const) {
    const program = rig.connect();
    rig.says(program, JSON.stringify({ do: "follow", from }));
    if (from === "now") rig.hears("three\n");
    if (from !== "99") t.same(texts(program), expected, from);
  }
  const wrong = rig.connect();
  rig.says(wrong, '{"do":"follow","from":"-1"}', '{"do":"follow","as":""}', '{"do":"follow","as":7}', "ack 1");
  t.equal(named(wrong, "error").length, 4);
});

promise("refuses to follow in a member that stores no messages", (t) => {
  const rig = new ServerRig(false);
  const program = rig.connect();
  rig.says(program, '{"do":"follow"}');
  t.match(named(program, "error")[0], { text: /--no-store/ });
});

promise("tells a notice only to programs with open messages for that friend", (t) => {
  const rig = new ServerRig();
  const [sender, other] = [rig.connect(), rig.connect()];
  rig.says(sender, "Bob/hi");
  rig.server.notice({ kind: "unreachable", peer: bob, reason: "no answer", waiting: 1 });
  rig.server.notice({ kind: "remark", message: "the weather" });
  rig.endTurn();
  t.same([named(sender, "notice").length, named(other, "notice").length], [1, 0]);
});

promise("tells each program at the end how many lines were read, and reads no more", (t) => {
  const rig = new ServerRig();
  const program = rig.connect();
  rig.says(program, "Bob/one", "Bob/two");
  rig.server.stopReading();
  rig.says(program, "Bob/three");
  rig.server.close();
  t.match(eventsOf(program).at(-1), { event: "closing", read: 2 });
  t.ok(program.ended);
  t.equal(program.lateWrites, 0);
  const late = rig.connect();
  t.match(eventsOf(late), [{ event: "closing", read: 0 }]);
});

promise("rejects connections beyond the limit, and accepts again after one closes", (t) => {
  const rig = new ServerRig();
  const all = Array.from({ length: clientsMax }, () => rig.connect());
  t.match(eventsOf(rig.connect()), [{ event: "closing", read: 0 }]);
  all[0]!.close();
  t.match(eventsOf(rig.connect()), [{ event: "ready" }]);
});

promise("closes a connection after too many errors, and limits open questions", (t) => {
  const rig = new ServerRig();
  const stranger = rig.connect();
  for (let fault = 0; fault <= clientFaultsMax; fault += 1) rig.says(stranger, "HELO there");
  t.ok(stranger.ended);
  const curious = rig.connect();
  rig.says(curious, "Bob/hi", ...Array.from({ length: 65 }, () => '{"do":"wait"}'));
  t.match(named(curious, "error"), [{ text: /64 questions/ }]);
  t.notOk(curious.ended);
  rig.says(curious, "/quit");
  t.ok(curious.ended, "quit leaves, and the member goes on");
});

promise("keeps a half-closed connection while outcomes are open, and closes it after the last", (t) => {
  const rig = new ServerRig();
  const program = rig.connect();
  rig.says(program, "Bob/hi");
  program.fin();
  rig.endTurn();
  t.match(eventsOf(program).at(-1), { event: "input-ended", open: ["Bob"] });
  t.notOk(program.ended);
  rig.sendOptions[0]!.origin.outcome({ kind: "delivered", final: true, to: "Bob", count: 1, number: 3, id: undefined });
  rig.endTurn();
  t.match(eventsOf(program).slice(-2), [{ event: "delivered" }, { event: "closing" }]);
  t.ok(program.ended);
});

// The door for other programs, with connections whose other end is the test.

import { batchOf } from "../../../../src/core/batch.js";
import { clientFaultsMax, clientsMax, followChars, followMessages, readersMax } from "../../../../src/core/limits.js";
import type { SendOptions } from "../../../../src/core/outcome.js";
import type { Batch } from "../../../../src/core/types.js";
import { MemoryStore } from "../../../../src/store/memory-store.js";
import { LocalServer } from "../../../../src/clients/socket/local-server.js";
import { bob, ConsoleRig } from "../../kit/console-rig.js";
import { FakeConnection } from "../../kit/fake-network.js";
import { checkedEvents, type JsonEvent } from "../../kit/json-rig.js";
import { promise } from "../../kit/promise.js";
import { VirtualClock } from "../../kit/virtual-clock.js";

class DoorRig extends ConsoleRig {
  readonly store = new MemoryStore({ keepHistory: true });
  readonly clock = new VirtualClock(1_700_000_000_250);
  readonly slips: SendOptions[] = [];
  readonly door: LocalServer;
  stirred = 0;

  constructor(kept = true) {
    super();
    this.door = new LocalServer({
      ...{ api: () => this, clock: this.clock, store: this.store, kept },
      after: (delayMs, run) => ({ cancel: this.clock.after(delayMs, run) }),
      keyTrouble: () => undefined,
      greet: (client) => client.greet(6969),
      status: () => ({}),
      dialAll: () => [],
      stir: () => (this.stirred += 1),
    });
  }

  override send(to: string, batch: Batch, sendOptions?: SendOptions): readonly string[] {
    if (sendOptions !== undefined) this.slips.push(sendOptions);
    return super.send(to, batch);
  }

  visit(): FakeConnection {
    const connection = new FakeConnection("");
    this.door.accept(connection);
    this.door.flush();
    return connection;
  }

  /** One turn in which a program said these lines. */
  says(connection: FakeConnection, ...lines: readonly string[]): void {
    connection.say(lines.map((line) => `${line}\n`).join(""));
    this.endTurn();
  }

  endTurn(): void {
    this.store.commit();
    this.door.flush();
  }

  hears(texts: string): void {
    const batch = batchOf(texts);
    const number = this.store.append({ direction: "in", peer: bob, time: 1, batch, key: "pinned" });
    this.store.commit();
    this.door.message({ peer: bob, time: 1, batch, key: "pinned", number });
    this.door.flush();
  }
}

const eventsOf = (connection: FakeConnection): readonly JsonEvent[] => checkedEvents(connection.text);
const named = (connection: FakeConnection, event: string): readonly JsonEvent[] =>
  eventsOf(connection).filter((each) => each["event"] === event);
const texts = (connection: FakeConnection): readonly unknown[] => named(connection, "message").map(({ text }) => text);

promise("an answer comes behind the outcomes that it sums up", (t) => {
  const rig = new DoorRig();
  const program = rig.visit();
  rig.says(program, '{"to":"Bob","text":"hi"}', '{"do":"wait","for":"queued"}');
  t.same(named(program, "wait"), []);
  t.ok(rig.door.busy);
  rig.slips[0]!.origin.outcome({ kind: "queued", final: false, to: "Bob", count: 1, number: 3, id: undefined });
  rig.endTurn();
  t.same(
    eventsOf(program).map(({ event }) => event),
    ["ready", "queued", "wait"],
  );
  t.match(named(program, "wait")[0], { code: 0, for: "queued" });
});

promise("a program is owed its answer until it has taken it; a follower comes back for the rest", (t) => {
  for (const [request, busy] of [
    ['{"do":"status"}', true],
    ['{"do":"follow","from":"all"}', false],
  ] as const) {
    const rig = new DoorRig();
    const program = rig.visit();
    program.takes = false;
    rig.says(program, request);
    t.equal(rig.door.busy, busy, request);
    program.drain();
    rig.endTurn();
    t.notOk(rig.door.busy);
  }
});

promise("who waits long enough gets the answer as it is then", (t) => {
  const rig = new DoorRig();
  const program = rig.visit();
  rig.says(program, "Bob/hi", '{"do":"wait","deadline":"500ms"}');
  rig.clock.advance(500);
  rig.endTurn();
  t.match(named(program, "wait")[0], { code: 75, open: ["Bob"] });
});

promise("a follower that does not read is given one page, and all the rest when it does", (t) => {
  const rig = new DoorRig();
  const [slow, quick] = [rig.visit(), rig.visit()];
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

promise("a page of the shortest texts is bounded by their number, and each comes once", (t) => {
  const rig = new DoorRig();
  const slow = rig.visit();
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

promise("what is over or late is answered whatever was asked before it", (t) => {
  const rig = new DoorRig();
  const program = rig.visit();
  rig.says(program, "Bob/hi", '{"do":"wait","id":"long"}', '{"do":"wait","id":"short","deadline":"500ms"}');
  rig.clock.advance(500);
  rig.endTurn();
  t.same(
    named(program, "wait").map(({ id }) => id),
    ["short"],
  );
  t.ok(rig.door.busy);
});

promise("a name whose first commit failed is put down again, and its place is on the disk", (t) => {
  const rig = new DoorRig();
  rig.hears("one\n");
  rig.store.failWith = "the disk is full";
  rig.store.append({ direction: "in", peer: bob, time: 1, batch: batchOf("lost\n"), key: "pinned" });
  const bot = rig.visit();
  rig.says(bot, '{"do":"follow","as":"bot"}');
  rig.store.failWith = undefined;
  rig.endTurn();
  rig.store.rollback();
  t.equal(rig.store.confirmed("bot"), 1);
});

promise("a place under a name is on the disk at once, moves with what is confirmed, and never back", (t) => {
  const rig = new DoorRig();
  rig.hears("one\ntwo\nthree\n");
  const bot = rig.visit();
  rig.says(bot, '{"do":"follow","from":"all","as":"bot"}');
  t.equal(rig.store.confirmed("bot"), 0);
  t.same(texts(bot), ["one", "two", "three"]);
  rig.says(bot, "ack 2", '{"do":"ack","seq":"1"}', "ack 4", "ack x");
  t.equal(rig.store.confirmed("bot"), 2);
  t.equal(named(bot, "error").length, 2);
  const second = rig.visit();
  second.takes = false;
  rig.says(second, '{"do":"follow","from":"all","as":"bot"}', "ack 3");
  t.equal(rig.store.confirmed("bot"), 3, "told in an earlier life, and not in this one yet");
  t.ok(bot.ended, "the one before it is hung up on");
});

promise("a name that nobody follows under at the moment can be forgotten, and leaves room for another", (t) => {
  const rig = new DoorRig();
  for (let number = 0; number < readersMax; number += 1) rig.store.confirm(`bot ${number}`, 0);
  const [bot, clerk] = [rig.visit(), rig.visit()];
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
  t.equal(named(clerk, "forget").length, 1, "nothing is said to be done that the disk does not have");
});

promise("where a follower begins: now, everything, a number, no further than there is", (t) => {
  const rig = new DoorRig();
  rig.hears("one\ntwo\n");
  for (const [from, expected] of [
    ["now", ["three"]],
    ["all", ["one", "two", "three"]],
    ["2", ["two", "three"]],
    ["99", ["three"]],
  ] as const) {
    const program = rig.visit();
    rig.says(program, JSON.stringify({ do: "follow", from }));
    if (from === "now") rig.hears("three\n");
    if (from !== "99") t.same(texts(program), expected, from);
  }
  const wrong = rig.visit();
  rig.says(wrong, '{"do":"follow","from":"-1"}', '{"do":"follow","as":""}', '{"do":"follow","as":7}', "ack 1");
  t.equal(named(wrong, "error").length, 4);
});

promise("where nothing is kept nothing is followed", (t) => {
  const rig = new DoorRig(false);
  const program = rig.visit();
  rig.says(program, '{"do":"follow"}');
  t.match(named(program, "error")[0], { text: /--no-store/ });
});

promise("notices are for whom they concern", (t) => {
  const rig = new DoorRig();
  const [sender, other] = [rig.visit(), rig.visit()];
  rig.says(sender, "Bob/hi");
  rig.door.notice({ kind: "unreachable", peer: bob, reason: "no answer", waiting: 1 });
  rig.door.notice({ kind: "remark", message: "the weather" });
  rig.endTurn();
  t.same([named(sender, "notice").length, named(other, "notice").length], [1, 0]);
});

promise("at the end each is told how much of his was read, and nobody's words are read any more", (t) => {
  const rig = new DoorRig();
  const program = rig.visit();
  rig.says(program, "Bob/one", "Bob/two");
  rig.door.stopReading();
  rig.says(program, "Bob/three");
  rig.door.close();
  t.match(eventsOf(program).at(-1), { event: "closing", read: 2 });
  t.ok(program.ended);
  t.equal(program.lateWrites, 0);
  const late = rig.visit();
  t.match(eventsOf(late), [{ event: "closing", read: 0 }]);
});

promise("too many at once are told to come again; who leaves makes room", (t) => {
  const rig = new DoorRig();
  const all = Array.from({ length: clientsMax }, () => rig.visit());
  t.match(eventsOf(rig.visit()), [{ event: "closing", read: 0 }]);
  all[0]!.close();
  t.match(eventsOf(rig.visit()), [{ event: "ready" }]);
});

promise("who speaks another language is hung up on, and who asks without end is told so", (t) => {
  const rig = new DoorRig();
  const stranger = rig.visit();
  for (let fault = 0; fault <= clientFaultsMax; fault += 1) rig.says(stranger, "HELO there");
  t.ok(stranger.ended);
  const curious = rig.visit();
  rig.says(curious, "Bob/hi", ...Array.from({ length: 65 }, () => '{"do":"wait"}'));
  t.match(named(curious, "error"), [{ text: /64 questions/ }]);
  rig.says(curious, '{"do":"quit"}', "/quit");
  t.same(
    named(curious, "error").map(({ line }) => line),
    [66, 67, 68],
  );
});

promise("who has closed his end is told so while something is open, and leaves when nothing is", (t) => {
  const rig = new DoorRig();
  const program = rig.visit();
  rig.says(program, "Bob/hi");
  program.fin();
  rig.endTurn();
  t.match(eventsOf(program).at(-1), { event: "input-ended", open: ["Bob"] });
  t.notOk(program.ended);
  rig.slips[0]!.origin.outcome({ kind: "delivered", final: true, to: "Bob", count: 1, number: 3, id: undefined });
  rig.endTurn();
  t.match(eventsOf(program).slice(-2), [{ event: "delivered" }, { event: "closing" }]);
  t.ok(program.ended);
});

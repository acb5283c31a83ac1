import { batchOf } from "../../../src/core/batch.js";
import { queueHighWater, queueMessagesMax, writeCharsMax } from "../../../src/core/limits.js";
import type { Notice } from "../../../src/core/notice.js";
import type { Peer, PeerName } from "../../../src/core/types.js";
import type { Carrier, CarrierEvents } from "../../../src/delivery/carrier.js";
import { Friend } from "../../../src/delivery/friend.js";
import { Router } from "../../../src/delivery/router.js";
import { FakeCarrier } from "../kit/fake-carrier.js";
import { promise } from "../kit/promise.js";

const row = (name: string, host: string): Peer => ({
  name: name as PeerName,
  host,
  port: 6969,
  ownPort: false,
  dialect: "line",
  idle: { kind: "never", afterMs: 0 },
});

class Rig {
  readonly notices: Notice[] = [];
  readonly messages: string[] = [];
  readonly congested: boolean[] = [];
  readonly router = new Router({
    message: (from, batch) => this.messages.push(`${from}: ${batch.texts}`),
    notice: (notice) => this.notices.push(notice),
    congested: (congested) => this.congested.push(congested),
  });
  readonly carriers = new Map<string, FakeCarrier>();
  readonly friends = ["Alice", "Bob", "José"].map((name, index) => this.#friend(row(name, `10.1.1.${String(index)}`)));

  constructor() {
    this.router.setFriends("Alice" as PeerName, this.friends);
  }

  get bob(): FakeCarrier & { readonly tell: CarrierEvents } {
    return Object.assign(this.carriers.get("Bob")!, { tell: this.friends[1]! });
  }

  #friend(peer: Peer): Friend {
    return new Friend(peer, this.router, () => {
      const carrier = new FakeCarrier();
      this.carriers.set(peer.name, carrier);
      return carrier;
    });
  }

  send(texts = "hello\n", to = "Bob"): this {
    this.router.send(to, batchOf(texts));
    return this;
  }

  #becomeReady(): void {
    this.bob.ready = true;
    this.bob.tell.onReady();
    this.router.flush();
  }

  /** The session takes all that is handed to it. */
  takeAll(): this {
    this.#becomeReady();
    while (!this.bob.ready) {
      this.bob.tell.onTaken();
      this.#becomeReady();
    }
    return this;
  }
}

promise("a message goes to the friend it names, in one write per turn", (t) => {
  const rig = new Rig();
  rig.send("one\n").send("two\n").send("other\n", "José".normalize("NFD"));
  rig.router.flush();
  t.equal(rig.bob.wanted, 1);
  t.equal(rig.carriers.get("José")?.wanted, 1);
  rig.bob.ready = true;
  rig.bob.tell.onReady();
  rig.router.flush();
  t.strictSame(rig.bob.carried, [{ texts: "one\ntwo\n", count: 2 }]);
});

promise("a message to oneself is delivered here, and one to nobody is answered", (t) => {
  const rig = new Rig();
  rig.send("note\n", "Alice").send("x\n", "nope").send("x\n", "constructor");
  t.strictSame(rig.messages, ["Alice: note\n"]);
  t.strictSame(rig.notices, [
    { kind: "unknown-peer", name: "nope" },
    { kind: "unknown-peer", name: "constructor" },
  ]);
});

promise("what a friend says is passed on with his name", (t) => {
  const rig = new Rig();
  rig.bob.tell.onTexts(batchOf("hi\n"));
  t.strictSame(rig.messages, ["Bob: hi\n"]);
});

promise("an outage is announced once, again when more has come to wait, and its end with what went out", (t) => {
  const rig = new Rig();
  rig.send();
  for (let index = 0; index < 5; index += 1) rig.bob.tell.onUnreachable("connection refused");
  rig.send("two\nthree\n");
  rig.bob.tell.onUnreachable("no answer");
  rig.bob.tell.onUnreachable("no answer");
  const unreachable = { kind: "unreachable", peer: "Bob" };
  t.strictSame(rig.notices, [
    { ...unreachable, reason: "connection refused", waiting: 1 },
    { ...unreachable, reason: "no answer", waiting: 3 },
  ]);
  rig.takeAll();
  t.strictSame(rig.notices.slice(2), [{ kind: "caught-up", peer: "Bob", count: 3 }]);
  rig.send().takeAll();
  t.equal(rig.notices.length, 3, "the end is told once");
  rig.send();
  rig.bob.tell.onUnreachable("connection refused");
  t.equal(rig.notices.length, 4, "the next outage is a new one");
});

promise("the end of an outage is told when nothing waits any more, with all that went out meanwhile", (t) => {
  const rig = new Rig();
  const wide = { texts: `${"x".repeat(writeCharsMax - 1)}\n`, count: 1 };
  rig.router.send("Bob", wide);
  rig.router.send("Bob", wide);
  rig.bob.tell.onUnreachable("connection refused");
  const before = rig.notices.length;
  const takeOne = (): void => {
    rig.bob.ready = true;
    rig.router.stir(rig.friends[1]!);
    rig.router.flush();
    rig.bob.tell.onTaken();
  };
  takeOne();
  rig.send("late\nlater\n");
  takeOne();
  t.equal(rig.notices.length, before, "two still wait");
  takeOne();
  t.strictSame(rig.notices.slice(before), [{ kind: "caught-up", peer: "Bob", count: 4 }]);
});

promise("what a kernel had not taken and takes after all counts once", (t) => {
  const rig = new Rig();
  rig.send("one\ntwo\n");
  rig.bob.tell.onUnreachable("connection refused");
  rig.bob.ready = true;
  rig.bob.tell.onReady();
  rig.router.flush();
  rig.bob.tell.onUntaken();
  rig.takeAll();
  t.strictSame(rig.notices.slice(1), [{ kind: "caught-up", peer: "Bob", count: 2 }]);
});

promise("messages that are refused one after the other are each named, and what waits still goes out", (t) => {
  const rig = new Rig();
  rig.router.send("Bob", { texts: "x\n", count: queueMessagesMax });
  rig.send().send("a\nb\n");
  t.strictSame(
    rig.notices.map((notice) => notice.kind === "refused" && notice.count),
    [1, 2],
  );
  rig.takeAll();
  rig.send("room again\n");
  t.equal(rig.notices.length, 2);
  t.equal(rig.friends[1]!.waiting, 1);
});

promise("a failed dial with nothing waiting is no news", (t) => {
  const rig = new Rig();
  rig.bob.tell.onUnreachable("connection refused");
  t.strictSame(rig.notices, []);
});

promise("every ending is passed on, and what cannot be sent any more is named", (t) => {
  const rig = new Rig();
  rig.bob.tell.onTimedOut();
  rig.bob.tell.onClosed();
  rig.bob.tell.onClosed("connection aborted");
  rig.friends[1]!.abandon();
  rig.send("a\nb\n");
  rig.friends[1]!.abandon();
  t.strictSame(rig.notices, [
    { kind: "timed-out", peer: "Bob" },
    { kind: "closed", peer: "Bob" },
    { kind: "closed", peer: "Bob", reason: "connection aborted" },
    { kind: "unsent", peer: "Bob", count: 2 },
  ]);
});

promise("what was abandoned is not told to have gone out, should the kernel take it after all", (t) => {
  const rig = new Rig();
  rig.send("a\nb\n");
  rig.bob.tell.onUnreachable("connection refused");
  rig.bob.ready = true;
  rig.bob.tell.onReady();
  rig.router.flush();
  rig.friends[1]!.abandon();
  rig.bob.tell.onTaken();
  t.strictSame(rig.notices.slice(1), [{ kind: "unsent", peer: "Bob", count: 2 }]);
});

promise("what exceeds the bound is refused with its number and the reason", (t) => {
  const rig = new Rig();
  rig.router.send("Bob", { texts: "x\n", count: queueMessagesMax });
  rig.send("a\nb\n");
  t.strictSame(rig.notices, [
    {
      kind: "refused",
      peer: "Bob",
      count: 2,
      reason: "100000 are waiting already, and no more than 100000 messages or 16 million characters may",
    },
  ]);
  t.equal(rig.friends[1]!.waiting, queueMessagesMax);
});

promise("a connection that comes and goes makes what waits go out or ask again", (t) => {
  const rig = new Rig();
  rig.send();
  rig.router.flush();
  rig.bob.ready = true;
  rig.bob.tell.onReady();
  rig.router.flush();
  rig.bob.tell.onUntaken();
  rig.bob.tell.onUnready();
  rig.router.flush();
  t.equal(rig.bob.wanted, 2);
  rig.takeAll();
  t.equal(rig.bob.text, "hello\nhello\n");
  t.equal(rig.friends[1]!.waiting, 0);
});

promise("congestion is told when it begins and when the last congested friend is free, and not in between", (t) => {
  const rig = new Rig();
  const much = { texts: "x".repeat(queueHighWater + 1), count: 1 };
  const jose = rig.carriers.get("José")!;
  rig.bob.progressing = true;
  jose.progressing = true;
  rig.router.send("Bob", much);
  rig.router.send("Bob", much);
  rig.router.send("José", much);
  t.strictSame(rig.congested, [true]);
  rig.bob.progressing = false;
  rig.bob.tell.onProgress();
  t.strictSame(rig.congested, [true], "the other still is");
  jose.progressing = false;
  rig.friends[2]!.onProgress();
  rig.friends[2]!.onProgress();
  t.strictSame(rig.congested, [true, false]);
  rig.bob.progressing = true;
  rig.bob.tell.onProgress();
  rig.takeAll();
  t.strictSame(rig.congested, [true, false, true, false]);
});

promise("pausing and resuming reach every friend", (t) => {
  const rig = new Rig();
  rig.router.pauseReading();
  t.ok([...rig.carriers.values()].every((carrier) => !carrier.reading));
  rig.router.resumeReading();
  t.ok([...rig.carriers.values()].every((carrier) => carrier.reading));
});

promise("who joins while reading is paused is paused as well, and goes on with the others", (t) => {
  const rig = new Rig();
  const joins = (name: string): FakeCarrier => {
    const carrier = new FakeCarrier();
    const friend = new Friend(row(name, "10.1.1.9"), rig.router, () => carrier);
    rig.router.setFriends("Alice" as PeerName, [...rig.friends, friend]);
    return carrier;
  };
  rig.router.pauseReading();
  const carol = joins("Carol");
  t.notOk(carol.reading);
  rig.router.resumeReading();
  t.ok(carol.reading);
  t.ok(joins("Dave").reading);
});

promise("the status has every member in the table's order, and knows who we are", (t) => {
  const rig = new Rig();
  rig.send("a\nb\n");
  t.strictSame(
    rig.router.status.map(({ peer, self, state, waiting }) => [peer.name, self, state, waiting]),
    [
      ["Alice", true, "not connected", 0],
      ["Bob", false, "not connected", 2],
      ["José", false, "not connected", 0],
    ],
  );
  t.strictSame(rig.router.names, ["Alice", "Bob", "José"]);
});

promise("waiting a little is worth it only while a friend may take what waits", (t) => {
  const rig = new Rig();
  const [, friend] = rig.friends;
  const sendingIn = (state: Carrier["status"]["state"]): boolean => {
    rig.bob.status = { state, idleMs: undefined };
    return friend!.sending;
  };
  t.notOk(sendingIn("connected"));
  rig.send();
  t.ok(sendingIn("connected") && sendingIn("connecting"));
  t.notOk(sendingIn("unreachable") || sendingIn("not connected"));
});

// Tests for every store. Delivery relies on these promises, so the simulation's disk and a real disk must pass the same
// tests.

import { batchOf } from "../../src/core/batch.js";
import { queueMessagesMax } from "../../src/core/limits.js";
import type { PeerName } from "../../src/core/types.js";
import type { Store } from "../../src/ports.js";
import { promise, type Test } from "../unit/kit/promise.js";
import { runModel } from "./store-model.js";
import { big, bob, carl, fresh, key, type StoreSetting } from "./store-setting.js";

const received = 1_700_000_000_000;

export const sends = (store: Store, ordinal: number, texts: string, peer = bob): number =>
  store.append({
    direction: "out",
    peer,
    time: received,
    batch: batchOf(texts),
    ordinal,
    tag: `tag${ordinal}`,
  });

export const receives = (store: Store, texts: string, peer = bob): number =>
  store.append({ direction: "in", key: "pinned", peer, time: received, batch: batchOf(texts) });

const told = (setting: StoreSetting): string[] => setting.history().map(({ text, state }) => `${text} ${state}`);

export function storeSuite(name: string, makeSetting: () => StoreSetting): void {
  const keeps = (what: string, keep: (t: Test, setting: StoreSetting) => void): void =>
    promise(`${name}: ${what}`, (t) => {
      const setting = makeSetting();
      t.teardown(() => setting.close());
      keep(t, setting);
    });

  keeps("keeps committed data after a crash, and no uncommitted data", (t, setting) => {
    sends(setting.store, 1, "one\n");
    receives(setting.store, "two\n");
    setting.store.putOutgoing(bob, { ...fresh, next: 2 });
    setting.store.putIncoming(key, { stream: "s", received: 1, tag: "t" });
    setting.store.setShown(1);
    setting.store.confirm("bot", 1);
    setting.store.confirm("log", 1);
    t.ok(setting.store.commit().ok);
    sends(setting.store, 2, "three\n");
    receives(setting.store, "four\n");
    setting.store.putOutgoing(bob, { ...fresh, retired: 1, next: 3 });
    setting.store.putIncoming(key, { stream: "s", received: 2, tag: "u" });
    setting.store.putOutgoing(carl, fresh);
    setting.store.setShown(2);
    setting.store.confirm("bot", 2);
    setting.store.confirm("another", 2);
    setting.store.forget("log");
    setting.crash();
    t.strictSame(setting.store.outgoing(bob), { ...fresh, next: 2 });
    t.equal(setting.store.outgoing(carl), undefined);
    t.strictSame(setting.store.incoming(key), { stream: "s", received: 1, tag: "t" });
    t.equal(setting.store.shown, 1);
    t.equal(setting.store.confirmed("bot"), 1);
    t.equal(setting.store.confirmed("another"), undefined);
    t.equal(setting.store.confirmed("log"), 1);
    t.equal(setting.store.readers, 2);
    t.strictSame(told(setting), ["one waiting", "two received"]);
    t.equal(setting.store.waiting(bob, 1, 1_000).length, 1);
    t.equal(setting.store.received(setting.store.shown, 1_000).length, 1);
  });

  keeps("reads return this turn's writes", (t, setting) => {
    const { store } = setting;
    t.equal(store.outgoing(bob), undefined);
    t.equal(store.incoming(key), undefined);
    sends(store, 1, "one\n");
    store.putOutgoing(bob, { ...fresh, key: undefined, acknowledges: false });
    store.putIncoming(key, { stream: "s", received: 7, tag: "t" });
    const number = receives(store, "two\n");
    t.strictSame(store.outgoing(bob), { ...fresh, key: undefined, acknowledges: false });
    t.strictSame(store.incoming(key), { stream: "s", received: 7, tag: "t" });
    t.strictSame(store.waiting(bob, 1, 100), [{ ordinal: 1, tag: "tag1", time: received, batch: batchOf("one\n") }]);
    t.strictSame(store.received(0, 100), [
      { number, peer: bob, batch: batchOf("two\n"), time: received, key: "pinned" },
    ]);
    store.setShown(number);
    t.equal(store.shown, number);
    t.strictSame(store.received(number, 100), []);
    t.equal(store.confirmed("bot"), undefined);
    store.confirm("bot", number);
    t.equal(store.confirmed("bot"), number);
    t.equal(store.readers, 1);
    store.forget("bot");
    t.equal(store.confirmed("bot"), undefined);
    t.equal(store.readers, 0);
  });

  keeps("counts waiting characters if they are limited, until their messages are retired", (t, { store }) => {
    const bounded = store.capacity.chars < Infinity;
    t.ok(store.capacity.messages >= queueMessagesMax);
    t.equal(store.waitingChars(bob), 0);
    sends(store, 1, "one\n");
    sends(store, 2, "three\n");
    sends(store, 1, "another's\n", carl);
    t.equal(store.waitingChars(bob), bounded ? 10 : 0);
    store.putOutgoing(bob, { ...fresh, retired: 1, next: 3 });
    t.ok(store.commit().ok);
    t.equal(store.waitingChars(bob), bounded ? 6 : 0);
  });

  keeps("store numbers count messages, and grow across failed turns", (t, { store, fillDisk, makeRoom }) => {
    t.equal(sends(store, 1, "a\nb\nc\n"), 1);
    t.equal(receives(store, "d\n"), 4);
    t.ok(store.commit().ok);
    fillDisk();
    t.equal(receives(store, big), 5);
    t.notOk(store.commit().ok);
    makeRoom();
    t.equal(receives(store, "e\n"), 6);
  });

  keeps("a commit without writes does nothing, even on a full disk", (t, { store, fillDisk }) => {
    fillDisk();
    t.strictSame(store.commit(), { ok: true, value: null });
  });

  keeps("the newest number belongs to a committed message", (t, { store, fillDisk, makeRoom }) => {
    receives(store, "one\ntwo\n");
    t.equal(store.newest, 0);
    t.ok(store.commit().ok);
    const newest = store.newest;
    t.equal(store.received(newest - 1, 100).length, 1);
    t.strictSame(store.received(newest, 100), []);
    fillDisk();
    receives(store, big);
    t.notOk(store.commit().ok);
    t.equal(store.newest, newest);
    makeRoom();
    store.setShown(newest);
    t.ok(store.commit().ok);
    t.equal(store.newest, newest, "a later turn does not restore the failed turn's number");
    const next = receives(store, "three\n");
    t.ok(store.commit().ok);
    t.equal(store.newest, next);
  });

  keeps("returns waiting messages from the requested one on, also inside a batch", (t, { store }) => {
    sends(store, 1, "one\ntwo\nthree\n");
    sends(store, 4, "four\n");
    sends(store, 1, "not his\n", carl);
    t.strictSame(store.waiting(bob, 3, 100), [
      { ordinal: 3, tag: "tag1", time: received, batch: batchOf("three\n") },
      { ordinal: 4, tag: "tag4", time: received, batch: batchOf("four\n") },
    ]);
    t.strictSame(store.waiting(bob, 5, 100), []);
    t.strictSame(store.waiting("Nobody" as PeerName, 1, 100), []);
  });

  keeps("returns waiting messages in pages: one batch, and further ones that fit", (t, { store }) => {
    for (let ordinal = 1; ordinal <= 300; ordinal += 1) sends(store, ordinal, `${ordinal % 10}\n`);
    const ordinals = (from: number, chars: number): number[] =>
      store.waiting(bob, from, chars).map((row) => row.ordinal);
    t.strictSame(ordinals(1, 0), [1]);
    t.strictSame(ordinals(1, 3), [1, 2]);
    t.strictSame(ordinals(1, 4), [1, 2, 3]);
    t.equal(ordinals(1, 1_000).length, 300);
    t.equal(ordinals(101, 398).length, 200);
    t.equal(ordinals(101, 397).length, 199);
  });

  keeps("returns no retired messages as waiting, and the batch's tag for waiting ones", (t, { store }) => {
    sends(store, 1, "one\ntwo\n");
    sends(store, 3, "three\n");
    t.equal(store.tagAt(bob, 2), "tag1");
    t.ok(store.commit().ok);
    store.putOutgoing(bob, { ...fresh, retired: 1, next: 4 });
    t.ok(store.commit().ok);
    t.strictSame(store.waiting(bob, 1, 0), [{ ordinal: 2, tag: "tag1", time: received, batch: batchOf("two\n") }]);
    t.strictSame(
      [1, 2, 3, 4].map((ordinal) => store.tagAt(bob, ordinal)),
      [undefined, "tag1", "tag3", undefined],
    );
    t.equal(store.tagAt(carl, 1), undefined);
  });

  keeps("returns received messages oldest first, in pages", (t, { store }) => {
    const first = receives(store, "one\ntwo\n");
    sends(store, 1, "mine\n");
    const last = receives(store, "three\n", carl);
    const [a, b] = [
      { number: first + 1, peer: bob, batch: batchOf("two\n"), time: received, key: "pinned" },
      { number: last, peer: carl, batch: batchOf("three\n"), time: received, key: "pinned" },
    ];
    t.strictSame(store.received(first, 100), [a, b]);
    t.strictSame(store.received(first, 5), [a]);
    store.setShown(first);
    t.ok(store.commit().ok);
    t.strictSame(store.received(store.shown, 100), [a, b]);
    t.strictSame(store.received(first + 1, 0), [b]);
    t.strictSame(store.received(last, 100), []);
  });

  keeps("a failed commit returns the reason and undoes its turn, and the next turn works", (t, setting) => {
    const { store } = setting;
    sends(store, 1, "one\n");
    store.putOutgoing(bob, { ...fresh, next: 2 });
    receives(store, "two\n");
    t.ok(store.commit().ok);
    setting.fillDisk();
    store.putOutgoing(bob, { ...fresh, retired: 1, next: 3 });
    store.setShown(2);
    sends(store, 2, big);
    receives(store, "after the fault\n");
    store.putIncoming(key, { stream: "s", received: 1, tag: "t" });
    t.strictSame(store.commit(), { ok: false, message: "the disk is full" });
    t.strictSame(store.commit(), { ok: true, value: null }, "the failure is reported once");
    t.strictSame(store.outgoing(bob), { ...fresh, next: 2 });
    t.equal(store.incoming(key), undefined);
    t.equal(store.shown, 0);
    t.equal(store.received(0, 1_000).length, 1);
    setting.makeRoom();
    sends(store, 2, big);
    t.ok(store.commit().ok);
    setting.crash();
    t.strictSame(told(setting), ["one waiting", "two received", `${big.trimEnd()} waiting`]);
  });

  keeps("messages retired as sent never become delivered, nor the reverse", (t, setting) => {
    sends(setting.store, 1, "a\nb\nc\n");
    sends(setting.store, 4, "d\ne\n");
    const retire = (retired: number, acknowledges: boolean): void => {
      setting.store.putOutgoing(bob, { ...fresh, retired, acknowledges, next: 6 });
      t.ok(setting.store.commit().ok);
    };
    retire(0, true);
    retire(1, false);
    retire(1, true);
    t.strictSame(told(setting), ["a sent", "b waiting", "c waiting", "d waiting", "e waiting"]);
    retire(3, true);
    retire(3, false);
    setting.crash();
    retire(4, false);
    t.strictSame(told(setting), ["a sent", "b delivered", "c delivered", "d sent", "e waiting"]);
  });

  keeps("returns any text unchanged", (t, setting) => {
    const texts = "\n \0 nul \0\n\u{1f389} \u4f60\u597d\n\u202e\u001b[1m\n'\"%;--\n";
    receives(setting.store, texts);
    sends(setting.store, 1, texts);
    t.ok(setting.store.commit().ok);
    setting.crash();
    t.strictSame(setting.store.received(0, 1_000)[0]?.batch, batchOf(texts));
    t.strictSame(setting.store.waiting(bob, 1, 1_000)[0]?.batch, batchOf(texts));
    t.equal(
      setting
        .history()
        .slice(0, 5)
        .map(({ text }) => `${text}\n`)
        .join(""),
      texts,
    );
  });

  keeps("random turns, full disks and crashes give the same results as a list of messages", (t, setting) => {
    setting.close();
    runModel(makeSetting);
    t.pass();
  });
}

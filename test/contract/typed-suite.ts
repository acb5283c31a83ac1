// Tests for every store's messages with a kind, and for the time of writing.

import { batchOf } from "../../src/core/batch.js";
import { visibleText, type TypedMessage } from "../../src/core/typed-message.js";
import type { PeerName } from "../../src/core/types.js";
import type { Store } from "../../src/ports.js";
import { entryOf } from "../unit/kit/entries.js";
import { promise, type Test } from "../unit/kit/promise.js";
import { bob, carl, fresh, type StoreSetting } from "./store-setting.js";
import { receives, sends } from "./store-suite.js";

const time = 1_700_000_000_000;

const id = (digit: string): string => digit.repeat(32);

export const sendsTyped = (store: Store, ordinal: number, typed: TypedMessage, peer = bob): number =>
  store.append({ direction: "out", peer, time, batch: visibleText(typed), ordinal, tag: `tag${ordinal}`, typed });

export const receivesTyped = (store: Store, typed: TypedMessage, peer: PeerName = bob): number =>
  store.append({ direction: "in", key: "none", peer, time, batch: visibleText(typed), typed });

export function typedSuite(name: string, makeSetting: () => StoreSetting): void {
  const keeps = (what: string, keep: (t: Test, setting: StoreSetting) => void): void =>
    promise(`${name}: ${what}`, (t) => {
      const setting = makeSetting();
      t.teardown(() => setting.close());
      keep(t, setting);
    });

  keeps(
    "returns a message with a kind as it was, by its number, by its kind, and with those that wait",
    (t, setting) => {
      const strange = entryOf({ id: id("1"), fallback: "a \0 nul", signature: Uint8Array.of(1, 0, 2), kind: 65_535 });
      const plain = entryOf({ id: id("2"), refersTo: undefined, conversation: "", body: new Uint8Array(0), kind: 2 });
      const far = entryOf({ id: id("3"), written: Number.MAX_SAFE_INTEGER, silent: true, kind: 65_535 });
      sendsTyped(setting.store, 1, strange);
      sendsTyped(setting.store, 2, plain);
      receivesTyped(setting.store, far);
      t.ok(setting.store.commit().ok);
      setting.crash();
      const { typedMessages } = setting.store;
      t.strictSame(
        [1, 2, 3, 4].map((number) => typedMessages.at(number)),
        [strange, plain, far, undefined],
      );
      const [first, second] = [
        { number: 1, message: strange },
        { number: 3, message: far },
      ];
      t.strictSame(typedMessages.ofKind(65_535, 0, 9), [first, second]);
      t.strictSame(typedMessages.ofKind(65_535, 1, 9), [second]);
      t.strictSame(typedMessages.ofKind(65_535, 0, 1), [first]);
      t.strictSame(typedMessages.ofKind(1, 0, 9), []);
      t.strictSame(setting.store.waiting(bob, 1, 1_000), [
        { ordinal: 1, tag: "tag1", time, batch: batchOf("a \0 nul\n"), typed: strange },
        { ordinal: 2, tag: "tag2", time, batch: batchOf("Gr\u00fc\u00dfe\n"), typed: plain },
      ]);
    },
  );

  keeps(
    "knows the ids of stored messages, also in the turn that stores them, and not after its rollback",
    (t, setting) => {
      const message = entryOf();
      const { store } = setting;
      t.notOk(store.typedMessages.holds(message.id));
      receivesTyped(store, message);
      t.ok(store.typedMessages.holds(message.id));
      setting.crash();
      t.notOk(setting.store.typedMessages.holds(message.id));
      sendsTyped(setting.store, 1, message);
      t.ok(setting.store.commit().ok);
      setting.crash();
      t.ok(setting.store.typedMessages.holds(message.id));
    },
  );

  keeps("stores a message to several friends once", (t, { store }) => {
    const message = entryOf();
    t.equal(sendsTyped(store, 1, message), 1);
    t.equal(sendsTyped(store, 1, message, carl), 2);
    t.strictSame(store.waiting(carl, 1, 0)[0]?.typed, message);
    t.strictSame(store.typedMessages.ofKind(message.kind, 0, 9), [{ number: 1, message }]);
    t.strictSame(store.typedMessages.at(2), message);
  });

  keeps("counts a waiting message with a kind with its bytes, so that a page stays bounded", (t, { store }) => {
    const body = new Uint8Array(1_000);
    for (let ordinal = 1; ordinal <= 9; ordinal += 1)
      sendsTyped(store, ordinal, entryOf({ id: id(String(ordinal)), body, fallback: "" }));
    t.strictSame(
      store.waiting(bob, 1, 2_500).map(({ ordinal }) => ordinal),
      [1, 2, 3],
    );
  });

  keeps("a withdrawn message with a kind is an empty text", (t, { store }) => {
    sendsTyped(store, 1, entryOf());
    sends(store, 2, "two\n");
    store.notebook.withdraw(bob, { first: 1, last: 1 }, "failed");
    t.strictSame(store.waiting(bob, 1, 100), [
      { ordinal: 1, tag: "tag1", time, batch: batchOf("\n") },
      { ordinal: 2, tag: "tag2", time, batch: batchOf("two\n") },
    ]);
    t.equal(store.notebook.stateOf(bob, 1), "failed");
  });

  keeps("messages with nothing to show are in no list of texts, and keep their numbers", (t, setting) => {
    const { store } = setting;
    receives(store, "\n");
    const shown = entryOf({ id: id("1"), fallback: "waves" });
    const number = receivesTyped(store, shown);
    receivesTyped(store, entryOf({ id: id("2"), silent: true, fallback: "hidden" }));
    receivesTyped(store, entryOf({ id: id("3"), fallback: "" }));
    sendsTyped(store, 1, entryOf({ id: id("4"), fallback: "" }));
    sends(store, 2, "\n");
    t.equal(receives(store, "last\n"), 7);
    t.ok(store.commit().ok);
    t.strictSame(
      store.received(0, 1_000).map((row) => [row.number, row.batch.texts]),
      [
        [1, "\n"],
        [2, "waves\n"],
        [7, "last\n"],
      ],
    );
    t.strictSame(store.received(0, 1_000)[1]?.typed, shown);
    t.strictSame(
      store.sentMessages(1, 9).map((row) => [row.number, row.batch.texts]),
      [[6, "\n"]],
    );
    t.strictSame(
      setting.history().map((message) => `${message.number} ${message.text}`),
      ["1 ", `${number} waves`, "6 ", "7 last"],
    );
  });

  keeps("keeps the time that the friend claims beside the time of arrival", (t, setting) => {
    const entry = { direction: "in", key: "none", peer: bob, batch: batchOf("one\ntwo\n") } as const;
    setting.store.append({ ...entry, time });
    setting.store.append({ ...entry, time, written: 8.64e15 });
    t.ok(setting.store.commit().ok);
    setting.crash();
    t.strictSame(setting.store.received(2, 100), [
      { number: 3, peer: bob, batch: entry.batch, time, written: 8.64e15, key: "none" },
    ]);
    t.strictSame(setting.store.received(3, 100)[0]?.written, 8.64e15, "also in a part of a batch");
    t.notOk("written" in (setting.store.received(0, 0)[0] ?? {}));
  });

  keeps("retired messages with a kind are done like texts", (t, setting) => {
    sendsTyped(setting.store, 1, entryOf({ fallback: "waves" }));
    setting.store.putOutgoing(bob, { ...fresh, retired: 1, next: 2 });
    t.ok(setting.store.commit().ok);
    t.strictSame(setting.store.waiting(bob, 1, 100), []);
    t.strictSame(
      setting.history().map(({ text, state }) => `${text} ${state}`),
      ["waves delivered"],
    );
  });
}

// Tests for every store's notebook: names, expiry times and withdrawal of single messages.

import fc from "fast-check";
import type { Note } from "../../src/core/record.js";
import type { Span } from "../../src/core/span.js";
import { promise, type Test } from "../unit/kit/promise.js";
import { big, bob, carl, fresh, type StoreSetting } from "./store-setting.js";
import { receives, sends } from "./store-suite.js";

const all: Span = { first: 1, last: 1_000_000 };
const at = (first: number, last = first): Span => ({ first, last });
const told = (setting: StoreSetting): string =>
  setting
    .history()
    .map(({ text, state }) => `${text} ${state}`)
    .join(", ");

export function notebookSuite(name: string, makeSetting: () => StoreSetting): void {
  const keeps = (what: string, keep: (t: Test, setting: StoreSetting) => void): void =>
    promise(`${name}: ${what}`, (t) => {
      const setting = makeSetting();
      t.teardown(() => setting.close());
      keep(t, setting);
    });

  const refuse = (setting: StoreSetting): boolean => {
    setting.fillDisk();
    receives(setting.store, big);
    const refused = !setting.store.commit().ok;
    setting.makeRoom();
    return refused;
  };

  keeps("finds names by span and by name for one friend, and deletes them", (t, setting) => {
    const { notebook } = setting.store;
    const names: readonly Note[] = [
      { ordinal: 2, id: "x" },
      { ordinal: 3, id: "a \0 nul, 你好" },
      { ordinal: 7, id: "x" },
    ];
    for (const note of names) notebook.putNote(bob, note);
    t.ok(setting.store.commit().ok);
    setting.crash();
    const again = setting.store.notebook;
    t.strictSame(again.notes(bob, all, 9), names);
    t.strictSame(again.notes(bob, at(3, 7), 1), [names[1]]);
    t.strictSame(again.notes(bob, at(4, 6), 9), []);
    t.strictSame(again.notes(carl, all, 9), []);
    t.strictSame(
      [again.named(bob, "x"), again.named(bob, names[1]?.id ?? ""), again.named(carl, "x")],
      [[2, 7], [3], []],
    );
    again.dropNotes(bob, at(1, 3));
    t.strictSame(again.notes(bob, all, 9), [names[2]]);
    t.ok(setting.store.commit().ok);
    again.dropNotes(carl, all);
    t.strictSame(again.notes(bob, all, 9), [names[2]]);
  });

  keeps("returns the earliest expiry, and finds and deletes expiries that are due", (t, setting) => {
    const { notebook } = setting.store;
    t.equal(notebook.nextExpiry(bob), undefined);
    notebook.putExpiry(bob, at(5, 9), 2_000);
    notebook.putExpiry(bob, at(1), 1_700_000_000_000.5);
    notebook.putExpiry(bob, at(2, 4), 1_000);
    notebook.putExpiry(carl, at(1), 1);
    t.ok(setting.store.commit().ok);
    setting.crash();
    const again = setting.store.notebook;
    t.equal(again.nextExpiry(bob), 1_000);
    t.match(again.expiring(bob, 999), []);
    const due = again.expiring(bob, 2_000);
    t.match(
      [...due].sort((one, other) => one.first - other.first),
      [at(2, 4), at(5, 9)],
    );
    again.dropExpiries(bob, 2_000);
    t.ok((again.nextExpiry(bob) ?? 0) >= 1_700_000_000_000);
    t.equal(again.nextExpiry(carl), 1);
  });

  keeps("keeps the text and numbers of withdrawn messages, and returns them as empty texts to send", (t, setting) => {
    const { store } = setting;
    sends(store, 1, "a\nb\nc\n");
    sends(store, 4, "d\ne\n");
    sends(store, 1, "another's\n", carl);
    store.putOutgoing(bob, { ...fresh, next: 6 });
    t.ok(store.commit().ok);
    t.strictSame(store.notebook.withdraw(bob, at(2, 4), "cancelled"), [at(2, 4)]);
    t.strictSame(
      store.notebook.withdraw(bob, at(1, 5), "expired"),
      [at(1), at(5)],
      "returns the newly withdrawn messages",
    );
    t.ok(store.commit().ok);
    setting.crash();
    t.equal(told(setting), "a expired, b cancelled, c cancelled, d cancelled, e expired, another's waiting");
    const batch = (texts: string, count: number): object => ({ texts, count });
    t.match(setting.store.waiting(bob, 1, 100), [
      { ordinal: 1, tag: "tag1", batch: batch("\n\n\n", 3) },
      { ordinal: 4, tag: "tag4", batch: batch("\n\n", 2) },
    ]);
    t.match(setting.store.waiting(bob, 2, 0), [{ ordinal: 2, batch: batch("\n\n", 2) }]);
    t.match(setting.store.waiting(carl, 1, 0), [{ batch: batch("another's\n", 1) }]);
    t.equal(setting.store.tagAt(bob, 3), "tag1");
  });

  keeps("withdraws a part of a batch", (t, setting) => {
    const { store } = setting;
    sends(store, 1, "a\nb\nc\nd\n");
    store.putOutgoing(bob, { ...fresh, next: 5 });
    store.notebook.withdraw(bob, at(2), "cancelled");
    store.notebook.withdraw(bob, at(4), "expired");
    t.match(store.waiting(bob, 1, 100), [{ batch: { texts: "a\n\nc\n\n", count: 4 } }]);
    t.strictSame(store.notebook.withdrawn(bob, at(1, 3)), [{ ...at(2), state: "cancelled" }]);
    store.putOutgoing(bob, { ...fresh, retired: 4, next: 5 });
    t.ok(store.commit().ok);
    t.equal(told(setting), "a delivered, b cancelled, c delivered, d expired", "also when it is retired");
  });

  keeps("a failed turn changes nothing in the notebook", (t, setting) => {
    const { store } = setting;
    sends(store, 1, "a\nb\nc\n");
    store.putOutgoing(bob, { ...fresh, next: 4 });
    store.notebook.putNote(bob, { ordinal: 1, id: "one" });
    store.notebook.putExpiry(bob, at(1), 5);
    store.notebook.withdraw(bob, at(2), "cancelled");
    t.ok(store.commit().ok);
    store.notebook.putNote(bob, { ordinal: 3, id: "three" });
    store.notebook.dropNotes(bob, at(1));
    store.notebook.putExpiry(bob, at(3), 1);
    store.notebook.dropExpiries(bob, 9);
    store.notebook.withdraw(bob, at(1, 3), "expired");
    t.ok(refuse(setting));
    t.strictSame(store.notebook.notes(bob, all, 9), [{ ordinal: 1, id: "one" }]);
    t.equal(store.notebook.nextExpiry(bob), 5);
    t.match(store.notebook.expiring(bob, 9), [at(1)]);
    t.strictSame(store.notebook.withdrawn(bob, all), [{ ...at(2), state: "cancelled" }]);
    t.equal(told(setting), "a waiting, b cancelled, c waiting");
  });

  keeps("converts between numbers and ordinals, and returns each message's state", (t, { store }) => {
    sends(store, 1, "a\nb\n");
    receives(store, "in\n");
    sends(store, 1, "x\n", carl);
    sends(store, 3, "c\nd\n");
    store.putOutgoing(bob, { ...fresh, retired: 1, acknowledges: false, next: 5 });
    store.putOutgoing(bob, { ...fresh, retired: 2, next: 5 });
    store.notebook.withdraw(bob, at(4), "expired");
    const { notebook } = store;
    const ordinals = [1, 2, 3, 4];
    t.strictSame(
      ordinals.map((ordinal) => notebook.numberOf(bob, ordinal)),
      [1, 2, 5, 6],
    );
    t.equal(notebook.numberOf(bob, 5), undefined);
    t.strictSame(
      [1, 2, 3, 4, 5, 6, 7].map((number) => notebook.ordinalOf(bob, number)),
      [1, 2, undefined, undefined, 3, 4, undefined],
    );
    t.strictSame(
      ordinals.map((ordinal) => notebook.stateOf(bob, ordinal)),
      ["sent", "delivered", "waiting", "expired"],
    );
  });

  keeps("withdrawing overlapping spans in any order equals marking each message", (t, setting) => {
    const step = fc.record({
      first: fc.integer({ min: 1, max: 12 }),
      length: fc.nat(6),
      state: fc.constantFrom("cancelled", "expired"),
      keep: fc.boolean(),
    });
    setting.close();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), fc.integer({ min: 1, max: 18 }), (steps, from) => {
        const one = makeSetting();
        const { store } = one;
        sends(store, 1, Array.from({ length: 18 }, (_, index) => `${String(index + 1)}\n`).join(""));
        store.putOutgoing(bob, { ...fresh, next: 19 });
        store.commit();
        const states = new Map<number, string>();
        for (const { first, length, state, keep } of steps) {
          const taken = store.notebook.withdraw(bob, at(first, first + length), state);
          const gone = taken.flatMap((span) => ordinalsOf(span));
          const expected = ordinalsOf(at(first, first + length)).filter((ordinal) => !states.has(ordinal));
          if (gone.join() !== expected.join()) throw new Error(`${gone.join()} for ${expected.join()}`);
          if (keep ? store.commit().ok : !refuse(one)) for (const each of expected) states.set(each, state);
        }
        const texts = store.waiting(bob, from, 1_000).flatMap(({ batch }) => batch.texts.split("\n").slice(0, -1));
        const wanted = ordinalsOf(at(from, 18)).map((ordinal) => (states.has(ordinal) ? "" : String(ordinal)));
        if (texts.join() !== wanted.join()) throw new Error(`${texts.join()} for ${wanted.join()}`);
        const history = one.history().map(({ state }) => state);
        const kept = ordinalsOf(at(1, 18)).map((ordinal) => states.get(ordinal) ?? "waiting");
        one.close();
        return history.join() === kept.join();
      }),
      { numRuns: 20 },
    );
    t.pass();
  });
}

const ordinalsOf = ({ first, last }: Span): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

// Compares history queries to a simple search through all messages.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { batchOf } from "../../src/core/batch.js";
import type { HistoryMessage, HistoryQuery } from "../../src/core/record.js";
import { SqliteHistory } from "../../src/store/sqlite-history.js";
import { SqliteStore } from "../../src/store/sqlite-store.js";
import { promise } from "../unit/kit/promise.js";
import { bob, carl } from "./store-setting.js";
import { valueOf } from "./value-of.js";

interface Opened {
  readonly store: SqliteStore;
  readonly history: SqliteHistory;
}

function withStore(run: (opened: Opened) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "p2p-search-"));
  const store = valueOf(SqliteStore.open(join(folder, "messages.db")));
  const history = valueOf(SqliteHistory.open(join(folder, "messages.db")));
  run({ store, history });
  history.close();
  store.close();
  rmSync(folder, { recursive: true, force: true });
}

const words = ["red", "Green", "blue", "caf\u00e9", ":-)", "\u{1f389}", "x\0y"];
const text = fc.array(fc.constantFrom(...words), { maxLength: 3 }).map((all) => all.join(" "));
const batch = fc.record({
  peer: fc.constantFrom(bob, carl),
  time: fc.integer({ min: 0, max: 9 }),
  texts: fc.array(text, { minLength: 1, maxLength: 5 }),
  indexed: fc.nat(4),
});
const question = fc.record(
  {
    peer: fc.constantFrom(bob, carl),
    since: fc.integer({ min: 0, max: 9 }),
    limit: fc.nat(6),
    search: fc
      .array(fc.constantFrom("red", "y", "green", "GREEN", "cafe", ":-)", "\u{1f389}", "none"), { maxLength: 2 })
      .map((all) => all.join(" ")),
  },
  { requiredKeys: [] },
);

const plain = (line: string): string => line.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function searched(all: readonly HistoryMessage[], { peer, since, limit, search = "" }: HistoryQuery): HistoryMessage[] {
  const asked = search.split(" ").filter(Boolean);
  const found = all.filter(
    (message) =>
      (peer === undefined || message.peer === peer) &&
      (since === undefined || Date.parse(message.time) >= since) &&
      asked.every((word) => plain(message.text).split(/[ \0]/u).includes(plain(word))),
  );
  return limit === undefined ? found : limit === 0 ? [] : found.slice(-limit);
}

promise("returns the same as a search through all messages, however many are indexed", (t) => {
  fc.assert(
    fc.property(
      fc.array(batch, { maxLength: 8, size: "max" }),
      fc.array(question, { maxLength: 8, size: "max" }),
      (batches, questions) => {
        withStore(({ store, history }) => {
          for (const { peer, time, texts, indexed } of batches) {
            store.append({
              direction: "in",
              key: "none",
              peer,
              time,
              batch: batchOf(texts.map((line) => `${line}\n`).join("")),
            });
            valueOf(store.commit());
            if (indexed > 0) store.indexSome({ messages: indexed, chars: 1_000 });
          }
          const all = Array.from(history.messages({}));
          t.equal(all.length, batches.flatMap(({ texts }) => texts).length);
          for (const asked of questions)
            t.strictSame(Array.from(history.messages(asked)), searched(all, asked), JSON.stringify(asked));
        });
      },
    ),
    { numRuns: 60 },
  );
});

promise("accepts any search text without a syntax error", (t) => {
  withStore(({ store, history }) => {
    store.append({ direction: "in", key: "none", peer: bob, time: 1, batch: batchOf('NEAR("a" b*) AND c:d ^e\n') });
    valueOf(store.commit());
    for (const search of ["NEAR(", '"', '""', "a AND", "AND OR NOT", "c:d", "b*", "^e", "{a} : b", "-", "\0", "'"])
      t.doesNotThrow(() => Array.from(history.messages({ search })), search);
    fc.assert(fc.property(fc.string(), (search) => Array.from(history.messages({ search })).length <= 1));
    t.equal(Array.from(history.messages({ search: "and NEAR" })).length, 1, "words of the query language are words");
  });
});

promise("reads two answers on one connection alternately", (t) => {
  withStore(({ store, history }) => {
    const answers = ["red", "blue"].map((search) => ({ search }));
    for (let number = 0; number < 2_400; number += 1)
      store.append({ direction: "in", key: "none", peer: bob, time: 1, batch: batchOf("red blue\n") });
    valueOf(store.commit());
    store.indexSome({ messages: 2_000, chars: 100_000 });
    const [red, blue] = answers.map((asked) => history.messages(asked));
    for (let number = 1; number <= 2_400; number += 1)
      for (const answer of [red!, blue!]) t.match(answer.next().value, { seq: String(number) });
    t.ok(red!.next().done === true && blue!.next().done === true);
  });
});

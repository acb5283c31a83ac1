// A simple model of a store, a list of messages copied at each commit, and random operations that compare a Store to
// it.

import assert from "node:assert/strict";
import fc from "fast-check";
import { batchOf } from "../../src/core/batch.js";
import type { Incoming, Outgoing } from "../../src/core/record.js";
import type { PeerName, PublicKey } from "../../src/core/types.js";
import { big, bob, carl, fresh, key, type Remembered, type StoreSetting } from "./store-setting.js";

interface Message extends Remembered {
  readonly ordinal: number;
  readonly tag: string;
}

interface State {
  readonly messages: readonly Message[];
  readonly outgoing: ReadonlyMap<PeerName, Outgoing>;
  readonly incoming: ReadonlyMap<PublicKey, Incoming>;
  readonly shown: number;
}

const empty: State = { messages: [], outgoing: new Map(), incoming: new Map(), shown: 0 };

class World {
  now = empty;
  committed = empty;
  /** A lower bound for the next store number. */
  next = 1;
  readonly setting: StoreSetting;

  constructor(setting: StoreSetting) {
    this.setting = setting;
  }

  sends(peer: PeerName, texts: readonly string[]): void {
    const before = this.now.outgoing.get(peer) ?? { ...fresh, key: undefined };
    const { next: ordinal } = before;
    const tag = `tag ${peer} ${ordinal}`;
    const batch = batchOf(joined(texts));
    const number = this.setting.store.append({ direction: "out", peer, time: 1, batch, ordinal, tag });
    this.#add(number, texts, (text, index) => ({
      direction: "out",
      peer,
      text,
      state: "waiting",
      ordinal: ordinal + index,
      tag,
    }));
    this.#put(peer, { ...before, next: ordinal + texts.length });
  }

  receives(peer: PeerName, texts: readonly string[]): void {
    const number = this.setting.store.append({
      direction: "in",
      key: "none",
      peer,
      time: 1,
      batch: batchOf(joined(texts)),
    });
    this.#add(number, texts, (text) => ({ direction: "in", peer, text, state: "received", ordinal: 0, tag: "" }));
    const incoming = { stream: "s", received: number, tag: `tag ${number}` };
    this.setting.store.putIncoming(key, incoming);
    this.now = { ...this.now, incoming: new Map([[key, incoming]]) };
  }

  retires(peer: PeerName, share: number, acknowledges: boolean): void {
    const before = this.now.outgoing.get(peer);
    if (before === undefined) return;
    const retired = before.retired + Math.round(share * (before.next - 1 - before.retired));
    const gone = (message: Message): boolean =>
      message.peer === peer && message.state === "waiting" && message.ordinal <= retired;
    const state = acknowledges ? "delivered" : "sent";
    this.now = { ...this.now, messages: this.now.messages.map((it) => (gone(it) ? { ...it, state } : it)) };
    this.#put(peer, { ...before, retired, acknowledges });
  }

  shows(share: number): void {
    const shown = Math.round(this.now.shown + share * (this.next - 1 - this.now.shown));
    this.setting.store.setShown(shown);
    this.now = { ...this.now, shown };
  }

  commits(): void {
    assert.deepEqual(this.setting.store.commit(), { ok: true, value: null });
    this.committed = this.now;
    const seen = this.setting
      .history()
      .map(({ direction, peer, number, text, state }) => ({ direction, peer, number, text, state }));
    assert.deepEqual(
      seen,
      this.now.messages.map(({ direction, peer, number, text, state }) => ({ direction, peer, number, text, state })),
    );
  }

  fails(): void {
    this.setting.fillDisk();
    this.receives(bob, [big.trimEnd()]);
    assert.deepEqual(this.setting.store.commit(), { ok: false, message: "the disk is full" });
    this.setting.makeRoom();
    this.now = this.committed;
  }

  crashes(): void {
    this.setting.crash();
    this.now = this.committed;
    this.next = (this.now.messages.at(-1)?.number ?? 0) + 1;
  }

  compare(from: number, chars: number): void {
    const { store } = this.setting;
    for (const peer of [bob, carl]) {
      assert.deepEqual(store.outgoing(peer), this.now.outgoing.get(peer));
      this.#compareWaiting(peer, from, chars);
    }
    assert.deepEqual(store.incoming(key), this.now.incoming.get(key));
    assert.equal(store.shown, this.now.shown);
    this.#compareReceived(Math.max(from, this.now.shown), chars);
  }

  #compareWaiting(peer: PeerName, from: number, chars: number): void {
    const { store } = this.setting;
    const waiting = this.now.messages.filter((it) => it.peer === peer && it.state === "waiting");
    for (const { ordinal, tag } of waiting) assert.equal(store.tagAt(peer, ordinal), tag);
    const expected = waiting.filter(({ ordinal }) => ordinal >= from).map((it) => `${it.ordinal} ${it.tag} ${it.text}`);
    comparePages(expected, chars, (got) => {
      const first = Math.max(from, waiting[0]?.ordinal ?? 1) + got;
      return store.waiting(peer, got === 0 ? from : first, chars).map(({ ordinal, tag, batch }) => ({
        chars: batch.texts.length,
        lines: linesOf(batch.texts).map((text, index) => `${ordinal + index} ${tag} ${text}`),
      }));
    });
  }

  /** Shown messages may be dropped. */
  #compareReceived(above: number, chars: number): void {
    const expected = this.now.messages.filter((it) => it.direction === "in" && it.number > above);
    const numbers = expected.map(({ number }) => number);
    comparePages(
      expected.map((it) => `${it.number} ${it.peer} ${it.text}`),
      chars,
      (got) =>
        this.setting.store
          .received(got === 0 ? above : (numbers[got - 1] ?? 0), chars)
          .map(({ number, peer, batch }) => ({
            chars: batch.texts.length,
            lines: linesOf(batch.texts).map((text, index) => `${number + index} ${peer} ${text}`),
          })),
    );
  }

  #add(number: number, texts: readonly string[], make: (text: string, index: number) => Omit<Message, "number">): void {
    assert.ok(number >= this.next, "store numbers only grow");
    this.next = number + texts.length;
    const added = texts.map((text, index) => ({ ...make(text, index), number: number + index }));
    this.now = { ...this.now, messages: [...this.now.messages, ...added] };
  }

  #put(peer: PeerName, outgoing: Outgoing): void {
    this.setting.store.putOutgoing(peer, outgoing);
    this.now = { ...this.now, outgoing: new Map(this.now.outgoing).set(peer, outgoing) };
  }
}

interface PageRow {
  readonly chars: number;
  readonly lines: readonly string[];
}

/** Reads page after page: together they hold the expected rows, and no page is too long. */
function comparePages(expected: readonly string[], chars: number, read: (got: number) => readonly PageRow[]): void {
  const got: string[] = [];
  for (;;) {
    const page = read(got.length);
    const beyond = page.slice(1).reduce((sum, row) => sum + row.chars, 0);
    assert.ok(beyond <= chars, "no more than fits");
    if (page.length === 0) break;
    got.push(...page.flatMap((row) => row.lines));
    assert.ok(got.length <= expected.length, "nothing but what is expected");
  }
  assert.deepEqual(got, expected);
}

const joined = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join("");
const linesOf = (texts: string): string[] => texts.split("\n").slice(0, -1);

type Step = (world: World) => void;

const peers = fc.constantFrom(bob, carl);
const texts = fc.array(
  fc.string({ maxLength: 6 }).map((text) => text.replaceAll("\n", " ")),
  { minLength: 1, maxLength: 4 },
);
const share = fc.constantFrom(0, 0.5, 1);

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(peers, texts).map(
      ([peer, all]) =>
        (world: World) =>
          world.sends(peer, all),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(peers, texts).map(
      ([peer, all]) =>
        (world: World) =>
          world.receives(peer, all),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(peers, share, fc.boolean()).map(
      ([peer, part, acknowledges]) =>
        (world: World) =>
          world.retires(peer, part, acknowledges),
    ),
  },
  { weight: 1, arbitrary: share.map((part) => (world: World) => world.shows(part)) },
  { weight: 4, arbitrary: fc.constant((world: World) => world.commits()) },
  { weight: 1, arbitrary: fc.constant((world: World) => world.fails()) },
  { weight: 1, arbitrary: fc.constant((world: World) => world.crashes()) },
);

/** After each step, reads start at random numbers with random page sizes. */
export function runModel(makeSetting: () => StoreSetting): void {
  const life = fc.array(fc.tuple(steps, fc.nat(12), fc.nat(20)), { maxLength: 60, size: "max" });
  fc.assert(
    fc.property(life, (all) => {
      const world = new World(makeSetting());
      for (const [step, from, chars] of all) {
        step(world);
        world.compare(from, chars);
      }
      world.setting.close();
    }),
    { numRuns: 150 },
  );
}

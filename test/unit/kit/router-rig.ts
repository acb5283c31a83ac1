// A router with three members, a store in memory and fake carriers that the test controls.

import { batchOf } from "../../../src/core/batch.js";
import type { Notice } from "../../../src/core/notice.js";
import type { DialectName, Peer, PeerName } from "../../../src/core/types.js";
import { Friend } from "../../../src/delivery/friend.js";
import { MemoryStore } from "./memory-store.js";
import { Router } from "../../../src/delivery/router.js";
import { FakeCarrier } from "./fake-carrier.js";
import { SteadyRandom } from "./steady-random.js";
import { VirtualClock } from "./virtual-clock.js";

export const member = (name: string, host: string, dialect: DialectName = "line"): Peer => ({
  name: name as PeerName,
  host,
  port: 6969,
  ownPort: false,
  dialect,
  idle: { kind: "never", afterMs: 0 },
});

export class RouterRig {
  readonly notices: Notice[] = [];
  readonly messages: string[] = [];
  readonly numbers: number[] = [];
  readonly congested: boolean[] = [];
  readonly clock = new VirtualClock(1_000);
  readonly random = new SteadyRandom();
  readonly store: MemoryStore;
  readonly router: Router;
  readonly carriers = new Map<string, FakeCarrier>();
  readonly friends: readonly Friend<FakeCarrier>[];

  constructor(dialect: DialectName = "line", store = new MemoryStore({ keepHistory: true })) {
    this.store = store;
    this.router = new Router(
      {
        message: ({ peer, batch, number }) => {
          this.messages.push(`${peer}: ${batch.texts}`);
          this.numbers.push(number);
        },
        notice: (notice) => this.notices.push(notice),
        connected: () => undefined,
        congested: (congested) => this.congested.push(congested),
      },
      { store, clock: this.clock, alarm: (delayMs, run) => this.#set({ delayMs, run }) },
    );
    this.friends = ["Alice", "Bob", "José"].map((name, index) =>
      this.friend(member(name, `10.1.1.${String(index)}`, dialect)),
    );
    this.router.setFriends("Alice" as PeerName, this.friends);
  }

  readonly #alarms = new Set<{ readonly delayMs: number; readonly run: () => void }>();

  #set(alarm: { readonly delayMs: number; readonly run: () => void }): { cancel(): void } {
    this.#alarms.add(alarm);
    return { cancel: () => this.#alarms.delete(alarm) };
  }

  /** The delays of the alarms that are set. */
  get alarms(): readonly number[] {
    return [...this.#alarms].map(({ delayMs }) => delayMs);
  }

  /** Runs all alarms. */
  ring(): this {
    for (const alarm of [...this.#alarms]) {
      this.#alarms.delete(alarm);
      alarm.run();
    }
    return this;
  }

  get bob(): FakeCarrier {
    return this.carriers.get("Bob")!;
  }

  /** Bob's Friend, which receives the reports of his session. */
  get tell(): Friend<FakeCarrier> {
    return this.friends[1]!;
  }

  friend(peer: Peer): Friend<FakeCarrier> {
    const { store, clock, random } = this;
    const acknowledges = (of: Peer): boolean => of.dialect === "secure";
    return new Friend(
      peer,
      { peerEvents: this.router, store, clock, random, acknowledges, portionBytes: () => undefined },
      () => {
        const carrier = new FakeCarrier();
        this.carriers.set(peer.name, carrier);
        return carrier;
      },
    );
  }

  send(texts = "hello\n", to = "Bob"): this {
    this.router.send(to, batchOf(texts));
    return this;
  }

  /** Ends a turn like the program: settle, commit, flush. */
  turn(): this {
    this.router.settle();
    this.router.flush(this.store.commit());
    return this;
  }

  becomeReady(): this {
    this.bob.ready = true;
    this.tell.onReady();
    return this.turn();
  }

  /** The session takes all writes. */
  takeAll(): this {
    this.becomeReady();
    while (!this.bob.ready) {
      this.tell.onTaken();
      this.becomeReady();
    }
    return this;
  }
}

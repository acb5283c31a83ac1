// One delivery with a store in memory, a fake carrier that the test controls, and recorded delivery events.

import { batchOf } from "../../../src/core/batch.js";
import type { Received } from "../../../src/core/record.js";
import type { Span } from "../../../src/core/span.js";
import { visibleText, type TypedMessage } from "../../../src/core/typed-message.js";
import type { Peer, Result } from "../../../src/core/types.js";
import { AcknowledgedDelivery } from "../../../src/delivery/acknowledged.js";
import type { Delivery, DeliveryParts, DeliveryEvents } from "../../../src/delivery/delivery.js";
import { MemoryStore } from "./memory-store.js";
import { WrittenDelivery } from "../../../src/delivery/written.js";
import { FakeCarrier } from "./fake-carrier.js";
import { member } from "./router-rig.js";
import { SteadyRandom } from "./steady-random.js";
import { VirtualClock } from "./virtual-clock.js";

export class DeliveryRig<Kind extends Delivery> implements DeliveryEvents {
  readonly peer: Peer = member("Bob", "10.1.2.0");
  readonly clock = new VirtualClock(100_000);
  readonly store: MemoryStore;
  readonly carrier = new FakeCarrier();
  readonly delivery: Kind;
  readonly retiredCounts: number[] = [];
  readonly shown: string[] = [];
  readonly numbers: number[] = [];
  /** Notices for the user. */
  readonly notices: string[] = [];
  stirs = 0;

  constructor(
    make: (parts: DeliveryParts) => Kind,
    store = new MemoryStore({ keepHistory: true }),
    random = new SteadyRandom(),
    portionBytes?: number,
  ) {
    this.store = store;
    const { carrier, clock } = this;
    this.delivery = make({ peer: () => this.peer, carrier, portionBytes, store, clock, random, deliveryEvents: this });
  }

  stored(): void {
    // These tests do not use outcomes of single messages.
  }
  unsendable({ first, last }: Span): void {
    this.store.notebook.withdraw(this.peer.name, { first, last }, "failed");
    this.notices.push(`unsendable ${String(first)} to ${String(last)}`);
  }
  retired(count: number): void {
    this.retiredCounts.push(count);
  }
  received({ batch, number }: Received): void {
    this.shown.push(...batch.texts.split("\n").slice(0, -1));
    this.numbers.push(number);
  }
  refused(count: number, reason: string): void {
    this.notices.push(`refused ${String(count)}: ${reason}`);
  }
  readdressed(count: number): void {
    this.notices.push(`readdressed ${String(count)}`);
  }
  steppedBack(count: number): void {
    this.notices.push(`stepped back ${String(count)}`);
  }
  countsAnew(): void {
    this.notices.push("counts anew");
  }
  requestTurn(): void {
    this.stirs += 1;
  }

  push(texts: string): number {
    return this.delivery.push(batchOf(texts));
  }

  pushTyped(message: TypedMessage): number {
    return this.delivery.push(visibleText(message), message);
  }

  /** Ends a turn: settle, commit, flush. */
  turn(): this {
    this.settle();
    this.flush(this.store.commit());
    return this;
  }

  settle(): void {
    this.delivery.settle();
  }

  flush(committed: Result<null>): void {
    this.delivery.flush(committed);
  }

  get history(): readonly string[] {
    return this.store.history().map(({ direction, text, state }) => `${direction} ${text} ${state}`);
  }
}

export const writtenRig = (store?: MemoryStore, portionBytes?: number): DeliveryRig<WrittenDelivery> =>
  new DeliveryRig((parts) => new WrittenDelivery(parts), store, undefined, portionBytes);

export const acknowledgedRig = (store?: MemoryStore, random?: SteadyRandom): DeliveryRig<AcknowledgedDelivery> =>
  new DeliveryRig((parts) => new AcknowledgedDelivery(parts), store, random);

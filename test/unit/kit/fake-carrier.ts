// A fake session, as delivery sees it, that the test controls.

import { batchOf } from "../../../src/core/batch.js";
import type { Batch } from "../../../src/core/types.js";
import type { Carrier, Expectation } from "../../../src/session/carrier.js";
import type { DeliveryEvent } from "../../../src/wire/event.js";

const said = (events: readonly DeliveryEvent[]): string =>
  events.map((event) => (event.kind === "texts" ? event.batch.texts : "")).join("");

export class FakeCarrier implements Carrier {
  ready = false;
  parting = false;
  progressing = false;
  status: Carrier["status"] = {
    ...{ state: "not connected", idleMs: undefined, attempts: [], retryAt: undefined },
  };
  wanted = 0;
  reading = true;
  /** The events of each write. */
  readonly writes: (readonly DeliveryEvent[])[] = [];
  expects: Expectation = "nothing";
  settledTimes = 0;
  readonly dropped: string[] = [];

  want(): void {
    this.wanted += 1;
  }
  carry(events: readonly DeliveryEvent[]): void {
    if (!this.ready) throw new Error("carry without being ready");
    if (events.length === 0) throw new Error("carried nothing");
    this.writes.push(events);
    this.ready = false;
  }
  expect(expectation: Expectation): void {
    this.expects = expectation;
  }
  settled(): void {
    this.settledTimes += 1;
  }
  drop(reason: string): void {
    this.dropped.push(reason);
  }
  pauseReading(): void {
    this.reading = false;
  }
  resumeReading(): void {
    this.reading = true;
  }

  /** The texts of each write. */
  get carried(): readonly Batch[] {
    return this.writes.map((events) => {
      const [only] = events;
      return events.length === 1 && only?.kind === "texts" ? only.batch : batchOf(said(events));
    });
  }
  get text(): string {
    return this.writes.map(said).join("");
  }
}

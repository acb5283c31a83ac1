// A session, as delivery sees it, that does what the test says.

import type { Batch } from "../../../src/core/types.js";
import type { Carrier } from "../../../src/delivery/carrier.js";

export class FakeCarrier implements Carrier {
  ready = false;
  progressing = false;
  status: Carrier["status"] = { state: "not connected", idleMs: undefined };
  wanted = 0;
  reading = true;
  readonly carried: Batch[] = [];

  want(): void {
    this.wanted += 1;
  }
  carry(batch: Batch): void {
    if (!this.ready) throw new Error("carry without being ready");
    this.carried.push(batch);
    this.ready = false;
  }
  pauseReading(): void {
    this.reading = false;
  }
  resumeReading(): void {
    this.reading = true;
  }
  get text(): string {
    return this.carried.map((batch) => batch.texts).join("");
  }
}

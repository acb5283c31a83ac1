// Clock over Node's timers and setImmediate: libuv's check phase, right after poll.

import { performance } from "node:perf_hooks";
import type { Cancel, Clock } from "../ports.js";

export class NodeClock implements Clock {
  /** Whole milliseconds: V8 allocates an object for each stored fraction, and a connection stores several stamps. */
  now(): number {
    return Math.floor(performance.now());
  }

  wallTime(): number {
    return Date.now();
  }

  after(delayMs: number, callback: () => void): Cancel {
    // Node turns delays over 2^31 - 1 ms into 1 ms.
    const timer = setTimeout(callback, Math.min(delayMs, 2_147_483_647));
    return () => clearTimeout(timer);
  }

  endOfPoll(callback: () => void): void {
    setImmediate(callback);
  }
}

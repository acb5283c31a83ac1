// A screen and a keyboard that are the test.

import type { Bytes } from "../../../src/core/types.js";
import { fromUtf8 } from "../../../src/core/utf8.js";
import type { Console } from "../../../src/ports.js";

export class FakeConsole implements Console {
  readonly writes: string[] = [];
  /** What `write` answers: whether the reader of stdout takes it. */
  takes = true;
  paused = false;

  bind(): void {
    // The test hands what is typed to the face itself.
  }

  write(chunk: Bytes): boolean {
    this.writes.push(fromUtf8(chunk));
    return this.takes;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  get text(): string {
    return this.writes.join("");
  }
}

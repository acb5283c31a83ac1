// A line console with a fake screen, keyboard and member API that the test controls.

import { batchOf } from "../../../src/core/batch.js";
import type { Comparison, NamedKey } from "../../../src/core/known-key.js";
import type { PeerStatus } from "../../../src/core/notice.js";
import type { HistoryMessage, HistoryQuery } from "../../../src/core/record.js";
import {
  fault,
  ok,
  type Batch,
  type Peer,
  type PeerName,
  type PublicKey,
  type Result,
} from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import type { MemberApi } from "../../../src/member/api.js";
import { LineConsole } from "../../../src/clients/lines/console.js";
import { FakeConsole } from "./fake-console.js";

export const row = (name: string, host: string, port?: number): Peer => ({
  name: name as PeerName,
  host,
  port: port ?? 6969,
  ownPort: port !== undefined,
  dialect: "line",
  idle: { kind: "never", afterMs: 0 },
});

export const group = [row("Alice", "10.1.1.0"), row("Bob", "10.1.2.0"), row("Martha", "10.1.3.0")];
export const bob = "Bob" as PeerName;

export class ConsoleRig implements MemberApi {
  readonly screen = new FakeConsole();
  readonly console = new LineConsole(this.screen, () => this);
  readonly sent: (readonly [string, Batch])[] = [];
  names = group.map((peer) => peer.name);
  status: readonly PeerStatus[] = [];
  reading = true;
  quits = 0;
  #number = 1;
  pauses = 0;

  readonly self = "Alice" as PeerName;
  send(to: string, batch: Batch): readonly string[] {
    this.sent.push([to, batch]);
    return [to];
  }
  cancel(): void {
    // The line console does not cancel messages.
  }
  reportTo(): void {
    // Nor does it ask for outcomes.
  }
  pauseReading(): void {
    this.reading = false;
    this.pauses += 1;
  }
  resumeReading(): void {
    this.reading = true;
  }
  quit(): void {
    this.quits += 1;
  }
  readonly asked: HistoryQuery[] = [];
  told: Result<readonly HistoryMessage[]> = ok([]);
  history(query: HistoryQuery): Result<readonly HistoryMessage[]> {
    this.asked.push(query);
    return this.told;
  }
  readonly trusted: (readonly [string, NamedKey | undefined])[] = [];
  trust(friend: string, key: NamedKey | undefined): readonly string[] {
    this.trusted.push([friend, key]);
    return [`trusted ${friend}`];
  }
  account(): undefined {
    return undefined;
  }
  keyOf(friend?: PeerName): readonly string[] {
    return [`key of ${friend ?? "ours"}`];
  }

  comparison(): Result<Comparison> {
    return fault("nothing to compare");
  }
  verify(friend: PeerName, key: PublicKey): readonly string[] {
    return [`verified ${friend} ${key}`];
  }

  type(text: string): this {
    this.console.onBytes(toUtf8(text));
    return this;
  }

  /** A message arrives with the next store number. Returns the number of its last text. */
  message(from: PeerName, batch: Batch): number {
    this.console.message({ peer: from, batch, number: this.#number, time: 0, key: "none" });
    this.#number += batch.count;
    return this.#number - 1;
  }

  /** The reader of stdout stops reading after the next write. */
  stall(): this {
    this.screen.takes = false;
    this.message(bob, batchOf("the last that was read\n"));
    this.turn();
    return this;
  }

  /** Prints `chars` characters, four or more, one message per turn. */
  fill(chars: number): this {
    for (let left = chars; left > 0;) {
      const size = left > 2_048 ? 1_024 : left;
      this.message("" as PeerName, batchOf(`${"x".repeat(size - 4)}\n`));
      left -= size;
      this.turn();
    }
    return this;
  }

  /** The reader of stdout takes the last write. */
  drain(): void {
    this.screen.drain();
    this.console.onDrain();
  }

  /** Ends the turn and returns its output. */
  turn(): string {
    const before = this.screen.text.length;
    this.console.flush();
    return this.screen.text.slice(before);
  }
}

// A line console with a fake screen, keyboard and member API that the test controls.

import { batchOf } from "../../../src/core/batch.js";
import { ok, type Batch, type Peer, type PeerName, type Result } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import type { Answers, Fields, MemberApi, MemberRequest, Reply } from "../../../src/member/api.js";
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
  reading = true;
  quits = 0;
  #number = 1;
  pauses = 0;
  /** Every request, with its fields. */
  readonly requests: (readonly [MemberRequest, Fields])[] = [];
  /** The answers of the member. Those of `key`, `trust` and a confirming `verify` repeat what was asked. */
  readonly answers: { [Name in MemberRequest]?: Result<Answers[Name]> } = {
    history: ok({ messages: [] }),
    peers: ok({ peers: [] }),
  };

  readonly self = "Alice" as PeerName;
  send(to: string, batch: Batch): readonly string[] {
    this.sent.push([to, batch]);
    return [to];
  }
  request<Name extends MemberRequest>(name: Name, fields: Fields, reply: Reply<Name>): void {
    this.requests.push([name, fields]);
    const words = [name, ...Object.values(fields).filter((field) => typeof field === "string")].join(" ");
    const lines = ok({ lines: [words] }) as Result<Answers[Name]>;
    reply(name === "verify" && fields["key"] !== undefined ? lines : (this.answers[name] ?? lines));
  }
  /** The fields of the requests of that name, without where they were asked. */
  asked(name: MemberRequest): readonly Fields[] {
    const asked = this.requests.filter(([each]) => each === name);
    return asked.map(([, fields]) => Object.fromEntries(Object.entries(fields).filter(([field]) => field !== "chat")));
  }
  reportTo(): void {
    // The line console does not ask for outcomes.
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

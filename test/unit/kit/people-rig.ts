// A terminal console with a fake terminal, user and member API that the test controls.

import { batchOf } from "../../../src/core/batch.js";
import type { OutcomeKind, SendOptions } from "../../../src/core/outcome.js";
import type { Batch } from "../../../src/core/types.js";
import { TerminalConsole, type TerminalSettings } from "../../../src/clients/terminal/console.js";
import type { Completion } from "../../../src/ports.js";
import { bob, ConsoleRig, group } from "./console-rig.js";
import { FakeTerminal } from "./fake-terminal.js";

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** Minutes since midnight, UTC. */
export const time = (hour: number, minute = 0): number => (60 * hour + minute) * minuteMs;

function localTime(ms: number): { day: string; time: string } {
  const minutes = Math.floor((ms % dayMs) / minuteMs);
  const two = (number: number): string => String(number).padStart(2, "0");
  return { day: `day ${Math.floor(ms / dayMs)}`, time: `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}` };
}

export class PeopleRig extends ConsoleRig {
  readonly terminal = new FakeTerminal();
  readonly people: TerminalConsole;
  readonly slips: { readonly to: string; readonly texts: string; readonly sendOptions: SendOptions | undefined }[] = [];
  now = time(12);
  #seq = 1;

  constructor(settings: Partial<TerminalSettings> = {}) {
    super();
    this.people = new TerminalConsole(this.terminal, () => this, {
      self: group[0]!.name,
      capabilities: { colour: false, unicode: true },
      ...{ bell: false, expireMs: undefined, keyFile: "/state/key", localTime, wallTime: () => this.now },
      typedLines: { first: false, earlier: [], add: () => undefined },
      ...settings,
    });
  }

  override send(to: string, batch: Batch, sendOptions?: SendOptions): readonly string[] {
    this.slips.push({ to, texts: batch.texts, sendOptions });
    return super.send(to, batch);
  }

  /** Types lines, each in its own turn. Returns the rows on the screen. */
  types(...lines: readonly string[]): readonly string[] {
    for (const text of lines) {
      this.people.onTyped({ kind: "line", text });
      this.people.flush();
    }
    return this.terminal.rows;
  }

  pastes(...lines: readonly string[]): this {
    return this.pastesBehind("", ...lines);
  }

  /** Pastes lines after a typed draft, which is the beginning of the first line. */
  pastesBehind(draft: string, ...lines: readonly string[]): this {
    this.people.onTyped({ kind: "paste", lines, draft });
    this.people.flush();
    return this;
  }

  completes(before: string): Completion {
    let given: Completion = { typed: "?", candidates: [] };
    this.people.onTyped({ kind: "complete", before, answer: (completion) => (given = completion) });
    return given;
  }

  /** A message arrives; the turn does not end. */
  arrives(text: string, from = bob, at = this.now): void {
    const batch = batchOf(`${text}\n`);
    this.people.message({ peer: from, batch, number: this.#seq, time: at, key: "first-use" });
    this.#seq += batch.count;
  }

  /** Reports an outcome of the message sent as number `index`; the turn does not end. */
  becomes(index: number, kind: OutcomeKind, more: { to?: string; final?: boolean; reason?: string } = {}): void {
    const { to, sendOptions } = this.slips[index]!;
    const final = more.final ?? !["queued", "sent"].includes(kind);
    const reason = more.reason === undefined ? {} : { reason: more.reason };
    sendOptions!.origin.outcome({
      kind,
      final,
      to: more.to ?? to,
      count: 1,
      number: undefined,
      id: undefined,
      ...reason,
    });
  }

  flush(): readonly string[] {
    this.people.flush();
    return this.terminal.rows;
  }
}

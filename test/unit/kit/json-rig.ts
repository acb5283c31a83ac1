// A JSON client with a fake screen, keyboard and member API that the test controls; each output line is checked against
// the schema.

import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { batchOf } from "../../../src/core/batch.js";
import type { Outcome, OutcomeKind, SendOptions } from "../../../src/core/outcome.js";
import type { Batch } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { JsonClient } from "../../../src/clients/json/client.js";
import { SendTracker } from "../../../src/clients/send-tracker.js";
import { bob, ConsoleRig } from "./console-rig.js";
import { FakeConsole } from "./fake-console.js";
import { VirtualClock } from "./virtual-clock.js";

const schema = JSON.parse(readFileSync("src/clients/json/json-lines.schema.json", "utf8")) as object;
const validate = new Ajv({ strict: true, strictTypes: false, allErrors: true }).compile(schema);

export type JsonEvent = Readonly<Record<string, unknown>>;

/** Throws if a line does not match the schema. */
export function checkedEvents(text: string): readonly JsonEvent[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const event = JSON.parse(line) as JsonEvent;
      if (!validate(event)) throw new Error(`${line}: ${JSON.stringify(validate.errors)}`);
      return event;
    });
}

export class JsonRig extends ConsoleRig {
  readonly out = new FakeConsole();
  readonly clock = new VirtualClock(1_700_000_000_250);
  readonly tracker = new SendTracker();
  readonly client: JsonClient;
  readonly slips: (SendOptions | undefined)[] = [];
  #told = 0;

  constructor(expireMs?: number) {
    super();
    const { out: console, clock, tracker } = this;
    this.client = new JsonClient({ console, clock, tracker, expireMs, api: () => this });
  }

  override send(to: string, batch: Batch, sendOptions?: SendOptions): readonly string[] {
    this.slips.push(sendOptions);
    return super.send(to, batch);
  }

  /** Runs one turn in which these bytes arrive on stdin. */
  types(text: string): void {
    this.client.onBytes(toUtf8(text));
    this.client.flush();
  }

  hears(texts: string, number = 1): void {
    this.client.message({ peer: bob, batch: batchOf(texts), number, time: 1_700_000_000_000, key: "pinned" });
  }

  tells(kind: OutcomeKind, more: Partial<Outcome> = {}): void {
    const final = kind !== "queued" && kind !== "sent";
    this.client.outcome({ kind, final, to: "Bob", count: 1, number: 7, id: undefined, ...more });
  }

  /** Events written since the last call, without their times. */
  get events(): readonly JsonEvent[] {
    this.client.flush();
    const all = checkedEvents(this.out.text);
    const fresh = all.slice(this.#told);
    this.#told = all.length;
    return fresh.map((event) => Object.fromEntries(Object.entries(event).filter(([name]) => name !== "time")));
  }
}

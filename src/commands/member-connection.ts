// A connection to a running member over its local socket: JSON lines both ways, described in src/clients/json/SCRIPTS.md.
// `onClose` is called only after all lines of the member were delivered.

import { memberLineBytesMax } from "../core/limits.js";
import type { Bytes } from "../core/types.js";
import { fromUtf8, toUtf8 } from "../core/utf8.js";
import type { Connection } from "../ports.js";
import { LineFramer } from "../wire/line-framer.js";

export type Request = Readonly<Record<string, unknown>>;

/** An event of the member. The fields other than `event` are unchecked. */
export type Told = Readonly<Record<string, unknown>> & { readonly event: string };

export interface MemberEvents {
  /** The member sent its greeting. It reads no requests before that. */
  readonly onOpen: (greeting: Told) => void;
  /** Whole lines. */
  readonly onLines: (lines: string) => void;
  /** All requests were written. */
  readonly onDrain: () => void;
  /** The last call. `code` is the system error code if the connection broke. `nothingTaken`: the member has read no request. */
  readonly onClose: (code: string | undefined, nothingTaken: boolean) => void;
}

export class MemberConnection {
  readonly #connection: Connection;
  readonly #framer = new LineFramer(memberLineBytesMax);
  #waiting = "";
  #blocked = true;
  #closed = false;
  #greeted = false;
  #writes = 0;

  constructor(connection: Connection, events: MemberEvents) {
    this.#connection = connection;
    connection.bind({
      // The kernel accepts connections that the member may never accept: wait for its greeting.
      onOpen: () => undefined,
      onBytes: (chunk) => this.#read(chunk, events),
      onDrain: () => {
        this.#writeWaiting();
        if (!this.#blocked) events.onDrain();
      },
      onEnd: () => connection.end(),
      // The only write has failed, so the member was gone before it.
      onClose: (code) => events.onClose(code, this.#writes === 0 || (code === "EPIPE" && this.#writes === 1)),
    });
  }

  /** True: wait for `onDrain` before the next request. */
  get blocked(): boolean {
    return this.#blocked;
  }

  say(request: Request): void {
    this.sayAll([request]);
  }

  /** In one write. */
  sayAll(requests: readonly Request[]): void {
    this.sayLines(requests.map((request) => `${JSON.stringify(request)}\n`).join(""));
  }

  /** Each line must end with a line feed. */
  sayLines(lines: string): void {
    this.#waiting += lines;
    if (!this.#blocked) this.#writeWaiting();
  }

  /** Stops reading until `resume`. */
  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  /** Closes the connection. No more lines are delivered. */
  close(): void {
    this.#closed = true;
    this.#connection.destroy();
  }

  #writeWaiting(): void {
    this.#blocked = false;
    if (this.#waiting === "") return;
    const words = toUtf8(this.#waiting);
    this.#waiting = "";
    this.#writes += 1;
    this.#blocked = !this.#connection.write(words);
  }

  #read(chunk: Bytes, events: MemberEvents): void {
    for (const block of this.#framer.push(chunk).blocks) if (!this.#closed) this.#hear(fromUtf8(block), events);
  }

  #hear(lines: string, { onOpen, onLines }: MemberEvents): void {
    if (this.#greeted) return onLines(lines);
    const end = lines.indexOf("\n") + 1;
    // A refused client gets an error instead of a greeting, and the connection ends.
    const [greeting] = toldIn(lines.slice(0, end));
    this.#greeted = greeting?.event === "ready";
    if (greeting === undefined || !this.#greeted) return;
    this.#writeWaiting();
    onOpen(greeting);
    if (end < lines.length) onLines(lines.slice(end));
  }
}

/** Parses the lines. Skips lines that are not JSON objects with an `event`. */
export function* toldIn(lines: string): Iterable<Told> {
  for (const line of lines.split("\n")) {
    const told = line === "" ? undefined : parse(line);
    if (told !== undefined) yield told;
  }
}

function parse(line: string): Told | undefined {
  try {
    const told: unknown = JSON.parse(line);
    return typeof told === "object" && told !== null && "event" in told && typeof told.event === "string"
      ? (told as Told)
      : undefined;
  } catch {
    return undefined;
  }
}

export const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Why a connection never opened. absent: no member runs, or it is starting or ending. busy: try again. broken: give up. */
export function refusalOf(code: string | undefined): "absent" | "busy" | "broken" {
  if (code === "ENOENT" || code === "ECONNREFUSED") return "absent";
  return code === undefined || code === "EAGAIN" || code === "ECONNRESET" ? "busy" : "broken";
}

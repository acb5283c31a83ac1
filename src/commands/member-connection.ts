// A program's line to a running member, over its local socket: JSON lines both ways, as faces/JSON-LINES.md has them.
// It promises that what the member said is read before the end of the line is told.

import { memberLineBytesMax } from "../core/limits.js";
import type { Bytes } from "../core/types.js";
import { fromUtf8, toUtf8 } from "../core/utf8.js";
import type { Connection } from "../ports.js";
import { LineFramer } from "../wire/line-framer.js";

/** What a member says, of which nobody but we ourselves vouches for the fields. */
export type Told = Readonly<Record<string, unknown>> & { readonly event: string };

export interface MemberEvents {
  /** The member has us: it said the first word. Before that nothing of ours is read by anybody. */
  readonly onOpen: () => void;
  /** Whole lines. */
  readonly onLines: (lines: string) => void;
  /** Everything that was said has been taken. */
  readonly onDrain: () => void;
  /** `code` is a system error code where something broke. Nothing follows. */
  readonly onClose: (code: string | undefined) => void;
}

export class MemberConnection {
  readonly #connection: Connection;
  readonly #framer = new LineFramer(memberLineBytesMax);
  #waiting = "";
  #blocked = true;
  #ended = false;
  #greeted = false;

  constructor(connection: Connection, events: MemberEvents) {
    this.#connection = connection;
    connection.bind({
      // The kernel may have taken a connection that the member never will.
      onOpen: () => undefined,
      onBytes: (chunk) => this.#read(chunk, events),
      onDrain: () => {
        this.#drain();
        if (!this.#blocked) events.onDrain();
      },
      onEnd: () => connection.end(),
      onClose: (code) => events.onClose(code),
    });
  }

  /** Whether more should wait for `onDrain`. */
  get blocked(): boolean {
    return this.#blocked;
  }

  say(request: Readonly<Record<string, unknown>>): void {
    this.#waiting += `${JSON.stringify(request)}\n`;
    if (!this.#blocked) this.#drain();
  }

  /** The member need not say any more for now. */
  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  /** Nothing more is said or heard. */
  leave(): void {
    this.#ended = true;
    this.#connection.destroy();
  }

  #drain(): void {
    this.#blocked = false;
    if (this.#waiting === "") return;
    const words = toUtf8(this.#waiting);
    this.#waiting = "";
    this.#blocked = !this.#connection.write(words);
  }

  #read(chunk: Bytes, events: MemberEvents): void {
    for (const block of this.#framer.push(chunk).blocks) if (!this.#ended) this.#hear(fromUtf8(block), events);
  }

  #hear(lines: string, { onOpen, onLines }: MemberEvents): void {
    if (this.#greeted) return onLines(lines);
    const end = lines.indexOf("\n") + 1;
    // Whoever is turned away is told so in place of a greeting, and the connection ends.
    for (const { event } of toldIn(lines.slice(0, end))) this.#greeted = event === "ready";
    if (!this.#greeted) return;
    this.#drain();
    onOpen();
    if (end < lines.length) onLines(lines.slice(end));
  }
}

/** What the lines say; what is no JSON object with an event is nothing. */
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

/** What the close of a connection that never opened says. nobody: no member runs, or one is just starting or ending. */
export function refusalOf(code: string | undefined): "nobody" | "crowded" | "broken" {
  if (code === "ENOENT" || code === "ECONNREFUSED") return "nobody";
  return code === undefined || code === "EAGAIN" || code === "ECONNRESET" ? "crowded" : "broken";
}

// Messages whose final outcome an origin still waits for, in order of ordinals. Adjacent messages of one origin share
// one entry. Pure.

import type { Origin } from "../core/outcome.js";
import { common, type Span } from "../core/span.js";

export interface OpenEntry extends Span {
  readonly origin: Origin;
  /** Store number of the first message. */
  readonly number: number | undefined;
}

/** The part of an entry inside `span`, if any. */
function part<One extends Omit<OpenEntry, "origin">>(entry: One, span: Span): One | undefined {
  const shared = common(entry, span);
  if (shared === undefined) return undefined;
  const number = entry.number === undefined ? undefined : entry.number + shared.first - entry.first;
  return { ...entry, ...shared, number };
}

/** Splits entries into the parts inside `span` and the parts outside. */
export function splitBySpan<One extends Omit<OpenEntry, "origin">>(
  entries: readonly One[],
  span: Span,
): readonly [One[], One[]] {
  const [taken, left]: [One[], One[]] = [[], []];
  const before = { first: 0, last: span.first - 1 };
  const behind = { first: span.last + 1, last: Infinity };
  for (const entry of entries) {
    const inside = part(entry, span);
    if (inside !== undefined) taken.push(inside);
    left.push(...[part(entry, before), part(entry, behind)].filter((each) => each !== undefined));
  }
  return [taken, left];
}

export class OpenEntries {
  #entries: OpenEntry[] = [];
  /** Entries before this index are done. They are removed once they are more than half of the array. */
  #start = 0;

  push(entry: OpenEntry): void {
    const before = this.#entries.at(-1);
    if (before !== undefined && this.#entries.length > this.#start && joins(before, entry))
      this.#entries[this.#entries.length - 1] = { ...before, last: entry.last };
    else this.#entries.push(entry);
  }

  /** The parts of entries inside `span`. */
  within(span: Span): readonly OpenEntry[] {
    const [from, to] = this.#range(span);
    return splitBySpan(this.#entries.slice(from, to), span)[0];
  }

  /** Removes and returns the parts of entries inside `span`. */
  take(span: Span): readonly OpenEntry[] {
    const [from, to] = this.#range(span);
    if (from === to) return [];
    const [taken, left] = splitBySpan(this.#entries.slice(from, to), span);
    if (from === this.#start && left.length < 2) this.#advance(to, left);
    else this.#entries.splice(from, to - from, ...left);
    return taken;
  }

  #advance(to: number, left: readonly OpenEntry[]): void {
    this.#start = to - left.length;
    for (const entry of left) this.#entries[this.#start] = entry;
    if (this.#start * 2 <= this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#start);
    this.#start = 0;
  }

  /** Index range (end excluded) of the entries that overlap `span`. */
  #range({ first, last }: Span): readonly [number, number] {
    if (first > last) return [this.#start, this.#start];
    return [this.#indexFrom(first), this.#indexFrom(last + 1, (entry) => entry.first)];
  }

  /** Binary search: the first entry whose end (or `edge`) is at `ordinal` or later. */
  #indexFrom(ordinal: number, edge: (entry: OpenEntry) => number = (entry) => entry.last): number {
    let [low, high] = [this.#start, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edge(this.#entries[middle] as OpenEntry) < ordinal) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function joins(before: OpenEntry, { first, origin, number }: OpenEntry): boolean {
  const numbers = before.number !== undefined && number === before.number + first - before.first;
  return before.origin === origin && before.last === first - 1 && numbers;
}

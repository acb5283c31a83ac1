// Messages of which somebody waits to hear the end, by their ordinals: in order, in as few entries as their origins allow. Pure.

import type { Origin } from "../core/outcome.js";
import { common, type Span } from "../core/span.js";

export interface Entry extends Span {
  readonly origin: Origin;
  /** Store number of the first. */
  readonly number: number | undefined;
}

/** The part of an entry that lies in `span`; undefined where none does. */
function part<One extends Omit<Entry, "origin">>(entry: One, span: Span): One | undefined {
  const shared = common(entry, span);
  if (shared === undefined) return undefined;
  const number = entry.number === undefined ? undefined : entry.number + shared.first - entry.first;
  return { ...entry, ...shared, number };
}

/** What lies in `span`, and what does not. */
export function carve<One extends Omit<Entry, "origin">>(entries: readonly One[], span: Span): readonly [One[], One[]] {
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
  #entries: Entry[] = [];
  /** What lies before is done with: cut off only when it is the larger part. */
  #start = 0;

  push(entry: Entry): void {
    const before = this.#entries.at(-1);
    if (before !== undefined && this.#entries.length > this.#start && joins(before, entry))
      this.#entries[this.#entries.length - 1] = { ...before, last: entry.last };
    else this.#entries.push(entry);
  }

  /** The parts of entries that lie in `span`. */
  within(span: Span): readonly Entry[] {
    const [from, to] = this.#range(span);
    return carve(this.#entries.slice(from, to), span)[0];
  }

  /** The same; they stay no longer. */
  take(span: Span): readonly Entry[] {
    const [from, to] = this.#range(span);
    if (from === to) return [];
    const [taken, left] = carve(this.#entries.slice(from, to), span);
    if (from === this.#start && left.length < 2) this.#advance(to, left);
    else this.#entries.splice(from, to - from, ...left);
    return taken;
  }

  #advance(to: number, left: readonly Entry[]): void {
    this.#start = to - left.length;
    for (const entry of left) this.#entries[this.#start] = entry;
    if (this.#start * 2 <= this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#start);
    this.#start = 0;
  }

  /** Indexes of the entries that share something with `span`. */
  #range({ first, last }: Span): readonly [number, number] {
    if (first > last) return [this.#start, this.#start];
    return [this.#indexFrom(first), this.#indexFrom(last + 1, (entry) => entry.first)];
  }

  /** Index of the first entry that ends, or begins, at `ordinal` or later, by halving. */
  #indexFrom(ordinal: number, edge: (entry: Entry) => number = (entry) => entry.last): number {
    let [low, high] = [this.#start, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edge(this.#entries[middle] as Entry) < ordinal) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function joins(before: Entry, { first, origin, number }: Entry): boolean {
  const numbers = before.number !== undefined && number === before.number + first - before.first;
  return before.origin === origin && before.last === first - 1 && numbers;
}

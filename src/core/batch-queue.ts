// A queue of batches in ascending order of the number of their first message, removed from the front. Removal advances
// a start index; the array is cut only when half of it is before that index, so removal is O(1) on average.

import { firstOf, restOf } from "./batch.js";
import { charsOf, type TypedMessage } from "./typed-message.js";
import type { Batch } from "./types.js";

export interface Numbered {
  readonly number: number;
  readonly batch: Batch;
  /** The one message of the batch, if it has a kind. */
  readonly typed?: TypedMessage;
}

const last = (row: Numbered): number => row.number + row.batch.count - 1;

export class BatchQueue<Row extends Numbered> {
  #rows: Row[] = [];
  #start = 0;

  #chars = 0;

  /** Of all batches, as `charsOf` counts them. */
  get chars(): number {
    return this.#chars;
  }

  push(row: Row): void {
    this.#rows.push(row);
    this.#chars += charsOf(row);
  }

  /** Undoes the last push. */
  pop(): void {
    const row = this.#rows.pop();
    if (row !== undefined) this.#chars -= charsOf(row);
  }

  /** Drops the batches that end at or before `number`. */
  dropThrough(number: number): void {
    for (let row = this.#rows[this.#start]; row !== undefined && last(row) <= number; row = this.#rows[this.#start]) {
      this.#chars -= charsOf(row);
      this.#start += 1;
    }
    if (this.#start * 2 <= this.#rows.length) return;
    this.#rows = this.#rows.slice(this.#start);
    this.#start = 0;
  }

  /** Drops everything from message `number` on. */
  dropFrom(number: number): void {
    while (this.#rows.length > this.#start && last(this.#rows.at(-1) as Row) >= number) {
      const row = this.#rows.at(-1) as Row;
      this.pop();
      const batch = firstOf(row.batch, { messages: number - row.number, chars: Infinity });
      if (row.number < number) this.push({ ...row, batch });
    }
  }

  /** The batch that holds message `number`. */
  holding(number: number): Row | undefined {
    const row = this.#rows[this.#indexFrom(number)];
    return row !== undefined && row.number <= number ? row : undefined;
  }

  /** Index of the first batch that does not end before message `number`, by binary search. */
  #indexFrom(number: number): number {
    let [low, high] = [this.#start, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (last(this.#rows[middle] as Row) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The row without its messages before `from`. */
export function startingAt<Row extends Numbered>(row: Row, from: number): Row {
  if (row.number >= from) return row;
  return { ...row, number: from, batch: restOf(row.batch, from - row.number) };
}

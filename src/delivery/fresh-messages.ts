// The messages to one friend that were accepted in this turn and are not stored yet, in order.

import { joinBatches, piecesOf } from "../core/batch.js";
import { writeCharsMax } from "../core/limits.js";
import { charsOf, type TypedMessage } from "../core/typed-message.js";
import type { Batch } from "../core/types.js";

/** Consecutive texts for one write, or one message with a kind. */
export interface FreshPiece {
  readonly batch: Batch;
  readonly typed: TypedMessage | undefined;
}

export class FreshMessages {
  #pieces: FreshPiece[] = [];
  /** The texts after the last piece. */
  #texts: Batch[] = [];
  #count = 0;
  #chars = 0;

  get count(): number {
    return this.#count;
  }

  /** As `charsOf` counts them. */
  get chars(): number {
    return this.#chars;
  }

  push(batch: Batch, typed: TypedMessage | undefined): void {
    this.#count += batch.count;
    this.#chars += charsOf({ batch, typed });
    if (typed === undefined) return void this.#texts.push(batch);
    this.#endTexts();
    this.#pieces.push({ batch, typed });
  }

  get pieces(): readonly FreshPiece[] {
    this.#endTexts();
    return this.#pieces;
  }

  clear(): void {
    this.#pieces = [];
    this.#texts = [];
    this.#count = this.#chars = 0;
  }

  #endTexts(): void {
    for (const batch of piecesOf(joinBatches(this.#texts), writeCharsMax))
      this.#pieces.push({ batch, typed: undefined });
    this.#texts = [];
  }
}

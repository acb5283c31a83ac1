// The member's name that looks most like a mistyped one.

import { distance } from "fastest-levenshtein";

export interface Guess {
  readonly name: string;
  /** Whether it is so close that it was probably meant. */
  readonly close: boolean;
}

/** The name that needs the fewest edits to become `typed`; undefined without names. */
export function nearest(typed: string, names: readonly string[]): Guess | undefined {
  const word = typed.toLowerCase();
  const ranked = names.map((name) => ({ name, edits: distance(word, name.toLowerCase()) }));
  const best = ranked.reduce<(typeof ranked)[number] | undefined>(
    (a, b) => (a !== undefined && a.edits <= b.edits ? a : b),
    undefined,
  );
  return best && { name: best.name, close: best.edits <= Math.max(2, best.name.length / 3) };
}

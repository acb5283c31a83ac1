// Finds the name that is most similar to a mistyped one.

import { distance } from "fastest-levenshtein";

export interface Guess {
  readonly name: string;
  /** Whether it is close enough to be what was probably meant: one edit, or one for every three letters. */
  readonly close: boolean;
}

/**
 * The name with the smallest edit distance to `typed`, case ignored; undefined if no name has anything in common with
 * it.
 */
export function nearest(typed: string, names: readonly string[]): Guess | undefined {
  const word = typed.toLowerCase();
  const ranked = names
    .map((name) => ({ name, edits: editsBetween(word, name.toLowerCase()) }))
    .filter(({ name, edits }) => edits < Math.max(word.length, name.length));
  const best = ranked.reduce<(typeof ranked)[number] | undefined>(
    (a, b) => (a !== undefined && a.edits <= b.edits ? a : b),
    undefined,
  );
  return best && { name: best.name, close: best.edits <= Math.max(1, best.name.length / 3) };
}

/** The same letters in another order count as one edit. */
const editsBetween = (typed: string, name: string): number =>
  typed !== name && typed.length === name.length && sorted(typed) === sorted(name) ? 1 : distance(typed, name);

const sorted = (word: string): string => Array.from(word).sort().join("");

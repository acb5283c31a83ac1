// Turns a user's search text into words that must all match. No input is a syntax error.

export interface SearchWords {
  /** FTS5 expression of quoted words, which must all match. Empty if no word has a letter or digit. */
  readonly match: string;
  /**
   * Words without letters and digits, such as `:-)`. They are not in the index; texts are searched for them directly.
   */
  readonly signs: readonly string[];
}

const hasLetters = /[\p{L}\p{N}\p{Co}]/u;

export function searchWords(text: string): SearchWords {
  const words = text.replaceAll("\0", " ").split(/\s+/u).filter(Boolean);
  const quoted = words.filter((word) => hasLetters.test(word)).map((word) => `"${word.replaceAll('"', '""')}"`);
  return { match: quoted.join(" "), signs: words.filter((word) => !hasLetters.test(word)) };
}

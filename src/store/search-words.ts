// What a user searches for, as words that must all be found. Nothing that is typed can be a syntax error.

export interface SearchWords {
  /** For SQLite's FTS5, each word quoted: all must match. Empty where no word has a letter or digit. */
  readonly match: string;
  /** Words without letters and digits, such as `:-)`: no index knows them, so texts are looked through for them. */
  readonly signs: readonly string[];
}

const hasLetters = /[\p{L}\p{N}\p{Co}]/u;

export function searchWords(text: string): SearchWords {
  const words = text.replaceAll("\0", " ").split(/\s+/u).filter(Boolean);
  const quoted = words.filter((word) => hasLetters.test(word)).map((word) => `"${word.replaceAll('"', '""')}"`);
  return { match: quoted.join(" "), signs: words.filter((word) => !hasLetters.test(word)) };
}

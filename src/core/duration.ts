// Parses and formats durations: 500ms, 10s, 2m, 1h.

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds; undefined if `word` is not a duration or is longer than a year. */
export function parseDuration(word: string): number | undefined {
  const [, digits = "", unit = ""] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(word) ?? [];
  const duration = Number(digits) * (units[unit] ?? NaN);
  return duration <= 8_760 * 3_600_000 ? duration : undefined;
}

/** Spells a duration of at least `ms` milliseconds: rounded up to milliseconds, or to seconds from 1000 s on. */
export const durationWord = (ms: number): string => (ms < 1e6 ? `${Math.ceil(ms)}ms` : `${Math.ceil(ms / 1_000)}s`);

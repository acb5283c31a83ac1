// Parses a point in time: RFC 3339, a date, or a duration before now. Pure arithmetic: this layer has no clock.

export type TimePoint =
  /** Milliseconds since 1970 UTC. */
  | { readonly kind: "at"; readonly ms: number }
  /** Milliseconds before now; the caller supplies now. */
  | { readonly kind: "ago"; readonly ms: number };

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** RFC 3339, section 5.6; the time may be left out, and is then midnight UTC. */
const written = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d:\d\d:\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d))?$/;

/**
 * `2026-03-01`, `2026-03-01T12:00:00Z`, `2026-03-01T12:00:00.5+01:00`, `90s`, `2h`, `7d`. Undefined for anything else.
 */
export function parseTimePoint(word: string): TimePoint | undefined {
  const [, count, unit = ""] = /^(\d{1,9})([smhdw])$/.exec(word) ?? [];
  if (count !== undefined) return { kind: "ago", ms: Number(count) * (unitMs[unit] ?? 0) };
  const [, year = "", month, day, time = "00:00:00", fraction = ".0", zone = "Z"] = written.exec(word) ?? [];
  const days = daysSince1970(Number(year), Number(month), Number(day));
  const seconds = secondsOf(time);
  const offset = offsetSeconds(zone);
  if (year === "" || days === undefined || seconds === undefined || offset === undefined) return undefined;
  return { kind: "at", ms: (days * 86_400 + seconds - offset) * 1_000 + Math.floor(Number(`0${fraction}`) * 1_000) };
}

/** Formats `ms` since 1970 UTC, cut to seconds: `2026-03-01T12:00:00Z`. */
export function formatTime(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const [days, second] = [Math.floor(seconds / 86_400), seconds - 86_400 * Math.floor(seconds / 86_400)];
  const clock = [Math.floor(second / 3_600), Math.floor(second / 60) % 60, second % 60].map(two).join(":");
  return `${dateOf(days)}T${clock}Z`;
}

/** The same with milliseconds: `2026-03-01T12:00:00.250Z`. */
export const formatMoment = (ms: number): string =>
  `${formatTime(ms).slice(0, -1)}.${String(Math.floor(ms) % 1_000).padStart(3, "0")}Z`;

/** The last moment that a `Date` can hold, in milliseconds since 1970 UTC. */
const momentMax = 8.64e15;

/** A time of writing as a friend's program says it; undefined if it is no moment since 1970. It may be far from now. */
export const claimedTime = (ms: number | undefined): number | undefined =>
  ms !== undefined && Number.isSafeInteger(ms) && ms >= 0 && ms <= momentMax ? ms : undefined;

const two = (number: number): string => String(number).padStart(2, "0");

/** The inverse of `daysSince1970`, by the same source. */
function dateOf(days: number): string {
  const era = Math.floor((days + 719_468) / 146_097);
  const dayOfEra = days + 719_468 - era * 146_097;
  const leapDays = Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

/** Seconds since midnight; undefined for a time that does not exist. 60 is a leap second. */
function secondsOf(time: string): number | undefined {
  const [hour = 0, minute = 0, second = 0] = time.split(":").map(Number);
  return hour > 23 || minute > 59 || second > 60 ? undefined : (hour * 60 + minute) * 60 + second;
}

function offsetSeconds(zone: string): number | undefined {
  if (!/^[+-]/.test(zone)) return 0;
  const seconds = secondsOf(`${zone.slice(1)}:00`);
  return seconds === undefined ? undefined : seconds * (zone.startsWith("-") ? -1 : 1);
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

/** 0 for a month that does not exist. */
const daysOf = (year: number, month: number): number =>
  month === 2 && isLeap(year) ? 29 : ([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0);

/**
 * Years counted from March, so that a leap day is the last; after Howard Hinnant's days_from_civil. Undefined for a day
 * that does not exist.
 */
function daysSince1970(year: number, month: number, day: number): number | undefined {
  if (day < 1 || day > daysOf(year, month)) return undefined;
  const marchYear = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + dayOfYear - 719_468;
}

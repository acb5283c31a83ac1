// Reads colours and character set from the environment, and formats local time.

export interface Locale {
  readonly colour: boolean;
  readonly unicode: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Follows https://no-color.org and POSIX's order of the locale variables. */
export function localeOf(environment: Environment): Locale {
  const set = (name: string): boolean => (environment[name] ?? "") !== "";
  const named = ["LC_ALL", "LC_CTYPE", "LANG"].find(set);
  return { colour: !set("NO_COLOR"), unicode: named !== undefined && /utf-?8/i.test(environment[named] ?? "") };
}

export const environmentLocale = (): Locale => localeOf(process.env);

const parts = new Intl.DateTimeFormat("en-CA", {
  ...({ year: "numeric", month: "2-digit", day: "2-digit" } as const),
  ...({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const),
});

export interface TimeHere {
  readonly day: string;
  readonly time: string;
}

const minuteMs = 60_000;
let last: { readonly minute: number; readonly told: TimeHere } | undefined;

/** Day and time of day, in the time zone of this machine. Cached for each minute, because formatting is slow. */
export function localTime(ms: number): TimeHere {
  const minute = Math.floor(ms / minuteMs);
  if (last?.minute !== minute) last = { minute, told: tell(ms) };
  return last.told;
}

function tell(ms: number): TimeHere {
  const found = new Map(parts.formatToParts(ms).map(({ type, value }) => [type, value]));
  const the = (type: Intl.DateTimeFormatPartTypes): string => found.get(type) ?? "";
  return { day: [the("year"), the("month"), the("day")].join("-"), time: `${the("hour")}:${the("minute")}` };
}

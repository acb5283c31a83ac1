// Medians, ratios and the result table. Targets are reported, never asserted, because the machine may be busy.

import os from "node:os";

export type Target = { readonly most: number } | { readonly least: number };

export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly other: string;
  readonly ratio: string;
  readonly target: string;
  readonly verdict: string;
}

export interface Comparison {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  /** The name of the other program. */
  readonly than: string;
  readonly other: number;
  readonly target?: Target;
}

/** A row that judges the ratio of two figures. */
export function compared({ what, unit, ours, than, other, target }: Comparison): Row {
  const ratio = ours / other;
  return {
    what,
    ours: figure(ours, unit),
    other: `${than} ${figure(other, unit)}`,
    ratio: `${significant(ratio)}x`,
    ...judged(ratio, target, "x"),
  };
}

/** A row that judges one figure. */
export function single(what: string, unit: string, ours: number, target: Target): Row {
  return { what, ours: figure(ours, unit), other: "", ratio: "", ...judged(ours, target, ` ${unit}`) };
}

function judged(value: number, target: Target | undefined, unit: string): Pick<Row, "target" | "verdict"> {
  if (target === undefined) return { target: "", verdict: "" };
  const wanted = "most" in target ? `<= ${String(target.most)}${unit}` : `>= ${String(target.least)}${unit}`;
  const reached = "most" in target ? value <= target.most : value >= target.least;
  return { target: wanted, verdict: reached ? "ok" : "short" };
}

const figure = (value: number, unit: string): string => `${significant(value)} ${unit}`;

/** Three significant digits, with thousands separators. */
const significant = (value: number): string => value.toLocaleString("en", { maximumSignificantDigits: 3 });

/** Any quantile, without interpolation: the nearest sample. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** Runs all in turn, `count` times, so that a busy moment of the machine affects each of them. Returns one list per run. */
export async function rounds<Sample>(
  count: number,
  runs: readonly (() => Sample | Promise<Sample>)[],
): Promise<Sample[][]> {
  const samples = runs.map((): Sample[] => []);
  for (let round = 0; round < count; round += 1)
    for (const [index, run] of runs.entries()) samples[index]!.push(await run());
  return samples;
}

const headings: Row = {
  what: "measure",
  ours: "ours",
  other: "compared with",
  ratio: "ratio",
  target: "target",
  verdict: "",
};
const columns = ["what", "ours", "other", "ratio", "target", "verdict"] as const;

export function tableOf(rows: readonly Row[]): string {
  const all = [headings, ...rows];
  const widths = columns.map((column) => Math.max(...all.map((row) => row[column].length)));
  return all
    .map((row) =>
      columns
        .map((column, index) => row[column].padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function machine(): string {
  const cpus = os.cpus();
  const memory = `${significant(os.totalmem() / 2 ** 30)} GiB`;
  const load = os.loadavg().map((average) => average.toFixed(1));
  return `Machine: ${String(cpus.length)} x ${cpus[0]?.model.trim() ?? "unknown"}, ${memory}, ${os.type()} ${os.release()}, Node ${process.version}; load ${load.join(" ")}.`;
}

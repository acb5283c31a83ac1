// Waits for conditions by polling with a deadline, never by sleeping. The deadline is generous:
// only a failure reaches it, and on a busy machine a start alone may take many seconds of processor and disk.

import { setTimeout as sleep } from "node:timers/promises";

export const patienceMs = 60_000;
const lookEveryMs = 5;

/** For silence and other conditions that only time brings; never instead of `until`. */
export const timePasses = (ms: number): Promise<void> => sleep(ms);

/** Resolves once `holds` returns true. `explain` is called only after the deadline. */
export async function until(holds: () => boolean | Promise<boolean>, explain: () => string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs / 1_000} s in vain: ${explain()}`);
    await sleep(lookEveryMs);
  }
}

/** The value of `promise`, or the failure that `explain` describes after the deadline. */
export async function inTime<Value>(promise: Promise<Value>, explain: () => string): Promise<Value> {
  let settled = false;
  const marked = promise.finally(() => (settled = true));
  marked.catch(() => undefined);
  await until(() => settled, explain);
  return marked;
}

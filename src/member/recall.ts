// A look at the history from a running member: the newest matches, within a bounded depth, on a connection of its own.

import { historyDepth, historyShownMax } from "../core/limits.js";
import type { HistoryMessage, HistoryQuery } from "../core/record.js";
import { fault, ok, type Result } from "../core/types.js";
import type { History } from "../ports.js";

const notKept = "There is no history: this member keeps nothing (--no-store).";

/** Oldest first. `open` is undefined where nothing is kept. */
export function recall(
  open: (() => Result<History>) | undefined,
  query: HistoryQuery,
): Result<readonly HistoryMessage[]> {
  const history = open?.() ?? fault(notKept);
  if (!history.ok) return history;
  try {
    return ok([...history.value.messages({ ...query, limit: historyShownMax, depth: historyDepth })]);
  } catch {
    return fault("The history cannot be read now: the disk or the database fails.");
  } finally {
    history.value.close();
  }
}

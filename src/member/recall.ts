// Queries the history from a running member: the newest matches within a bounded depth, on its own database connection.

import { historyDepth, historyShownMax } from "../core/limits.js";
import type { HistoryMessage, HistoryQuery } from "../core/record.js";
import { fault, ok, type Result } from "../core/types.js";
import type { History } from "../ports.js";

const notKept = "There is no history: this member stores nothing (--no-store).";

/** Matching messages, oldest first. `open` is undefined where no history is kept. */
export function recall(
  open: (() => Result<History>) | undefined,
  query: HistoryQuery,
): Result<readonly HistoryMessage[]> {
  const history = open?.() ?? fault(notKept);
  if (!history.ok) return history;
  try {
    return ok([...history.value.messages({ ...query, limit: historyShownMax, depth: historyDepth })]);
  } catch {
    return fault("The history cannot be read now: the disk or the database failed.");
  } finally {
    history.value.close();
  }
}

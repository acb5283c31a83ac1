// Chooses the style of a notice: how much attention it asks for.

import type { Notice } from "../../core/notice.js";
import type { Style } from "./paint.js";

const alarming: readonly Notice["kind"][] = [
  ...(["refused", "unsent", "stepped-back", "counts-anew", "key-refused", "clear-refused"] as const),
  ...(["store-failed", "table-kept", "unverified"] as const),
];

export const styleOf = (notice: Notice): Style =>
  (alarming as readonly string[]).includes(kindOf(notice)) ? "alarm" : "quiet";

/** The member's own word for a notice that it relayed. */
export const kindOf = (notice: Notice): string => (notice.kind === "relayed" ? notice.of : notice.kind);

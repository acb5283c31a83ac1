// Chooses the style of a notice: how much attention it asks for.

import type { Notice } from "../../core/notice.js";
import type { Style } from "./paint.js";

const alarming: readonly Notice["kind"][] = [
  ...(["refused", "unsent", "stepped-back", "counts-anew", "key-refused", "clear-refused"] as const),
  ...(["store-failed", "table-kept", "unverified"] as const),
];

export const styleOf = ({ kind }: Notice): Style => (alarming.includes(kind) ? "alarm" : "quiet");

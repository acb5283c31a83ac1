// The state of a message as a sign of two columns before it.

import type { OutcomeKind } from "../../core/outcome.js";
import type { MessageState } from "../../core/record.js";
import { span, type TerminalCapabilities, type Span, type Style } from "./paint.js";

export type TickState = Exclude<MessageState, "received">;

const signs: Readonly<Record<TickState, { readonly unicode: string; readonly ascii: string; readonly style: Style }>> =
  {
    waiting: { unicode: "◦ ", ascii: ". ", style: "quiet" },
    sent: { unicode: "✓ ", ascii: "> ", style: "quiet" },
    delivered: { unicode: "✓✓", ascii: ">>", style: "good" },
    failed: { unicode: "✗ ", ascii: "x ", style: "alarm" },
    cancelled: { unicode: "✗ ", ascii: "x ", style: "quiet" },
    expired: { unicode: "✗ ", ascii: "x ", style: "quiet" },
  };

export const tickColumns = 2;

export const stateAfter = (kind: OutcomeKind): TickState => (kind === "queued" ? "waiting" : kind);

/** A message's state never goes back. */
export const furthest = (before: TickState, after: TickState): TickState =>
  before === "waiting" || (before === "sent" && after !== "waiting") ? after : before;

export const tick = (state: TickState, { unicode }: Pick<TerminalCapabilities, "unicode">): Span =>
  span(signs[state][unicode ? "unicode" : "ascii"], signs[state].style);

/** For `/help`. */
export const tickLegend = (
  capabilities: Pick<TerminalCapabilities, "unicode">,
): readonly (readonly [Span, string])[] => [
  [tick("waiting", capabilities), "waiting: on this disk only"],
  [tick("sent", capabilities), "sent: all that can be known of an older program"],
  [tick("delivered", capabilities), "delivered: on your friend's disk"],
  [tick("failed", capabilities), "failed, cancelled or expired: not sent any more"],
];

// What became of a message, derived from how far its friend's stream was retired and from what the dialect could tell then.

import type { MessageState, Outgoing } from "../core/record.js";

/** From ordinal `from` on, until the next claim, "retired" means acknowledged, or only that the kernel took it. */
export interface Claim {
  readonly from: number;
  readonly acknowledges: boolean;
}

/**
 * The claim that putting `after` adds, if any. What was retired as merely sent stays so, whatever dialect the friend's
 * row names later: a claim reaches back to nothing.
 */
export function newClaim(
  before: Outgoing | undefined,
  after: Outgoing,
  last: Pick<Claim, "acknowledges"> | undefined,
): Claim | undefined {
  const retired = before?.retired ?? 0;
  if (after.retired <= retired || last?.acknowledges === after.acknowledges) return undefined;
  return { from: retired + 1, acknowledges: after.acknowledges };
}

/** `claims` in ascending order. */
export function stateOf(ordinal: number, retired: number, claims: readonly Claim[]): MessageState {
  if (ordinal > retired) return "waiting";
  return claims.findLast((claim) => claim.from <= ordinal)?.acknowledges === true ? "delivered" : "sent";
}

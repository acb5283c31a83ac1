// Derives the state of a sent message from the retired ordinal and the dialect's acknowledgements at that time.

import type { MessageState, Outgoing } from "../core/record.js";

/**
 * From ordinal `from` until the next claim, retired means acknowledged (`acknowledges`) or only taken by the kernel.
 */
export interface Claim {
  readonly from: number;
  readonly acknowledges: boolean;
}

/**
 * The claim that storing `after` adds, if any. A claim never covers messages that were retired earlier: a message retired
 * as sent stays sent, whatever dialect the friend's row has later.
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

/** `claims` are in ascending order of `from`. */
export function stateOf(ordinal: number, retired: number, claims: readonly Claim[]): MessageState {
  if (ordinal > retired) return "waiting";
  return claims.findLast((claim) => claim.from <= ordinal)?.acknowledges === true ? "delivered" : "sent";
}

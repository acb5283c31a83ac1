// One turn, in order. The reactor takes the events of its sources first: connections that were accepted, input, bytes of
// connections, timers. Then come the phases below. A phase may request another turn, never an earlier phase.

import type { Reactor } from "../reactor/reactor.js";

export const phases = [
  /** Reads known keys that another program has changed, and ends connections whose key is not trusted any more. */
  "keys",
  /** Writes what the turn received and queued to the store's transaction, and chooses what to send. */
  "settle",
  /** Commits once. Only then are messages sent, acknowledged, told to clients and reported. */
  "commit",
  /** Clients write what their readers take; what was shown is noted for the next commit. */
  "print",
  /** A client that was told to end with its input looks whether every outcome is known. */
  "drain",
  /** Takes the next step of the shutdown, if it is possible. */
  "shutdown",
] as const;

export type Phase = (typeof phases)[number];

export function orderPhases(
  reactor: Pick<Reactor, "atEndOfTurn">,
  handlers: Readonly<Record<Phase, () => void>>,
): void {
  for (const phase of phases) reactor.atEndOfTurn(handlers[phase]);
}

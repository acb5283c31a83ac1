// The chat's face where a person sits at a terminal.

import type { PeerName } from "../../core/types.js";
import type { Client } from "../../member/client.js";
import type { MemberApi } from "../../member/api.js";
import type { TerminalCapabilities } from "./paint.js";
import { TerminalConsole } from "./console.js";
import type { LocalTime } from "./time-of-day.js";
import type { Clock, MemberState, Terminal, TypedLines } from "../../ports.js";

/** A terminal with a person at it. */
export interface TerminalEnvironment {
  readonly terminal: Terminal;
  readonly manners: TerminalCapabilities;
  readonly localTime: (ms: number) => LocalTime;
}

export interface TerminalOptions {
  readonly self: PeerName;
  readonly state: MemberState;
  readonly clock: Clock;
  readonly bell: boolean;
  readonly expireMs: number | undefined;
}

/** Where nothing is kept. */
const none: TypedLines = { first: false, earlier: [], add: () => undefined };

/** Undefined where nobody sits. */
export function peopleAt(seat: TerminalEnvironment | undefined, sitting: TerminalOptions): ((front: () => MemberApi) => Client) | undefined {
  if (seat === undefined) return undefined;
  const { self, state, clock, bell, expireMs } = sitting;
  const { terminal, manners, localTime } = seat;
  const typedLines = state.place?.openTypedLines() ?? none;
  const keyFile = state.place?.keyFile ?? "";
  const settings = { self, manners, bell, expireMs, typedLines, keyFile, localTime, wallTime: () => clock.wallTime() };
  return (front) => new TerminalConsole(terminal, front, settings);
}

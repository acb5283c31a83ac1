// Builds the terminal client if a person uses a terminal.

import type { PeerName } from "../../core/types.js";
import type { Client } from "../../member/client.js";
import type { MemberApi } from "../../member/api.js";
import type { TerminalCapabilities } from "./paint.js";
import { TerminalConsole } from "./console.js";
import type { LocalTime } from "./time-of-day.js";
import type { Clock, MemberState, Terminal, TypedLines } from "../../ports.js";

/** A terminal that a person uses. */
export interface TerminalEnvironment {
  readonly terminal: Terminal;
  readonly capabilities: TerminalCapabilities;
  readonly localTime: (ms: number) => LocalTime;
}

export interface TerminalOptions {
  readonly self: PeerName;
  /** Undefined if no state folder is kept. */
  readonly place: MemberState["place"];
  readonly clock: Clock;
  readonly bell: boolean;
  readonly expireMs?: number | undefined;
}

/** Used if no state folder is kept. */
const none: TypedLines = { first: false, earlier: [], add: () => undefined };

/** Undefined without a terminal. */
export function peopleAt(
  environment: TerminalEnvironment | undefined,
  sitting: TerminalOptions,
): ((api: () => MemberApi) => Client) | undefined {
  if (environment === undefined) return undefined;
  const { self, place, clock, bell, expireMs } = sitting;
  const { terminal, capabilities, localTime } = environment;
  const typedLines = place?.openTypedLines() ?? none;
  const keyFile = place?.keyFile ?? "";
  const settings = {
    self,
    capabilities,
    bell,
    expireMs,
    typedLines,
    keyFile,
    localTime,
    wallTime: () => clock.wallTime(),
  };
  return (api) => new TerminalConsole(terminal, api, settings);
}

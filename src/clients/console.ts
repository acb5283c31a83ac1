// Chooses the client for standard input and output: terminal, JSON or plain lines; with `--drain`, the exit code reports the outcomes.

import type { Origin, SendOptions } from "../core/outcome.js";
import type { PeerName } from "../core/types.js";
import type { MemberApi } from "../member/api.js";
import type { Client, ClientHost, MemberConsole } from "../member/client.js";
import { Drain } from "./drain.js";
import { JsonClient } from "./json/client.js";
import { LineConsole } from "./lines/console.js";
import { SendTracker } from "./send-tracker.js";
import { silentClient } from "./silent.js";

export interface ConsoleOptions {
  /** Builds the client for a person at a terminal. */
  readonly people?: ((api: () => MemberApi) => Client) | undefined;
  /** Nothing is read and nothing is shown: the temporary member of a command that found none running. */
  readonly silent?: boolean;
  /** JSON lines in both directions. */
  readonly json: boolean;
  /** If set: at the end of input, wait at most this many milliseconds for all outcomes, then end. */
  readonly drainMs?: number | undefined;
  /** A message that has waited longer than this, in milliseconds, is not sent any more. */
  readonly expireMs?: number | undefined;
}

export function createConsole(options: ConsoleOptions, host: ClientHost): MemberConsole {
  const tracker = new SendTracker();
  const client = createClient(options, tracker, host);
  const drain = options.drainMs === undefined ? undefined : createDrain(options.drainMs, tracker, host);
  return {
    client,
    silent: options.silent === true,
    terminal: options.people !== undefined,
    reporter: client instanceof JsonClient ? client.reporter : undefined,
    endOfInput: () => {
      client.onEnd();
      drain?.begin();
    },
    // Ending before the reader has read the last line would lose it.
    endOfTurn: () => {
      if (!client.blocked) drain?.check();
    },
  };
}

function createClient(options: ConsoleOptions, tracker: SendTracker, host: ClientHost): Client {
  const { people, json, drainMs, expireMs, silent } = options;
  const { console, clock, api } = host;
  if (silent === true) return silentClient;
  if (people !== undefined) return people(api);
  if (json) return new JsonClient({ console, api, clock, tracker, expireMs });
  if (drainMs === undefined && expireMs === undefined) return new LineConsole(console, api);
  const origin = lineOrigin(tracker, (notice) => lines.notice(notice));
  const sendOptions = (): SendOptions =>
    expireMs === undefined ? { origin } : { origin, expires: clock.wallTime() + expireMs };
  const lines = new LineConsole(console, api, { tracker, sendOptions });
  return lines;
}

/** Plain lines report only expired and cancelled messages; others have notices of their own or need none. */
export const lineOrigin = (tracker: SendTracker, notice: Client["notice"]): Origin => ({
  outcome: (outcome) => {
    const { kind, to, count } = outcome;
    tracker.outcome(outcome);
    if (kind === "expired" || kind === "cancelled") notice({ kind, peer: to as PeerName, count });
  },
});

function createDrain(longestMs: number, tracker: SendTracker, host: ClientHost): Drain {
  return new Drain({
    ...{ tracker, longestMs, kept: host.state.durable },
    after: (delayMs, run) => host.after(delayMs, run),
    distrusted: (name) => host.keyTrouble(name as PeerName) !== undefined,
    end: (code) => host.end(code),
  });
}

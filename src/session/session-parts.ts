// What a session is built from.

import type { Peer } from "../core/types.js";
import type { Connection, Log, Random } from "../ports.js";
import type { Reactor } from "../reactor/reactor.js";
import type { Dialect } from "../wire/dialect.js";
import type { CarrierEvents } from "./carrier.js";

/** Connections of all sessions together. */
export interface ConnectionCount {
  connections: number;
}

export interface SessionParts {
  readonly peer: Peer;
  readonly dialect: Dialect;
  readonly reactor: Reactor;
  /** A new connection with the friend, whose callbacks come in turns; it stands when messages may go over it. */
  dial(peer: Peer): Connection;
  readonly random: Random;
  readonly log: Log;
  readonly connectionCount: ConnectionCount;
  readonly events: CarrierEvents;
}

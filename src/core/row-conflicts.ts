// Which rows of a group file cannot stand together: those that nobody could tell apart.

import { formatEndpoint } from "./address.js";
import { textTellsWho } from "./row-attributes.js";
import { fault, ok, type Peer, type Result } from "./types.js";

interface Claim {
  readonly line: number;
  readonly peer: Peer;
}

export class RowConflicts {
  readonly #endpoints = new Map<string, Claim>();
  readonly #clearHosts = new Map<string, Claim>();
  readonly #keys = new Map<string, Claim>();

  /** The message names what the row shares with which earlier one. */
  add(peer: Peer, line: number): Result<null> {
    const claim = { line, peer };
    const endpoint = formatEndpoint(peer);
    const sameEndpoint = claimed(this.#endpoints, endpoint, claim);
    if (sameEndpoint !== undefined)
      return fault(
        `expected an address and port of its own for "${peer.name}", found ${endpoint} ${again(sameEndpoint)}`,
      );
    const sameHost = peer.dialect === "secure" ? undefined : claimed(this.#clearHosts, peer.host, claim);
    if (sameHost !== undefined && sameHost.peer.dialect !== peer.dialect)
      return fault(
        `expected dialect=${sameHost.peer.dialect} for "${peer.name}", as for "${sameHost.peer.name}" on the same address (line ${String(sameHost.line)}), found dialect=${peer.dialect}: what comes from one address in the clear is read in one way`,
      );
    if (sameHost !== undefined && !textTellsWho.has(peer.dialect))
      return fault(
        `expected an address of its own for "${peer.name}", found ${peer.host} ${again(sameHost)}: in the ${peer.dialect} dialect the address tells who is speaking`,
      );
    const sameKey = peer.key === undefined ? undefined : claimed(this.#keys, peer.key, claim);
    if (sameKey !== undefined)
      return fault(
        `expected a key of its own for "${peer.name}", found that of "${sameKey.peer.name}" ${again(sameKey)}`,
      );
    return ok(null);
  }
}

/** Who came first, if somebody did. */
function claimed(claims: Map<string, Claim>, value: string, claim: Claim): Claim | undefined {
  const first = claims.get(value);
  if (first === undefined) claims.set(value, claim);
  return first;
}

const again = ({ line }: Claim): string => `again (first on line ${String(line)})`;

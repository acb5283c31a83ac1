// Detects rows of a group file that conflict because incoming connections could not be attributed to one of them.

import { formatEndpoint } from "./address.js";
import { senderDialects } from "./row-attributes.js";
import { fault, ok, type Peer, type Result } from "./types.js";

interface Claim {
  readonly line: number;
  readonly peer: Peer;
}

export class RowConflicts {
  readonly #endpoints = new Map<string, Claim>();
  readonly #clearHosts = new Map<string, Claim>();
  readonly #keys = new Map<string, Claim>();

  /** The message names the shared value and the earlier row. */
  add(peer: Peer, line: number): Result<null> {
    const claim = { line, peer };
    const conflict = this.#overEndpoint(claim) ?? this.#overHost(claim) ?? this.#overKey(claim);
    return conflict === undefined ? ok(null) : fault(conflict);
  }

  #overEndpoint(claim: Claim): string | undefined {
    const endpoint = formatEndpoint(claim.peer);
    const same = claimed(this.#endpoints, endpoint, claim);
    if (same === undefined) return undefined;
    return `expected an address and port of its own for "${claim.peer.name}", found ${endpoint} ${again(same)}`;
  }

  #overHost(claim: Claim): string | undefined {
    const { name, host, dialect } = claim.peer;
    const same = dialect === "secure" ? undefined : claimed(this.#clearHosts, host, claim);
    if (same === undefined) return undefined;
    if (same.peer.dialect !== dialect)
      return `expected dialect=${same.peer.dialect} for "${name}", as for "${same.peer.name}" on the same address (line ${String(same.line)}), found dialect=${dialect}: all clear rows with the same address need the same dialect`;
    if (senderDialects.has(dialect)) return undefined;
    return `expected an address of its own for "${name}", found ${host} ${again(same)}: in the ${dialect} dialect the address identifies the sender`;
  }

  #overKey(claim: Claim): string | undefined {
    const { name, key } = claim.peer;
    const same = key === undefined ? undefined : claimed(this.#keys, key, claim);
    if (same === undefined) return undefined;
    return `expected a key of its own for "${name}", found that of "${same.peer.name}" ${again(same)}`;
  }
}

/** The earlier claim to `value`, if there is one; else records this one. */
function claimed(claims: Map<string, Claim>, value: string, claim: Claim): Claim | undefined {
  const first = claims.get(value);
  if (first === undefined) claims.set(value, claim);
  return first;
}

const again = ({ line }: Claim): string => `again (first on line ${String(line)})`;

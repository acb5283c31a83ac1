// The answers to `{"do":…}` that can be given at once.

import { formatEndpoint } from "../core/address.js";
import { excerpt } from "../core/escape.js";
import type { PeerStatus } from "../core/notice.js";
import { fault, ok, type Result } from "../core/types.js";
import type { Front } from "./front.js";
import type { Fields } from "./json-events.js";
import type { DoRequest } from "./json-request.js";

/** The fields of the answer; the message says why there is none. */
export function answer({ what }: DoRequest, front: Front): Result<Fields> {
  if (what === "peers") return ok({ peers: front.status.map(peerFields) });
  return fault(`"do": nothing is known by the name "${excerpt(what)}"`);
}

function peerFields({ peer, self, state, idleMs, waiting, standing, online }: PeerStatus): Fields {
  return {
    name: peer.name,
    address: formatEndpoint(peer),
    dialect: peer.dialect,
    ...{ self, state, waiting, online },
    idle: state === "connected" ? idleMs && Math.floor(idleMs / 1_000) : undefined,
    key: standing,
  };
}

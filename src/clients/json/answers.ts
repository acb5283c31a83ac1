// Answers to `{"do":…}` requests that need no waiting.

import { formatEndpoint } from "../../core/address.js";
import { excerpt } from "../../core/escape.js";
import type { PeerStatus } from "../../core/notice.js";
import { fault, ok, type Result } from "../../core/types.js";
import type { MemberApi } from "../../member/api.js";
import type { Fields } from "./events.js";
import type { DoRequest } from "./request.js";
import { whyFields } from "../why.js";

const socketOnly: readonly string[] = ["status", "cancel", "flush", "follow", "ack", "wait", "input-ended"];

/** The fields of the answer. The fault's message says why the request was refused. */
export function answer(request: DoRequest, api: MemberApi): Result<Fields> {
  if (request.what === "peers") return ok({ peers: api.status.map(peerFields) });
  if (request.what === "why") return why(request.fields["friend"], api);
  if (socketOnly.includes(request.what)) return fault(`"do": ${request.what} is answered on the member's socket only`);
  return fault(`"do": unknown request "${excerpt(request.what)}"`);
}

function why(friend: unknown, api: MemberApi): Result<Fields> {
  const account = typeof friend === "string" ? api.account(friend) : undefined;
  return account === undefined
    ? fault(`"friend": the group file has no "${excerpt(String(friend))}"`)
    : ok(whyFields(account));
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

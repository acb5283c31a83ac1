// `p2p trust FRIEND [KEY]`: stores FRIEND's key as trusted. A running chat uses it from its next handshake on.

import type { TrustOptions } from "./options.js";
import { exitCode } from "../core/errors.js";
import type { PeerName } from "../core/types.js";
import type { Keyring } from "../ports.js";
import { explainTrusted, trust } from "../trust/decision.js";
import { failed, readGroup, type Answer, type Machine, type OwnKey } from "./group.js";

export interface TrustPorts {
  readonly machine: Machine;
  readonly ownKey: OwnKey;
  readonly keyring: (member: PeerName) => Keyring;
}

/** Ends with 2 if a file cannot be used, and with 69 if there is no such friend or no key to accept. */
export function trustFriend(options: TrustOptions, { machine, ownKey, keyring }: TrustPorts): Answer {
  const group = readGroup(options, machine);
  if (!group.ok) return failed(group.message);
  const { table, self } = group.value;
  const key = ownKey(self.name);
  if (!key.ok) return failed(key.message);
  const keys = keyring(self.name);
  const readable = keys.read();
  if (!readable.ok) return failed(readable.message);
  const request = {
    command: "p2p trust" as const,
    friend: options.friend,
    key: options.key,
    table,
    self: { name: self.name, key: key.value },
  };
  const trusted = trust(request, keys);
  if (!trusted.ok) return failed(trusted.message, exitCode.unsent);
  return { code: exitCode.stopped, lines: explainTrusted(trusted.value) };
}

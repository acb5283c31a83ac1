// `p2p trust FRIEND [KEY]`: from now on this is FRIEND's key. A running chat obeys at its next handshake.

import type { TrustOptions } from "../cli.js";
import { exitCode } from "../core/errors.js";
import { fingerprint } from "../core/known-key.js";
import type { PeerName } from "../core/types.js";
import type { Keyring } from "../ports.js";
import { trust, type Trusted } from "../session/trust.js";
import { failed, readGroup, type Answer, type Machine, type OwnKey } from "./group.js";

export interface TrustPorts {
  readonly machine: Machine;
  readonly ownKey: OwnKey;
  readonly keyring: (member: PeerName) => Keyring;
}

export function trustFriend(options: TrustOptions, { machine, ownKey, keyring }: TrustPorts): Answer {
  const group = readGroup(options, machine);
  if (!group.ok) return failed(group.message);
  const { table, self } = group.value;
  const key = ownKey(self.name);
  if (!key.ok) return failed(key.message);
  const request = { friend: options.friend, key: options.key, table, self: { name: self.name, key: key.value } };
  const trusted = trust(request, keyring(self.name));
  return trusted.ok ? { code: exitCode.stopped, lines: explain(trusted.value) } : failed(trusted.message);
}

function explain({ peer: { name }, before, key }: Trusted): readonly string[] {
  return [
    `${name}'s key is now : ${fingerprint(key)}`,
    `Before : ${before === undefined ? "none was known" : fingerprint(before)}`,
    `Compare by phone or in person : "p2p key" on ${name}'s machine must show the same. If it does not, somebody is posing as ${name}.`,
  ];
}

// `/verify Bob`: shows both keys for comparison and marks the friend's key as verified after the user confirms.

import type { Comparison } from "../core/known-key.js";
import { fingerprint, type KnownKeys } from "../core/known-key.js";
import { fault, ok, type Peer, type PeerName, type PublicKey, type Result } from "../core/types.js";
import type { Keyring } from "../ports.js";
import { standingOf } from "./known-keys.js";
import { refusedKeyLine } from "./decision.js";

interface Self {
  readonly name: PeerName;
  readonly key: PublicKey;
}

/** Both keys, for comparison. A fault's message says why there is nothing to compare. */
export function keysToCompare(peer: Peer, self: Self, keyring: Keyring): Result<Comparison> {
  const { name, dialect } = peer;
  if (name === self.name) return fault(`${name} is you.`);
  if (dialect !== "secure") return fault(`${name}'s row says dialect=${dialect}, which proves no key.`);
  const keys = keyring.read();
  if (!keys.ok) return keys;
  const undecided = explainUndecided(peer, keys.value);
  if (undecided !== undefined) return fault(undecided);
  const key = peer.key ?? keys.value.known(name)?.key;
  if (key === undefined) return fault(nothingKnown(peer, self));
  return ok({ own: self, theirs: { name, key }, standing: standingOf(peer, keys.value) });
}

/** The standing is on disk when this returns. `shown`: the key that was compared. Returns the lines to show. */
export function markVerified(peer: Peer, shown: PublicKey, keyring: Keyring): readonly string[] {
  const keys = keyring.read();
  if (!keys.ok) return [keys.message];
  const undecided = explainUndecided(peer, keys.value);
  if (undecided !== undefined) return undecided.split("\n");
  const key = peer.key ?? keys.value.known(peer.name)?.key;
  if (key !== shown) return [`${peer.name}'s key has changed since it was shown; compare again: /verify ${peer.name}`];
  const remembered = keyring.remember(peer.name, { key, standing: "verified" });
  return remembered.ok ? [`${peer.name}'s key is verified : ${fingerprint(key)}`] : [remembered.message];
}

const nothingKnown = ({ name }: Peer, self: Self): string =>
  `No key of ${name}'s is known yet: it is learned when you first reach each other.
Should ${name} ask for yours : ${fingerprint(self.key)}`;

/** Undecided refused keys come first: the user must see them before confirming the known key. */
function explainUndecided({ name, key }: Peer, keys: KnownKeys): string | undefined {
  const refused = keys.refused(name);
  if (key !== undefined || refused.length === 0) return undefined;
  const known = keys.known(name)?.key;
  return [
    `Refused under ${name}'s name, and not decided on :`,
    ...refused.map(refusedKeyLine),
    `Known as ${name}'s : ${known === undefined ? "none" : fingerprint(known)}`,
    `Have ${name} read out by phone or in person what /key shows over there, and keep the one that it is :`,
    ...[...refused.map((each) => each.key), ...(known === undefined ? [] : [known])].map(
      (each) => `  /trust ${name} "${fingerprint(each)}"`,
    ),
  ].join("\n");
}

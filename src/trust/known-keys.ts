// Trust on first use: whose key is this, and may we believe it? `judge` decides and changes nothing; `settle` puts on
// record what was decided. It promises that a key stands for one member only, and that a changed key is never taken.

import type { KnownKeys, RefusedKey } from "../core/known-key.js";
import type { PeerTable } from "../core/peer-table.js";
import { fault, ok, type KeyStanding, type Peer, type PeerName, type PublicKey, type Result } from "../core/types.js";
import type { Keyring } from "../ports.js";
import type { Refusal } from "./refusal.js";

/** What the other side has proved and said. The key is proved by the handshake; the name is only said. */
export type Claim = DialledClaim | AcceptedClaim;

export interface DialledClaim {
  readonly kind: "dialled";
  readonly peer: Peer;
  readonly key: PublicKey;
  /** Absent until the hello has come. A key is refused at once, but none is learned before. */
  readonly name?: string;
}

export interface AcceptedClaim {
  readonly kind: "accepted";
  /** Canonical address that the connection came from. */
  readonly host: string;
  readonly key: PublicKey;
  readonly name: string;
}

/** What we go by. */
export interface TrustContext {
  readonly table: PeerTable;
  readonly keys: KnownKeys;
  readonly self: { readonly name: PeerName; readonly key: PublicKey };
  readonly requireVerified: boolean;
}

export interface Accepted {
  readonly ok: true;
  readonly peer: Peer;
  /** Where it was known before, that very string: whoever keeps it keeps no copy. */
  readonly key: PublicKey;
  readonly standing: KeyStanding;
  /** The first key seen under this name: to be remembered before anything is sent or shown. */
  readonly learn: boolean;
}

export type Verdict = Accepted | Refusal;

export const judge = (claim: Claim, context: TrustContext): Verdict =>
  claim.kind === "dialled" ? judgeDialled(claim, context) : judgeAccepted(claim, context);

function judgeDialled({ peer, key, name }: DialledClaim, context: TrustContext): Verdict {
  const owner = ownerOf(key, context);
  if (owner !== undefined && owner !== peer.name) return keyOfAnother(peer, key, owner, context);
  const verdict = judgeKey(peer, key, context);
  if (!verdict.ok) return verdict;
  if (name === undefined) return { ...verdict, learn: false };
  return context.table.find(name)?.name === peer.name
    ? verdict
    : { ok: false, code: "unknown-name", shown: key, claimed: name, fault: "not-holder", holder: peer.name };
}

/** Once proven, a friend may come from any address; a new key is believed from the row's address alone. */
function judgeAccepted({ host, key, name }: AcceptedClaim, context: TrustContext): Verdict {
  const unknownName = { ok: false, code: "unknown-name", shown: key, claimed: name } as const;
  const peer = context.table.find(name);
  const owner = ownerOf(key, context);
  if (peer === undefined)
    return owner === undefined || owner === context.self.name
      ? { ...unknownName, fault: "nobody" }
      : { ...unknownName, fault: "not-holder", holder: owner };
  if (owner !== undefined && owner !== peer.name) return keyOfAnother(peer, key, owner, context);
  if (owner !== undefined || peer.host === host || peer.name === context.self.name) return judgeKey(peer, key, context);
  const verdict = judgeKey(peer, key, context);
  return !verdict.ok && verdict.code === "key-changed"
    ? { ...verdict, elsewhere: true }
    : { ...unknownName, fault: "not-there" };
}

/** The member whose key this is. Rows decide; what is known of names that left the group is no member's. */
export function ownerOf(
  key: PublicKey,
  { table, keys, self }: Omit<TrustContext, "requireVerified">,
): PeerName | undefined {
  if (key === self.key) return self.name;
  const known = table.withKey(key)?.name ?? keys.ownerOf(key);
  return known === undefined ? undefined : table.find(known)?.name;
}

function keyOfAnother(peer: Peer, key: PublicKey, owner: PeerName, { self }: TrustContext): Refusal {
  return { ok: false, code: "key-of-another", shown: key, peer, owner, ours: key === self.key };
}

/** The key is new, or this very member's. */
function judgeKey(peer: Peer, key: PublicKey, { keys, self, requireVerified }: TrustContext): Verdict {
  if (peer.name === self.name)
    return { ok: false, code: "unknown-name", shown: key, claimed: self.name, fault: "ours" };
  if (peer.dialect !== "secure") return { ok: false, code: "not-secure-row", shown: key, peer };
  const known = keys.known(peer.name);
  const believed = peer.key ?? known?.key;
  if (believed !== undefined && believed !== key)
    return {
      ok: false,
      code: "key-changed",
      shown: key,
      peer,
      known: believed,
      byRow: peer.key !== undefined,
      elsewhere: false,
    };
  const standing = standingOf(peer, keys);
  if (requireVerified && standing === "first-use") return { ok: false, code: "not-verified", shown: key, peer };
  return { ok: true, peer, key: believed ?? key, standing, learn: believed === undefined };
}

/** Of a member's key, for `/peers` and for the judge: a row's `key=` is worth `pinned` at least. */
export function standingOf(peer: Peer, keys: KnownKeys): KeyStanding {
  const known = keys.known(peer.name);
  if (peer.key === undefined) return known?.standing ?? "first-use";
  return known?.key === peer.key && known.standing === "verified" ? "verified" : "pinned";
}

/** The name under which `p2p trust` is to find the refused key; undefined where it could do nothing with it. */
function nameToRecord(refusal: Refusal): PeerName | undefined {
  if (refusal.code === "not-verified") return refusal.peer.name;
  return refusal.code === "key-changed" && !refusal.byRow && !refusal.elsewhere ? refusal.peer.name : undefined;
}

/** To be called once for a verdict, before it has any effect. A fault: the key was not recorded and must not be trusted. */
export function recordVerdict(verdict: Verdict, keyring: Keyring, seen: Omit<RefusedKey, "key">): Result<null> {
  if (verdict.ok)
    return verdict.learn
      ? keyring.remember(verdict.peer.name, { key: verdict.key, standing: verdict.standing })
      : ok(null);
  const name = nameToRecord(verdict);
  return name === undefined ? ok(null) : keyring.noteRefused(name, { key: verdict.shown, ...seen });
}

/** Who put another key into the own row than this machine has would be refused by every friend. */
export function checkOwnRow(self: Peer, ownKey: PublicKey): Result<null> {
  if (self.key === undefined || self.key === ownKey) return ok(null);
  return fault(
    `The group file's key= for ${self.name} is not the key of this machine; friends would refuse it. Put key=${ownKey} there, or use the state folder that has the other key (--state-dir, --group).`,
  );
}

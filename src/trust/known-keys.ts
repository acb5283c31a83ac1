// Trust on first use: which member a key belongs to, and whether to accept it. `judge` decides and changes nothing;
// `recordVerdict` stores the decision. A key belongs to one member only, and a changed key is never accepted.

import type { KnownKeys, RefusedKey } from "../core/known-key.js";
import type { PeerTable } from "../core/peer-table.js";
import { fault, ok, type KeyStanding, type Peer, type PeerName, type PublicKey, type Result } from "../core/types.js";
import type { Keyring } from "../ports.js";
import type { Refusal } from "./refusal.js";

/** What the peer claims. The handshake proves the key; the name is only claimed. */
export type Claim = DialledClaim | AcceptedClaim;

export interface DialledClaim {
  readonly kind: "dialled";
  readonly peer: Peer;
  readonly key: PublicKey;
  /** Absent until the hello arrives. Without it, a key can be refused but not learned. */
  readonly name?: string;
}

export interface AcceptedClaim {
  readonly kind: "accepted";
  /** Canonical address that the connection came from. */
  readonly host: string;
  readonly key: PublicKey;
  readonly name: string;
}

/** The facts that a decision depends on. */
export interface TrustContext {
  readonly table: PeerTable;
  readonly keys: KnownKeys;
  readonly self: { readonly name: PeerName; readonly key: PublicKey };
  readonly requireVerified: boolean;
}

export interface Accepted {
  readonly ok: true;
  readonly peer: Peer;
  /** If the key was known before, the same string object, so that no copy is kept. */
  readonly key: PublicKey;
  readonly standing: KeyStanding;
  /** The first key seen under this name: store it before anything is sent or shown. */
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
    : { ok: false, code: "unknown-name", shown: key, claimed: name, fault: "other-name", holder: peer.name };
}

/** A member with a known key may connect from any address; a new key is accepted from the row's address only. */
function judgeAccepted({ host, key, name }: AcceptedClaim, context: TrustContext): Verdict {
  const unknownName = { ok: false, code: "unknown-name", shown: key, claimed: name } as const;
  const peer = context.table.find(name);
  const owner = ownerOf(key, context);
  if (peer === undefined)
    return owner === undefined || owner === context.self.name
      ? { ...unknownName, fault: "no-such-name" }
      : { ...unknownName, fault: "other-name", holder: owner };
  if (owner !== undefined && owner !== peer.name) return keyOfAnother(peer, key, owner, context);
  if (owner !== undefined || peer.host === host || peer.name === context.self.name) return judgeKey(peer, key, context);
  const verdict = judgeKey(peer, key, context);
  return !verdict.ok && verdict.code === "key-changed"
    ? { ...verdict, elsewhere: true }
    : { ...unknownName, fault: "wrong-address" };
}

/** The member that holds this key. Rows decide before stored keys; keys of names that left the group belong to no member. */
export function ownerOf(
  key: PublicKey,
  { table, keys, self }: Omit<TrustContext, "requireVerified">,
): PeerName | undefined {
  if (key === self.key) return self.name;
  const known = table.withKey(key)?.name ?? keys.ownerOf(key);
  return known === undefined ? undefined : table.find(known)?.name;
}

function keyOfAnother(peer: Peer, key: PublicKey, owner: PeerName, { self }: TrustContext): Refusal {
  return { ok: false, code: "key-of-another", shown: key, peer, owner, isOurKey: key === self.key };
}

/** Judges a key that is new or this member's own. */
function judgeKey(peer: Peer, key: PublicKey, { keys, self, requireVerified }: TrustContext): Verdict {
  if (peer.name === self.name)
    return { ok: false, code: "unknown-name", shown: key, claimed: self.name, fault: "our-name" };
  if (peer.dialect !== "secure") return { ok: false, code: "not-secure-row", shown: key, peer };
  const known = keys.known(peer.name);
  const expected = peer.key ?? known?.key;
  if (expected !== undefined && expected !== key)
    return {
      ok: false,
      code: "key-changed",
      shown: key,
      peer,
      known: expected,
      knownFromRow: peer.key !== undefined,
      elsewhere: false,
    };
  const standing = standingOf(peer, keys);
  if (requireVerified && standing === "first-use") return { ok: false, code: "not-verified", shown: key, peer };
  return { ok: true, peer, key: expected ?? key, standing, learn: expected === undefined };
}

/** The standing of a member's key, for `/peers` and `judge`. A row's `key=` counts as `pinned` at least. */
export function standingOf(peer: Peer, keys: KnownKeys): KeyStanding {
  const known = keys.known(peer.name);
  if (peer.key === undefined) return known?.standing ?? "first-use";
  return known?.key === peer.key && known.standing === "verified" ? "verified" : "pinned";
}

/** The name under which `p2p trust` can find the refused key; undefined if it could not accept the key anyway. */
function nameToRecord(refusal: Refusal): PeerName | undefined {
  if (refusal.code === "not-verified") return refusal.peer.name;
  return refusal.code === "key-changed" && !refusal.knownFromRow && !refusal.elsewhere ? refusal.peer.name : undefined;
}

/** Call once per verdict, before the verdict has any effect. A fault means that the key was not stored: do not trust it. */
export function recordVerdict(verdict: Verdict, keyring: Keyring, seen: Omit<RefusedKey, "key">): Result<null> {
  if (verdict.ok)
    return verdict.learn
      ? keyring.remember(verdict.peer.name, { key: verdict.key, standing: verdict.standing })
      : ok(null);
  const name = nameToRecord(verdict);
  return name === undefined ? ok(null) : keyring.noteRefused(name, { key: verdict.shown, ...seen });
}

/** Checks that the `key=` of our own row, if any, is this machine's key; friends would refuse any other. */
export function checkOwnRow(self: Peer, ownKey: PublicKey): Result<null> {
  if (self.key === undefined || self.key === ownKey) return ok(null);
  return fault(
    `The group file's key= for ${self.name} is not the key of this machine; friends would refuse it. Put key=${ownKey} there, or use the state folder that has the other key (--state-dir, --group).`,
  );
}

// The reasons for refusing an authenticated connection, and the messages for both users.
// Text that the peer claims is hostile and is sanitised here.

import { excerpt } from "../core/escape.js";
import { fingerprint } from "../core/known-key.js";
import type { Peer, PeerName, PublicKey } from "../core/types.js";
import type { RefusalReason } from "../wire/secure/frames.js";

interface RefusalBase {
  readonly ok: false;
  /** The key that the peer has proven. */
  readonly shown: PublicKey;
}

interface KeyChanged extends RefusalBase {
  readonly code: "key-changed";
  readonly peer: Peer;
  readonly known: PublicKey;
  /** `known` comes from the group file: only an edit there can change it. */
  readonly knownFromRow: boolean;
  /** The connection came from an address that is not the row's. Anyone can do that, so it proves nothing. */
  readonly elsewhere: boolean;
}

interface UnknownName extends RefusalBase {
  readonly code: "unknown-name";
  readonly claimed: string;
  /**
   * no-such-name: no row has the name. our-name: the name is our own. other-name: the member with this key has another name.
   * wrong-address: a new key, from an address that is not the row's.
   */
  readonly fault: "no-such-name" | "our-name" | "other-name" | "wrong-address";
  /** The member that the key belongs to, or that we dialled. */
  readonly holder?: PeerName;
}

interface KeyOfAnother extends RefusalBase {
  readonly code: "key-of-another";
  /** The member that the peer claims to be, or that we dialled. */
  readonly peer: Peer;
  readonly owner: PeerName;
  /** The key is this member's own. */
  readonly isOurKey: boolean;
}

interface NotAccepted extends RefusalBase {
  readonly code: "not-verified" | "not-secure-row";
  readonly peer: Peer;
}

export type Refusal = KeyChanged | UnknownName | KeyOfAnother | NotAccepted;

const nothing = "nothing was sent or shown";

/** The message for our own user, one line. */
export function explainRefusal(refusal: Refusal): string {
  switch (refusal.code) {
    case "key-changed":
      return explainKeyChanged(refusal);
    case "unknown-name":
      return explainUnknownName(refusal);
    case "key-of-another":
      return explainKeyOfAnother(refusal);
    case "not-verified":
      return `${refusal.peer.name}'s key ${shown(refusal)} was not verified, and --require-verified is set: ${nothing}. ${compare(refusal.peer)}`;
    case "not-secure-row":
      return `${refusal.peer.name} connected with the secure dialect, but the row says dialect=${refusal.peer.dialect}: ${nothing}. Remove dialect= from the row in the group file to use encryption.`;
  }
}

function explainKeyChanged({ peer: { name }, known, knownFromRow, elsewhere, ...refusal }: KeyChanged): string {
  if (elsewhere)
    return `Somebody with key ${shown(refusal)} claims to be ${name} from an address that is not ${name}'s; ${name} is known by another key (${fingerprint(known)}): ${nothing}. If ${name} has a new key, ask ${name} to read it out by phone or in person (p2p key), then ${knownFromRow ? "change key= in the group file" : `enter /trust ${name} KEY`}.`;
  const what = `${name}'s key is not the one we know (known ${fingerprint(known)}, shown ${shown(refusal)}): ${nothing}.`;
  const way = knownFromRow
    ? `Only the key= in the group file is accepted; if ${name} has a new key, change it there.`
    : compare({ name });
  return `${what} Somebody may be posing as ${name}, or ${name} has a new key. ${way}`;
}

const compare = ({ name }: Pick<Peer, "name">): string =>
  `Compare fingerprints by phone or in person (p2p key on ${name}'s machine shows ${name}'s); if they are equal, enter /trust ${name} (outside the chat: p2p trust ${name})`;

function explainUnknownName({ claimed, fault, holder = "" as PeerName, ...refusal }: UnknownName): string {
  const name = excerpt(claimed);
  switch (fault) {
    case "no-such-name":
      return `Somebody with key ${shown(refusal)} claims to be "${name}", a name that the group file does not have: ${nothing}.`;
    case "our-name":
      return `Somebody with key ${shown(refusal)} claims our own name, ${name}: ${nothing}. Two machines need two names.`;
    case "other-name":
      return `${holder} uses the name "${name}": ${nothing}. Both group files must have the same name for ${holder}.`;
    case "wrong-address":
      return `Somebody with key ${shown(refusal)}, new to us, claims to be ${name} from an address that we do not know as ${name}'s: ${nothing}. A new key is accepted only from the address in the row, when we connect to ${name} (send a message), or with key= in the row.`;
  }
}

function explainKeyOfAnother({ peer, owner, isOurKey, ...refusal }: KeyOfAnother): string {
  if (isOurKey)
    return `The program that should be ${peer.name} showed our own key: ${nothing}. Either the address in the row is our own, or our key was copied.`;
  return `The program that should be ${peer.name} showed ${owner}'s key ${shown(refusal)}: ${nothing}. Check whether the group file mixes up their addresses.`;
}

const shown = (refusal: { readonly shown: PublicKey }): string => fingerprint(refusal.shown);

export interface RefusedNames {
  /** The member that refused us. */
  readonly friend: PeerName;
  readonly self: PeerName;
  readonly ownKey: PublicKey;
}

/** The message for our user when a friend refuses us, one line. `code`: undefined for a code that this version does not know. */
export function explainRefusalByFriend(
  code: RefusalReason | undefined,
  { friend, self, ownKey }: RefusedNames,
): string {
  const ours = fingerprint(ownKey);
  const waits = "messages wait here";
  switch (code) {
    case "key-changed":
      return `${friend} refused us: ${friend} knows us by a different key; ${waits}. Tell ${friend} by phone or in person that our key is now ${ours}; ${friend} then enters /trust ${self}`;
    case "unknown-name":
      return `${friend} refused us: no row there has our name ${self} and the address that we connect from; ${waits}. Ask ${friend} to compare the group files, or to add our key= (p2p key prints it) to our row.`;
    case "key-of-another":
      return `${friend} refused us: our key ${ours} is known there under a name other than ${self}; ${waits}. Ask ${friend} to check the group file.`;
    case "not-verified":
      return `${friend} accepts only verified keys, and ours is not verified yet; ${waits}. Tell ${friend} by phone or in person that our key is ${ours}; ${friend} then enters /trust ${self}`;
    case "busy":
      return `${friend} is busy with too many connections; ${waits} and will be tried again.`;
    case "not-secure-row":
      return `${friend} refused us: our row there has dialect= for an unencrypted program; ${waits}. Ask ${friend} to remove dialect= from it, or set the same dialect in ${friend}'s row here.`;
    case undefined:
      return `${friend} refused us for a reason that this version does not know; ${waits}. A newer p2p may know it.`;
  }
}

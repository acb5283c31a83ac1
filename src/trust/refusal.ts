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
  readonly byRow: boolean;
  /** The connection came from an address that is not the row's. Anyone can do that, so it proves nothing. */
  readonly elsewhere: boolean;
}

interface UnknownName extends RefusalBase {
  readonly code: "unknown-name";
  readonly claimed: string;
  /**
   * nobody: no row has the name. ours: the name is our own. not-holder: the key belongs to another name.
   * not-there: a new key, from an address that is not the row's.
   */
  readonly fault: "nobody" | "ours" | "not-holder" | "not-there";
  /** The member that the key belongs to, or that we dialled. */
  readonly holder?: PeerName;
}

interface KeyOfAnother extends RefusalBase {
  readonly code: "key-of-another";
  /** The member that the peer claims to be, or that we dialled. */
  readonly peer: Peer;
  readonly owner: PeerName;
  readonly ours: boolean;
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
      return `${refusal.peer.name} came with the secure dialect, but the row says dialect=${refusal.peer.dialect}: ${nothing}. Take that attribute out of the group file to talk encrypted.`;
  }
}

function explainKeyChanged({ peer: { name }, known, byRow, elsewhere, ...refusal }: KeyChanged): string {
  if (elsewhere)
    return `Somebody with key ${shown(refusal)} says to be ${name} from an address that is not ${name}'s; ${name} is known by another key (${fingerprint(known)}): ${nothing}. If it is ${name} with a new key, have it read out by phone or in person (p2p key), then ${byRow ? "change key= in the group file" : `say /trust ${name} KEY`}.`;
  const what = `${name}'s key is not the one we know (known ${fingerprint(known)}, shown ${shown(refusal)}): ${nothing}.`;
  const way = byRow ? `The group file's key= decides; if ${name} has a new key, change it there.` : compare({ name });
  return `${what} Somebody may be posing as ${name}, or ${name} has a new key. ${way}`;
}

const compare = ({ name }: Pick<Peer, "name">): string =>
  `Compare fingerprints by phone or in person (p2p key shows ${name}'s to ${name}); if they are equal, say /trust ${name} (outside the chat: p2p trust ${name})`;

function explainUnknownName({ claimed, fault, holder = "" as PeerName, ...refusal }: UnknownName): string {
  const name = excerpt(claimed);
  switch (fault) {
    case "nobody":
      return `Somebody with key ${shown(refusal)} says to be "${name}", whom the group file does not have: ${nothing}.`;
    case "ours":
      return `Somebody with key ${shown(refusal)} says to be ${name}, as we do: ${nothing}. Two machines need two names.`;
    case "not-holder":
      return `${holder} says to be "${name}": ${nothing}. Both group files must have the same name for ${holder}.`;
    case "not-there":
      return `Somebody with key ${shown(refusal)}, new to us, says to be ${name} from an address that we do not know as ${name}'s: ${nothing}. A first meeting needs the row's address, our dialling ${name} (send a message), or key= in the row.`;
  }
}

function explainKeyOfAnother({ peer, owner, ours, ...refusal }: KeyOfAnother): string {
  if (ours)
    return `Who should be ${peer.name} shows our own key: ${nothing}. Either the row's address leads back to us, or our key was copied.`;
  return `Who should be ${peer.name} shows ${owner}'s key ${shown(refusal)}: ${nothing}. Look whether the group file mixes up their addresses.`;
}

const shown = (refusal: { readonly shown: PublicKey }): string => fingerprint(refusal.shown);

export interface RefusedNames {
  /** The member that refused us. */
  readonly friend: PeerName;
  readonly self: PeerName;
  readonly ownKey: PublicKey;
}

/** The message for our user when a friend refuses us, one line. `code`: undefined for a code that this version does not know. */
export function explainRefused(code: RefusalReason | undefined, { friend, self, ownKey }: RefusedNames): string {
  const ours = fingerprint(ownKey);
  const waits = "messages wait here";
  switch (code) {
    case "key-changed":
      return `${friend} refused us, knowing another key as ours; ${waits}. Tell ${friend} by phone or in person that it is ${ours} now; ${friend} then says /trust ${self}`;
    case "unknown-name":
      return `${friend} refused us: no row there fits our name ${self} and the address that we come from; ${waits}. Ask ${friend} to compare the group files, or to put our key= (p2p key) into ours.`;
    case "key-of-another":
      return `${friend} refused us: our key ${ours} stands there under another name than ${self}; ${waits}. Ask ${friend} to look at the group file.`;
    case "not-verified":
      return `${friend} takes verified keys only, and ours is not yet; ${waits}. Tell ${friend} by phone or in person that it is ${ours}; ${friend} then says /trust ${self}`;
    case "busy":
      return `${friend} is busy with too many connections; ${waits} and will be tried again.`;
    case "not-secure-row":
      return `${friend} refused us: our row there names a dialect in clear text; ${waits}. Ask ${friend} to take dialect= out of it, or set the same dialect in ${friend}'s row here.`;
    case undefined:
      return `${friend} refused us for a reason that this version does not know; ${waits}. A newer p2p may know it.`;
  }
}

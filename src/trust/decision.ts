// `p2p trust Bob` and `/trust Bob`: the user accepts a key that trust on first use has refused.

import { excerpt } from "../core/escape.js";
import { fingerprint, type KnownKeys, type NamedKey, type RefusedKey } from "../core/known-key.js";
import { refusedKeysMax } from "../core/limits.js";
import type { PeerTable } from "../core/peer-table.js";
import { formatTime } from "../core/time-point.js";
import { fault, ok, type Peer, type PeerName, type PublicKey, type Result } from "../core/types.js";
import type { Keyring } from "../ports.js";

export interface TrustRequest {
  /** The command that messages show to the user as the next step. */
  readonly command: "p2p trust" | "/trust";
  readonly friend: string;
  /** Undefined: the refused key, if there is exactly one. */
  readonly key: NamedKey | undefined;
  readonly table: PeerTable;
  readonly self: { readonly name: PeerName; readonly key: PublicKey };
}

export interface Trusted {
  readonly peer: Peer;
  /** Undefined if no key was known. */
  readonly before: PublicKey | undefined;
  readonly key: PublicKey;
}

/** The key is on disk when this returns. A fault's message, one line or several, says what is wrong and what to do. */
export function trust(request: TrustRequest, keyring: Keyring): Result<Trusted> {
  const peer = checkTrustable(request);
  if (!peer.ok) return peer;
  const keys = keyring.read();
  if (!keys.ok) return keys;
  const key = chosenKey(request, peer.value, keys.value);
  if (!key.ok) return key;
  const before = keys.value.known(peer.value.name);
  const standing = before?.key === key.value && before.standing === "verified" ? "verified" : "pinned";
  const remembered = keyring.remember(peer.value.name, { key: key.value, standing });
  if (!remembered.ok) return remembered;
  return ok({ peer: peer.value, before: before?.key, key: key.value });
}

/** The lines shown after a key was accepted. */
export function explainTrusted({ peer: { name }, before, key }: Trusted): readonly string[] {
  return [
    `${name}'s key is now : ${fingerprint(key)}`,
    `Before : ${before === undefined ? "none was known" : fingerprint(before)}`,
    `Compare by phone or in person : "p2p key" on ${name}'s machine must show the same. If it does not, somebody is posing as ${name}.`,
  ];
}

/** Our own name, fingerprint and key, for friends' group files. */
export function explainOwnKey(name: PeerName, key: PublicKey): readonly string[] {
  return [
    `Name : ${name}`,
    `Fingerprint : ${fingerprint(key)}`,
    `For ${name}'s row in your friends' group files : key=${key}`,
  ];
}

/** The friend's known and refused keys, for comparison. */
export function explainFriendKey(peer: Peer, keys: KnownKeys): readonly string[] {
  const { name, dialect } = peer;
  if (dialect !== "secure") return [`${name}'s row says dialect=${dialect}, which proves no key.`];
  const key = peer.key ?? keys.known(name)?.key;
  const refused = keys.refused(name);
  return [
    `Name : ${name}`,
    `Fingerprint : ${key === undefined ? "none is known yet" : fingerprint(key)}`,
    ...(key === undefined ? [] : [`Known by : ${sourceOf(peer, keys)}`]),
    ...(refused.length === 0 ? [] : ["Refused since then :", ...refused.map(refusedKeyLine)]),
  ];
}

function sourceOf(peer: Peer, keys: KnownKeys): string {
  if (peer.key !== undefined) return "key= in the group file";
  return keys.known(peer.name)?.standing === "first-use"
    ? `first use; compare it with ${peer.name} by phone or in person`
    : "p2p trust";
}

function checkTrustable({ friend, table, self }: TrustRequest): Result<Peer> {
  const peer = table.find(friend);
  if (peer === undefined) return fault(unknownFriend(friend, table));
  if (peer.name === self.name) return fault(`${peer.name} is you; your own key needs no trust.`);
  if (peer.dialect !== "secure")
    return fault(`${peer.name}'s row says dialect=${peer.dialect}, which proves no key; there is nothing to trust.`);
  if (peer.key !== undefined)
    return fault(
      `The group file names ${peer.name}'s key (${fingerprint(peer.key)}), and it alone decides. To trust another one, change key= in ${peer.name}'s row.`,
    );
  return ok(peer);
}

function unknownFriend(friend: string, table: PeerTable): string {
  const meant = table.meant(friend);
  const hint = meant === undefined ? "Its names are case-sensitive." : `Did you mean ${meant.name}?`;
  return `The group file has no "${excerpt(friend)}". ${hint}`;
}

function chosenKey({ command, key, table, self }: TrustRequest, peer: Peer, keys: KnownKeys): Result<PublicKey> {
  const commandLine = `${command} ${peer.name}`;
  const chosen =
    key === undefined ? onlyRefused(peer, keys, commandLine) : keyByDigits(key, { peer, keys, commandLine });
  if (!chosen.ok) return chosen;
  if (chosen.value === self.key) return fault(`That key is your own; it cannot be ${peer.name}'s.`);
  const owner = table.withKey(chosen.value)?.name ?? keys.ownerOf(chosen.value);
  if (owner !== undefined && owner !== peer.name && table.find(owner) !== undefined)
    return fault(`That key (${fingerprint(chosen.value)}) is ${owner}'s; it cannot be ${peer.name}'s too.`);
  return chosen;
}

/** If several keys were refused it takes none: the last one may belong to an impostor. */
function onlyRefused(peer: Peer, keys: KnownKeys, commandLine: string): Result<PublicKey> {
  const [only, ...more] = keys.refused(peer.name);
  if (only === undefined) return fault(nothingRefused(peer, keys, commandLine));
  return more.length === 0 ? ok(only.key) : fault(severalRefused(peer, keys, commandLine));
}

interface KeySearch {
  readonly peer: Peer;
  readonly keys: KnownKeys;
  readonly commandLine: string;
}

/** Finds the refused or known key that starts with the given digits. Naming the known key pins it. */
function keyByDigits(key: NamedKey, { peer: { name }, keys, commandLine }: KeySearch): Result<PublicKey> {
  if (key.kind === "whole") return ok(key.key);
  const known = keys.known(name);
  const found = [...keys.refused(name), ...(known ? [known] : [])].find((each) => each.key.startsWith(key.digits));
  if (found !== undefined) return ok(found.key);
  return fault(`No key of ${name}'s with that fingerprint was seen; the whole key is needed: ${commandLine} KEY`);
}

function severalRefused({ name }: Peer, keys: KnownKeys, commandLine: string): string {
  const refused = keys.refused(name);
  const known = keys.known(name);
  const many = refused.length < refusedKeysMax ? "" : "at least ";
  const since = known === undefined ? "" : ` since ${fingerprint(known.key)} was trusted`;
  return [
    `For ${name}, ${many}${refused.length} different keys were refused${since}. At most one of these is ${name}'s:`,
    ...refused.map(refusedKeyLine),
    `Compare by phone or in person (p2p key on ${name}'s machine shows ${name}'s), then name the one : ${commandLine} "FINGERPRINT"`,
  ].join("\n");
}

/** One line of a list of refused keys. */
export const refusedKeyLine = ({ key, host, time }: RefusedKey): string =>
  `  ${fingerprint(key)}  from ${host}  ${formatTime(time).replace("T", " ")}`;

function nothingRefused({ name }: Peer, keys: KnownKeys, commandLine: string): string {
  const known = keys.known(name);
  const state =
    known === undefined
      ? `no key of ${name}'s is known yet`
      : `the known one is ${fingerprint(known.key)} (${known.standing})`;
  return `No key of ${name}'s was refused; ${state}. To set one by hand: ${commandLine} KEY`;
}

// Everything that a member keeps in its state folder, opened in the order in which it protects itself: the folder, the
// lock, the key, the store.

import { ok, type Result } from "../core/types.js";
import type { MemberState, Store } from "../ports.js";
import { FileKeyring } from "../platform/file-keyring.js";
import { NodeLocalSocket } from "../platform/local-socket.js";
import { SqliteHistory } from "./sqlite-history.js";
import { SqliteStore } from "./sqlite-store.js";
import { loadIdentity, type KeyMaker } from "../platform/state-folder.js";
import { lockState, type Busy, type StateLock } from "./lock.js";
import { stateFile } from "../platform/state-place.js";
import { TypedLinesFile } from "../platform/typed-lines-file.js";

/** The store's file in a state folder. */
export const messagesFile = (folder: string): string => stateFile(folder, "messages.db");

// For the life of the process: a lock that nobody refers to would be collected, and let go.
const held: StateLock[] = [];

/** `memory` is the store for a run that keeps nothing. */
export function openMemberState(folder: string, keyMaker: KeyMaker, memory?: Store): Result<MemberState> | Busy {
  const lock = lockState(stateFile(folder, "lock"));
  if (!lock.ok) return lock;
  held.push(lock.value);
  const identity = loadIdentity(folder, keyMaker);
  if (!identity.ok) return identity;
  const file = messagesFile(folder);
  const store = memory === undefined ? SqliteStore.open(file) : ok(memory);
  if (!store.ok) return store;
  const keyring = new FileKeyring(folder);
  const place = { keyFile: stateFile(folder, "key"), openTypedLines: () => new TypedLinesFile(folder) };
  const kept = memory === undefined ? { openHistory: () => SqliteHistory.open(file), place } : {};
  const localSocket = new NodeLocalSocket(folder);
  const durable = memory === undefined;
  return ok({ identity: identity.value, keyring, store: store.value, durable, localSocket, ...kept });
}

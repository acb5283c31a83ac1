// Opens a member's state folder: first the lock, then the key, then the store.

import { ok, type Result } from "../core/types.js";
import type { Busy, MemberState } from "../ports.js";
import { FileKeyring } from "../platform/file-keyring.js";
import { NodeLocalSocket } from "../platform/local-socket.js";
import { SqliteHistory } from "./sqlite-history.js";
import { SqliteStore } from "./sqlite-store.js";
import { loadIdentity, type KeyMaker } from "../platform/state-folder.js";
import { lockState, type StateLock } from "./lock.js";
import { stateFile } from "../platform/state-place.js";
import { TypedLinesFile } from "../platform/typed-lines-file.js";

/** The store's file in a state folder. */
export const messagesFile = (folder: string): string => stateFile(folder, "messages.db");

// Keeps references until the process ends: a lock that is garbage-collected is released.
const held: StateLock[] = [];

/** Unless `durable`, messages are kept in memory only. */
export function openMemberState(folder: string, keyMaker: KeyMaker, durable = true): Result<MemberState> | Busy {
  const lock = lockState(stateFile(folder, "lock"));
  if (!lock.ok) return lock;
  held.push(lock.value);
  const identity = loadIdentity(folder, keyMaker);
  if (!identity.ok) return identity;
  const file = messagesFile(folder);
  const store = durable ? SqliteStore.open(file) : SqliteStore.inMemory();
  if (!store.ok) return store;
  const keyring = new FileKeyring(folder);
  const place = { keyFile: stateFile(folder, "key"), openTypedLines: () => new TypedLinesFile(folder) };
  const kept = durable ? { openHistory: () => SqliteHistory.open(file), place } : {};
  const localSocket = new NodeLocalSocket(folder);
  return ok({ identity: identity.value, keyring, store: store.value, durable, localSocket, ...kept });
}

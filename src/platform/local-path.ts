// Finds a member's local socket and connects to it. Commands that only talk to a member load this and no more.

import { lstatSync, readFileSync, type Stats } from "node:fs";
import net from "node:net";
import path from "node:path";
import type { Connection } from "../ports.js";
import { NodeConnection } from "./node-network.js";

/** Longest socket path that the kernel accepts, in bytes without the final NUL. */
const pathBytesMax = 107;

export const fitsKernel = (file: string): boolean => Buffer.byteLength(file) <= pathBytesMax;

/** The usual path, in the state folder. */
export const usualPath = (folder: string): string => path.join(folder, "socket");

/** The file that holds the socket's path if the usual one is too long. */
export const pointerFile = (folder: string): string => path.join(folder, "socket.path");

/** A path at which no socket can exist. A path that is too long will not do: the kernel cuts it, and the rest may belong to another user. */
const nowhere = "/proc/none";

/** Undefined if the path is too long and the pointer file leads to no socket of this user. */
export function socketPath(folder: string): string | undefined {
  const usual = usualPath(folder);
  if (fitsKernel(usual)) return usual;
  const elsewhere = pointedPath(folder);
  return elsewhere !== undefined && isOurSocket(elsewhere) ? elsewhere : undefined;
}

/**
 * The path in the pointer file, if its folder belongs to this user alone. After the temporary folder was emptied, another user may
 * have created a folder or a link under that name.
 */
export function pointedPath(folder: string): string | undefined {
  try {
    const elsewhere = readFileSync(pointerFile(folder), "utf8").trimEnd();
    const holder = lstatSync(path.dirname(elsewhere));
    return holder.isDirectory() && isOurs(holder) && (holder.mode & 0o077) === 0 ? elsewhere : undefined;
  } catch {
    return undefined;
  }
}

export function isOurSocket(file: string): boolean {
  const found = lstatSync(file, { throwIfNoEntry: false });
  return found !== undefined && found.isSocket() && isOurs(found);
}

const isOurs = ({ uid }: Stats): boolean => uid === process.getuid?.();

/** If no member listens, the connection closes without opening. */
export const dialMember = (folder: string): Connection =>
  new NodeConnection(net.connect({ path: socketPath(folder) ?? nowhere, allowHalfOpen: true }), "");

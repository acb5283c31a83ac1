// Where a member's local socket is, and how to reach it: all that a program needs which only wants to speak to a member.

import { lstatSync, readFileSync, type Stats } from "node:fs";
import net from "node:net";
import path from "node:path";
import type { Connection } from "../ports.js";
import { NodeConnection } from "./node-network.js";

/** What the kernel takes of a path, without the NUL that ends it. */
const pathBytesMax = 107;

export const fitsKernel = (file: string): boolean => Buffer.byteLength(file) <= pathBytesMax;

/** Where its name says in the state folder. */
export const usualPath = (folder: string): string => path.join(folder, "socket");

/** The file that says where the socket is when that path is too long. */
export const pointerFile = (folder: string): string => path.join(folder, "socket.path");

/** Where nobody can make a socket. A path that is too long does not do: what the kernel takes of it may be somebody's. */
const nowhere = "/proc/none";

/** Undefined where a pointer would be needed and none leads to a socket of ours. */
export function socketPath(folder: string): string | undefined {
  const usual = usualPath(folder);
  if (fitsKernel(usual)) return usual;
  const elsewhere = pointedPath(folder);
  return elsewhere !== undefined && isOurSocket(elsewhere) ? elsewhere : undefined;
}

/**
 * What the pointer says, if it is in a folder that is ours alone. Once the temporary folder was emptied, the name that a dead
 * member left is free: another user may have put a folder or a link there.
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

/** A connection that never opens tells by its close that nobody listens there. */
export const dialMember = (folder: string): Connection =>
  new NodeConnection(net.connect({ path: socketPath(folder) ?? nowhere, allowHalfOpen: true }), "");

// Where a member's local socket is, and how to reach it: all that a program needs which only wants to speak to a member.

import { readFileSync } from "node:fs";
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

/** Undefined where a pointer would be needed and is not there. */
export function socketPath(folder: string): string | undefined {
  const usual = usualPath(folder);
  if (fitsKernel(usual)) return usual;
  try {
    return readFileSync(pointerFile(folder), "utf8").trimEnd();
  } catch {
    return undefined;
  }
}

/** A connection that never opens tells by its close that nobody listens there. */
export const dialMember = (folder: string): Connection =>
  new NodeConnection(net.connect({ path: socketPath(folder) ?? usualPath(folder), allowHalfOpen: true }), "");

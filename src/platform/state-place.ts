// Computes the path of a member's state folder: <root>/<group>/<member>.

import path from "node:path";
import type { PeerName } from "../core/types.js";

export interface StatePlace {
  /** `--state-dir`; relative to the working directory. */
  readonly stateDir: string | undefined;
  readonly group: string;
  readonly member: PeerName;
}

/** By the XDG Base Directory Specification, which ignores relative paths. */
export interface Surroundings {
  readonly xdgStateHome: string | undefined;
  readonly home: string;
}

/** The folder's absolute path, whether or not it is there. */
export const stateFolderOf = (place: StatePlace, surroundings: Surroundings): string =>
  path.join(stateRoot(place.stateDir, surroundings), place.group, place.member);

function stateRoot(stateDir: string | undefined, { xdgStateHome, home }: Surroundings): string {
  if (stateDir !== undefined) return path.resolve(stateDir);
  if (xdgStateHome !== undefined && path.isAbsolute(xdgStateHome)) return path.join(xdgStateHome, "p2p");
  return path.join(home, ".local", "state", "p2p");
}

/** A file in a member's state folder. */
export const stateFile = (folder: string, name: "key" | "lock" | "messages.db"): string => path.join(folder, name);

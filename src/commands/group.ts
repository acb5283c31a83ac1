// What the short commands share: the group file, and which of its rows is ours.

import type { Membership } from "./options.js";
import { exitCode } from "../core/errors.js";
import { onLoopback, parsePeerTable, type PeerTable, type TableDefaults } from "../core/peer-table.js";
import { fault, ok, type Bytes, type Peer, type PeerName, type PublicKey, type Result } from "../core/types.js";
import { whoAmI } from "./who-am-i.js";

/** What they ask of the machine. */
export interface Machine {
  readFile(path: string): Result<Bytes>;
  addresses(): ReadonlySet<string>;
}

/** Opens the state folder of a member and tells the key in it, which is made where there is none. */
export type OwnKey = (member: PeerName) => Result<PublicKey>;

/** How a command that answers at once ends. */
export interface Answer<Lines extends Iterable<string> = readonly string[]> {
  readonly code: number;
  /** For standard output. */
  readonly lines?: Lines;
  /** For standard error. */
  readonly message?: string;
  /** The message where there is no line. */
  readonly ifNone?: string;
}

export const failed = (message: string, code: number = exitCode.usage): Answer => ({ code, message });

export interface Group {
  readonly table: PeerTable;
  readonly self: Peer;
}

/** Defaults that these commands do not show: a file that is good for the chat is good here, whatever the chat's options. */
export const usual: TableDefaults = { port: 6969, dialect: "secure", idleMs: 0 };

export function readGroup(membership: Membership, machine: Machine, defaults = usual): Result<Group> {
  const table = readTable(membership, machine, defaults);
  if (!table.ok) return table;
  const self = whoAmI(table.value, { name: membership.name, addresses: machine.addresses() });
  return self.ok ? ok({ table: table.value, self: self.value }) : self;
}

export function readTable(
  { peers, loopback }: Membership,
  machine: Pick<Machine, "readFile">,
  defaults: TableDefaults,
): Result<PeerTable> {
  const content = machine.readFile(peers);
  if (!content.ok) return fault(`${peers}: ${content.message}`);
  const table = parsePeerTable(peers, content.value, defaults);
  return table.ok && loopback ? ok(onLoopback(table.value)) : table;
}

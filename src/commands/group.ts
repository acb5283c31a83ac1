// Shared by the commands: reads the group file and finds our row.

import type { Membership } from "./options.js";
import { exitCode } from "../core/errors.js";
import { onLoopback, parsePeerTable, type PeerTable, type TableDefaults } from "../core/peer-table.js";
import { fault, ok, type Bytes, type Peer, type PeerName, type PublicKey, type Result } from "../core/types.js";
import { whoAmI } from "./who-am-i.js";

/** The machine, as the commands see it. */
export interface Machine {
  readFile(path: string): Result<Bytes>;
  addresses(): ReadonlySet<string>;
}

/** Opens a member's state folder and returns its public key. Creates the key if there is none. */
export type OwnKey = (member: PeerName) => Result<PublicKey>;

/** The output and exit code of a command that answers at once. */
export interface Answer<Lines extends Iterable<string> = readonly string[]> {
  readonly code: number;
  /** For standard output. */
  readonly lines?: Lines;
  /** For standard error. */
  readonly message?: string;
  /** The message if `lines` is empty. */
  readonly ifNone?: string;
}

export const failed = (message: string, code: number = exitCode.usage): Answer => ({ code, message });

export interface Group {
  readonly table: PeerTable;
  readonly self: Peer;
}

/**
 * For commands that do not use a row's port, dialect or idle timeout. These values do not affect whether the group file is
 * valid.
 */
export const defaultTableOptions: TableDefaults = { port: 6969, dialect: "secure", idleMs: 0 };

export function readGroup(membership: Membership, machine: Machine, defaults = defaultTableOptions): Result<Group> {
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

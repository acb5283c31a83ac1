// `p2p friends`: prints the names in the group file, one per line, for shell completion. Needs no running member.

import { exitCode } from "../core/errors.js";
import type { Membership } from "./options.js";
import { failed, readTable, defaultTableOptions, type Answer, type Machine } from "./group.js";

export function friendNames(options: Membership, machine: Pick<Machine, "readFile">): Answer {
  const table = readTable(options, machine, defaultTableOptions);
  return table.ok
    ? { code: exitCode.stopped, lines: table.value.peers.map(({ name }) => name) }
    : failed(table.message);
}

// Who is in the group file, one name a line: what a shell completes a friend by. It needs no member, and asks for nothing else.

import { exitCode } from "../core/errors.js";
import type { Membership } from "./options.js";
import { failed, readTable, usual, type Answer, type Machine } from "./group.js";

export function friendNames(options: Membership, machine: Pick<Machine, "readFile">): Answer {
  const table = readTable(options, machine, usual);
  return table.ok
    ? { code: exitCode.stopped, lines: table.value.peers.map(({ name }) => name) }
    : failed(table.message);
}

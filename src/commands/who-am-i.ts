// Finds our row of the group file: the one that --name names, or else the one whose address this machine has.

import { listedRowsMax } from "../core/limits.js";
import type { PeerTable } from "../core/peer-table.js";
import { excerpt } from "../core/escape.js";
import { fault, ok, type Peer, type Result } from "../core/types.js";

export interface IdentityHints {
  /** `--name`, if given. */
  readonly name: string | undefined;
  /** The addresses of this machine's interfaces, canonical. */
  readonly addresses: ReadonlySet<string>;
}

/** The fault's message lists the rows and the options that help. */
export function whoAmI(table: PeerTable, { name, addresses }: IdentityHints): Result<Peer> {
  if (name !== undefined) {
    const peer = table.find(name);
    return peer === undefined ? fault(explainUnknown(table, name)) : ok(peer);
  }
  const mine = table.peers.filter((peer) => addresses.has(peer.host));
  const [only] = mine;
  if (only === undefined)
    return fault(explainNameless("None of the group file's addresses is on this machine.", table.peers));
  if (mine.length > 1)
    return fault(explainNameless("Several of the group file's addresses are on this machine.", mine));
  return ok(only);
}

function explainUnknown(table: PeerTable, name: string): string {
  const what = `The group file has no "${excerpt(name)}".`;
  const meant = table.meant(name);
  const question = meant === undefined ? "Who are you?" : `Did you mean ${meant.name}?`;
  // The name may come from --name, or from a script that passes it on.
  return explain(
    `${what} ${question}`,
    table.peers,
    `Choose one of these names, such as ${(meant ?? table.peers[0])?.name ?? "Alice"}.`,
  );
}

function explainNameless(what: string, rows: readonly Peer[]): string {
  const example = rows[0]?.name ?? "Alice";
  const how = `Say it with --name ${example}; to try the group on one machine: --name ${example} --loopback`;
  return explain(`${what} Who are you?`, rows, how);
}

function explain(what: string, rows: readonly Peer[], how: string): string {
  const width = Math.max(...rows.slice(0, listedRowsMax).map((peer) => Array.from(peer.name).length));
  const more = rows.length - listedRowsMax;
  return [
    what,
    ...rows
      .slice(0, listedRowsMax)
      .map((peer) => `  ${peer.name}${" ".repeat(width - Array.from(peer.name).length)}  ${peer.host}`),
    ...(more > 0 ? [`  … and ${String(more)} more`] : []),
    how,
  ].join("\n");
}

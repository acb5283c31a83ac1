// Keys and groups for tests of trust.

import { parsePeerTable, type PeerTable } from "../../../src/core/peer-table.js";
import type { RefusedKey } from "../../../src/core/known-key.js";
import type { PeerName, PublicKey } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";

/** A key that repeats one digit. */
export const keyOf = (digit: string): PublicKey => digit.repeat(64) as PublicKey;

/** Such a key as a refused one. */
export const refusedKey = (digit: string, host = "10.1.2.0"): RefusedKey => ({ key: keyOf(digit), host, time: 0 });

export const nameOf = (name: string): PeerName => name as PeerName;

export function groupOf(...rows: readonly string[]): PeerTable {
  const table = parsePeerTable("group", toUtf8(`${rows.length}\n${rows.join("\n")}\n`), {
    port: 6969,
    dialect: "secure",
    idleMs: 0,
  });
  if (!table.ok) throw new Error(table.message);
  return table.value;
}

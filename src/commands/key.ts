// `p2p key`: prints our key, and the key=… that friends put into their group files.

import type { Membership } from "./options.js";
import { exitCode } from "../core/errors.js";
import { checkOwnRow } from "../trust/known-keys.js";
import { explainOwnKey } from "../trust/decision.js";
import { failed, readGroup, type Answer, type Machine, type OwnKey } from "./group.js";

export function showKey(options: Membership, machine: Machine, ownKey: OwnKey): Answer {
  const group = readGroup(options, machine);
  if (!group.ok) return failed(group.message);
  const { self } = group.value;
  const key = ownKey(self.name);
  if (!key.ok) return failed(key.message);
  const row = checkOwnRow(self, key.value);
  const lines = explainOwnKey(self.name, key.value);
  return row.ok ? { code: exitCode.stopped, lines } : { code: exitCode.notTrusted, lines, message: row.message };
}

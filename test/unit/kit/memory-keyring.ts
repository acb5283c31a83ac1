// A keyring in memory. The test can make it fail as a disk does.

import { KnownKeys, type KnownKey, type RefusedKey } from "../../../src/core/known-key.js";
import { fault, ok, type PeerName, type Result } from "../../../src/core/types.js";
import type { Keyring } from "../../../src/ports.js";

export class MemoryKeyring implements Keyring {
  keys = new KnownKeys();
  /** While set, every call fails with this message. */
  broken: string | undefined;

  read(): Result<KnownKeys> {
    return this.broken === undefined ? ok(this.keys) : fault(this.broken);
  }

  remember(name: PeerName, known: KnownKey): Result<null> {
    return this.#change(() => this.keys.withFirstUse(name, known));
  }

  noteRefused(name: PeerName, refused: RefusedKey): Result<null> {
    return this.#change(() => ok(this.keys.withRefused(name, refused)));
  }

  #change(change: () => Result<KnownKeys>): Result<null> {
    if (this.broken !== undefined) return fault(this.broken);
    const changed = change();
    if (!changed.ok) return changed;
    this.keys = changed.value;
    return ok(null);
  }
}

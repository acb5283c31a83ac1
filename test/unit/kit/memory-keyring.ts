// A keyring without a disk. It can be made to fail as a disk does.

import { KnownKeys, type KnownKey } from "../../../src/core/known-key.js";
import { fault, ok, type PeerName, type PublicKey, type Result } from "../../../src/core/types.js";
import type { Keyring } from "../../../src/ports.js";

export class MemoryKeyring implements Keyring {
  keys = new KnownKeys();
  /** What every call answers, as long as it is set. */
  broken: string | undefined;

  read(): Result<KnownKeys> {
    return this.broken === undefined ? ok(this.keys) : fault(this.broken);
  }

  remember(name: PeerName, known: KnownKey): Result<null> {
    return this.#change(() => this.keys.remembering(name, known));
  }

  noteRefused(name: PeerName, key: PublicKey): Result<null> {
    return this.#change(() => this.keys.noting(name, key));
  }

  #change(change: () => KnownKeys): Result<null> {
    if (this.broken !== undefined) return fault(this.broken);
    this.keys = change();
    return ok(null);
  }
}

// Whoever sits at standard input and output, as the program sees it: it reads what is typed there, and tells what arrives and
// what happens in the form that this one wants.

import type { Audience } from "../core/audience.js";
import type { Bytes, Peer } from "../core/types.js";
import type { Typed } from "../ports.js";

export interface Client extends Audience {
  /** We listen. */
  greet(port: number, peers: readonly Peer[]): void;
  onBytes(chunk: Bytes): void;
  /** From a terminal that edits lines. */
  onTyped?(typed: Typed): void;
  /** Standard input has ended. */
  onEnd(): void;
  /** The reader of standard output has taken everything. */
  onDrain(): void;
  /** Store number up to which every message was taken by the reader of standard output. */
  readonly shown: number;
  /** Whether that reader leaves us waiting. */
  readonly blocked: boolean;
  /** End of the turn. */
  flush(): void;
}

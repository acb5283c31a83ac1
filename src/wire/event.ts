// What a wire format says once its bytes are understood.

import type { Batch } from "../core/types.js";

export type WireEvent =
  | { readonly kind: "texts"; readonly batch: Batch }
  /** The other side broke the protocol; its connection ends, and no other. */
  | { readonly kind: "fault"; readonly reason: string };

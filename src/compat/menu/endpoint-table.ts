// A bounded table of peers, keyed by the address they listen on, in order of arrival.

import { formatEndpoint } from "../../core/address.js";
import type { Endpoint } from "../../core/types.js";

export class EndpointTable {
  readonly #max: number;
  readonly #byText = new Map<string, Endpoint>();

  constructor(max: number) {
    this.#max = max;
  }

  get all(): readonly Endpoint[] {
    return [...this.#byText.values()];
  }

  /** True: the peer is in the table. False: the table is full. */
  add({ host, port }: Endpoint): boolean {
    const text = formatEndpoint({ host, port });
    if (this.#byText.has(text)) return true;
    if (this.#byText.size >= this.#max) return false;
    this.#byText.set(text, { host, port });
    return true;
  }

  /** True: the peer was in the table. */
  remove(endpoint: Endpoint): boolean {
    return this.#byText.delete(formatEndpoint(endpoint));
  }
}

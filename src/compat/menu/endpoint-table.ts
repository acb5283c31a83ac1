// Peers known by where they listen, in the order in which they came. None stands twice, and there is room for so many.

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

  /** False: it is not there, for want of room. */
  add({ host, port }: Endpoint): boolean {
    const text = formatEndpoint({ host, port });
    if (this.#byText.has(text)) return true;
    if (this.#byText.size >= this.#max) return false;
    this.#byText.set(text, { host, port });
    return true;
  }

  /** Whether it was there. */
  remove(endpoint: Endpoint): boolean {
    return this.#byText.delete(formatEndpoint(endpoint));
  }
}

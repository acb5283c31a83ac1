// Counts things by kind. A kind with a count of zero takes no memory.

export class Counts<Kind> {
  readonly #counts = new Map<Kind, number>();

  /** The number of kinds with a count above zero. */
  get size(): number {
    return this.#counts.size;
  }

  of(kind: Kind): number {
    return this.#counts.get(kind) ?? 0;
  }

  add(kind: Kind): void {
    this.#counts.set(kind, this.of(kind) + 1);
  }

  remove(kind: Kind): void {
    const left = this.of(kind) - 1;
    if (left > 0) this.#counts.set(kind, left);
    else this.#counts.delete(kind);
  }
}

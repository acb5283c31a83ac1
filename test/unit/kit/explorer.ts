// Explores all states that a set of moves can reach, breadth first, so that a failure is shown with a shortest path.

export interface Move<State> {
  readonly name: string;
  /** Undefined if the move is not possible. Throws if a promise is broken. */
  make(state: State): State | undefined;
}

export interface Exploration<State> {
  readonly start: State;
  readonly moves: readonly Move<State>[];
  readonly depth: number;
  /** Equal for states that differ only in names. */
  keyOf(state: State): string;
  /** Throws if a promise is broken. */
  check(state: State): void;
}

interface Node<State> {
  readonly state: State;
  readonly parent: Node<State> | undefined;
  readonly move: string;
}

/** Returns the number of states. */
export function explore<State>({ start, moves, depth, keyOf, check }: Exploration<State>): number {
  const seen = new Set([keyOf(start)]);
  let edge: readonly Node<State>[] = [{ state: start, parent: undefined, move: "start" }];
  for (let step = 0; step < depth; step += 1) {
    const next: Node<State>[] = [];
    for (const parent of edge)
      for (const { name, make } of moves) {
        const node = { parent, move: name };
        const state = explained(node, () => make(parent.state));
        if (state === undefined || !isNew(keyOf(state))) continue;
        explained(node, () => check(state));
        next.push({ ...node, state });
      }
    edge = next;
  }
  return seen.size;

  function isNew(key: string): boolean {
    const before = seen.size;
    return seen.add(key).size > before;
  }
}

type Path = Pick<Node<unknown>, "move"> & { readonly parent: Path | undefined };

function explained<Value>(at: Path, run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    const path: string[] = [];
    for (let node: Path | undefined = at; node !== undefined; node = node.parent) path.unshift(node.move);
    throw new Error(`${String(error)} after: ${path.join(", ")}`, { cause: error });
  }
}

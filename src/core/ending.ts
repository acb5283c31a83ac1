// How a program ends.

export interface Ending {
  readonly code: number;
  /** For standard error. */
  readonly message?: string;
}

/** A program that runs. */
export interface Running {
  stop(): void;
}

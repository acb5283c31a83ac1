// The result of a program: exit code and last message.

export interface Ending {
  readonly code: number;
  /** Written to standard error. */
  readonly message?: string;
}

/** A running program. */
export interface Running {
  stop(): void;
}

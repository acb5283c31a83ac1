// The life of a session, as a table. Nothing else decides a state.
//
//              want              stand
//    closed ─────────▶ dialling ─────────▶ open ──┐ stand (a newer
//    ▲ │ │      failed │     ▲ retry       ▲ ▲ │ ▲ │ connection)
//    │ │ │             ▼     │             │ │ │ └─┘
//    │ │ └─ postpone ▶ waiting ── stand ───┘ │ │
//    │ └─────────────────────────── stand ───┘ │
//    └──────────────────────── idle, lost ─────┘
//
// Draining connections are not in this picture: they linger on their own, and a closed session may dial at once.

export type SessionState = "closed" | "dialling" | "open" | "waiting";

/** As `/peers` says it. */
export const stateWords = {
  closed: "not connected",
  dialling: "connecting",
  open: "connected",
  waiting: "unreachable",
} as const;

export type Cause =
  /** Something waits to be sent, and nothing went wrong lately. */
  | "want"
  /** Something waits to be sent, but the last connection broke before a word was heard. */
  | "postpone"
  /** A connection stands that may carry messages. */
  | "stand"
  /** The dial failed and no connection stands. */
  | "failed"
  /** The time to dial again has come. */
  | "retry"
  /** Nothing went in either direction for the idle timeout. */
  | "idle"
  /** The last connection that could carry messages has ended. */
  | "lost";

const table: Readonly<Record<SessionState, Partial<Record<Cause, SessionState>>>> = {
  closed: { want: "dialling", postpone: "waiting", stand: "open" },
  dialling: { stand: "open", failed: "waiting" },
  open: { stand: "open", idle: "closed", lost: "closed" },
  waiting: { stand: "open", retry: "dialling" },
};

/** Throws on a pair that the picture does not have: a bug, never a peer's doing. */
export function transition(state: SessionState, cause: Cause): SessionState {
  const next = table[state][cause];
  if (next === undefined) throw new Error(`no transition from "${state}" by "${cause}"`);
  return next;
}

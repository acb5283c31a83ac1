// The states of a session and what causes each transition, as one table. No other code decides a state.
//
//              want              opened
//    closed ─────────▶ dialling ─────────▶ open ──┐ opened (a newer
//    ▲ │ │      failed │     ▲ retry       ▲ ▲ │ ▲ │ connection)
//    │ │ │             ▼     │             │ │ │ └─┘
//    │ │ └─ postpone ▶ waiting ── opened ──┘ │ │
//    │ └────────────────────────── opened ───┘ │
//    └──────────────────────── idle, lost ─────┘
//
// Draining connections are not in this picture: they end on their own, and a closed session may dial at once.

export type SessionState = "closed" | "dialling" | "open" | "waiting";

/** The words that `/peers` shows. */
export const stateWords = {
  closed: "not connected",
  dialling: "connecting",
  open: "connected",
  waiting: "unreachable",
} as const;

export type Cause =
  /** Messages wait, and the last connection did not fail. */
  | "want"
  /** Messages wait, but the last connection broke before a message arrived, or there were too many dials. */
  | "postpone"
  /** A connection that may carry messages is open. */
  | "opened"
  /** The dial failed and no connection is open. */
  | "failed"
  /** The next dial is due. */
  | "retry"
  /** Neither side sent anything for the idle timeout. */
  | "idle"
  /** The last connection that could carry messages has ended. */
  | "lost";

const table: Readonly<Record<SessionState, Partial<Record<Cause, SessionState>>>> = {
  closed: { want: "dialling", postpone: "waiting", opened: "open" },
  dialling: { opened: "open", failed: "waiting" },
  open: { opened: "open", idle: "closed", lost: "closed" },
  waiting: { opened: "open", retry: "dialling" },
};

/** Throws on a pair that the table does not have: that is a bug in this program; no peer can cause it. */
export function transition(state: SessionState, cause: Cause): SessionState {
  const next = table[state][cause];
  if (next === undefined) throw new Error(`no transition from "${state}" by "${cause}"`);
  return next;
}

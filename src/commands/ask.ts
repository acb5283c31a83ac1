// Sends one request to the running member and returns its answer.

import { exitCode, reasonOf } from "../core/errors.js";
import { excerpt } from "../core/escape.js";
import { answerGraceMs } from "../core/limits.js";
import type { Clock, Connection } from "../ports.js";
import type { Answer } from "./group.js";
import { MemberConnection, refusalOf, textOf, toldIn, type Told } from "./member-connection.js";

export interface AskPorts {
  readonly clock: Clock;
  readonly dial: () => Connection;
}

export interface Question {
  readonly request: Readonly<Record<string, unknown>> & { readonly do: string };
  /** The event that answers the request; by default the one of its name. */
  readonly answer?: string;
  /** Converts the member's answer to output and an exit code. */
  readonly explain: (told: Told) => Answer;
  /** Output and exit code if no member is running. */
  readonly absent: Answer;
  /** Time that the request itself may take, in milliseconds; default 0. */
  readonly waitMs?: number;
}

/** `onAnswer` is called exactly once. */
export function ask(question: Question, { clock, dial }: AskPorts, onAnswer: (answer: Answer) => void): void {
  let ended = false;
  const end = (answer: Answer): void => {
    if (ended) return;
    ended = true;
    cancel();
    onAnswer(answer);
    connection.close();
  };
  const timedOut = { code: exitCode.unsent, message: "The member does not answer." };
  const cancel = clock.after((question.waitMs ?? 0) + answerGraceMs, () => end(timedOut));
  let opened = false;
  const connection = new MemberConnection(dial(), {
    onOpen: () => {
      opened = true;
      connection.say(question.request);
    },
    onLines: (lines) => {
      for (const told of toldIn(lines)) {
        // The member was already closing when we connected, and read nothing.
        if (told.event === "closing" && told["read"] === 0) end(question.absent);
        if (isAnswer(told, question)) end(answerOf(told, question));
      }
    },
    onDrain: () => undefined,
    onClose: (code) => end(opened ? broken(code) : unreached(code, question)),
  });
}

const isAnswer = ({ event }: Told, { request, answer = request.do }: Question): boolean =>
  event === answer || event === "error";

function answerOf(told: Told, { explain }: Question): Answer {
  if (told.event !== "error") return explain(told);
  const lines = (textOf(told["text"]) ?? "").split("\n");
  return { code: exitCode.unsent, message: lines.map((line) => excerpt(line)).join("\n") };
}

const broken = (code: string | undefined): Answer => ({
  code: exitCode.unsent,
  message: `The member ended before it answered${code === undefined ? "" : ` (${reasonOf(code)})`}.`,
});

const unreached = (code: string | undefined, { absent }: Question): Answer =>
  refusalOf(code) === "absent"
    ? absent
    : { code: exitCode.unsent, message: `Cannot use the member's socket: ${reasonOf(code ?? "ECONNREFUSED")}.` };

// Commands that put one question to the running member, print its answer and end.

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
  /** What to say of the answer. */
  readonly explain: (told: Told) => Answer;
  /** What to say where no member runs. */
  readonly absent: Answer;
  /** How long the member may take, in milliseconds. */
  readonly waitMs?: number;
}

/** `onAnswer` is called exactly once. */
export function ask(question: Question, { clock, dial }: AskPorts, onAnswer: (answer: Answer) => void): void {
  let over = false;
  const end = (answer: Answer): void => {
    if (over) return;
    over = true;
    cancel();
    onAnswer(answer);
    line.leave();
  };
  const late = { code: exitCode.unsent, message: "The member does not answer." };
  const cancel = clock.after((question.waitMs ?? 0) + answerGraceMs, () => end(late));
  let opened = false;
  const line = new MemberConnection(dial(), {
    onOpen: () => {
      opened = true;
      line.say(question.request);
    },
    onLines: (lines) => {
      for (const told of toldIn(lines)) {
        if (isAnswer(told, question)) end(answerOf(told, question));
        // It was ending already when we came.
        if (told.event === "closing" && told["read"] === 0) end(question.absent);
      }
    },
    onDrain: () => undefined,
    onClose: (code) => end(opened ? broken(code) : unreached(code, question)),
  });
}

const isAnswer = ({ event }: Told, { request }: Question): boolean => event === request.do || event === "error";

function answerOf(told: Told, { explain }: Question): Answer {
  if (told.event !== "error") return explain(told);
  return { code: exitCode.unsent, message: excerpt(textOf(told["text"]) ?? "") };
}

const broken = (code: string | undefined): Answer => ({
  code: exitCode.unsent,
  message: `The member ended before it answered${code === undefined ? "" : ` (${reasonOf(code)})`}.`,
});

const unreached = (code: string | undefined, { absent }: Question): Answer =>
  refusalOf(code) === "nobody"
    ? absent
    : { code: exitCode.unsent, message: `The member's socket cannot be used: ${reasonOf(code ?? "ECONNREFUSED")}.` };

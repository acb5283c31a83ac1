// How a person's terminal shows the member's answers, and explains lines that cannot be sent.

import { lineBytesMax } from "../../core/limits.js";
import { nearest } from "../../core/nearest.js";
import type { HistoryMessage } from "../../core/record.js";
import { parseTimePoint } from "../../core/time-point.js";
import { otherNames, type Answers, type MemberApi, type MemberRequest } from "../../member/api.js";
import { answerLines } from "../answer-lines.js";
import type { Renderers } from "../slash.js";
import { unknownPeer } from "../words.js";
import { span, type Line, type Style, type TerminalCapabilities } from "./paint.js";
import { peersList } from "./peers-list.js";
import { tick } from "./ticks.js";
import type { LocalTime } from "./time-of-day.js";
import type { Intent } from "./typed-line.js";
import { verification } from "./verification.js";

export interface AnswerParts {
  readonly capabilities: TerminalCapabilities;
  readonly columns: () => number;
  readonly height: () => number;
  readonly localTime: (ms: number) => LocalTime;
  readonly nameStyle: (name: string) => Style;
}

export const plain = (text: string): Line => [span(text)];

/** What a terminal shows better than as plain lines. */
const special = (parts: AnswerParts): Partial<Renderers<Line>> => ({
  peers: ({ peers }) => peersList(peers, parts.columns(), (name) => parts.nameStyle(name)),
  history: ({ messages }) => messages.map((message) => pastLine(message, parts)),
  verify: ({ comparison, lines = [] }) => {
    if (comparison === undefined) return lines.map(plain);
    const { capabilities } = parts;
    return verification(comparison, { capabilities, columns: parts.columns(), height: parts.height() });
  },
});

type Render = (name: MemberRequest, answer: Answers[MemberRequest]) => readonly Line[];

export function terminalAnswers(parts: AnswerParts): Render {
  const renderers = special(parts);
  return (name, answer) => {
    const render = renderers[name] as ((answer: Answers[MemberRequest]) => readonly Line[]) | undefined;
    return render?.(answer) ?? answerLines(name, answer).map(plain);
  };
}

function pastLine(message: HistoryMessage, { capabilities, localTime, nameStyle }: AnswerParts): Line {
  const { time, direction, peer, text, state, seq } = message;
  const point = parseTimePoint(time);
  const at = localTime(point?.kind === "at" ? point.ms : 0);
  const when = span(`${at.day} ${at.time} `, "quiet");
  const name = span(peer, nameStyle(peer));
  const number = span(`  ${seq}`, "quiet");
  if (direction === "in" || state === "received")
    return [when, span("   "), name, span(" : ", "quiet"), span(text), number];
  return [when, tick(state, capabilities), span(" "), span(`${peer}/`, "own"), span(text), number];
}

/** The answer to a line that was not sent. */
const upBrings = "Up brings it back.";

/** Explains why a line cannot be sent. `last`: the friend in the prompt. */
export function explainUnsent(
  intent: Exclude<Intent, { readonly kind: "message" | "turn" | "command" }>,
  api: MemberApi,
  last: string | undefined,
): readonly Line[] {
  switch (intent.kind) {
    case "nothing":
      return [];
    case "to-nobody":
      return [plain(`To which friend? Write the name first, as in ${otherNames(api)[0] ?? "Bob"}/hello. ${upBrings}`)];
    case "empty":
      return [plain(`An empty message to ${intent.to} was not sent.`)];
    case "overlong":
      return [plain(`A message longer than ${lineBytesMax} bytes was refused; split it into several. ${upBrings}`)];
    case "gap":
      return [plain(`A name is missing in "${intent.to}". Not sent; ${upBrings}`)];
    case "unknown": {
      const instead = last === undefined ? "" : ` To send it as it is: @${last} and the text.`;
      const guess = nearest(intent.name, otherNames(api));
      return [...unknownPeer(intent.name, guess), `Not sent; ${upBrings}${instead}`].map(plain);
    }
  }
}

// Answers of the member as plain lines: what a client shows that has nothing better.

import { fingerprint } from "../core/known-key.js";
import { plural } from "../core/peer-table.js";
import type { Answers, MemberRequest } from "../member/api.js";
import type { Renderers } from "./slash.js";
import { historyLine, peersTable } from "./words.js";

const special: Partial<Renderers<string>> = {
  peers: ({ peers }) => peersTable(peers),
  history: ({ messages }) => messages.map((message) => `${message.seq}  ${historyLine(message)}`),
  why: ({ text }) => text.split("\n"),
  verify: ({ comparison, lines = [] }) => (comparison === undefined ? lines : comparisonLines(comparison)),
  cancel: (done) => [cancelledLine(done)],
};

/** An answer that has lines for the user needs no row above. */
export function answerLines(name: MemberRequest, answer: Answers[MemberRequest]): readonly string[] {
  const render = special[name] as ((answer: Answers[MemberRequest]) => readonly string[]) | undefined;
  return render?.(answer) ?? ("lines" in answer ? (answer.lines ?? []) : []);
}

function comparisonLines({ own, theirs, standing }: NonNullable<Answers["verify"]["comparison"]>): readonly string[] {
  return [
    `Compare by phone or in person. After /verify ${own.name} there, both screens show:`,
    ...[own, theirs].sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ name, key }) => `${name} : ${fingerprint(key)}`),
    `All the same? /verify ${theirs.name} yes (now: ${standing})`,
  ];
}

/** The result of `/cancel`. */
export function cancelledLine({ to, seq, cancelled, late, reason }: Answers["cancel"]): string {
  const whose = to === undefined ? "" : ` to ${to}`;
  const numbered = seq === undefined ? "" : ` ${seq}`;
  const none = seq === undefined ? `No message${whose} was cancelled` : `Message${numbered}${whose} was not cancelled`;
  const some =
    seq === undefined ? `${plural(cancelled, "message")}${whose} cancelled` : `Message${numbered}${whose} cancelled`;
  const why = reason === undefined ? "" : ` (${reason})`;
  const onTheWay = late === 0 ? "" : `; ${late} may be on the way already`;
  return `${cancelled === 0 ? none : some}${why}${onTheWay}.`;
}

// The conversation of seed 000 between three members, and the expected text of each terminal.

import type { Entry, Member } from "./member.js";

export const trioNames = ["Alice", "Bob", "Martha"] as const;
export type TrioName = (typeof trioNames)[number];
export type Trio = Readonly<Record<TrioName, Member>>;

interface Line {
  readonly from: TrioName;
  readonly to: TrioName;
}

const othersOf = (name: TrioName): readonly TrioName[] => trioNames.filter((other) => other !== name);

/** Alice to Bob and Martha, Bob to Alice and Martha, Martha to Alice and Bob. */
const conversation: readonly Line[] = trioNames.flatMap((from) => othersOf(from).map((to) => ({ from, to })));

const text = ({ from, to }: Line): string => `Hello to ${to} from ${from}`;
const typed = (line: Line): string => `${line.to}/${text(line)}`;
const printed = (line: Line): string => `${line.from} : ${text(line)}`;
const notice = (other: TrioName): string => `Connection with ${other} timed out`;

/** Types each line after the one before it has arrived. `round` counts from 1. */
export async function talk(trio: Trio, round: number): Promise<void> {
  for (const line of conversation) {
    trio[line.from].say(typed(line));
    await trio[line.to].sees(printed(line), round);
  }
}

/** Resolves when each member has printed the time-out of its connection with each other member. */
export async function fallSilent(trio: Trio, round: number): Promise<void> {
  for (const name of trioNames) for (const other of othersOf(name)) await trio[name].sees(notice(other), round);
}

/** The messages and notices of one round. */
export type Part = "talk" | "silence";

/** The text of `name`'s terminal after the start-up text. */
export function expected(name: TrioName, parts: readonly Part[]): readonly Entry[] {
  return parts.flatMap((part) => (part === "talk" ? expectedTalk(name) : expectedSilence(name)));
}

const expectedTalk = (name: TrioName): readonly Entry[] =>
  conversation
    .filter(({ from, to }) => from === name || to === name)
    .map((line) => (line.from === name ? { by: "typed", line: typed(line) } : { by: "printed", line: printed(line) }));

const expectedSilence = (name: TrioName): readonly Entry[] =>
  othersOf(name).map((other) => ({ by: "printed", line: notice(other) }));

/** The start-up text of seed 000. */
export function expectedStart(port: number, addresses: Readonly<Record<TrioName, string>>): readonly Entry[] {
  const lines = [
    `P2P Server Running at port: ${port}`,
    "",
    "Number of peers : 3",
    ...trioNames.map((name, index) => `Peer #${index + 1}, Name : ${name}, IP : ${addresses[name]}`),
    "",
    "You can now send and receive messages.",
  ];
  return lines.map((line) => ({ by: "printed", line }));
}

const learned = /^(\S+) is known by a key from now on: (?:[0-9a-f]{4} ){7}[0-9a-f]{4}$/;

/** The friends whose first key was printed, sorted. */
export const acquaintances = (transcript: readonly Entry[]): readonly string[] =>
  transcript.flatMap(({ line }) => learned.exec(line)?.[1] ?? []).sort();

/** The conversation without the notices of first keys. */
export const withoutAcquaintances = (transcript: readonly Entry[]): readonly Entry[] =>
  transcript.filter(({ line }) => !learned.test(line));

/** Sorts adjacent notices: two connections that fell silent in the same moment may time out in either order. */
export function inOrder(transcript: readonly Entry[]): readonly Entry[] {
  const sorted = [...transcript];
  for (let end = 1; end <= sorted.length; end += 1)
    for (let at = end - 1; at > 0 && swapped(sorted[at - 1], sorted[at]); at -= 1)
      [sorted[at - 1], sorted[at]] = [sorted[at]!, sorted[at - 1]!];
  return sorted;
}

const swapped = (first: Entry | undefined, second: Entry | undefined): boolean =>
  isTimeout(first) && isTimeout(second) && first.line > second.line;

const isTimeout = (entry: Entry | undefined): entry is Entry => entry?.line.endsWith(" timed out") === true;

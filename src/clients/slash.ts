// Slash commands of the chat: parses them by the request table, asks the member, and shows the answer.

import { excerpt } from "../core/escape.js";
import { nearest } from "../core/nearest.js";
import { splitOnce } from "../core/peer-table.js";
import type { PeerName, PublicKey } from "../core/types.js";
import { otherNames, type Answers, type Fields, type MemberApi, type MemberRequest } from "../member/api.js";
import { findSlash, slashUsage, type Argument, type RequestRow } from "../member/request-table.js";
import { nothingFound } from "./words.js";

export type SlashCommand =
  | { readonly kind: "request"; readonly name: string; readonly fields: Readonly<Record<string, string>> }
  /** It asks for nothing: the lines say why. */
  | { readonly kind: "wrong"; readonly lines: readonly string[] };

export interface SlashContext {
  /** Its lists are built when they are read. */
  readonly group: Pick<MemberApi, "names" | "self">;
  /** The friend in the prompt. */
  readonly prompt: string | undefined;
}

/** `typed` is the line without its slash. */
export function parseSlash(typed: string, context: SlashContext): SlashCommand {
  const [word, rest] = splitOnce(typed.trim(), " ");
  const found = findSlash(word);
  if (found.kind === "several") return wrong(`/${excerpt(word)} may be ${found.names.join(" or ")}.`);
  if (found.kind === "none")
    return wrong(
      `There is no command /${excerpt(word)}. ${found.meant === undefined ? "Try /help." : `Did you mean ${found.meant}?`}`,
    );
  return readArguments(found.row, rest.trim(), context);
}

const wrong = (...lines: readonly string[]): SlashCommand => ({ kind: "wrong", lines });

function readArguments(row: RequestRow, typed: string, context: SlashContext): SlashCommand {
  const fields: Record<string, string> = {};
  let rest = typed;
  for (const argument of row.arguments) {
    const [value, left] = takeArgument(argument, rest, context);
    rest = left;
    const given = value ?? (argument.need === "prompt" && rest === "" ? context.prompt : undefined);
    if (given !== undefined) fields[fieldOf(argument, given, context)] = given;
    else if (argument.need === "prompt") return wrong(whichFriend(context));
    else if (argument.need === "needed") return wrong(usage(row));
  }
  return rest === "" ? { kind: "request", name: row.name, fields } : wrong(usage(row));
}

const usage = (row: RequestRow): string => `Usage: ${slashUsage(row)}`;

const whichFriend = ({ group }: SlashContext): string => `Which friend? ${otherNames(group).join(", ")}`;

const isMember = (word: string, { group }: SlashContext): boolean =>
  group.names.includes(word.normalize("NFC") as PeerName);

/** The value, undefined if the next word is none, and the words after it. */
function takeArgument({ kind, need }: Argument, words: string, context: SlashContext): [string | undefined, string] {
  if (words === "") return [undefined, ""];
  if (kind === "words" || kind === "key") return [words, ""];
  const [word, rest] = splitOnce(words, " ");
  // An optional name is followed by words, which may begin with anything.
  if (kind === "member" && need === "optional" && rest !== "" && !isMember(word, context)) return [undefined, words];
  if (kind === "yes" && word.toLowerCase() !== "yes") return [undefined, words];
  return [word, rest.trim()];
}

/** A target of digits is a message's number, unless a member has that name. */
const fieldOf = ({ name, kind }: Argument, value: string, context: SlashContext): string =>
  kind === "target" && /^\d+$/.test(value) && !isMember(value, context) ? "seq" : name;

/** How a client shows each answer. */
export type Renderers<Line> = {
  readonly [Name in MemberRequest]: (answer: Answers[Name]) => readonly Line[];
};

export interface SlashParts<Line> {
  readonly api: () => MemberApi;
  readonly prompt: () => string | undefined;
  /** `about`: the command to explain. */
  readonly help: (about: string | undefined) => readonly Line[];
  readonly render: (name: MemberRequest, answer: Answers[MemberRequest]) => readonly Line[];
  readonly plain: (line: string) => Line;
  /** May be called after the turn of the command. */
  readonly say: (lines: readonly Line[]) => void;
}

export class SlashCommands<Line> {
  readonly #parts: SlashParts<Line>;
  /** The keys that were shown to be compared: only a key that was seen can be confirmed. */
  readonly #compared = new Map<string, PublicKey>();

  constructor(parts: SlashParts<Line>) {
    this.#parts = parts;
  }

  /** `typed` is the line without its slash. */
  run(typed: string): void {
    const { api, prompt, say, help } = this.#parts;
    const command = parseSlash(typed, { group: api(), prompt: prompt() });
    if (command.kind === "wrong") return this.#sayPlain(command.lines);
    const { name, fields } = command;
    if (name === "help") return say(help(fields["name"]));
    if (name === "quit") return api().quit();
    if (name === "verify") return this.#verify(fields);
    if (name === "history") return this.#history(fields);
    this.#ask(name as MemberRequest, { ...fields, chat: true });
  }

  /** `ifEmpty`: the words for an answer without lines. */
  #ask(name: MemberRequest, fields: Fields, ifEmpty: readonly string[] = []): void {
    const { api, render, say } = this.#parts;
    api().request(name, fields, (answer) => {
      if (!answer.ok) return this.#sayPlain(answer.message.split("\n"));
      const { comparison } = answer.value as Partial<Answers["verify"]>;
      if (comparison !== undefined) this.#compared.set(comparison.theirs.name, comparison.theirs.key);
      const lines = render(name, answer.value);
      if (lines.length > 0) say(lines);
      else this.#sayPlain(ifEmpty);
    });
  }

  #verify({ friend = "", yes }: Readonly<Record<string, string>>): void {
    const key = this.#compared.get(friend.normalize("NFC"));
    if (yes !== undefined && key === undefined) return this.#sayPlain([`Compare first: /verify ${friend}`]);
    this.#ask("verify", yes === undefined ? { friend } : { friend, key });
  }

  /** The first word may be a friend's name. If not, and if nothing was found, it may be a mistyped one. */
  #history({ friend, search }: Readonly<Record<string, string>>): void {
    const { names } = this.#parts.api();
    const known = friend !== undefined && names.includes(friend.normalize("NFC") as PeerName);
    const words = known ? search : [friend, search].filter((each) => each !== undefined).join(" ");
    const query = { ...(known && { friend }), ...(words !== undefined && words !== "" && { search: words }) };
    const [first = ""] = (words ?? "").split(" ");
    const meant = known || first === "" ? undefined : nearest(first, otherNames(this.#parts.api()));
    const hint = meant?.close === true ? [`Did you mean /history ${meant.name}?`] : [];
    this.#ask("history", query, [nothingFound({ peer: query.friend, search: query.search }), ...hint]);
  }

  #sayPlain(lines: readonly string[]): void {
    this.#parts.say(lines.map(this.#parts.plain));
  }
}

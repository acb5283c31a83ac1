// Parses group lines of the group file: `group plans Alice Bob Martha` defines a conversation. They follow the last
// row, one conversation per line.

import { excerpt } from "./escape.js";
import { groupLinesMax } from "./limits.js";
import { nameRule, toPeerName } from "./peer-name.js";
import { fault, ok, type PeerName, type Result } from "./types.js";

/** A conversation from the group file. Its members are rows of the file, in the order of the line. */
export interface Conversation {
  readonly name: string;
  readonly members: readonly PeerName[];
}

/** The conversation of all members; no group line may define it. */
const allMembers = "all";

/**
 * `words` are the line's words after `group`. `find` returns the member with a name; `known` are the conversations of
 * earlier lines.
 */
export function parseGroupLine(
  words: readonly string[],
  find: (name: string) => PeerName | undefined,
  known: readonly Conversation[],
): Result<Conversation> {
  const [word = "", ...rest] = words;
  const name: string | undefined = toPeerName(word);
  if (name === undefined)
    return fault(`expected a conversation's name (${nameRule}) after "group", found ${found(word)}`);
  if (name === allMembers) return fault(`expected another name than "all", which is the conversation of all members`);
  if (known.some((each) => each.name === name)) return fault(`expected a new conversation, found "${name}" again`);
  if (known.length >= groupLinesMax) return fault(`expected at most ${groupLinesMax} conversations, found more`);
  const members = rest.map((each) => find(each));
  const stranger = members.indexOf(undefined);
  if (stranger >= 0) return fault(`expected names of rows above after "group ${name}", found ${found(rest[stranger])}`);
  const twice = members.find((each, index) => members.indexOf(each) !== index);
  if (twice !== undefined) return fault(`expected each member of "${name}" once, found "${twice}" again`);
  if (members.length === 0) return fault(`expected the members of "${name}", found the end of the line`);
  return ok({ name, members: members as PeerName[] });
}

const found = (word = ""): string => (word === "" ? "the end of the line" : `"${excerpt(word)}"`);

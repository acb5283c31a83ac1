// Finds what the TAB key puts in place of the last word. Pure.

import type { Completion } from "../../ports.js";
import { otherNames, type MemberApi } from "../../member/api.js";
import { findSlash, slashRowsBeginning, type ArgumentKind } from "../../member/request-table.js";
import { everybody } from "./typed-line.js";

type Group = Pick<MemberApi, "names" | "self">;

/** `before` ends at the cursor. */
export function complete(before: string, group: Group): Completion {
  const { names } = group;
  if (before.startsWith("//")) return nothing;
  if (before.startsWith("/")) return completeCommand(before.slice(1), group);
  if (before.startsWith("@")) return completeList(before.slice(1), names, " ");
  return before.includes("/") || /\s/.test(before.replace(/,\s+/g, ",")) ? nothing : completeList(before, names, "/");
}

const nothing: Completion = { typed: "", candidates: [] };

/** The last name of `Bob,Ma`; `end` follows a complete address. */
function completeList(before: string, names: readonly string[], end: string): Completion {
  const typed = before.slice(before.lastIndexOf(",") + 1).trimStart();
  const others = before === "" && end === "/" ? [`${everybody}/`] : [];
  return { typed, candidates: [...matching(typed, names).map((name) => name + end), ...others] };
}

function completeCommand(before: string, group: Group): Completion {
  const words = before.split(" ");
  const typed = words.at(-1) ?? "";
  if (words.length === 1) {
    const candidates = slashRowsBeginning(typed.toLowerCase()).map(({ name, arguments: more }) =>
      more.length > 0 ? `/${name} ` : `/${name}`,
    );
    return { typed: `/${typed}`, candidates };
  }
  const found = findSlash(words[0] ?? "");
  const argument = found.kind === "one" ? found.row.arguments[words.length - 2]?.kind : undefined;
  return { typed, candidates: argument === undefined ? [] : candidatesFor(argument, typed, group) };
}

function candidatesFor(argument: ArgumentKind, typed: string, group: Group): readonly string[] {
  if (argument === "friend" || argument === "target")
    return matching(typed, otherNames(group)).map((name) => `${name} `);
  if (argument === "member") return matching(typed, group.names).map((name) => `${name} `);
  return argument === "request" ? slashRowsBeginning(typed.toLowerCase()).map(({ name }) => name) : [];
}

/** Names are case-sensitive, but completion ignores case. */
function matching(typed: string, names: readonly string[]): readonly string[] {
  const wanted = typed.normalize("NFC").toLowerCase();
  return names.filter((name) => name.toLowerCase().startsWith(wanted));
}

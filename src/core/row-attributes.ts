// Attributes after the address in a row of the group file: `dialect=…`, `idle=…`, `key=…`.

import { dialectNames } from "./dialect-names.js";
import { excerpt } from "./escape.js";
import { toPublicKey } from "./known-key.js";
import { fault, ok, type DialectName, type IdlePolicy, type Peer, type Result } from "./types.js";

export type Attributes = Pick<Peer, "dialect" | "idle" | "key">;

/** Dialects whose texts name their sender: several members may share an address. */
export const senderDialects: ReadonlySet<DialectName> = new Set(["named", "tagged", "says"]);

export const attributeNames = ["dialect", "idle", "key"] as const;
export type AttributeName = (typeof attributeNames)[number];

/** Attributes of later versions: accepted and ignored, so that one file works for both versions. */
export const laterAttributeNames: readonly string[] = ["files", "files-max", "quota", "find", "relay"];

const largestIdleSeconds = 31_536_000;

/** `words` are the values as written in the row. */
export function resolveAttributes(
  words: ReadonlyMap<AttributeName, string>,
  defaults: { readonly dialect: DialectName; readonly idleMs: number },
): Result<Attributes> {
  const dialect = parseDialect(words.get("dialect") ?? defaults.dialect);
  if (!dialect.ok) return dialect;
  const idle = parseIdle(words.get("idle"), defaults.idleMs);
  if (!idle.ok) return idle;
  const attributes = { dialect: dialect.value, idle: idle.value };
  const key = words.get("key");
  return key === undefined ? ok(attributes) : withKey(attributes, key);
}

function parseDialect(word: string): Result<DialectName> {
  const dialect = dialectNames.find((name) => name === word);
  return dialect === undefined
    ? fault(`expected dialect= with ${dialectNames.join(", ")}, found "${excerpt(word)}"`)
    : ok(dialect);
}

function parseIdle(word: string | undefined, defaultMs: number): Result<IdlePolicy> {
  const byDefault: IdlePolicy = { kind: defaultMs === 0 ? "never" : "close", afterMs: defaultMs };
  if (word === undefined) return ok(byDefault);
  if (word === "never") return ok({ kind: "never", afterMs: 0 });
  if (word === "detach") return ok({ ...byDefault, kind: defaultMs === 0 ? "never" : "detach" });
  const seconds = parseSeconds(word);
  if (seconds === undefined)
    return fault(`expected idle=SECONDS, idle=detach or idle=never, found "idle=${excerpt(word)}"`);
  return ok({ kind: seconds === 0 ? "never" : "close", afterMs: seconds * 1_000 });
}

/** Seconds with an optional fraction, up to a year; undefined for anything else. */
export function parseSeconds(word: string): number | undefined {
  const seconds = /^\d+(\.\d+)?$|^\.\d+$/.test(word) ? Number(word) : NaN;
  return seconds <= largestIdleSeconds ? seconds : undefined;
}

/** Refuses a key in a clear row: its dialect cannot prove it. */
function withKey(attributes: Attributes, word: string): Result<Attributes> {
  const key = toPublicKey(word);
  if (key === undefined)
    return fault(`expected key= with the 64 hexadecimal digits that p2p key prints, found "key=${excerpt(word)}"`);
  if (attributes.dialect !== "secure")
    return fault(`expected key=… in a secure row only: the ${attributes.dialect} dialect proves no key`);
  return ok({ ...attributes, key });
}

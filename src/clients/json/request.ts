// Parses a line of JSON into a request. SCRIPTS.md describes the requests; anything else is refused with a reason.

import { parseDuration } from "../../core/duration.js";
import { idCharsMax, lineBytesMax } from "../../core/limits.js";
import { fault, ok, type Result } from "../../core/types.js";
import { utf8Bytes } from "../../core/utf8.js";
import type { Fields } from "../../member/api.js";

export interface SendRequest {
  readonly kind: "send";
  readonly to: string;
  readonly text: string;
  readonly id: string | undefined;
  /** The client's mark on this request: its outcomes and answers repeat it. Unlike an id it is not stored. */
  readonly tag: string | undefined;
  /** Time until the message expires, in milliseconds. */
  readonly expireMs: number | undefined;
  /** Why the message cannot be sent. */
  readonly flaw?: string;
}

/** A command: its name in `what`, and all fields as received. */
export interface DoRequest {
  readonly kind: "do";
  readonly what: string;
  readonly id: string | undefined;
  readonly tag: string | undefined;
  readonly fields: Fields;
}

/** The fault's message says what was expected. */
export function readRequest(line: string): Result<SendRequest | DoRequest> {
  const fields = readObject(line);
  if (fields === undefined) return fault("expected one JSON object, or friend/msg");
  const { do: what, id, tag } = fields;
  if (id !== undefined && !isId(id)) return fault(`"id": expected a text of 1 to ${idCharsMax} characters`);
  if (tag !== undefined && !isId(tag)) return fault(`"tag": expected a text of 1 to ${idCharsMax} characters`);
  if (typeof what === "string") return ok({ kind: "do", what, id, tag, fields });
  return readSend(fields, { id, tag });
}

function readSend({ to, text, expire }: Fields, marks: Pick<SendRequest, "id" | "tag">): Result<SendRequest> {
  if (typeof to !== "string" || typeof text !== "string") return fault('expected "to" and "text", or "do"');
  if (expire === undefined) return ok({ kind: "send", to, text, ...marks, expireMs: undefined });
  const expireMs = typeof expire === "string" ? parseDuration(expire) : undefined;
  const flaw = expireMs === undefined ? { flaw: '"expire": expected 500ms, 10s, 2m or 1h' } : {};
  return ok({ kind: "send", to, text, ...marks, expireMs, ...flaw });
}

/** Why a text cannot be a message; undefined if it can. */
export function flawOf(text: string): string | undefined {
  if (text.includes("\n")) return "a message is one line";
  if (text.includes("\0")) return "it holds a NUL character";
  if (/^[ \t]*$/.test(text)) return "it is empty";
  if (text.length * 3 > lineBytesMax && utf8Bytes(text) > lineBytesMax)
    return `it is longer than ${lineBytesMax} bytes`;
  return undefined;
}

const isId = (id: unknown): id is string => typeof id === "string" && id !== "" && id.length <= idCharsMax;

function readObject(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

// The member API of a running member, over its local socket: a client in this process uses it as if it were the member itself.

import { batchOf } from "../core/batch.js";
import { followedOutcomesMax } from "../core/limits.js";
import type { Notice } from "../core/notice.js";
import type { Origin, OutcomeKind, SenderKey, SendOptions } from "../core/outcome.js";
import type { PeerTable } from "../core/peer-table.js";
import type { Received, Sent } from "../core/record.js";
import { parseTimePoint } from "../core/time-point.js";
import { fault, ok, type Batch, type KeyStanding, type PeerName } from "../core/types.js";
import {
  otherNames,
  type Answers,
  type Fields,
  type MemberApi,
  type MemberRequest,
  type Reply,
} from "../member/api.js";
import type { Client } from "../member/client.js";
import type { Clock } from "../ports.js";
import { textOf, type MemberConnection, type Told } from "./member-connection.js";

export interface AttachedMemberParts {
  readonly self: PeerName;
  readonly table: PeerTable;
  readonly clock: Clock;
  readonly connection: () => MemberConnection | undefined;
  readonly client: () => Client;
  /** The client asked to end. */
  readonly leave: () => void;
}

const outcomeKinds: ReadonlySet<string> = new Set(["queued", "sent", "delivered", "failed", "cancelled", "expired"]);

export class AttachedMember implements MemberApi {
  readonly self: PeerName;
  readonly names: readonly PeerName[];
  readonly #parts: AttachedMemberParts;
  /** By tag, in the order of sending. */
  readonly #origins = new Map<string, Origin>();
  readonly #replies = new Map<string, (answer: Told) => void>();
  #tags = 0;
  /** The number of the last message that nobody had read at a terminal; 0 after it has come. */
  #unreadUpTo = 0;

  constructor(parts: AttachedMemberParts) {
    this.#parts = parts;
    this.self = parts.self;
    this.names = parts.table.peers.map(({ name }) => name);
  }

  send(to: string, batch: Batch, sendOptions?: SendOptions): readonly string[] {
    const names = to.split(",").map((name) => name.trim().normalize("NFC"));
    const unknown = names.filter((name) => name !== "*" && !this.names.includes(name as PeerName));
    for (const name of unknown) this.#refuse(name, batch, sendOptions);
    const known = names.filter((name) => !unknown.includes(name));
    const more = {
      ...this.#expiry(sendOptions),
      ...(sendOptions && known.length > 0 && { tag: this.#follow(sendOptions.origin) }),
    };
    const texts = known.length === 0 ? [] : batch.texts.slice(0, -1).split("\n");
    this.#parts.connection()?.sayAll(texts.map((text) => ({ to: known.join(","), text, ...more })));
    return known.flatMap((name) => (name === "*" ? otherNames(this) : [name as PeerName]));
  }

  #refuse(to: string, { count }: Batch, sendOptions: SendOptions | undefined): void {
    this.#parts.client().notice({ kind: "unknown-peer", name: to });
    const told = { kind: "failed", final: true, to, count, number: undefined, id: undefined } as const;
    sendOptions?.origin.outcome({ ...told, reason: "no such friend" });
  }

  request<Name extends MemberRequest>(name: Name, fields: Fields, reply: Reply<Name>): void {
    const tag = this.#nextTag();
    this.#replies.set(tag, (told) => {
      if (told.event === "error") reply(fault(textOf(told["text"]) ?? ""));
      else reply(ok(told as unknown as Answers[Name]));
    });
    this.#parts.connection()?.say({ do: name, ...fields, tag });
  }

  reportTo(): void {
    // Outcomes of earlier runs are told to the member's own client.
  }

  pauseReading(): void {
    this.#parts.connection()?.pause();
  }

  resumeReading(): void {
    this.#parts.connection()?.resume();
  }

  quit(): void {
    this.#parts.leave();
  }

  /** The answer to `attach`. */
  begin(told: Told): void {
    const [from, newest] = [Number(told["from"]), Number(told["newest"])];
    this.#unreadUpTo = from <= newest ? newest : 0;
  }

  hear(told: Told): void {
    const { event } = told;
    const reply = this.#replies.get(textOf(told["tag"]) ?? "");
    if (event === "message") return this.#message(told);
    if (event === "own") return this.#parts.client().own?.(sentOf(told), undefined);
    if (event === "connected") return this.#connected(told);
    if (event === "disconnected" || event === "notice") return this.#parts.client().notice(noticeOf(told));
    if (outcomeKinds.has(event)) return this.#outcome(told);
    if (reply === undefined) return;
    this.#replies.delete(textOf(told["tag"]) ?? "");
    reply(told);
  }

  #message(told: Told): void {
    const received = receivedOf(told);
    if (this.#unreadUpTo > 0 && received.number <= this.#unreadUpTo) this.#parts.client().notice({ kind: "unread" });
    this.#unreadUpTo = 0;
    this.#parts.client().message(received);
  }

  #connected(told: Told): void {
    const peer = this.#parts.table.find(textOf(told["peer"]) ?? "");
    const standing = textOf(told["key"]) as KeyStanding | "none" | undefined;
    if (peer === undefined) return;
    const key = peer.key ?? ("" as NonNullable<typeof peer.key>);
    const contact = { key, preferred: false, timed: false, entries: false };
    this.#parts
      .client()
      .connected(peer, standing === "none" || standing === undefined ? undefined : { ...contact, standing });
  }

  #outcome(told: Told): void {
    const origin = this.#origins.get(textOf(told["tag"]) ?? "");
    const kind = told.event as OutcomeKind;
    const to = textOf(told["to"]) ?? "";
    const reason = textOf(told["reason"]);
    if (origin !== undefined)
      return origin.outcome({
        ...{ kind, final: told["final"] === true, to, count: 1, id: undefined },
        number: told["seq"] === undefined ? undefined : Number(told["seq"]),
        ...(reason !== undefined && { reason }),
      });
    const peer = to as PeerName;
    if (kind === "failed") this.#parts.client().notice({ kind: "refused", peer, count: 1, reason: reason ?? "" });
    if (kind === "cancelled" || kind === "expired") this.#parts.client().notice({ kind, peer, count: 1 });
  }

  /** Remembers who hears of the messages with this tag. */
  #follow(origin: Origin): string {
    const tag = this.#nextTag();
    this.#origins.set(tag, origin);
    const [oldest] = this.#origins.keys();
    if (this.#origins.size > followedOutcomesMax && oldest !== undefined) this.#origins.delete(oldest);
    return tag;
  }

  #nextTag(): string {
    this.#tags += 1;
    return String(this.#tags);
  }

  #expiry(sendOptions: SendOptions | undefined): Fields {
    if (sendOptions?.expires === undefined) return {};
    return { expire: `${Math.max(1, Math.round(sendOptions.expires - this.#parts.clock.wallTime()))}ms` };
  }
}

const millisecondsOf = (told: Told): number => timeIn(told["time"]) ?? 0;

function timeIn(value: unknown): number | undefined {
  const point = parseTimePoint(textOf(value) ?? "");
  return point?.kind === "at" ? point.ms : undefined;
}

const writtenIn = (told: Told): Pick<Received, "written"> => {
  const written = timeIn(told["written"]);
  return written === undefined ? {} : { written };
};

const batchIn = (told: Told): Batch => batchOf(`${(textOf(told["text"]) ?? "").replaceAll("\n", " ")}\n`);

const receivedOf = (told: Told): Received => ({
  ...writtenIn(told),
  number: Number(told["seq"]),
  peer: (textOf(told["from"]) ?? "") as PeerName,
  batch: batchIn(told),
  time: millisecondsOf(told),
  key: (textOf(told["key"]) ?? "none") as SenderKey,
});

const sentOf = (told: Told): Sent => ({
  number: Number(told["seq"]),
  peer: (textOf(told["to"]) ?? "") as PeerName,
  batch: batchIn(told),
  time: millisecondsOf(told),
});

function noticeOf(told: Told): Notice {
  const peer = (textOf(told["peer"]) ?? "") as PeerName;
  if (told.event === "notice")
    return {
      ...{ kind: "relayed", of: textOf(told["kind"]) ?? "", text: textOf(told["text"]) ?? "" },
      ...(peer !== "" && { peer }),
    };
  if (told["reason"] === "idle") return { kind: "timed-out", peer };
  const reason = textOf(told["detail"]);
  return { kind: "closed", peer, ...(reason !== undefined && { reason }) };
}

// Collects the outcomes of `p2p send` and explains failures for standard error. Success prints nothing.

import { exitCode } from "../core/errors.js";
import { excerpt } from "../core/escape.js";
import { plural } from "../core/peer-table.js";
import type { OutcomeKind } from "../core/outcome.js";
import { Progress } from "../clients/socket/progress.js";
import type { SendCommandOptions } from "./options.js";
import { textOf, type Told } from "./member-connection.js";

const kinds: readonly string[] = ["queued", "sent", "delivered", "failed", "cancelled", "expired"];

/** Whether this event is about a message that we sent. */
export const isAboutMessages = ({ event }: Told): boolean => kinds.includes(event) || event === "error";

export class SendReport {
  readonly #options: SendCommandOptions;
  /** Number of messages by explanation of their failure. */
  readonly #faults = new Map<string, number>();
  /** Outcomes that this member reported. */
  #progress = new Progress();
  /** By friend, the number of messages that this member reported. */
  #reportedByFriend = new Map<string, number>();

  constructor(options: SendCommandOptions) {
    this.#options = options;
  }

  /** The remaining messages go to another member: starts counting again. */
  startNextMember(): void {
    this.#progress = new Progress();
    this.#reportedByFriend = new Map();
  }

  /** Whether this member reported that each of the `lines` it read has reached the stage that `--wait` names. */
  allReached(lines: number): boolean {
    const counts = [...this.#reportedByFriend.values()];
    const all = counts.length > 0 && counts.every((count) => count >= lines);
    return lines === 0 || (all && this.#progress.before(this.#options.wait).length === 0);
  }

  record(told: Told): void {
    this.#count(told);
    const to = excerpt(textOf(told["to"]) ?? this.#options.friend);
    const reason = textOf(told["reason"]) ?? textOf(told["text"]);
    if (told.event === "failed") this.#add(`to ${to} failed`, reason);
    if (told.event === "cancelled") this.#add(`to ${to} was cancelled`);
    if (told.event === "expired") this.#add(`to ${to} was not sent in time and will not be`);
    if (told.event === "error") this.#add("was refused", reason);
  }

  /** Counts a typed line that cannot be a message. */
  refused(reason: string): void {
    this.#add("was refused", reason);
  }

  get failed(): boolean {
    return this.#faults.size > 0;
  }

  /** The text for the member's answer to `wait`; undefined: all went well. */
  explain(told: Told): string | undefined {
    const names = listOf(told["open"]);
    const distrusted = listOf(told["distrusted"]);
    const refusing = listOf(told["refusing"]);
    const faults = [...this.#faults].map(([what, count]) => `${plural(count, "message")} ${what}.`);
    switch (told["code"]) {
      case exitCode.stopped:
        return undefined;
      case exitCode.notTrusted:
        return [...faults, ...distrusted.map((name) => untrusted(name, refusing.includes(name)))].join("\n");
      case exitCode.queued:
        return `Messages to ${names.join(", ")} wait: they were not ${this.#options.wait} in time. They are sent when ${names.length === 1 ? (names[0] ?? "") : "these friends"} can be reached.`;
      default:
        return faults.length > 0 ? faults.join("\n") : "The message was not sent.";
    }
  }

  explainLeftQueued(): string {
    return `The member has ended. Messages to ${excerpt(this.#options.friend)} wait in its store; it sends them after its next start.`;
  }

  explainUnknown(lines: number): string {
    return `The connection to the member broke. It is unknown whether ${lines === 1 ? "the message was" : "the last messages were"} accepted; p2p history shows it.`;
  }

  #count({ event, to: friend, seq, final }: Told): void {
    const to = textOf(friend);
    if (to === undefined || !kinds.includes(event)) return;
    const number = seq === undefined ? undefined : Number(seq);
    // The first event about a message is `queued`, or, if it was never queued, an event without a number.
    if (event === "queued" || number === undefined) {
      this.#progress.handedOver([to], 1);
      this.#reportedByFriend.set(to, (this.#reportedByFriend.get(to) ?? 0) + 1);
    }
    const kind = event as OutcomeKind;
    this.#progress.outcome({ kind, final: final === true, to, count: 1, number, id: undefined });
  }

  #add(what: string, reason?: string): void {
    const words = reason === undefined ? what : `${what}: ${excerpt(reason)}`;
    this.#faults.set(words, (this.#faults.get(words) ?? 0) + 1);
  }
}

const listOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === "string").map(excerpt) : [];

/** `byThem`: the friend must accept our key. */
const untrusted = (name: string, byThem: boolean): string =>
  byThem
    ? `${name} has another key stored for us: messages to ${name} wait. Tell ${name} by phone or in person what p2p key shows here; ${name} then accepts it with p2p trust.`
    : `The program at ${name}'s address shows a key that is not ${name}'s known key: messages to ${name} wait. Compare keys with ${name}, then run p2p trust ${name}.`;

// What `p2p send` has to say of its messages, for standard error. Of what went well it says nothing.

import { exitCode } from "../core/errors.js";
import { excerpt } from "../core/escape.js";
import { plural } from "../core/peer-table.js";
import type { OutcomeKind } from "../core/outcome.js";
import { Progress } from "../clients/socket/progress.js";
import type { SendCommandOptions } from "./options.js";
import { textOf, type Told } from "./member-connection.js";

const kinds: readonly string[] = ["queued", "sent", "delivered", "failed", "cancelled", "expired"];

/** Whether a member tells this of what we handed over. */
export const isAbout = ({ event }: Told): boolean => kinds.includes(event) || event === "error";

export class SendReport {
  readonly #options: SendCommandOptions;
  /** What went wrong, in words, and how often. */
  readonly #faults = new Map<string, number>();
  /** What this member told of our messages, and for each friend how many of them it named. */
  #progress = new Progress();
  #named = new Map<string, number>();

  constructor(options: SendCommandOptions) {
    this.#options = options;
  }

  /** Another member is told the rest. */
  nextMember(): void {
    this.#progress = new Progress();
    this.#named = new Map();
  }

  /** Whether this member told of each of the `lines` that it has read that they have come as far as we wait for. */
  reached(lines: number): boolean {
    const counts = [...this.#named.values()];
    const all = counts.length > 0 && counts.every((count) => count >= lines);
    return lines === 0 || (all && this.#progress.before(this.#options.wait).length === 0);
  }

  take(told: Told): void {
    this.#count(told);
    const to = excerpt(textOf(told["to"]) ?? this.#options.friend);
    const reason = textOf(told["reason"]) ?? textOf(told["text"]);
    if (told.event === "failed") this.#add(`to ${to} failed`, reason);
    if (told.event === "cancelled") this.#add(`to ${to} was cancelled`);
    if (told.event === "expired") this.#add(`to ${to} was not sent in time and will not be`);
    if (told.event === "error") this.#add("was refused", reason);
  }

  /** A line that is no message. */
  refused(reason: string): void {
    this.#add("was refused", reason);
  }

  get failed(): boolean {
    return this.#faults.size > 0;
  }

  /** Of the answer to how far everything has come. */
  sentence(told: Told): string | undefined {
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
        return `What is for ${names.join(", ")} waits: it was not ${this.#options.wait} in time. It goes out when ${names.length === 1 ? (names[0] ?? "") : "they"} can be reached.`;
      default:
        return faults.length > 0 ? faults.join("\n") : "It was not sent.";
    }
  }

  leftBehind(): string {
    return `The member has ended; what is for ${excerpt(this.#options.friend)} waits in its store and goes out after its next start.`;
  }

  unknown(lines: number): string {
    return `The connection to the member broke: whether ${lines === 1 ? "the message was" : "the last messages were"} taken is not known. p2p history shows it.`;
  }

  #count({ event, to: friend, seq, final }: Told): void {
    const to = textOf(friend);
    if (to === undefined || !kinds.includes(event)) return;
    const number = seq === undefined ? undefined : Number(seq);
    // A message is named first when it is queued, or when it never was.
    if (event === "queued" || number === undefined) {
      this.#progress.handedOver([to], 1);
      this.#named.set(to, (this.#named.get(to) ?? 0) + 1);
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

/** `byThem`: it is the friend who must decide. */
const untrusted = (name: string, byThem: boolean): string =>
  byThem
    ? `${name} knows another key as ours: what is for ${name} waits. Tell ${name} by phone or in person what p2p key shows here; ${name} then trusts it with p2p trust.`
    : `Whoever answers for ${name} shows a key that is not the one we know: what is for ${name} waits. p2p trust ${name}, once you have compared keys.`;

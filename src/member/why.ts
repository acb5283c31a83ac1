// `why`: explains the state of the connection to a friend: the facts, then a verdict with the next step. Pure.

import { formatEndpoint } from "../core/address.js";
import { reasonOf } from "../core/errors.js";
import { plural } from "../core/peer-table.js";
import { formatTime } from "../core/time-point.js";
import type { DeliveryReport, Attempt, KernelRow } from "../core/why.js";
import type { WhyAnswer } from "./api.js";

export interface Verdict {
  readonly verdict: string;
  /** What the user can do; empty if nothing. */
  readonly next: string;
}

/** What stands before the name of a command where the question was asked: at the shell or in the chat. */
export type Prefix = "p2p " | "/";

type Rule = (report: DeliveryReport, prefix: Prefix) => Verdict | undefined;

/** The first rule that applies gives the verdict. The order follows a message's way: our own disk, the keys, the network. */
const rules: readonly Rule[] = [
  ourselves,
  ourDisk,
  keyRefused,
  refusesOurKey,
  connected,
  neverTried,
  dialling,
  failed,
  closed,
];

export function judge(report: DeliveryReport, prefix: Prefix = "p2p "): Verdict {
  for (const rule of rules) {
    const verdict = rule(report, prefix);
    if (verdict !== undefined) return verdict;
  }
  return { verdict: "No problem is known.", next: "" };
}

function ourselves({ status }: DeliveryReport): Verdict | undefined {
  if (!status.self) return undefined;
  return { verdict: "That is you: messages to yourself are shown here.", next: "" };
}

function ourDisk({ storeFault }: DeliveryReport): Verdict | undefined {
  if (storeFault === undefined) return undefined;
  return {
    verdict: `Our own store cannot be written, or could not be written a moment ago: ${storeFault}. Stored messages are safe; new messages are refused.`,
    next: "Make room on the disk of the state folder; p2p then continues by itself.",
  };
}

function keyRefused({ status: { state, peer } }: DeliveryReport, prefix: Prefix): Verdict | undefined {
  if (state !== "key refused") return undefined;
  return {
    verdict: `The key shown for ${peer.name} is not the one we know. Nothing was sent.`,
    next: `Compare fingerprints with ${peer.name} by phone or in person (${prefix}key). Only if they are the same, enter ${prefix}trust ${peer.name} or change key= in the group file.`,
  };
}

function refusesOurKey({ status: { state, peer } }: DeliveryReport, prefix: Prefix): Verdict | undefined {
  if (state !== "refuses our key") return undefined;
  return {
    verdict: `${peer.name} knows us by a different key and refuses this one. Messages to ${peer.name} wait here.`,
    next: `Tell ${peer.name} your fingerprint (${prefix}key) by phone or in person; ${peer.name} then enters ${prefix}trust with your name.`,
  };
}

function connected({ status: { state, waiting, peer }, kernel = [] }: DeliveryReport): Verdict | undefined {
  if (state !== "connected") return undefined;
  if (waiting === 0)
    return { verdict: `Nothing is wrong: ${peer.name} is connected, and no message is waiting.`, next: "" };
  if (kernel.some(({ unsent, retries }) => unsent > 0 && retries > 0))
    return {
      verdict: "The connection is open, but nothing gets through: our machine retransmits without an answer.",
      next: "Check the network between the two machines. Waiting messages are sent again on the next connection.",
    };
  return {
    verdict: `${peer.name} is connected and has not confirmed ${plural(waiting, "message")} yet: they are on the way, or ${peer.name}'s program, screen or disk is blocked.`,
    next: `Ask again in a moment. If this stays the same, ${peer.name} should check what p2p reports there.`,
  };
}

function neverTried({ attempts, status: { waiting, peer }, connectedAt }: DeliveryReport): Verdict | undefined {
  if (attempts.length > 0 || connectedAt !== undefined || waiting > 0) return undefined;
  return {
    verdict: `No message was sent to ${peer.name} since the start, so no connection was tried.`,
    next: `Send a message.`,
  };
}

function dialling({ attempts, kernel = [] }: DeliveryReport): Verdict | undefined {
  const last = attempts.at(-1);
  if (last === undefined || last.result !== undefined) return undefined;
  if (kernel.some(({ state }) => state === "SYN-SENT")) return unanswered(last);
  return { verdict: `${formatEndpoint(last)} is being dialled now.`, next: "Ask again in a moment." };
}

function failed({ attempts, status }: DeliveryReport, prefix: Prefix): Verdict | undefined {
  const last = attempts.at(-1);
  if (typeof last?.result !== "object" || (status.waiting === 0 && status.state !== "unreachable")) return undefined;
  const { reason } = last.result;
  const advice = reason.includes("does not speak the secure dialect") ? notSecure : advices[reason];
  return (
    advice?.(last, status.peer.name, prefix) ?? { verdict: `${formatEndpoint(last)}: ${reason}.`, next: triesAgain }
  );
}

function closed({ status: { waiting, peer } }: DeliveryReport): Verdict | undefined {
  if (waiting > 0) return { verdict: "Messages wait for the next try.", next: "Ask again in a moment." };
  return {
    verdict: `Nothing is wrong: everything for ${peer.name} was delivered, and the idle connection was closed.`,
    next: "",
  };
}

/** The reason text that the session reports. */
const refusedUs = "it refused us";
const triesAgain = "p2p tries again by itself.";

type Advice = (last: Attempt, name: string, prefix: Prefix) => Verdict;

const advices: Readonly<Record<string, Advice>> = {
  [refusedUs]: (last, name, prefix) => ({
    verdict: `The program at ${formatEndpoint(last)} refuses us: it knows a different key, name or address for us.`,
    next: `Compare fingerprints with ${name} by phone or in person (${prefix}key); p2p shows the reason on ${name}'s screen.`,
  }),
  [reasonOf("ECONNREFUSED")]: (last) => ({
    verdict: `The machine at ${last.host} answers, but nothing listens on port ${last.port} there: p2p is not running, or the address or port is wrong.`,
    next: "Start p2p there, or correct the row in the group file. The file is read at the next start; p2p without a terminal also reads it at SIGHUP.",
  }),
  [reasonOf("ETIMEDOUT")]: unanswered,
  [reasonOf("EHOSTUNREACH")]: unroutable,
  [reasonOf("ENETUNREACH")]: unroutable,
  [reasonOf("EHOSTDOWN")]: unroutable,
  [reasonOf("ENOTFOUND")]: (last) => ({
    verdict: `The name ${last.host} has no address.`,
    next: "Correct the name in the group file, or write the address instead.",
  }),
};

function unanswered({ host, port }: Pick<Attempt, "host" | "port">): Verdict {
  return {
    verdict: `Nothing answers from ${host}: that machine is off, the address is wrong, or a firewall drops our packets to port ${port}.`,
    next: `Check the address (ping ${host}), then open TCP port ${port} in that machine's firewall.`,
  };
}

function unroutable({ host }: Pick<Attempt, "host">): Verdict {
  return {
    verdict: `The network has no route to ${host}: the address is wrong, or that machine or ours is not on the network.`,
    next: "Correct the row in the group file, or connect the machine.",
  };
}

function notSecure(last: Attempt, name: string): Verdict {
  return {
    verdict: `The program at ${formatEndpoint(last)} does not speak the secure dialect. Nothing was sent to it.`,
    next: `If ${name} uses an older program, write its dialect after the address (dialect=line, named, tagged or says). Otherwise another program uses that port.`,
  };
}

// The facts.

/** `prefix` as in `judge`. */
export function whyAnswer(report: DeliveryReport, prefix: Prefix = "p2p "): WhyAnswer {
  const { status, attempts, now, retryAt, connectedAt, oldest, storeFault, kernel } = report;
  const verdict = judge(report, prefix);
  return {
    peer: status.peer.name,
    ...{ address: formatEndpoint(status.peer), dialect: status.peer.dialect, state: status.state },
    ...{ waiting: status.waiting, oldest: oldest === undefined ? undefined : formatTime(oldest), key: status.standing },
    attempts: attempts.map((attempt) => ({
      ...{ address: formatEndpoint(attempt), msAgo: Math.round(now - attempt.at), result: resultOf(attempt) },
    })),
    retryInMs: retryAt === undefined ? undefined : Math.max(0, Math.round(retryAt - now)),
    stoodMsAgo: connectedAt === undefined ? undefined : Math.round(now - connectedAt),
    ...{ closesInMs: closesIn(report), storeFault, kernel },
    ...verdict,
    text: textOf(report, verdict),
  };
}

/** Facts and verdict, for people. */
function textOf(report: DeliveryReport, { verdict, next }: Verdict): string {
  const lines = facts(report).map(([what, value]) => `${what} : ${value}`);
  return [...lines, "", verdict, ...(next === "" ? [] : [next])].join("\n");
}

function facts(report: DeliveryReport): readonly (readonly [string, string])[] {
  const { status, attempts, now, retryAt, connectedAt, oldest, kernel = [] } = report;
  const { peer, state, waiting } = status;
  const closes = closesIn(report);
  return [
    ["Friend", `${peer.name}, ${formatEndpoint(peer)}, dialect ${peer.dialect}, ${state}`],
    ...attempts.map((attempt) => ["Tried", attemptWords(attempt, now)] as const),
    ...(connectedAt === undefined ? [] : [["Last connected", `${seconds(now - connectedAt)} ago`] as const]),
    ...(closes === undefined ? [] : [["Closes", `in ${seconds(closes)} if idle`] as const]),
    ...(retryAt === undefined ? [] : [["Next try", `in ${seconds(Math.max(0, retryAt - now))}`] as const]),
    ["Waiting", oldest === undefined ? String(waiting) : `${String(waiting)}, the oldest since ${formatTime(oldest)}`],
    ...report.key.slice(1).map((line) => ["Key", line] as const),
    ...kernel.filter(isCurrent).map((row) => ["Kernel", kernelWords(row)] as const),
  ];
}

function closesIn({ status: { state, peer, idleMs } }: DeliveryReport): number | undefined {
  if (state !== "connected" || peer.idle.kind === "never") return undefined;
  return Math.max(0, Math.round(peer.idle.afterMs - (idleMs ?? 0)));
}

const attemptWords = (attempt: Attempt, now: number): string =>
  `${formatEndpoint(attempt)}, ${seconds(now - attempt.at)} ago: ${resultOf(attempt)}`;

function resultOf({ result }: Attempt): string {
  if (result === undefined) return "under way";
  return result === "reached" ? "reached" : result.reason;
}

/** The kernel lists closed connections for a minute as TIME-WAIT; they explain nothing. */
const isCurrent = ({ state }: KernelRow): boolean => state !== "TIME-WAIT";

const kernelWords = ({ state, local, remote, unsent, unread, retries }: KernelRow): string =>
  `${state} ${local} to ${remote}, ${unsent} bytes unacknowledged, ${unread} unread, retransmitted ${plural(retries, "time")}`;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

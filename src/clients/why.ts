// `why`: what is known of the way to a friend, then a verdict in plain words with the next step. Pure.

import { formatEndpoint } from "../core/address.js";
import { reasonOf } from "../core/errors.js";
import { plural } from "../core/peer-table.js";
import { formatTime } from "../core/time-point.js";
import type { Account, Attempt, KernelRow } from "../core/why.js";

export interface Verdict {
  readonly verdict: string;
  /** What the user can do; empty where nothing need be done. */
  readonly next: string;
}

/** Who asks, and how things are called there. */
export interface Asker {
  /** What stands before the name of a command. */
  readonly prefix: "p2p " | "/";
  /** A moment, in milliseconds since 1970 UTC. */
  readonly time: (ms: number) => string;
}

const atShell: Asker = { prefix: "p2p ", time: formatTime };
export const inChat: Asker = { prefix: "/", time: formatTime };

type Rule = (account: Account, asker: Asker) => Verdict | undefined;

/** The first that fits decides: what stands nearest to the message comes first. */
const rules: readonly Rule[] = [
  ourselves,
  ourDisk,
  ourTrust,
  theirTrust,
  connected,
  neverTried,
  underWay,
  failed,
  closed,
];

export function judge(account: Account, asker = atShell): Verdict {
  for (const rule of rules) {
    const verdict = rule(account, asker);
    if (verdict !== undefined) return verdict;
  }
  return { verdict: "Nothing is known that would hold a message up.", next: "" };
}

function ourselves({ status }: Account): Verdict | undefined {
  if (!status.self) return undefined;
  return { verdict: "That is you: what you say to yourself is shown here.", next: "" };
}

function ourDisk({ storeFault }: Account): Verdict | undefined {
  if (storeFault === undefined) return undefined;
  return {
    verdict: `Our own disk takes nothing, or did not a moment ago: ${storeFault}. What was stored stays; new messages are refused.`,
    next: "Make room on the disk of the state folder; it goes on by itself.",
  };
}

function ourTrust({ status: { state, peer } }: Account, { prefix }: Asker): Verdict | undefined {
  if (state !== "key refused") return undefined;
  return {
    verdict: `Whoever answers for ${peer.name} shows a key that is not the one we know. Nothing was sent.`,
    next: `Compare fingerprints with ${peer.name} by phone or in person (${prefix}key). Only if they are the same: ${prefix}trust ${peer.name}, or key= in the group file.`,
  };
}

function theirTrust({ status: { state, peer } }: Account, { prefix }: Asker): Verdict | undefined {
  if (state !== "refuses our key") return undefined;
  return {
    verdict: `${peer.name} knows another key as ours, and refuses this one. What is said waits here.`,
    next: `Tell ${peer.name} your fingerprint (${prefix}key) by phone; ${peer.name} then says ${prefix}trust with your name.`,
  };
}

function connected({ status: { state, waiting, peer }, kernel = [] }: Account): Verdict | undefined {
  if (state !== "connected") return undefined;
  if (waiting === 0) return { verdict: `Nothing is wrong: ${peer.name} is connected, and nothing waits.`, next: "" };
  if (kernel.some(({ unsent, retries }) => unsent > 0 && retries > 0))
    return {
      verdict: "The connection stands, and nothing gets through it: our machine repeats itself without an answer.",
      next: "Look at the network between the two machines. What waits goes out again on the next connection.",
    };
  return {
    verdict: `${peer.name} is connected and has not confirmed ${plural(waiting, "message")} yet: they are on their way, or ${peer.name}'s program, screen or disk takes nothing now.`,
    next: `Ask again in a moment. If it stays so, ${peer.name} should look at what p2p says there.`,
  };
}

function neverTried({ attempts, status: { waiting, peer }, stoodAt }: Account): Verdict | undefined {
  if (attempts.length > 0 || stoodAt !== undefined || waiting > 0) return undefined;
  return { verdict: `Nothing was said to ${peer.name} since the start, so nothing was tried.`, next: `Say something.` };
}

function underWay({ attempts, kernel = [] }: Account): Verdict | undefined {
  const last = attempts.at(-1);
  if (last === undefined || last.result !== undefined) return undefined;
  if (kernel.some(({ state }) => state === "SYN-SENT")) return unanswered(last);
  return { verdict: `${formatEndpoint(last)} is being dialled now.`, next: "Ask again in a moment." };
}

function failed({ attempts, status }: Account, asker: Asker): Verdict | undefined {
  const last = attempts.at(-1);
  if (typeof last?.result !== "object" || (status.waiting === 0 && status.state !== "unreachable")) return undefined;
  const { reason } = last.result;
  const advice = reason.includes("does not speak the secure dialect") ? stranger : advices[reason];
  return advice?.(last, status.peer.name, asker) ?? { verdict: `${formatEndpoint(last)}: ${reason}.`, next: again };
}

function closed({ status: { waiting, peer } }: Account): Verdict | undefined {
  if (waiting > 0) return { verdict: "It waits for the next try.", next: "Ask again in a moment." };
  return {
    verdict: `Nothing is wrong: everything for ${peer.name} was delivered, and the connection was closed when nothing more was said.`,
    next: "",
  };
}

/** As the session puts it. */
const refusedUs = "it refused us";
const again = "It is tried again by itself.";

type Advice = (last: Attempt, name: string, asker: Asker) => Verdict;

const advices: Readonly<Record<string, Advice>> = {
  [refusedUs]: (_, name, { prefix }) => ({
    verdict: `Whoever answers for ${name} refuses us: our key is not the one known there, or our name or address is not.`,
    next: `Compare fingerprints with ${name} by phone or in person (${prefix}key); ${name}'s screen says what is wrong.`,
  }),
  [reasonOf("ECONNREFUSED")]: (last) => ({
    verdict: `The machine at ${last.host} answers, and nothing listens on port ${last.port} there: p2p is not running, or address or port are wrong.`,
    next: "Have p2p started there; or correct the row in the group file: it is read at the next start, without a terminal also at SIGHUP.",
  }),
  [reasonOf("ETIMEDOUT")]: unanswered,
  [reasonOf("EHOSTUNREACH")]: unroutable,
  [reasonOf("ENETUNREACH")]: unroutable,
  [reasonOf("EHOSTDOWN")]: unroutable,
  [reasonOf("ENOTFOUND")]: (last) => ({
    verdict: `No machine is known by the name ${last.host}.`,
    next: "Correct the name in the group file, or write the address.",
  }),
};

function unanswered({ host, port }: Pick<Attempt, "host" | "port">): Verdict {
  return {
    verdict: `Nothing at all answers from ${host}: that machine is off, the address is wrong, or a firewall drops what we send to port ${port}.`,
    next: `Is the address right (ping ${host})? Then open TCP port ${port} in that machine's firewall.`,
  };
}

function unroutable({ host }: Pick<Attempt, "host">): Verdict {
  return {
    verdict: `The network knows no way to ${host}: the address is wrong, or that machine, or ours, is not on the network.`,
    next: "Correct the row in the group file, or connect the machine.",
  };
}

function stranger(last: Attempt, name: string): Verdict {
  return {
    verdict: `Something answers at ${formatEndpoint(last)}, and it does not speak the secure dialect. Nothing was sent to it.`,
    next: `If that is ${name} with an older program, write its dialect behind the address (dialect=line, named, tagged or says). Else another program has that port.`,
  };
}

// The facts before it.

/** For people. */
export function whyLines(account: Account, asker = atShell): readonly string[] {
  const { verdict, next } = judge(account, asker);
  return [
    ...facts(account, asker).map(([what, value]) => `${what} : ${value}`),
    "",
    verdict,
    ...(next === "" ? [] : [next]),
  ];
}

/** For scripts: times as milliseconds ago or from now. */
export function whyFields(account: Account): Readonly<Record<string, unknown>> {
  const { status, attempts, now, retryAt, stoodAt, oldest, storeFault, kernel } = account;
  return {
    peer: status.peer.name,
    ...{ address: formatEndpoint(status.peer), dialect: status.peer.dialect, state: status.state },
    ...{ waiting: status.waiting, oldest: oldest === undefined ? undefined : formatTime(oldest), key: status.standing },
    attempts: attempts.map((attempt) => ({
      ...{ address: formatEndpoint(attempt), msAgo: Math.round(now - attempt.at), result: resultOf(attempt) },
    })),
    retryInMs: retryAt === undefined ? undefined : Math.max(0, Math.round(retryAt - now)),
    stoodMsAgo: stoodAt === undefined ? undefined : Math.round(now - stoodAt),
    ...{ closesInMs: closesIn(account), storeFault, kernel },
    ...judge(account),
    text: whyLines(account).join("\n"),
  };
}

function facts(account: Account, { time }: Asker): readonly (readonly [string, string])[] {
  const { status, attempts, now, retryAt, stoodAt, oldest, kernel = [] } = account;
  const { peer, state, waiting } = status;
  const closes = closesIn(account);
  return [
    ["Friend", `${peer.name}, ${formatEndpoint(peer)}, dialect ${peer.dialect}, ${state}`],
    ...attempts.map((attempt) => ["Tried", attemptWords(attempt, now)] as const),
    ...(stoodAt === undefined ? [] : [["Last connected", `${seconds(now - stoodAt)} ago`] as const]),
    ...(closes === undefined ? [] : [["Closes", `in ${seconds(closes)} without a word`] as const]),
    ...(retryAt === undefined ? [] : [["Next try", `in ${seconds(Math.max(0, retryAt - now))}`] as const]),
    ["Waiting", oldest === undefined ? String(waiting) : `${String(waiting)}, the oldest since ${time(oldest)}`],
    ...account.key.slice(1).map((line) => ["Key", line] as const),
    ...kernel.filter(stands).map((row) => ["Kernel", kernelWords(row)] as const),
  ];
}

function closesIn({ status: { state, peer, idleMs } }: Account): number | undefined {
  if (state !== "connected" || peer.idle.kind === "never") return undefined;
  return Math.max(0, Math.round(peer.idle.afterMs - (idleMs ?? 0)));
}

const attemptWords = (attempt: Attempt, now: number): string =>
  `${formatEndpoint(attempt)}, ${seconds(now - attempt.at)} ago: ${resultOf(attempt)}`;

function resultOf({ result }: Attempt): string {
  if (result === undefined) return "under way";
  return result === "reached" ? "reached" : result.reason;
}

/** Those that have ended the kernel remembers for a minute, each of them; they tell nothing. */
const stands = ({ state }: KernelRow): boolean => state !== "TIME-WAIT";

const kernelWords = ({ state, local, remote, unsent, unread, retries }: KernelRow): string =>
  `${state} ${local} to ${remote}, ${unsent} bytes unacknowledged, ${unread} unread, repeated ${plural(retries, "time")}`;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

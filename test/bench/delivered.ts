// Time from a line at Alice's keyboard until Alice knows that it is on Bob's disk. Alice runs inside the bench, which needs to
// see that moment; Bob is the real program. Compared with the parts of such a trip, measured in the same seconds: fdatasync,
// and a round trip of our program in clear text, which is twice the time from keyboard to screen.

import { memberClients } from "../../src/clients/member-clients.js";
import { fdatasyncSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { parsePeerTable } from "../../src/core/peer-table.js";
import type { PeerName } from "../../src/core/types.js";
import { Member } from "../../src/member/member.js";
import { openMemberState } from "../../src/store/member-state.js";
import { NodeClock } from "../../src/platform/node-clock.js";
import { NodeNetwork } from "../../src/platform/node-network.js";
import { noiseLibrary } from "../../src/platform/noise-library.js";
import type { Console, ConsoleEvents, Log, MemberState } from "../../src/ports.js";
import { openPair } from "./latency.js";
import { ready } from "./pattern.js";
import { start, type Running } from "./processes.js";
import { newGroup, ours, secure, stateOf, type Group } from "./programs.js";
import { median, quantile, rounds, type Row } from "./report.js";
import { freshPath } from "./scratch.js";

const port = 6_969;
const warmUps = 200;
const perRound = 50;

export async function delivered(): Promise<readonly Row[]> {
  const group = newGroup(["Alice", "Bob"]);
  const bob = start(secure.command("Bob", group), ["pipe", "pipe", "inherit"]);
  await bob.until(ready);
  const alice = new Sender(group);
  await alice.ready;
  const clear = await openPair(ours);
  const [trips = [], syncs = [], clears = []] = await measured(alice, clear.pinger);
  alice.stop();
  for (const child of [bob, ...clear.members]) await child.kill();
  return [rowOf(trips, syncs, clears)];
}

async function measured(alice: Sender, pinger: Running): Promise<number[][]> {
  const sync = newSync();
  await several(warmUps, () => alice.deliver());
  await pinger.ask(warmUps);
  const samples = await rounds(10, [
    () => several(perRound, () => alice.deliver()),
    () => several(perRound, sync),
    async () => ((await pinger.ask(perRound)) as number[]).map((oneWay) => 2 * oneWay),
  ]);
  return samples.map((each) => each.flat());
}

function rowOf(trips: readonly number[], syncs: readonly number[], clears: readonly number[]): Row {
  const [trip, sync, clear] = [median(trips), median(syncs), median(clears)];
  const bound = 2 * sync + 3 * clear;
  const us = (ms: number): string => `${(ms * 1_000).toFixed(0)} µs`;
  return {
    what: "delivered, median",
    ours: `${us(trip)} (90 of 100: ${us(quantile(trips, 0.9))})`,
    other: `2 fdatasync of ${us(sync)} + 3 clear trips of ${us(clear)}`,
    ratio: `${(trip / bound).toFixed(2)}x`,
    target: "<= 1x",
    verdict: trip <= bound ? "ok" : "short",
  };
}

async function several(count: number, act: () => number | Promise<number>): Promise<number[]> {
  const samples: number[] = [];
  for (let each = 0; each < count; each += 1) samples.push(await act());
  return samples;
}

/** The production member with a simulated keyboard. */
class Sender {
  readonly ready: Promise<void>;
  readonly #member: Member;
  #type: (line: string) => void = () => undefined;
  #onRetired: () => void = () => undefined;

  constructor(group: Group) {
    const state = this.#watched(openState(group));
    const parsed = parsePeerTable("group", readFileSync(group.file), { port, dialect: "secure", idleMs: 120_000 });
    if (!parsed.ok) throw new Error(parsed.message);
    const host = group.hosts[0]!;
    let listening: () => void = () => undefined;
    this.ready = new Promise((resolve) => (listening = resolve));
    this.#member = new Member(this.#ports(listening), {
      self: "Alice" as PeerName,
      state,
      remarks: [],
      requireVerified: false,
      table: parsed.value,
      listen: { host, port },
      localHost: host,
      onFailure: (code) => void process.stderr.write(`${code}\n`),
      ...memberClients({ json: false }, () => undefined),
      onStopped: () => undefined,
    });
    this.#member.start();
  }

  /** Returns milliseconds. */
  deliver(): Promise<number> {
    return new Promise((resolve) => {
      const began = performance.now();
      this.#onRetired = () => resolve(performance.now() - began);
      this.#type("Bob/0 hello xxxxxxxxxxxxxxxxxxxxxxx\n");
    });
  }

  stop(): void {
    this.#member.stop();
  }

  #watched(state: MemberState): MemberState {
    const { store } = state;
    const put = store.putOutgoing.bind(store);
    let known = 0;
    store.putOutgoing = (peer, outgoing) => {
      put(peer, outgoing);
      if (outgoing.retired === outgoing.next - 1 && outgoing.retired > known) this.#onRetired();
      known = Math.max(known, outgoing.retired);
    };
    return state;
  }

  #ports(listening: () => void) {
    const log: Log = { debug: silent, info: silent, warn: silent, error: silent };
    const console: Console = {
      interactive: false,
      bind: (events: ConsoleEvents) => {
        this.#type = (line) => events.onBytes(Buffer.from(line));
        listening();
      },
      write: () => true,
      pause: silent,
      resume: silent,
    };
    const random = { next: () => Math.random(), hex: (bytes: number) => "5a".repeat(bytes) };
    return { clock: new NodeClock(), network: new NodeNetwork(), console, random, noise: noiseLibrary, log };
  }
}

const silent = (): void => undefined;

function openState(group: Group): MemberState {
  const folder = `${stateOf(group)}/inside`;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const state = openMemberState(folder, noiseLibrary);
  if (!state.ok) throw new Error(state.message);
  return state.value;
}

/** Writes as much as one small commit of SQLite appends to its log: four pages with their headers. Returns milliseconds. */
function newSync(): () => number {
  const file = openSync(freshPath("sync"), "w");
  const pages = Buffer.alloc(4 * 4_120, 1);
  return () => {
    const began = performance.now();
    writeSync(file, pages);
    fdatasyncSync(file);
    return performance.now() - began;
  };
}

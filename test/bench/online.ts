// A rendezvous server with 5,000 clients, each from its own address, that ping every 10 s: processor load and memory.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { proportionalBytes } from "./memory.js";
import { helper, start, type Running } from "./processes.js";
import { ourFile } from "./programs.js";
import { single, type Row } from "./report.js";

const clients = 5_000;
const warmUps = 500;
const settleMs = 12_000;
const watchedMs = 20_000;
const host = "127.0.0.1";
const port = 18_888;

export async function online(): Promise<readonly Row[]> {
  const words = ["rendezvous", "--listen", host, "--port", String(port)];
  const server = start([process.execPath, ourFile, ...words], ["ignore", "pipe", "inherit"]);
  await server.until(/running at port/);
  // The first clients pay for one-time costs.
  const first = await come(0, warmUps);
  await pause(settleMs);
  const before = proportionalBytes(server.pid);
  const crowd = await come(warmUps, warmUps + clients);
  await pause(settleMs);
  const [share, bytes] = [await cpuShare(server.pid), (proportionalBytes(server.pid) - before) / clients];
  if (crowd.over || first.over) throw new Error("a client was disconnected while it was counted");
  for (const child of [first, crowd, server]) await child.kill();
  return [
    single(`rendezvous, ${clients.toLocaleString("en")} clients: processor`, "% of a core", share, { most: 10 }),
    single("rendezvous: memory per client", "KB", bytes / 1_000, { most: 10 }),
  ];
}

async function come(from: number, upTo: number): Promise<Running> {
  const crowd = start(helper("online-crowd", host, port, from, upTo), ["ignore", "pipe", "inherit"]);
  await crowd.until(/open\n/);
  return crowd;
}

async function cpuShare(pid: number): Promise<number> {
  const [cpu, began] = [cpuMs(pid), performance.now()];
  await pause(watchedMs);
  return (100 * (cpuMs(pid) - cpu)) / (performance.now() - began);
}

const tickMs = 1_000 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** User and kernel time: fields 14 and 15, counted after the command name, which may contain spaces. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${String(pid)}/stat`, "utf8")
    .split(") ")[1]!
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

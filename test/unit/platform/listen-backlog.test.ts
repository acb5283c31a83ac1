// How many connections the kernel queues for us. `ss` shows the length of the queue that a listening socket asked for.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { listenBacklog, localBacklog } from "../../../src/core/limits.js";
import { NodeLocalSocket } from "../../../src/platform/local-socket.js";
import { NodeNetwork } from "../../../src/platform/node-network.js";
import type { Listener, ListenerEvents } from "../../../src/ports.js";

const sockets = (...words: string[]): string => spawnSync("ss", ["-Hln", ...words], { encoding: "utf8" }).stdout;
const kernelMax = Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
const skip = spawnSync("ss", ["-V"]).error === undefined ? false : "ss is not installed";

/** Resolves with the port once it listens. */
const opened = (listen: (events: ListenerEvents) => Listener): Promise<{ readonly port: number; close(): void }> =>
  new Promise((resolve, reject) => {
    const listener = listen({
      onListening: (port) => resolve({ port, close: () => listener.close() }),
      onConnection: () => undefined,
      onFailure: (code) => reject(new Error(code)),
    });
  });

void t.test("the kernel queues as many friends as the limit says", { skip }, async (t) => {
  const { port, close } = await opened((events) => new NodeNetwork().listen({ host: "127.0.0.1", port: 0 }, events));
  t.teardown(close);
  t.equal(sockets("-t", `sport = :${port}`).split(/\s+/)[2], String(Math.min(listenBacklog, kernelMax)));
});

void t.test("the kernel queues as many programs at the local socket as the limit says", { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "p2p-backlog-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const { close } = await opened((events) => new NodeLocalSocket(folder).listen(events));
  t.teardown(close);
  const line = sockets("-x")
    .split("\n")
    .find((each) => each.includes(folder));
  t.equal(line?.split(/\s+/)[3], String(Math.min(localBacklog, kernelMax)));
});

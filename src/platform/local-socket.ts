// A member's unix socket, in its state folder and for its owner alone. Whoever listens holds the member's lock: a socket that
// is there already is a dead member's.

import { mkdtempSync, rmdirSync, rmSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { localBacklog } from "../core/limits.js";
import type { Listener, ListenerEvents, LocalSocket } from "../ports.js";
import { replaceFile } from "./durable-file.js";
import { fitsKernel, isOurSocket, pointedPath, pointerFile, usualPath } from "./local-path.js";
import { codeOf, NodeConnection } from "./node-network.js";

export class NodeLocalSocket implements LocalSocket {
  readonly #folder: string;

  /** A member's state folder. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  listen(events: ListenerEvents): Listener {
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true });
    let listening = false;
    server.on("connection", (socket) => events.onConnection(new NodeConnection(socket, "")));
    server.on("listening", () => {
      listening = true;
      events.onListening(0);
    });
    server.on("error", (error) => listening || events.onFailure(codeOf(error)));
    try {
      this.#sweep();
      bindPrivately(server, this.#place());
    } catch (error) {
      setImmediate(() => events.onFailure(codeOf(error as Error)));
    }
    return { close: () => this.#close(server) };
  }

  /** The path to bind. Where the usual one is too long a fresh folder of our own takes its place, and a file says where. */
  #place(): string {
    const usual = usualPath(this.#folder);
    if (fitsKernel(usual)) return usual;
    const elsewhere = path.join(mkdtempSync(path.join(os.tmpdir(), "p2p-")), "socket");
    replaceFile(pointerFile(this.#folder), `${elsewhere}\n`);
    return elsewhere;
  }

  #close(server: net.Server): void {
    server.close();
    this.#sweep();
  }

  /** Removes what a member left here, dead or just stopped; elsewhere only what is surely ours. */
  #sweep(): void {
    rmSync(usualPath(this.#folder), { force: true });
    const elsewhere = pointedPath(this.#folder);
    try {
      rmSync(pointerFile(this.#folder), { force: true });
      if (elsewhere === undefined) return;
      if (isOurSocket(elsewhere)) rmSync(elsewhere, { force: true });
      rmdirSync(path.dirname(elsewhere));
    } catch {
      // Somebody has tidied up the temporary folder already, or put something into it.
    }
  }
}

/** Nobody else may connect, not even in the moment before a change of mode: the socket gets its mode when it is bound. */
function bindPrivately(server: net.Server, file: string): void {
  const before = process.umask(0o177);
  try {
    server.listen({ path: file, creditLedger: localBacklog });
  } finally {
    process.umask(before);
  }
}

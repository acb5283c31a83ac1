// A member's unix socket, in its state folder, for its owner only. The listening process holds the member's lock, so an existing
// socket file was left by a dead member.

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

  /** The path to bind. If the usual one is too long, it is in a new private folder, and a pointer file holds it. */
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

  /** Removes the files of a dead or stopped member; outside the state folder only files that are certainly its own. */
  #sweep(): void {
    rmSync(usualPath(this.#folder), { force: true });
    const elsewhere = pointedPath(this.#folder);
    try {
      rmSync(pointerFile(this.#folder), { force: true });
      if (elsewhere === undefined) return;
      if (isOurSocket(elsewhere)) rmSync(elsewhere, { force: true });
      rmdirSync(path.dirname(elsewhere));
    } catch {
      // The temporary folder was emptied already, or holds other files.
    }
  }
}

/** Sets the mode at the bind, so that there is no moment in which other users may connect. */
function bindPrivately(server: net.Server, file: string): void {
  const before = process.umask(0o177);
  try {
    server.listen({ path: file, backlog: localBacklog });
  } finally {
    process.umask(before);
  }
}

// Uses a member like a script: runs commands to their end, and talks to the local socket directly.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import type { Group, Said } from "./group.js";
import { Heard } from "./heard.js";
import { program, projectFolder } from "./member.js";

/** Options that make a command act for this member of the group. */
export const asMember = (group: Group, name: string): readonly string[] => [
  ...["--name", name, "--peers", group.file, "--state-dir", group.stateFolder],
];

/** The same for a command that may have to be the member. */
export const beingMember = (group: Group, name: string): readonly string[] => [
  ...asMember(group, name),
  ...["--port", String(group.port)],
];

export interface Call {
  readonly words: readonly string[];
  readonly input?: string;
  /** A wrapper command. */
  readonly through?: readonly string[];
}

/** Ends a command that hangs before the test runner ends the whole file. */
const commandMs = 240_000;

/** Its time limit is longer than a `Member`'s: a hundred may run at once. */
export async function call({ words, input = "", through = [] }: Call): Promise<Said> {
  const [command, ...rest] = [...through, process.execPath, program, ...words];
  const child = spawn(command!, rest, { cwd: projectFolder, stdio: "pipe", timeout: commandMs, killSignal: "SIGKILL" });
  const [out, err] = [new Heard("stdout"), new Heard("stderr")];
  child.stdout.on("data", (chunk: Buffer) => out.add(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.add(chunk));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out: out.text, err: err.text };
}

export const socketOf = (group: Group, name: string): string => path.join(group.stateOf(name), "socket");

/** A program at a member's socket. */
export class Visitor {
  readonly heard: Heard;
  readonly socket: net.Socket;
  #closed = false;

  constructor(file: string) {
    this.heard = new Heard("the socket");
    this.socket = net.connect({ path: file, allowHalfOpen: true });
    this.socket.on("data", (chunk: Buffer) => this.heard.add(chunk));
    this.socket.on("error", () => undefined);
    this.socket.on("end", () => (this.#closed = true));
    this.socket.on("close", () => (this.#closed = true));
  }

  get closed(): boolean {
    return this.#closed;
  }

  say(...lines: readonly string[]): void {
    this.socket.write(lines.map((line) => `${line}\n`).join(""));
  }

  leave(): void {
    this.socket.destroy();
  }
}

/** The user id of `nobody`. */
export function nobodysId(): string {
  const line = readFileSync("/etc/passwd", "utf8").split("\n");
  return line.find((each) => each.startsWith("nobody:"))?.split(":")[2] ?? "65534";
}

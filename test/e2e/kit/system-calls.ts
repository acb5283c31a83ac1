// Records a member's system calls in order with strace: the calls on stdin, connections, the store and stdout.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** types: a line was read from stdin. reads, writes: on a connection. logs, syncs: on the store. shows: on stdout. */
export type Act = "types" | "reads" | "writes" | "logs" | "syncs" | "shows";

export interface SystemCall {
  readonly act: Act;
  /** The call in strace's notation. */
  readonly line: string;
}

/** A reason to skip, or false. A container may forbid ptrace. */
export function whyNoTrace(): string | false {
  const { error, status, stderr } = spawnSync("strace", ["-qq", "-o", "/dev/null", "true"], { encoding: "utf8" });
  if (error) return "strace is missing (apt-get install strace)";
  return status === 0 ? false : `strace may not trace here: ${stderr.trim()}`;
}

/** The wrapper command. It traces the main thread only, which makes all these calls. */
export const tracedInto = (file: string): readonly string[] => [
  ...["strace", "-qq", "-y", "-s", "64", "-o", file],
  ...["-e", "trace=read,write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync"],
];

export function systemCalls(file: string): readonly SystemCall[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      const act = actOf(line);
      return act === undefined ? [] : [{ act, line }];
    });
}

function actOf(line: string): Act | undefined {
  const [, call = "", descriptor = "", target = "", result = ""] =
    /^(\w+)\((\d+)<([^>]*)>.* = (-?\d+)/.exec(line) ?? [];
  if (Number(result) < 0) return undefined;
  if (target.endsWith("messages.db-wal")) return call.endsWith("sync") ? "syncs" : "logs";
  if (Number(descriptor) === 0 && Number(result) > 0) return "types";
  if (Number(descriptor) === 1) return "shows";
  if (!target.startsWith("socket:") || Number(descriptor) === 2) return undefined;
  return call === "read" ? "reads" : "writes";
}

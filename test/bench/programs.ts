// The measured programs, and their command lines for each member of a group.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { helper, type Command } from "./processes.js";
import { freshPath } from "./scratch.js";

const root = new URL("../../../", import.meta.url);

/** P2P=/other/p2p.js measures another build. */
export const ourFile = process.env["P2P"] ?? new URL("dist/p2p.js", root).pathname;

const port = 6_969;

export interface Group {
  readonly file: string;
  readonly hosts: readonly string[];
}

export interface Program {
  readonly name: string;
  command(name: string, group: Group): Command;
}

/** Like the classic program: clear text, nothing stored. */
export const ours: Program = member("ours", "--dialect", "line", "--no-store");

/** Encrypted, acknowledged, and on disk at both ends. */
export const secure: Program = member("secure", "--dialect", "secure");

/** Each group has its own state folder beside its group file, never the user's. */
function member(name: string, ...modeOptions: readonly string[]): Program {
  const identity = (self: string, { file }: Group): readonly string[] => ["--name", self, "--peers", file];
  const common = ["--port", String(port), ...modeOptions];
  return {
    name,
    command: (self, group) => [
      process.execPath,
      ourFile,
      ...identity(self, group),
      ...common,
      "--state-dir",
      stateOf(group),
    ],
  };
}

/** A subcommand of the program, for that member. */
export const commandOf = (name: string, group: Group, ...words: readonly string[]): Command => [
  process.execPath,
  ...[ourFile, ...words, "--name", name, "--peers", group.file, "--state-dir", stateOf(group)],
];

export const stateOf = ({ file }: Group): string => `${file}.state`;

/** One connection per message, like an older program. */
export const oneShot = (dialect: "tagged" | "says"): Program => member(dialect, "--dialect", dialect, "--no-store");

/** The same in C; undefined if gcc is missing. */
export function classicOneShot(dialect: "tagged" | "says"): Program | undefined {
  const binary = compiled("one-shot");
  return binary === undefined
    ? undefined
    : { name: "classic", command: (name, { file }) => [binary, name, file, String(port), dialect] };
}

/** The same with bare Node sockets. */
export const bareOneShot = (dialect: "tagged" | "says"): Program => ({
  name: "bare Node",
  command: (name, { file }) => helper("bare-one-shot", name, file, port, dialect),
});

/** The classic program and its batching mode; empty if gcc is missing. */
export function classics(): readonly Program[] {
  const binary = compiled("classic");
  if (binary === undefined) return [];
  const command = (name: string, { file }: Group): Command => [binary, name, file, String(port)];
  return [
    { name: "classic", command },
    { name: "batch", command: (name, group) => [...command(name, group), "--batch"] },
  ];
}

const binaries = new Map<string, string | undefined>();

function compiled(source: string): string | undefined {
  if (!binaries.has(source)) binaries.set(source, compile(source));
  return binaries.get(source);
}

function compile(source: string): string | undefined {
  const binary = freshPath(source);
  try {
    execFileSync("gcc", ["-O2", "-o", binary, new URL(`test/bench/${source}.c`, root).pathname]);
    return binary;
  } catch {
    console.log(`gcc is missing or failed: the rows against ${source}.c are skipped.`);
    return undefined;
  }
}

// The first address depends on our pid, so that two benches, or a bench and the tests, use different ones.
let lastHost = (127 << 24) + ((128 + 2 * (process.pid % 60)) << 16);

function freshHost(): string {
  lastHost += 1;
  return [24, 16, 8, 0].map((shift) => String((lastHost >> shift) & 255)).join(".");
}

/** Writes a group file. No other group of this bench uses its members' addresses. */
export function newGroup(names: readonly string[]): Group {
  const hosts = names.map(freshHost);
  const file = freshPath("peer_details.txt");
  const rows = names.map((name, index) => `${name}\n${hosts[index]!}\n`);
  writeFileSync(file, `${String(names.length)}\n${rows.join("")}`);
  return { file, hosts };
}

// A group of its own for one test: group file, addresses and port that no other test and no other program uses.
// Its members are ended and its folder is deleted after the test, also after a failure.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Test } from "tap";
import type { HistoryMessage } from "../../../src/core/record.js";
import type { DialectName } from "../../../src/core/types.js";
import { freePort } from "./free-port.js";
import { Member, type MemberOptions } from "./member.js";

/** The output of a command, and its exit. */
export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface At {
  readonly host: string;
  readonly port: number;
}

export class Group {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), "p2p-e2e-"));
  readonly file = path.join(this.folder, "peer_details.txt");
  readonly port: number;
  /** The folder for the members' keys and messages. */
  readonly stateFolder = path.join(this.folder, "state");
  readonly #network: string;
  readonly #dialect: DialectName;
  readonly #names: string[] = [];
  readonly #members = new Set<Member>();

  /** `network` is the first three numbers of the group's addresses. */
  private constructor(network: string, port: number, dialect: DialectName) {
    this.#network = network;
    this.port = port;
    this.#dialect = dialect;
  }

  /** A group that speaks the line dialect. A row is a name, and attributes if any: `Bob idle=detach`. */
  static async of(t: Test, ...rows: readonly string[]): Promise<Group> {
    return Group.#make(t, "line", rows);
  }

  /** A group that speaks the default dialect. */
  static async secure(t: Test, ...rows: readonly string[]): Promise<Group> {
    return Group.#make(t, "secure", rows);
  }

  static async #make(t: Test, dialect: DialectName, rows: readonly string[]): Promise<Group> {
    const number = (from: number, to: number): number => from + Math.floor(Math.random() * (to - from));
    const network = `127.${number(16, 250)}.${number(1, 255)}`;
    const group = new Group(network, await freePort(`${network}.1`), dialect);
    t.teardown(() => group.#remove());
    group.write(...rows);
    return group;
  }

  /** (Re)writes the group file. A name keeps the address that it got first. `Bob@127.0.0.1:7 key=…` names one instead. */
  write(...rows: readonly string[]): void {
    this.#write(this.file, rows);
  }

  /** A separate group file for one member. */
  writeFor(name: string, ...rows: readonly string[]): readonly string[] {
    const file = path.join(this.folder, `${name}.txt`);
    this.#write(file, rows);
    return ["--peers", file];
  }

  #write(file: string, rows: readonly string[]): void {
    const words = rows.map((row) => row.split(" "));
    const lines = words.map(([who, ...attributes]) => {
      const [name, address] = who!.split("@");
      if (!this.#names.includes(name!)) this.#names.push(name!);
      return [name, address ?? this.hostOf(name!), ...attributes].join(" ");
    });
    writeFileSync(file, `${rows.length}\n${lines.join("\n")}\n`);
  }

  /** The folder in which a member keeps its key and its messages. */
  stateOf(name: string): string {
    return path.join(this.stateFolder, "default", name);
  }

  hostOf(name: string): string {
    return `${this.#network}.${this.#names.indexOf(name) + 1}`;
  }

  at(name: string): At {
    return { host: this.hostOf(name), port: this.port };
  }

  /** An address of this machine that is not in the group file. */
  get strangersHost(): string {
    return `${this.#network}.200`;
  }

  /** Other such addresses, by number. */
  spareHost(number: number): string {
    return `${this.#network}.${200 + number}`;
  }

  /** Starts a member and waits until it is ready. */
  async start(name: string, ...args: readonly string[]): Promise<Member> {
    return this.launch(name, args).ready();
  }

  /** Starts a member, possibly through a wrapper command, and does not wait. */
  launch(name: string, args: readonly string[], through: MemberOptions["through"] = []): Member {
    const common = ["--name", name, "--port", String(this.port), "--dialect", this.#dialect];
    return this.#run(name, [...common, ...this.#places(args), ...args], through);
  }

  /** `p2p key`, `p2p trust Bob`, `p2p history --json`: a command for a member, run to its end. */
  async command(name: string, ...words: readonly string[]): Promise<Said> {
    const member = this.#run(words.join(" "), [...words, "--name", name, ...this.#places(words)], []);
    const { code } = await member.ended();
    return { code, out: member.stdout.text, err: member.stderr.text };
  }

  /** The output of `p2p history --json` for a member. */
  async history(name: string, ...words: readonly string[]): Promise<readonly HistoryMessage[]> {
    const { code, out, err } = await this.command(name, "history", "--json", ...words);
    if (code !== 0) throw new Error(`p2p history ended with ${String(code)}: ${err}`);
    const lines = out.split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as HistoryMessage);
  }

  #places(args: readonly string[]): readonly string[] {
    const peers = args.includes("--peers") ? [] : ["--peers", this.file];
    return args.includes("--state-dir") ? peers : [...peers, "--state-dir", this.stateFolder];
  }

  #run(name: string, args: readonly string[], through: MemberOptions["through"] = []): Member {
    const member = new Member({ name, args, through });
    this.#members.add(member);
    return member;
  }

  async #remove(): Promise<void> {
    for (const member of this.#members) if (member.alive) member.signal("SIGKILL");
    await Promise.all([...this.#members].map((member) => member.ended()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

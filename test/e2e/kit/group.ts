// A group of its own for one test: group file, addresses and port that no other test and no other program uses.
// It promises that its members and its folder are gone when the test is over, however it ended.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Test } from "tap";
import { freePort } from "./free-port.js";
import { Member, type MemberOptions } from "./member.js";

export interface At {
  readonly host: string;
  readonly port: number;
}

export class Group {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), "p2p-e2e-"));
  readonly file = path.join(this.folder, "peer_details.txt");
  readonly port: number;
  readonly #network: string;
  readonly #names: string[] = [];
  readonly #members = new Set<Member>();

  /** `network` is the first three numbers of the group's addresses. */
  private constructor(network: string, port: number) {
    this.#network = network;
    this.port = port;
  }

  /** A row is a name, and attributes if any: `Bob idle=detach`. */
  static async of(t: Test, ...rows: readonly string[]): Promise<Group> {
    const number = (from: number, to: number): number => from + Math.floor(Math.random() * (to - from));
    const network = `127.${number(16, 250)}.${number(1, 255)}`;
    const group = new Group(network, await freePort(`${network}.1`));
    t.teardown(() => group.#remove());
    group.write(...rows);
    return group;
  }

  /** (Re)writes the group file. A name keeps the address that it got first. */
  write(...rows: readonly string[]): void {
    const words = rows.map((row) => row.split(" "));
    for (const [name] of words) if (!this.#names.includes(name!)) this.#names.push(name!);
    const lines = words.map(([name, ...attributes]) => [name, this.hostOf(name!), ...attributes].join(" "));
    writeFileSync(this.file, `${rows.length}\n${lines.join("\n")}\n`);
  }

  hostOf(name: string): string {
    return `${this.#network}.${this.#names.indexOf(name) + 1}`;
  }

  at(name: string): At {
    return { host: this.hostOf(name), port: this.port };
  }

  /** An address on this machine that the group file does not have. */
  get strangersHost(): string {
    return `${this.#network}.200`;
  }

  /** Starts a member and waits until it is ready. */
  async start(name: string, ...args: readonly string[]): Promise<Member> {
    return this.launch(name, args).ready();
  }

  /** Starts a member, possibly through other words, and does not wait. */
  launch(name: string, args: readonly string[], through: MemberOptions["through"] = []): Member {
    const common = ["--name", name, "--peers", this.file, "--port", String(this.port)];
    const member = new Member({ name, args: [...common, ...args], through });
    this.#members.add(member);
    return member;
  }

  async #remove(): Promise<void> {
    for (const member of this.#members) if (member.alive) member.signal("SIGKILL");
    await Promise.all([...this.#members].map((member) => member.ended()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

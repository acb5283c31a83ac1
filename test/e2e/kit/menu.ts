// `p2p menu` in a process of its own, with methods that answer its questions.

import type { Test } from "tap";
import { Member } from "./member.js";

export interface MenuOptions {
  readonly name: string;
  readonly port: number;
  readonly args?: readonly string[];
  /** A wrapper command. */
  readonly through?: readonly string[];
}

export class MenuPeer {
  readonly name: string;
  readonly port: number;
  readonly member: Member;

  constructor(t: Test, { name, port, args = [], through = [] }: MenuOptions) {
    this.name = name;
    this.port = port;
    this.member = Member.start(t, { name, args: ["menu", ...args], through });
  }

  /** Starts one and answers its questions up to the menu. */
  static async start(t: Test, options: MenuOptions): Promise<MenuPeer> {
    const peer = new MenuPeer(t, options);
    peer.type(peer.name, String(peer.port));
    await peer.member.sees(`Server listening on port ${peer.port}`);
    return peer;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.port}`;
  }

  type(...answers: readonly string[]): void {
    for (const answer of answers) this.member.say(answer);
  }

  /** Sends `text` and waits until `to` shows it. */
  async sends(to: MenuPeer, text: string): Promise<void> {
    this.type("1", "127.0.0.1", String(to.port), text);
    await to.member.sees(`${this.endpoint} ${this.name.replaceAll(" ", "-")} ${text}`);
  }

  /** The peers that a query lists, without the numbers. */
  async query(): Promise<readonly string[]> {
    const { stdout } = this.member;
    const menus = (): number => stdout.count("***** Menu *****");
    const before = stdout.lines.length;
    const offered = menus();
    this.type("2");
    await this.member.sees("***** Menu *****", offered + 1);
    const printed = stdout.lines.slice(before);
    const listed = printed.flatMap((line) => /^\d+\. (\d.*:\d+)$/.exec(line)?.slice(1) ?? []);
    if (listed.length === 0 && !printed.some((line) => line.endsWith("No connected peers")))
      throw new Error(printed.join("\n"));
    return listed;
  }
}

// Four menus that talk, connect and leave, and the tables that follow from it.

import { startMenu } from "../../src/compat/menu/program.js";
import { RecordingLog } from "../unit/kit/recording-log.js";
import { assertSame } from "./world/assert-same.js";
import { Dice } from "./world/dice.js";
import { explore } from "./world/explore.js";
import { VirtualConsole } from "./world/virtual-console.js";
import { VirtualInternet } from "./world/virtual-network.js";
import { VirtualClock, VirtualTime } from "./world/virtual-time.js";

const port = 8080;

class Peer {
  readonly host: string;
  readonly name: string;
  readonly console: VirtualConsole;
  readonly log = new RecordingLog();
  /** Peers that its table should have. */
  readonly table = new Set<Peer>();
  /** Messages that it should have shown. */
  readonly heard: string[] = [];
  readonly stop: () => void;
  code: number | undefined;

  constructor(number: number, internet: VirtualInternet, time: VirtualTime) {
    this.host = `10.1.${number}.0`;
    this.name = `P${number}`;
    const clock = new VirtualClock(time);
    this.console = new VirtualConsole(clock);
    const network = internet.host(this.host, clock);
    const options = {
      listen: undefined,
      logLevel: "warn",
      logFile: undefined,
      greet: [],
      advertise: undefined,
    } as const;
    const running = startMenu(options, { clock, network, console: this.console, log: this.log }, ({ code }) => {
      this.code = code;
      this.console.end();
    });
    this.stop = () => running.stop();
    this.type(this.name, String(port));
  }

  get endpoint(): string {
    return `${this.host}:${port}`;
  }

  type(...answers: readonly string[]): void {
    for (const answer of answers) this.console.type(answer);
  }

  says(to: Peer, text: string): void {
    this.type("1", to.host, String(port), text);
    to.hears(this, text);
  }

  connects(to: Peer): void {
    if (this.table.size === 0) this.type("3", to.host, String(port));
    else this.type("3");
    for (const peer of this.table.size === 0 ? [to] : [...this.table]) {
      peer.hears(this, "connect");
      this.hears(peer, "connect_ack");
    }
  }

  hears(from: Peer, text: string): void {
    this.heard.push(`${from.endpoint} ${from.name} ${text}`);
    if (text === "exit") this.table.delete(from);
    else this.table.add(from);
  }
}

explore(
  "each message between menus is shown once, and each table has the right peers",
  (seed) => {
    const [dice, time] = [new Dice(seed), new VirtualTime()];
    const internet = new VirtualInternet(dice);
    const peers = [1, 2, 3, 4].map((number) => new Peer(number, internet, time));
    time.runFor(1_000);
    for (let round = 0; round < 15; round += 1) {
      const [one, other] = [dice.pick(peers), dice.pick(peers)];
      if (dice.chance(0.2)) one.connects(other);
      else one.says(other, dice.chance(0.2) ? "exit" : `message ${round}`);
      time.runFor(dice.between(500, 3_000));
    }
    for (const peer of peers) check(peer, time);
    for (const peer of peers) peer.stop();
    time.runFor(10_000);
    for (const { code, log, name } of peers)
      assertSame([String(code), ...log.loud.map(({ event }) => event)], ["0"], `${name}'s end`);
  },
  0.2,
);

function check(peer: Peer, time: VirtualTime): void {
  const shown = peer.console.lines.filter((line) => line.startsWith("10.1.") && !line.endsWith(" disconnected"));
  assertSame([...shown].sort(), [...peer.heard].sort(), `${peer.name} showed`);
  const before = peer.console.lines.length;
  peer.type("2");
  time.runFor(1_000);
  const listed = peer.console.lines.slice(before).flatMap((line) => /^\d+\. (10\..*)$/.exec(line)?.slice(1) ?? []);
  assertSame([...listed].sort(), [...peer.table].map(({ endpoint }) => endpoint).sort(), `${peer.name}'s table`);
}

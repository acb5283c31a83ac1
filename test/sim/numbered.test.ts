// Two of our numbered chats: the users' screens through a long silence and an unanswered call.

import { startNumbered } from "../../src/compat/numbered/program.js";
import { unansweredMs } from "../../src/core/older-limits.js";
import { noiseLibrary } from "../../src/platform/noise-library.js";
import { RecordingLog } from "../unit/kit/recording-log.js";
import { promise } from "../unit/kit/promise.js";
import { Dice } from "./world/dice.js";
import { VirtualConsole } from "./world/virtual-console.js";
import { VirtualInternet } from "./world/virtual-network.js";
import { VirtualClock, VirtualTime } from "./world/virtual-time.js";

const longMs = 240_000;
const [alice, bob] = ["10.1.2.0", "10.1.3.0"];

class Town {
  readonly time = new VirtualTime();
  readonly dice = new Dice(1);
  readonly internet = new VirtualInternet(this.dice);

  person(host: string): VirtualConsole {
    const clock = new VirtualClock(this.time);
    const console = new VirtualConsole(clock);
    const network = this.internet.host(host, clock);
    const options = {
      ...{ server: { host: "10.1.1.0", port: 8888 }, file: undefined, names: new Map<string, string>(), port: 6666 },
      ...{ listen: host, logLevel: "warn" as const, logFile: undefined, securePort: undefined, clear: false },
    };
    const ports = { clock, network, console, log: new RecordingLog(), random: this.dice, noise: noiseLibrary };
    startNumbered(options, { ...ports, transcript: undefined }, () => console.end());
    this.pass(1_000);
    return console;
  }

  pass(ms: number): void {
    this.time.runFor(ms);
  }
}

promise("a private chat continues after a long silence, and prints nothing about it", (t) => {
  const town = new Town();
  const [caller, callee] = [town.person(alice), town.person(bob)];
  for (const line of ["2", bob]) caller.type(line);
  town.pass(5_000);
  callee.type("y");
  town.pass(longMs);
  caller.type("are you still there");
  town.pass(5_000);
  t.match(callee.shown, `${alice}#1:are you still there\n`);
  caller.type("/exit");
  town.pass(longMs);
  t.match(callee.shown, "Connection closed by peer. Chat will exit.");
  t.notMatch(caller.shown + callee.shown, "timed out");
});

promise("an unanswered private call ends after a minute, with a line and the menu on both sides", (t) => {
  const town = new Town();
  const [caller, callee] = [town.person(alice), town.person(bob)];
  for (const line of ["2", bob]) caller.type(line);
  town.pass(unansweredMs / 2);
  t.match(caller.shown, `Calling ${bob}. /exit gives up.`);
  t.match(callee.shown, `Do you want to chat with ${alice}?`);
  t.notMatch(caller.shown, "does not answer; the call");
  town.pass(unansweredMs);
  t.match(caller.shown, `${bob} does not answer; the call is over.\nPress 1`);
  t.match(callee.shown, `${alice} has hung up.\nPress 1`);
  town.pass(longMs);
  t.notMatch(caller.shown + callee.shown, "timed out");
});

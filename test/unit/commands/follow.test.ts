// `p2p follow`. The test plays the members that it connects to.

import { startFollow } from "../../../src/commands/follow.js";
import { followRetryMs } from "../../../src/core/limits.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import type { FollowOptions } from "../../../src/commands/options.js";
import type { ConsoleEvents } from "../../../src/ports.js";
import { FakeConnection } from "../kit/fake-network.js";
import { promise } from "../kit/promise.js";
import { VirtualClock } from "../kit/virtual-clock.js";

class FollowRig {
  readonly clock = new VirtualClock();
  readonly dialled: FakeConnection[] = [];
  readonly warnings: string[] = [];
  #keyboard: ConsoleEvents | undefined;

  constructor() {
    const options = { from: "all", as: "bot", autoAck: false, forget: false, json: true };
    const ignore = (): void => undefined;
    startFollow(
      options as FollowOptions,
      {
        clock: this.clock,
        dial: () => this.#dial(),
        console: {
          ...{ interactive: false, bind: (events) => void (this.#keyboard = events), write: () => true },
          ...{ pause: ignore, resume: ignore },
        },
        warn: (message) => void this.warnings.push(message),
      },
      ignore,
    );
  }

  /** A member sends its greeting and `newest` messages. */
  memberBegins(newest: number): FakeConnection {
    const member = this.dialled.at(-1)!;
    this.says({ event: "ready" }, { event: "following", from: "1", newest: String(newest) });
    for (let seq = 1; seq <= newest; seq += 1) this.says({ event: "message", seq: String(seq), from: "Bob", text: "" });
    return member;
  }

  says(...events: readonly Readonly<Record<string, unknown>>[]): void {
    this.dialled.at(-1)!.say(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  }

  types(line: string): void {
    this.#keyboard!.onBytes(toUtf8(`${line}\n`));
  }

  memberDies(): void {
    this.dialled.at(-1)!.close("EPIPE");
    this.clock.advance(followRetryMs);
  }

  #dial(): FakeConnection {
    const connection = new FakeConnection("");
    this.dialled.push(connection);
    return connection;
  }
}

const acks = (member: FakeConnection): readonly string[] =>
  [...member.text.matchAll(/"do":"ack","seq":"(\d+)"/g)].map(([, seq = ""]) => seq);

promise("repeats the last confirmation to the next member", (t) => {
  const rig = new FollowRig();
  const first = rig.memberBegins(3);
  rig.types("ack 2");
  t.strictSame(acks(first), ["2"]);
  rig.memberDies();
  t.strictSame(acks(rig.memberBegins(3)), ["2"]);
});

promise("does not repeat a refused confirmation to the next member", (t) => {
  const rig = new FollowRig();
  rig.memberBegins(3);
  rig.types("ack 999");
  rig.says({ event: "error", line: 2, text: "ack: expected the number of a message that has come" });
  t.equal(rig.warnings.length, 1);
  rig.memberDies();
  t.strictSame(acks(rig.memberBegins(3)), []);
});

promise("does not confirm messages that a member with a new store never had", (t) => {
  const rig = new FollowRig();
  rig.memberBegins(3);
  rig.types("ack 3");
  rig.memberDies();
  t.strictSame(acks(rig.memberBegins(1)), []);
});

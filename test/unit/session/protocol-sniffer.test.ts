// What an accepted connection shows itself to be.

import { toHex } from "../../../src/core/bytes.js";
import { PostedConnection } from "../../../src/reactor/posted.js";
import { ProtocolSniffer } from "../../../src/session/protocol-sniffer.js";
import { ourVersion, preambleOf } from "../../../src/wire/secure/preamble.js";
import { FakeConnection } from "../kit/fake-network.js";
import { promise } from "../kit/promise.js";
import { rig } from "../kit/reactor-rig.js";

const limitMs = 1_000;

class Gate {
  readonly base = rig();
  readonly connection = new FakeConnection();
  readonly told: string[] = [];

  constructor() {
    const { reactor } = this.base;
    new ProtocolSniffer(
      new PostedConnection(reactor, this.connection),
      { reactor, limitMs },
      {
        onSecure: (_, first) => this.told.push(`secure ${toHex(first)}`),
        onClear: (_, first) => this.told.push(`clear ${toHex(first)}`),
        onSilence: () => this.told.push("silence"),
        onGone: () => this.told.push("gone"),
      },
    );
  }

  say(...bytes: number[]): this {
    this.connection.sayBytes(new Uint8Array(bytes));
    this.base.clock.settle();
    return this;
  }

  /** Whatever comes later changes nothing. */
  get verdict(): readonly string[] {
    this.say(0x41, 0xfe);
    this.connection.fin();
    this.connection.close();
    this.base.clock.advance(2 * limitMs);
    return this.base.reactor.wheel.size === 0 ? this.told : ["a timer is left"];
  }
}

const magic = [...preambleOf(ourVersion)].slice(0, 4);

promise(
  "four bytes of the secure dialect tell it, however they are split, and are handed on with what came before",
  (t) => {
    for (const cut of [0, 1, 2, 3]) {
      const gate = new Gate().say(...magic.slice(0, cut)).say(...magic.slice(cut));
      t.strictSame(gate.verdict, ["secure fe703270"]);
    }
    t.strictSame(new Gate().say(...magic, 1, 2, 3).verdict, ["secure fe703270010203"]);
  },
);

promise("one other byte is clear text, first or later, and is handed on with what came before", (t) => {
  t.strictSame(new Gate().say(0x68, 0x69).verdict, ["clear 6869"]);
  t.strictSame(new Gate().say(0xfe).say(0x70, 0x32).say(0x71).verdict, ["clear fe703271"]);
});

promise(
  "silence is told when the time is over, and when the other side ends, also in the middle of the first bytes",
  (t) => {
    const gate = new Gate().say(0xfe);
    gate.base.clock.advance(limitMs - 20);
    t.strictSame(gate.told, []);
    gate.base.clock.advance(60);
    t.strictSame(gate.verdict, ["silence"]);
    const ended = new Gate().say(0xfe);
    ended.connection.fin();
    ended.base.clock.settle();
    t.strictSame(ended.verdict, ["silence"]);
  },
);

promise("a connection that goes before it said anything is gone, once", (t) => {
  const gate = new Gate().say(0xfe);
  gate.connection.close("ECONNRESET");
  gate.base.clock.settle();
  gate.base.clock.advance(2 * limitMs);
  t.strictSame(gate.told, ["gone"]);
  t.equal(gate.base.reactor.wheel.size, 0);
});

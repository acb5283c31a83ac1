// Tells the secure protocol from clear text by the first bytes.

import { toHex } from "../../../src/core/bytes.js";
import { PostedConnection } from "../../../src/reactor/posted.js";
import { ProtocolSniffer } from "../../../src/session/protocol-sniffer.js";
import { ourVersion, preambleOf } from "../../../src/wire/secure/preamble.js";
import { FakeConnection } from "../kit/fake-network.js";
import { promise } from "../kit/promise.js";
import { rig as reactorRig } from "../kit/reactor-rig.js";

const limitMs = 1_000;

class SnifferRig {
  readonly base = reactorRig();
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

  /** The events so far; events that follow must change nothing. */
  get verdict(): readonly string[] {
    this.say(0x41, 0xfe);
    this.connection.fin();
    this.connection.close();
    this.base.clock.advance(2 * limitMs);
    return this.base.reactor.wheel.size === 0 ? this.told : ["a timer is left"];
  }
}

const magic = [...preambleOf(ourVersion)].slice(0, 4);

promise("recognises the secure dialect by four bytes, however they are split, and hands all bytes on", (t) => {
  for (const cut of [0, 1, 2, 3]) {
    const rig = new SnifferRig().say(...magic.slice(0, cut)).say(...magic.slice(cut));
    t.strictSame(rig.verdict, ["secure fe703270"]);
  }
  t.strictSame(new SnifferRig().say(...magic, 1, 2, 3).verdict, ["secure fe703270010203"]);
});

promise("recognises clear text by the first byte that differs, and hands all bytes on", (t) => {
  t.strictSame(new SnifferRig().say(0x68, 0x69).verdict, ["clear 6869"]);
  t.strictSame(new SnifferRig().say(0xfe).say(0x70, 0x32).say(0x71).verdict, ["clear fe703271"]);
});

promise("reports silence at the time limit, and when the peer ends, even after a part of the first bytes", (t) => {
  const rig = new SnifferRig().say(0xfe);
  rig.base.clock.advance(limitMs - 20);
  t.strictSame(rig.told, []);
  rig.base.clock.advance(60);
  t.strictSame(rig.verdict, ["silence"]);
  const ended = new SnifferRig().say(0xfe);
  ended.connection.fin();
  ended.base.clock.settle();
  t.strictSame(ended.verdict, ["silence"]);
});

promise("reports a connection that closes before a decision as gone, once", (t) => {
  const rig = new SnifferRig().say(0xfe);
  rig.connection.close("ECONNRESET");
  rig.base.clock.settle();
  rig.base.clock.advance(2 * limitMs);
  t.strictSame(rig.told, ["gone"]);
  t.equal(rig.base.reactor.wheel.size, 0);
});

import { toUtf8 } from "../../../src/core/utf8.js";
import { PostedConnection } from "../../../src/reactor/posted.js";
import { OneShotSend } from "../../../src/compat/one-shot-send.js";
import { FakeConnection } from "../kit/fake-network.js";
import { promise } from "../kit/promise.js";
import { rig, type Rig } from "../kit/reactor-rig.js";

class ErrandRig {
  readonly #rig: Rig = rig();
  readonly connection = new FakeConnection();
  readonly told: (string | undefined)[] = [];
  closed = 0;
  readonly errand: OneShotSend;

  constructor() {
    const { reactor } = this.#rig;
    this.errand = new OneShotSend({
      reactor,
      connection: new PostedConnection(reactor, this.connection),
      message: (localHost) => toUtf8(`from ${localHost}`),
      deadlineMs: 1_000,
      lingerMs: 2_000,
      onOutcome: (failure) => this.told.push(failure),
      onClosed: () => (this.closed += 1),
    });
  }

  after(ms: number, act: () => void = () => undefined): this {
    act();
    this.#rig.clock.advance(ms);
    return this;
  }

  get timers(): number {
    return this.#rig.reactor.wheel.size;
  }
}

promise("one message goes out in one write with a FIN behind it, and that is told once", (t) => {
  const it = new ErrandRig();
  it.after(10);
  t.strictSame([it.connection.written, it.told], [[], []], "not before it stands");
  it.after(10, () => it.connection.open());
  t.strictSame([it.connection.written, it.connection.ended, it.told], [["from 10.1.1.0"], true, [undefined]]);
  it.after(10, () => it.connection.say("an answer that nobody asked for"));
  it.after(10, () => it.connection.fin());
  it.after(10, () => it.connection.close());
  t.strictSame([it.told, it.closed, it.timers], [[undefined], 1, 0]);
});

promise("what the kernel takes slowly gets its FIN when the kernel has it all", (t) => {
  const it = new ErrandRig();
  it.connection.takes = false;
  it.after(10, () => it.connection.open());
  t.strictSame([it.connection.ended, it.told], [false, []]);
  it.after(10, () => it.connection.drain());
  t.strictSame([it.connection.ended, it.told], [true, [undefined]]);
});

promise("who never ends is dropped after the linger time, and it was told long before", (t) => {
  const it = new ErrandRig();
  it.after(1_900, () => it.connection.open());
  t.notOk(it.connection.destroyed);
  it.after(200);
  t.ok(it.connection.destroyed);
  it.after(10, () => it.connection.close());
  t.strictSame([it.told, it.closed, it.timers], [[undefined], 1, 0]);
});

promise("a dial that fails says why, in words", (t) => {
  const it = new ErrandRig();
  it.after(10, () => it.connection.close("ECONNREFUSED"));
  t.strictSame([it.told, it.closed, it.timers], [["connection refused"], 1, 0]);
});

promise("nobody there, or nobody who takes anything, is given up at the deadline", (t) => {
  for (const opens of [false, true]) {
    const it = new ErrandRig();
    it.connection.takes = false;
    it.after(900, () => opens && it.connection.open());
    t.strictSame(it.told, []);
    it.after(200);
    t.strictSame([it.told, it.connection.destroyed], [["no answer"], true]);
    it.after(10, () => it.connection.close());
    t.strictSame([it.told, it.closed, it.timers], [["no answer"], 1, 0]);
  }
});

promise("a reset before the kernel took it all is told as one, and a word after the end changes nothing", (t) => {
  const it = new ErrandRig();
  it.connection.takes = false;
  it.after(10, () => it.connection.open());
  it.after(10, () => it.connection.close("ECONNRESET"));
  t.strictSame(it.told, ["connection reset by the peer"]);
  const ended = new ErrandRig();
  ended.after(10, () => ended.errand.destroy());
  ended.after(10, () => ended.connection.open());
  t.strictSame([ended.told, ended.connection.written, ended.timers], [["given up"], [], 0]);
});

import { toUtf8 } from "../../../src/core/utf8.js";
import { PostedConnection } from "../../../src/reactor/posted.js";
import { OneShotSend } from "../../../src/compat/one-shot-send.js";
import { FakeConnection } from "../kit/fake-network.js";
import { promise } from "../kit/promise.js";
import { rig, type Rig } from "../kit/reactor-rig.js";

class SendRig {
  readonly #rig: Rig = rig();
  readonly connection = new FakeConnection();
  readonly told: (string | undefined)[] = [];
  closed = 0;
  readonly send: OneShotSend;

  constructor() {
    const { reactor } = this.#rig;
    this.send = new OneShotSend({
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

promise("sends the message in one write followed by a FIN, and reports the outcome once", (t) => {
  const it = new SendRig();
  it.after(10);
  t.strictSame([it.connection.written, it.told], [[], []], "nothing before the connection is open");
  it.after(10, () => it.connection.open());
  t.strictSame([it.connection.written, it.connection.ended, it.told], [["from 10.1.1.0"], true, [undefined]]);
  it.after(10, () => it.connection.say("an unexpected answer"));
  it.after(10, () => it.connection.fin());
  it.after(10, () => it.connection.close());
  t.strictSame([it.told, it.closed, it.timers], [[undefined], 1, 0]);
});

promise("sends the FIN after the kernel has taken the whole message", (t) => {
  const it = new SendRig();
  it.connection.takes = false;
  it.after(10, () => it.connection.open());
  t.strictSame([it.connection.ended, it.told], [false, []]);
  it.after(10, () => it.connection.drain());
  t.strictSame([it.connection.ended, it.told], [true, [undefined]]);
});

promise(
  "destroys a connection that the peer keeps open after the linger time; the outcome was reported before",
  (t) => {
    const it = new SendRig();
    it.after(1_900, () => it.connection.open());
    t.notOk(it.connection.destroyed);
    it.after(200);
    t.ok(it.connection.destroyed);
    it.after(10, () => it.connection.close());
    t.strictSame([it.told, it.closed, it.timers], [[undefined], 1, 0]);
  },
);

promise("reports the reason of a failed dial in words", (t) => {
  const it = new SendRig();
  it.after(10, () => it.connection.close("ECONNREFUSED"));
  t.strictSame([it.told, it.closed, it.timers], [["connection refused"], 1, 0]);
});

promise("gives up at the deadline when the dial or the write does not complete", (t) => {
  for (const opens of [false, true]) {
    const it = new SendRig();
    it.connection.takes = false;
    it.after(900, () => opens && it.connection.open());
    t.strictSame(it.told, []);
    it.after(200);
    t.strictSame([it.told, it.connection.destroyed], [["no answer"], true]);
    it.after(10, () => it.connection.close());
    t.strictSame([it.told, it.closed, it.timers], [["no answer"], 1, 0]);
  }
});

promise("reports a reset before the kernel took the whole message; ignores events after the end", (t) => {
  const it = new SendRig();
  it.connection.takes = false;
  it.after(10, () => it.connection.open());
  it.after(10, () => it.connection.close("ECONNRESET"));
  t.strictSame(it.told, ["connection reset by the peer"]);
  const ended = new SendRig();
  ended.after(10, () => ended.send.destroy());
  ended.after(10, () => ended.connection.open());
  t.strictSame([ended.told, ended.connection.written, ended.timers], [["given up"], [], 0]);
});

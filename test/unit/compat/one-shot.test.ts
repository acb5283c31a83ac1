import { oneShotLingerMs, oneShotsMax } from "../../../src/core/older-limits.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { OneShotSender } from "../../../src/compat/one-shot.js";
import { FakeNetwork, type FakeConnection } from "../kit/fake-network.js";
import { PostedConnection } from "../../../src/reactor/posted.js";
import { promise } from "../kit/promise.js";
import { rig } from "../kit/reactor-rig.js";

const deadlineMs = 1_000;

class SenderRig {
  readonly #rig = rig();
  readonly network = new FakeNetwork();
  readonly sender = new OneShotSender(
    this.#rig.reactor,
    (to) => new PostedConnection(this.#rig.reactor, this.network.dial({ ...to, localHost: undefined })),
  );
  readonly told: string[] = [];

  run(port = 1, wanted = true): this {
    this.sender.run({
      to: { host: "10.1.2.0", port },
      message: (localHost) => (wanted ? toUtf8(`from ${localHost}`) : undefined),
      deadlineMs,
      onOutcome: (failure) => this.told.push(`${port} ${failure ?? "sent"}`),
    });
    return this;
  }

  get connection(): FakeConnection {
    return this.network.last;
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
  const it = new SenderRig().run();
  it.after(10);
  t.strictSame([it.connection.written, it.told], [[], []], "nothing before the connection is open");
  it.after(10, () => it.connection.open());
  t.strictSame([it.connection.written, it.connection.ended, it.told], [["from 10.1.1.0"], true, ["1 sent"]]);
  it.after(10, () => it.connection.say("an unexpected answer"));
  it.after(10, () => it.connection.fin());
  t.equal(it.sender.connections, 1);
  it.after(10, () => it.connection.close());
  t.strictSame([it.told, it.sender.connections, it.timers], [["1 sent"], 0, 0]);
});

promise("sends the FIN after the kernel has taken the whole message", (t) => {
  const it = new SenderRig().run();
  it.connection.takes = false;
  it.after(10, () => it.connection.open());
  t.strictSame([it.connection.ended, it.told], [false, []]);
  it.after(10, () => it.connection.drain());
  t.strictSame([it.connection.ended, it.told], [true, ["1 sent"]]);
});

promise(
  "destroys a connection that the peer keeps open after the linger time; the outcome was reported before",
  (t) => {
    const it = new SenderRig().run();
    it.after(oneShotLingerMs - 100, () => it.connection.open());
    t.strictSame([it.connection.destroyed, it.told], [false, ["1 sent"]]);
    it.after(200);
    t.ok(it.connection.destroyed);
    it.after(10, () => it.connection.close());
    t.strictSame([it.told, it.sender.connections, it.timers], [["1 sent"], 0, 0]);
  },
);

promise("reports the reason of a failed dial in words", (t) => {
  const it = new SenderRig().run();
  it.after(10, () => it.connection.close("ECONNREFUSED"));
  t.strictSame([it.told, it.sender.connections, it.timers], [["1 connection refused"], 0, 0]);
});

promise("writes nothing if the message is not wanted any more", (t) => {
  const it = new SenderRig().run(1, false);
  it.after(10, () => it.connection.open());
  t.strictSame([it.told, it.connection.written, it.connection.destroyed], [["1 no longer wanted"], [], true]);
});

promise("gives up at the deadline when the dial or the write does not complete", (t) => {
  for (const opens of [false, true]) {
    const it = new SenderRig().run();
    it.connection.takes = false;
    it.after(deadlineMs - 100, () => opens && it.connection.open());
    t.strictSame(it.told, []);
    it.after(200);
    t.strictSame([it.told, it.connection.destroyed], [["1 no answer"], true]);
    it.after(10, () => it.connection.close());
    t.strictSame([it.told, it.sender.connections, it.timers], [["1 no answer"], 0, 0]);
  }
});

promise("reports a reset before the kernel took the whole message; ignores events after the end", (t) => {
  const it = new SenderRig().run();
  it.connection.takes = false;
  it.after(10, () => it.connection.open());
  it.after(10, () => it.connection.close("ECONNRESET"));
  t.strictSame(it.told, ["1 connection reset by the peer"]);
  const ended = new SenderRig().run();
  ended.after(10, () => ended.sender.destroy());
  ended.after(10, () => ended.connection.open());
  t.strictSame([ended.told, ended.connection.written, ended.timers], [["1 given up"], [], 0]);
});

promise("runs a limited number of sends at once, and the others in order", (t) => {
  const it = new SenderRig();
  for (let port = 1; port <= oneShotsMax + 2; port += 1) it.run(port);
  t.strictSame([it.network.dials.length, it.sender.pending], [oneShotsMax, oneShotsMax + 2]);
  it.after(20, () => it.network.dials[1]!.connection.close("ECONNREFUSED"));
  t.strictSame([it.told, it.network.last.text], [["2 connection refused"], ""]);
  t.equal(it.network.dials.at(-1)?.port, oneShotsMax + 1);
  it.after(20, () => it.network.dials[0]!.connection.open());
  t.strictSame([it.told.slice(1), it.network.dials.at(-1)?.port], [["1 sent"], oneShotsMax + 2]);
  it.after(deadlineMs + 100);
  t.strictSame([it.told.length, it.sender.pending], [oneShotsMax + 2, 0]);
  it.sender.destroy();
  for (const { connection } of it.network.dials) if (!connection.closed) connection.close();
  it.after(20);
  t.strictSame([it.told.length, it.sender.connections, it.timers], [oneShotsMax + 2, 0, 0]);
});

// Texts to one peer: in order, on a private line if possible, and never lost without a report.

import { backoffMaxMs, queueHighWater, queueMessagesMax } from "../../../../src/core/limits.js";
import { clearTrustMs } from "../../../../src/core/older-limits.js";
import { Outbox } from "../../../../src/compat/says/outbox.js";
import { promise } from "../../kit/promise.js";
import { rig } from "../../kit/reactor-rig.js";
import { SteadyRandom } from "../../kit/steady-random.js";

class OutboxRig {
  readonly #rig = rig();
  /** Events, in order. */
  readonly told: string[] = [];
  readonly sent: string[] = [];
  line = false;
  /** When the peer's program takes a connection. */
  reach: "at once" | "late" | "never" = "at once";
  #leave = (): unknown => undefined;
  #outcome: ((failure: string | undefined) => void) | undefined;
  readonly outbox = new Outbox({
    reactor: this.#rig.reactor,
    random: new SteadyRandom(),
    routes: {
      isLineOpen: () => this.line,
      sayPrivately: (text) => void this.told.push(`private ${text}`),
      ask: () => void this.told.push("ask"),
      portionOf: (text, privately) => text.slice(0, privately ? 100 : 10),
      carry: (portion, { onLeaving, onOutcome }) => {
        if (this.#outcome !== undefined) throw new Error("two at once");
        this.#leave = () => this.told.push(onLeaving() ? `clear ${portion}` : `kept ${portion}`);
        this.#outcome = onOutcome;
        if (this.reach === "at once") this.#leave();
        if (this.reach === "never") this.told.push(`dialled for ${portion}`);
      },
    },
    onClear: () => void this.told.push("in the clear"),
    onHeld: (reason) => void this.told.push(`held: ${reason}`),
    onFailed: (reason) => void this.told.push(`failed: ${reason}`),
  });

  say(...texts: readonly string[]): this {
    for (const text of texts) this.outbox.say(text);
    return this;
  }

  /** No private line was found; or one, which did not open. */
  clear(found = false): this {
    this.outbox.noLine("connection refused", found);
    return this;
  }

  private(): this {
    this.line = true;
    this.outbox.lineOpened();
    return this;
  }

  /** The peer has the texts on the private line. */
  confirmed(times = 1): this {
    for (let at = 0; at < times; at += 1) this.outbox.confirmed();
    return this;
  }

  /** The connection is open now. */
  reached(): this {
    this.#leave();
    return this;
  }

  gone(): this {
    this.line = false;
    this.outbox.lineLost();
    return this;
  }

  outcome(failure?: string): this {
    const tell = this.#outcome;
    this.#outcome = undefined;
    tell?.(failure);
    return this;
  }

  pass(ms: number): this {
    this.#rig.clock.advance(ms);
    return this;
  }

  /** Events since the last call. */
  get news(): readonly string[] {
    return this.told.splice(0);
  }

  get timers(): number {
    return this.#rig.reactor.wheel.size;
  }
}

promise("sends nothing before it knows whether there is a private line", (t) => {
  const it = new OutboxRig().say("one", "two").pass(5_000);
  t.strictSame(it.news, ["ask"]);
  t.strictSame(it.private().news, ["private one"]);
  t.strictSame([it.confirmed().news, it.outbox.waiting], [["private two"], 1], "one at a time");
  t.strictSame([it.confirmed().say("three").news, it.outbox.waiting], [["private three"], 1]);
  t.strictSame([it.confirmed(3).news, it.outbox.waiting, it.outbox.progressing], [[], 0, false]);
});

promise("reports the clear mode once before the first message, then sends one at a time and in order", (t) => {
  const it = new OutboxRig().say("one", "two").clear();
  t.strictSame(it.news, ["ask", "in the clear", "clear one"]);
  t.strictSame(it.say("three").pass(1_000).news, []);
  t.strictSame(it.outcome().news, ["clear two"]);
  t.strictSame(it.outcome().outcome().news, ["clear three"]);
  t.strictSame([it.outbox.waiting, it.outbox.progressing], [0, false]);
});

promise("does not report the clear mode when no program listens", (t) => {
  const it = new OutboxRig();
  it.reach = "never";
  t.strictSame(it.say("one").clear().outcome("refused").news, ["ask", "dialled for one", "failed: refused"]);
  it.reach = "at once";
  t.strictSame(it.pass(backoffMaxMs).clear().outcome().news, ["ask", "in the clear", "clear one"]);
});

promise("sends a text that is longer than one message in portions", (t) => {
  const it = new OutboxRig().say("0123456789abcdefghijklm", "next").clear();
  it.outcome().outcome().outcome().outcome();
  t.strictSame(it.news.slice(2), ["clear 0123456789", "clear abcdefghij", "clear klm", "clear next"]);
});

promise("reports a failure, keeps the message, and asks for a private line before each new try", (t) => {
  const it = new OutboxRig().say("one").clear().outcome("connection refused");
  t.strictSame(it.news.slice(2), ["clear one", "failed: connection refused"]);
  t.strictSame(it.pass(backoffMaxMs).news, ["ask"]);
  t.strictSame(it.clear().outcome("connection refused").news, ["clear one"], "reported once per outage");
  for (let again = 0; again < 6; again += 1) it.pass(backoffMaxMs).clear().outcome("connection refused");
  it.told.splice(0);
  t.strictSame(it.pass(5_000).news, [], "with growing pauses");
  t.strictSame(it.say("two").pass(1_100).news, ["ask"], "but a new text hastens the next try");
  t.strictSame(it.clear().outcome("connection refused").news, ["clear one", "failed: connection refused"]);
  t.equal(it.outbox.waiting, 2);
  it.pass(backoffMaxMs).clear().outcome().outcome();
  t.strictSame(it.news, ["ask", "clear one", "clear two"]);
  t.equal(it.timers, 0);
});

promise("a new private line takes the waiting texts, but not the one that is being sent in the clear", (t) => {
  const it = new OutboxRig().say("one", "two").clear().private();
  t.strictSame(it.news.slice(2), ["clear one"]);
  t.strictSame(it.outcome().news, ["private two"]);
  const other = new OutboxRig().say("one", "two").clear().private().outcome("connection reset").confirmed();
  t.strictSame(other.news.slice(2), ["clear one", "private one", "private two"]);
  const failing = new OutboxRig().say("one").clear().outcome("refused");
  t.strictSame([failing.private().news.slice(4), failing.timers], [["private one"], 0]);
});

promise("asks for a private line again from time to time, and switches to it", (t) => {
  const it = new OutboxRig().say("one").clear().outcome();
  t.strictSame(
    it
      .pass(clearTrustMs - 1_000)
      .say("two")
      .outcome()
      .news.slice(3),
    ["clear two"],
  );
  t.strictSame(it.pass(1_000).say("three").news, ["ask"]);
  t.strictSame(it.private().news, ["private three"]);
});

promise(
  "sends nothing in the clear after a private line: texts wait, which is reported once, and tries have growing pauses",
  (t) => {
    const it = new OutboxRig().say("one").private().confirmed().gone();
    it.told.splice(0);
    t.strictSame(it.say("two").clear().news, ["ask", "held: connection refused"]);
    t.strictSame([it.outbox.waiting, it.outbox.progressing], [1, false]);
    for (let again = 0; again < 8; again += 1)
      t.strictSame(it.pass(backoffMaxMs).clear().news, ["ask"], `try ${String(again)}`);
    t.strictSame(it.pass(5_000).news, [], "with growing pauses");
    t.strictSame(it.say("three").pass(1_100).clear().news, ["ask"], "a new text hastens the next try");
    t.strictSame(it.private().confirmed().confirmed().news, ["private two", "private three"]);
    t.strictSame(
      it.gone().say("four").clear().news,
      ["ask", "held: connection refused"],
      "reported again after a private line",
    );
  },
);

promise("keeps back a text that began in the clear before there was a private line", (t) => {
  const early = new OutboxRig();
  early.outbox.lineOpened();
  t.strictSame(
    early.say("one").clear().news,
    ["ask", "held: connection refused"],
    "a line that ended before the first text",
  );
  const late = new OutboxRig();
  late.reach = "late";
  late.say("one").clear().private();
  t.strictSame(late.reached().outcome("no longer wanted").news, ["ask", "kept one", "private one"]);
  const found = new OutboxRig().say("one").clear(true);
  t.strictSame(found.news, ["ask", "held: connection refused"], "a line that was found and did not open");
  const long = new OutboxRig().say("0123456789abc").clear().private().gone();
  t.strictSame(long.outcome().clear().news.slice(2), ["clear 0123456789", "ask", "held: connection refused"]);
});

promise("keeps a text until it is confirmed, and sends it again on the next private line, after a pause", (t) => {
  const it = new OutboxRig().say("one", "two").private().gone();
  t.strictSame([it.news, it.outbox.progressing, it.outbox.waiting], [["ask", "private one"], false, 2]);
  t.strictSame(it.pass(backoffMaxMs).news, ["ask"]);
  t.strictSame(it.private().confirmed().news, ["private one", "private two"]);
  const other = new OutboxRig().say("one").private();
  other.outbox.lineLost();
  t.strictSame(other.news, ["ask", "private one", "private one"], "at once if another line is open");
});

promise("ignores an answer that it did not ask for", (t) => {
  const it = new OutboxRig().clear();
  t.strictSame(it.news, []);
  t.strictSame(it.say("one").clear().clear().news, ["ask", "in the clear", "clear one"]);
});

promise("bounds the waiting texts, and pauses the keyboard before the bound while texts go out", (t) => {
  const it = new OutboxRig().say("x".repeat(queueHighWater + 1));
  t.ok(it.outbox.congested);
  t.notOk(it.clear().outcome("refused").outbox.congested, "not while the peer takes nothing");
  for (let at = 1; at < queueMessagesMax; at += 1) it.outbox.say("x");
  t.equal(it.outbox.say("x"), false);
  t.equal(it.outbox.waiting, queueMessagesMax);
  it.outbox.cancel();
  t.equal(it.timers, 0);
});

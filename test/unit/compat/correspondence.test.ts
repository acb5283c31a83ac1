// What is said to one other: in order, privately where that is possible, and nothing lost in silence.

import { backoffMaxMs, queueHighWater, queueMessagesMax } from "../../../src/core/limits.js";
import { clearTrustMs } from "../../../src/core/older-limits.js";
import { Correspondence } from "../../../src/compat/correspondence.js";
import { promise } from "../kit/promise.js";
import { rig } from "../kit/reactor-rig.js";
import { SteadyRandom } from "../kit/steady-random.js";

class Desk {
  readonly #rig = rig();
  /** What happened, in order. */
  readonly told: string[] = [];
  readonly sent: string[] = [];
  line = false;
  /** When the other's program takes a connection. */
  reach: "at once" | "late" | "never" = "at once";
  #leave = (): unknown => undefined;
  #outcome: ((failure: string | undefined) => void) | undefined;
  readonly talk = new Correspondence({
    reactor: this.#rig.reactor,
    random: new SteadyRandom(),
    routes: {
      sayPrivately: (text) => {
        if (this.line) this.told.push(`private ${text}`);
        return this.line;
      },
      ask: () => void this.told.push("ask"),
      portionOf: (text) => text.slice(0, 10),
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
    for (const text of texts) this.talk.say(text);
    return this;
  }

  clear(): this {
    this.talk.goClear("connection refused");
    return this;
  }

  private(): this {
    this.line = true;
    this.talk.goPrivate();
    return this;
  }

  /** The connection stands now. */
  reached(): this {
    this.#leave();
    return this;
  }

  gone(): this {
    this.line = false;
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

  /** What happened since this was asked last. */
  get news(): readonly string[] {
    return this.told.splice(0);
  }

  get timers(): number {
    return this.#rig.reactor.wheel.size;
  }
}

promise("nothing goes out before it is known whether there is a private line", (t) => {
  const actions = new Desk().say("one", "two").pass(5_000);
  t.strictSame(actions.news, ["ask"]);
  t.strictSame(actions.private().news, ["private one", "private two"]);
  t.strictSame([actions.say("three").news, actions.talk.waiting], [["private three"], 0]);
});

promise("in the clear: said once before the first message, then one at a time and in order", (t) => {
  const actions = new Desk().say("one", "two").clear();
  t.strictSame(actions.news, ["ask", "in the clear", "clear one"]);
  t.strictSame(actions.say("three").pass(1_000).news, []);
  t.strictSame(actions.outcome().news, ["clear two"]);
  t.strictSame(actions.outcome().outcome().news, ["clear three"]);
  t.strictSame([actions.talk.waiting, actions.talk.progressing], [0, false]);
});

promise("where nobody listens, nothing is said to be in the clear", (t) => {
  const actions = new Desk();
  actions.reach = "never";
  t.strictSame(actions.say("one").clear().outcome("refused").news, ["ask", "dialled for one", "failed: refused"]);
  actions.reach = "at once";
  t.strictSame(actions.pass(backoffMaxMs).clear().outcome().news, ["ask", "in the clear", "clear one"]);
});

promise("a text that is longer than one message goes in portions", (t) => {
  const actions = new Desk().say("0123456789abcdefghijklm", "next").clear();
  actions.outcome().outcome().outcome().outcome();
  t.strictSame(actions.news.slice(2), ["clear 0123456789", "clear abcdefghij", "clear klm", "clear next"]);
});

promise("a failure is said, the message is kept, and each new try asks for a private line first", (t) => {
  const actions = new Desk().say("one").clear().outcome("connection refused");
  t.strictSame(actions.news.slice(2), ["clear one", "failed: connection refused"]);
  t.strictSame(actions.pass(backoffMaxMs).news, ["ask"]);
  t.strictSame(actions.clear().outcome("connection refused").news, ["clear one"], "said once in an outage");
  for (let again = 0; again < 6; again += 1) actions.pass(backoffMaxMs).clear().outcome("connection refused");
  actions.told.splice(0);
  t.strictSame(actions.pass(5_000).news, [], "later and later");
  t.strictSame(actions.say("two").pass(1_100).news, ["ask"], "but a new line hastens the next try");
  t.strictSame(actions.clear().outcome("connection refused").news, ["clear one", "failed: connection refused"]);
  t.equal(actions.talk.waiting, 2);
  actions.pass(backoffMaxMs).clear().outcome().outcome();
  t.strictSame(actions.news, ["ask", "clear one", "clear two"]);
  t.equal(actions.timers, 0);
});

promise("a private line that turns up takes what waits, but not what is under way in the clear", (t) => {
  const actions = new Desk().say("one", "two").clear().private();
  t.strictSame(actions.news.slice(2), ["clear one"]);
  t.strictSame(actions.outcome().news, ["private two"]);
  const other = new Desk().say("one", "two").clear().private().outcome("connection reset");
  t.strictSame(other.news.slice(2), ["clear one", "private one", "private two"]);
  const failing = new Desk().say("one").clear().outcome("refused");
  t.strictSame([failing.private().news.slice(4), failing.timers], [["private one"], 0]);
});

promise("a chat in the clear asks again from time to time, and becomes private", (t) => {
  const actions = new Desk().say("one").clear().outcome();
  t.strictSame(
    actions
      .pass(clearTrustMs - 1_000)
      .say("two")
      .outcome()
      .news.slice(3),
    ["clear two"],
  );
  t.strictSame(actions.pass(1_000).say("three").news, ["ask"]);
  t.strictSame(actions.private().news, ["private three"]);
});

promise("after a private line nothing goes in the clear: it waits, said once, and is tried later and later", (t) => {
  const actions = new Desk().say("one").private().gone();
  actions.told.splice(0);
  t.strictSame(actions.say("two").clear().news, ["ask", "held: connection refused"]);
  t.strictSame([actions.talk.waiting, actions.talk.progressing], [1, false]);
  for (let again = 0; again < 8; again += 1)
    t.strictSame(actions.pass(backoffMaxMs).clear().news, ["ask"], `try ${String(again)}`);
  t.strictSame(actions.pass(5_000).news, [], "later and later");
  t.strictSame(actions.say("three").pass(1_100).clear().news, ["ask"], "a new line hastens the next try");
  t.strictSame(actions.private().news, ["private two", "private three"]);
  t.strictSame(actions.gone().say("four").clear().news, ["ask", "held: connection refused"], "said again after a line");
});

promise("also what began in the clear before they had a private line", (t) => {
  const early = new Desk();
  early.talk.goPrivate();
  t.strictSame(
    early.say("one").clear().news,
    ["ask", "held: connection refused"],
    "a line that ended before the first text",
  );
  const late = new Desk();
  late.reach = "late";
  late.say("one").clear().private();
  t.strictSame(late.reached().outcome("no longer wanted").news, ["ask", "kept one", "private one"]);
  const long = new Desk().say("0123456789abc").clear().private().gone();
  t.strictSame(long.outcome().clear().news.slice(2), ["clear 0123456789", "ask", "held: connection refused"]);
});

promise("an answer that nobody waits for changes nothing", (t) => {
  const actions = new Desk().clear();
  t.strictSame(actions.news, []);
  t.strictSame(actions.say("one").clear().clear().news, ["ask", "in the clear", "clear one"]);
});

promise("what waits is bounded, and the keyboard pauses before that while it goes out", (t) => {
  const actions = new Desk().say("x".repeat(queueHighWater + 1));
  t.ok(actions.talk.congested);
  t.notOk(actions.clear().outcome("refused").talk.congested, "not while nobody takes it");
  for (let at = 1; at < queueMessagesMax; at += 1) actions.talk.say("x");
  t.equal(actions.talk.say("x"), false);
  t.equal(actions.talk.waiting, queueMessagesMax);
  actions.talk.cancel();
  t.equal(actions.timers, 0);
});

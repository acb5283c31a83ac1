// `p2p send`. The test plays the member that it connects to.

import { ask } from "../../../src/commands/ask.js";
import type { Ending } from "../../../src/core/ending.js";
import { statusQuestion } from "../../../src/commands/questions.js";
import { startSend } from "../../../src/commands/send.js";
import { exitCode } from "../../../src/core/errors.js";
import { reachMs } from "../../../src/core/limits.js";
import type { SendCommandOptions } from "../../../src/commands/options.js";
import { FakeConnection } from "../kit/fake-network.js";
import { nameOf } from "../kit/keys.js";
import { promise } from "../kit/promise.js";
import { VirtualClock } from "../kit/virtual-clock.js";

type Asked = Partial<Pick<SendCommandOptions, "friend" | "text" | "wait" | "deadlineMs">>;

class SendRig {
  readonly clock = new VirtualClock();
  readonly dialled: FakeConnection[] = [];
  readonly endings: Ending[] = [];

  constructor(asked: Asked = {}) {
    const options = { friend: "Bob", text: "hi", wait: "delivered", deadlineMs: 15_000, json: false, ...asked };
    startSend(
      options as SendCommandOptions,
      {
        clock: this.clock,
        dial: () => this.#dial(),
        temporary: undefined,
        input: () => ({ bind: () => undefined, pause: () => undefined, resume: () => undefined }),
        print: () => undefined,
      },
      (ending) => void this.endings.push(ending),
    );
  }

  get member(): FakeConnection {
    return this.dialled.at(-1)!;
  }

  says(...events: readonly Readonly<Record<string, unknown>>[]): void {
    this.member.say(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  }

  #dial(): FakeConnection {
    const connection = new FakeConnection("");
    this.dialled.push(connection);
    return connection;
  }
}

const ready = { event: "ready", name: "Alice", port: 6969, version: 1 };
const queued = (to = "Bob", seq = "1") => ({ event: "queued", to, seq });
const delivered = (to = "Bob", seq = "1") => ({ event: "delivered", to, seq, final: true });
const onDisk = { event: "wait", for: "queued", code: 0, open: [], distrusted: [], refusing: [] };
const closing = (read: number) => ({ event: "closing", read });

promise("succeeds if the member delivered and ended before it read the last request", (t) => {
  const rig = new SendRig();
  rig.says(ready);
  t.equal(rig.member.text.split("\n").length - 1, 3, "the text and two `wait` requests");
  rig.says(queued(), onDisk, delivered(), closing(2));
  t.strictSame(rig.endings, [{ code: exitCode.stopped }]);
});

promise("succeeds if the member delivered and ended before it read any `wait` request", (t) => {
  const rig = new SendRig();
  rig.says(ready);
  rig.says(queued(), delivered(), closing(1));
  t.strictSame(rig.endings, [{ code: exitCode.stopped }]);
});

promise("exits with `queued` if the member ended before it delivered to all friends", (t) => {
  for (const end of ["closing", "close"] as const) {
    const rig = new SendRig({ friend: "Bob,Martha" });
    rig.says(ready);
    rig.says(queued(), queued("Martha", "2"), onDisk, delivered());
    if (end === "closing") rig.says(closing(3));
    else rig.member.close();
    t.match(rig.endings, [{ code: exitCode.queued, message: /^The member has ended\. Messages to Bob,Martha wait/ }]);
  }
});

promise("succeeds if the connection breaks after the last outcome", (t) => {
  const rig = new SendRig();
  rig.says(ready);
  rig.says(queued(), onDisk, delivered());
  rig.member.close("ECONNRESET");
  t.strictSame(rig.endings, [{ code: exitCode.stopped }]);
});

promise("fails if the member refused the message before it ended", (t) => {
  const rig = new SendRig({ friend: "Nobody" });
  rig.says(ready);
  rig.says({ event: "failed", to: "Nobody", final: true, reason: "no such friend" }, closing(1));
  t.strictSame(rig.endings, [{ code: exitCode.unsent, message: "1 message to Nobody failed: no such friend." }]);
});

promise("succeeds with --wait sent once the message was sent", (t) => {
  for (const [wait, code] of [
    ["sent", exitCode.stopped],
    ["delivered", exitCode.queued],
  ] as const) {
    const rig = new SendRig({ wait });
    rig.says(ready);
    rig.says(queued(), onDisk, { event: "sent", to: "Bob", seq: "1", final: false }, closing(2));
    t.match(rig.endings, [{ code }], wait);
  }
});

promise("passes messages that an ending member did not read to the next member", (t) => {
  const rig = new SendRig();
  rig.says(ready);
  rig.says(closing(0));
  t.strictSame(rig.endings, []);
  rig.clock.advance(1_000);
  t.equal(rig.dialled.length, 2);
  rig.says(ready);
  t.match(rig.member.text, /"text":"hi"/);
  rig.says(queued(), onDisk, delivered(), { ...onDisk, for: "delivered" });
  t.strictSame(rig.endings, [{ code: exitCode.stopped }]);
});

promise("waits for a member as long as for its answer", (t) => {
  for (const [deadlineMs, waitedMs] of [
    [15_000, reachMs],
    [80_000, 80_000],
  ] as const) {
    const rig = new SendRig({ deadlineMs });
    rig.clock.advance(waitedMs - 1);
    t.strictSame(rig.endings, []);
    rig.clock.advance(1);
    t.strictSame(rig.endings, [
      { code: exitCode.unsent, message: `No member answered within ${waitedMs / 1_000} s; nothing was sent.` },
    ]);
  }
});

promise("treats a member that ends without reading the request as not running", (t) => {
  const [member, codes] = [new FakeConnection(""), [] as number[]];
  const question = statusQuestion({ json: false }, { self: nameOf("Alice"), where: "/state" });
  ask(question, { clock: new VirtualClock(), dial: () => member }, ({ code }) => void codes.push(code));
  member.say([ready, closing(0)].map((event) => `${JSON.stringify(event)}\n`).join(""));
  t.strictSame(codes, [question.absent.code]);
});

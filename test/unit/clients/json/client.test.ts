import fc from "fast-check";
import { batchOf } from "../../../../src/core/batch.js";
import { idCharsMax, jsonLineBytesMax, lineBytesMax, screenHighWater } from "../../../../src/core/limits.js";
import { ok, type PeerName } from "../../../../src/core/types.js";
import { toUtf8 } from "../../../../src/core/utf8.js";
import { bob, group } from "../../kit/console-rig.js";
import { checkedEvents, JsonRig } from "../../kit/json-rig.js";
import { promise } from "../../kit/promise.js";

const json = (fields: object): string => `${JSON.stringify(fields)}\n`;

promise("the first line tells our name and port", (t) => {
  const rig = new JsonRig();
  rig.client.greet(6969);
  t.strictSame(rig.events, [{ event: "ready", name: "Alice", port: 6969, version: 1 }]);
});

promise("sends a message unchanged, from JSON or plain text", (t) => {
  const rig = new JsonRig();
  rig.types(json({ to: "Bob", text: "hi \\ / \u00e9", unknown: [1] }) + "Bob/plain\n" + json({ to: "*", text: "all" }));
  t.strictSame(rig.sent, [
    ["Bob", batchOf("hi \\ / \u00e9\n")],
    ["Bob", batchOf("plain\n")],
    ["*", batchOf("all\n")],
  ]);
});

promise("sends successive messages for one friend as one batch, in order, however the input is split", (t) => {
  const lines = [
    json({ to: "Bob", text: "1" }),
    "Bob/2\n",
    json({ to: "Bob", text: "3" }),
    json({ to: "Eve", text: "4" }),
  ];
  const whole = lines.join("");
  for (let cut = 0; cut <= whole.length; cut += 1) {
    const rig = new JsonRig();
    rig.types(whole.slice(0, cut));
    rig.types(whole.slice(cut));
    t.strictSame(
      rig.sent.flatMap(([to, { texts }]) =>
        texts
          .split("\n")
          .slice(0, -1)
          .map((text) => to + text),
      ),
      ["Bob1", "Bob2", "Bob3", "Eve4"],
    );
  }
  const rig = new JsonRig();
  rig.types(json({ to: "Bob", text: "1" }) + json({ to: "Bob", text: "2" }));
  t.strictSame(rig.sent, [["Bob", batchOf("1\n2\n")]]);
});

promise("applies an id and an expiry to their own message only", (t) => {
  const rig = new JsonRig(60_000);
  rig.types(json({ to: "Bob", text: "1", id: "x1" }) + json({ to: "Bob", text: "2", expire: "10s" }) + "Bob/3\n");
  const now = rig.clock.wallTime();
  t.strictSame(
    rig.slips.map((sendOptions) => [sendOptions?.id, sendOptions?.expires]),
    [
      ["x1", now + 60_000],
      [undefined, now + 10_000],
      [undefined, now + 60_000],
    ],
  );
});

promise("reports malformed lines by number, and continues", (t) => {
  const rig = new JsonRig();
  const wrong = ["{bad", '{"to":1,"text":"x"}', '{"to":"Bob"}', "no slash", `{"to":"Bob","text":"x","id":7}`, "/peers"];
  rig.types(`Bob/one\n${wrong.join("\n")}\nBob/two\n{"do":"dance"}\n`);
  t.strictSame(
    rig.events.map(({ event, line }) => [event, line]),
    [2, 3, 4, 5, 6, 7, 9].map((line) => ["error", line]),
  );
  t.strictSame(
    rig.sent.map(([, batch]) => batch),
    [batchOf("one\n"), batchOf("two\n")],
  );
  t.equal(rig.tracker.exitCode({ distrusted: () => false, kept: true }), 69);
});

promise("reports an invalid message as failed, with its id", (t) => {
  for (const text of [
    "",
    " \t",
    "two\nlines",
    "nul\0",
    "x".repeat(lineBytesMax + 1),
    "\u20ac".repeat(lineBytesMax / 2),
  ]) {
    const rig = new JsonRig();
    rig.types(json({ to: "Bob", text, id: "x1" }));
    const [failed, ...others] = rig.events;
    t.match(failed, { event: "failed", to: "Bob", id: "x1", final: true, reason: /./ });
    t.strictSame([others, rig.sent], [[], []]);
    t.equal(rig.tracker.exitCode({ distrusted: () => false, kept: true }), 69);
  }
  const rig = new JsonRig();
  rig.types(json({ to: "Bob", text: "x".repeat(lineBytesMax), id: "i".repeat(idCharsMax) }));
  t.equal(rig.sent.length, 1);
});

promise("reports an overlong line as one error, in its place", (t) => {
  const rig = new JsonRig();
  rig.types("Bob/one\n");
  for (let sent = 0; sent <= jsonLineBytesMax; sent += 65_536) rig.types("x".repeat(65_536));
  rig.types("still the same line\n{bad\nBob/two\n");
  t.strictSame(
    rig.events.map(({ event, line }) => [event, line]),
    [
      ["error", 2],
      ["error", 3],
    ],
  );
  t.equal(rig.sent.length, 2);
});

promise("writes each text from a friend as one numbered line, whatever it contains", (t) => {
  const rig = new JsonRig();
  rig.hears('plain\n"quoted" \\ back\n\u202etrick \u001b[2J\n', 12);
  t.strictSame(
    rig.events,
    ["plain", '"quoted" \\ back', "\u202etrick \u001b[2J"].map((text, index) => ({
      ...{ event: "message", from: "Bob", key: "pinned", text },
      seq: String(12 + index),
    })),
  );
  for (const hostile of ["\u202e", "\u001b"])
    t.notOk(rig.out.text.includes(hostile), "no control character reaches a terminal");
});

promise("writes one line per message for an outcome, with the caller's id", (t) => {
  const rig = new JsonRig();
  rig.tells("queued", { count: 2 });
  rig.tells("sent", { id: "x1" });
  rig.tells("delivered", { id: "x1", number: undefined });
  rig.tells("failed", { reason: "the disk is full" });
  t.strictSame(rig.events, [
    { event: "queued", to: "Bob", seq: "7" },
    { event: "queued", to: "Bob", seq: "8" },
    { event: "sent", to: "Bob", seq: "7", id: "x1", final: false },
    { event: "delivered", to: "Bob", id: "x1", final: true },
    { event: "failed", to: "Bob", seq: "7", reason: "the disk is full", final: true },
  ]);
});

promise("keeps a million unread outcomes in little memory, and tells all of them in the end", (t) => {
  const rig = new JsonRig();
  rig.out.takes = false;
  const count = 1_000_000;
  rig.tells("delivered", { count });
  rig.client.flush();
  t.ok(rig.client.blocked);
  t.ok(rig.out.text.length < 2 * screenHighWater, "few lines are written");
  let lines = 0;
  const write = rig.out.write.bind(rig.out);
  rig.out.write = (chunk) => {
    for (const byte of chunk) if (byte === 10) lines += 1;
    rig.out.writes.length = 0;
    return write(chunk);
  };
  lines = rig.out.text.split("\n").length - 1;
  rig.out.drain();
  rig.client.onDrain();
  rig.client.flush();
  t.equal(lines, count);
  t.notOk(rig.client.blocked);
});

promise("tells connections and their ends as events, everything else as notices with a stable kind", (t) => {
  const rig = new JsonRig();
  const [peer] = group.slice(1);
  rig.client.connected(peer!, undefined);
  rig.client.connected(
    { ...peer!, dialect: "secure" },
    { key: "k" as never, standing: "verified", preferred: true, timed: false, entries: false },
  );
  rig.client.notice({ kind: "timed-out", peer: bob });
  rig.client.notice({ kind: "closed", peer: bob });
  rig.client.notice({ kind: "closed", peer: bob, reason: "reset" });
  rig.client.notice({ kind: "unknown-peer", name: "Eve" });
  t.strictSame(rig.events, [
    { event: "connected", peer: "Bob", dialect: "line", key: "none" },
    { event: "connected", peer: "Bob", dialect: "secure", key: "verified" },
    { event: "disconnected", peer: "Bob", reason: "idle" },
    { event: "disconnected", peer: "Bob", reason: "quit" },
    { event: "disconnected", peer: "Bob", reason: "broken", detail: "reset" },
    { event: "notice", kind: "unknown-peer", text: "Unknown peer name : Eve" },
  ]);
});

promise("answers peers, and quits on request", (t) => {
  const rig = new JsonRig();
  rig.answers.peers = ok({
    peers: [
      {
        ...{ name: bob, address: "10.1.2.0:6969", dialect: "secure", self: false, state: "connected" },
        ...{ idle: 1, waiting: 3, key: "pinned" },
      },
    ],
  });
  rig.types('{"do":"peers","id":"q1"}\n');
  t.match(rig.events, [
    { event: "peers", id: "q1", peers: [{ name: "Bob", state: "connected", idle: 1, waiting: 3, key: "pinned" }] },
  ]);
  rig.types("/quit\n");
  rig.types('{"do":"quit"}\n');
  t.equal(rig.quits, 2);
});

promise("writes only lines that fit the schema, whatever the input", (t) => {
  const line = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    fc
      .record({ to: fc.string(), text: fc.string({ unit: "binary" }), id: fc.string() })
      .map((value) => JSON.stringify(value)),
    fc.record({ do: fc.constantFrom("peers", "quit", "x") }).map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(fc.array(line), fc.nat(64), (lines, size) => {
      const rig = new JsonRig();
      rig.send = (to, batch) => {
        rig.tells("failed", { to, count: batch.count, reason: "no such friend" });
        return [to];
      };
      const bytes = toUtf8(lines.join("\n"));
      for (let at = 0; at < bytes.length; at += size + 1) rig.client.onBytes(bytes.subarray(at, at + size + 1));
      rig.client.onEnd();
      rig.client.message({
        peer: "B" as PeerName,
        batch: batchOf(`${lines.join("").replaceAll("\n", "")}\n`),
        number: 1,
        time: 0,
        key: "none",
      });
      rig.client.flush();
      checkedEvents(rig.out.text);
    }),
  );
  t.pass();
});

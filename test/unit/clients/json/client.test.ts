import fc from "fast-check";
import { batchOf } from "../../../../src/core/batch.js";
import { idCharsMax, jsonLineBytesMax, lineBytesMax, screenHighWater } from "../../../../src/core/limits.js";
import type { PeerName } from "../../../../src/core/types.js";
import { toUtf8 } from "../../../../src/core/utf8.js";
import { bob, group } from "../../kit/console-rig.js";
import { checkedEvents, JsonRig } from "../../kit/json-rig.js";
import { promise } from "../../kit/promise.js";

const json = (fields: object): string => `${JSON.stringify(fields)}\n`;

promise("the first line says who we are and where we listen", (t) => {
  const rig = new JsonRig();
  rig.client.greet(6969);
  t.strictSame(rig.events, [{ event: "ready", name: "Alice", port: 6969, version: 1 }]);
});

promise("a message is handed over as it was written, in either form", (t) => {
  const rig = new JsonRig();
  rig.types(json({ to: "Bob", text: "hi \\ / \u00e9", unknown: [1] }) + "Bob/plain\n" + json({ to: "*", text: "all" }));
  t.strictSame(rig.sent, [
    ["Bob", batchOf("hi \\ / \u00e9\n")],
    ["Bob", batchOf("plain\n")],
    ["*", batchOf("all\n")],
  ]);
});

promise("neighbours for one friend travel together, in order, however the bytes are cut", (t) => {
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

promise("a caller's id and a message's own time limit go with it, and with it alone", (t) => {
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

promise("what cannot be understood is told by its line, and the stream goes on", (t) => {
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

promise("a message that cannot be one ends as failed, under the name that it was given", (t) => {
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

promise("a line beyond the bound is one error, in its place", (t) => {
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

promise("what a friend says is one line each, numbered, whatever stands in it", (t) => {
  const rig = new JsonRig();
  rig.hears('plain\n"quoted" \\ back\n\u202etrick \u001b[2J\n', 12);
  t.strictSame(
    rig.events,
    ["plain", '"quoted" \\ back', "\u202etrick \u001b[2J"].map((text, index) => ({
      ...{ event: "message", from: "Bob", key: "pinned", text },
      seq: String(12 + index),
    })),
  );
  for (const hostile of ["\u202e", "\u001b"]) t.notOk(rig.out.text.includes(hostile), "a terminal sees nothing of it");
});

promise("outcomes of many messages are a line each, and the caller's id comes back", (t) => {
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

promise("a million outcomes cost a reader who has stopped no memory, and are all told in the end", (t) => {
  const rig = new JsonRig();
  rig.out.takes = false;
  const count = 1_000_000;
  rig.tells("delivered", { count });
  rig.client.flush();
  t.ok(rig.client.blocked);
  t.ok(rig.out.text.length < 2 * screenHighWater, "little is spelled out");
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

promise("connections come and go as events, everything else is a notice with a stable kind", (t) => {
  const rig = new JsonRig();
  const [peer] = group.slice(1);
  rig.client.connected(peer!, undefined);
  rig.client.connected({ ...peer!, dialect: "secure" }, { key: "k" as never, standing: "verified", preferred: true });
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

promise("who is in the group can be asked", (t) => {
  const rig = new JsonRig();
  const [, peer] = group;
  rig.status = [
    { peer: peer!, self: false, state: "connected", idleMs: 1_900, waiting: 3, standing: "pinned" },
    { peer: group[0]!, self: true, state: "not connected", idleMs: undefined, waiting: 0 },
  ];
  rig.types('{"do":"peers","id":"q1"}\n');
  t.match(rig.events, [
    { event: "peers", id: "q1", peers: [{ name: "Bob", state: "connected", idle: 1, waiting: 3, key: "pinned" }, {}] },
  ]);
  rig.types("/quit\n");
  rig.types('{"do":"quit"}\n');
  t.equal(rig.quits, 2);
});

promise("whatever comes in, each line that comes out is one that the schema knows", (t) => {
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

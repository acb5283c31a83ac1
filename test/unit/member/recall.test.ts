import { fingerprint } from "../../../src/core/known-key.js";
import { historyDepth, historyShownMax } from "../../../src/core/limits.js";
import type { HistoryQuery } from "../../../src/core/record.js";
import { fault, ok } from "../../../src/core/types.js";
import { recall } from "../../../src/member/recall.js";
import type { History } from "../../../src/ports.js";
import { keyOf } from "../kit/keys.js";
import { ConsoleRig } from "../kit/console-rig.js";
import { promise } from "../kit/promise.js";

promise("a history query is bounded in length and depth, and closes its connection, even when the disk fails", (t) => {
  const asked: HistoryQuery[] = [];
  let closed = 0;
  const history = (messages: History["messages"]): History => ({ messages, close: () => (closed += 1) });
  const whole = history((query) => (asked.push(query), []));
  t.strictSame(
    recall(() => ok(whole), { search: "x" }),
    ok([]),
  );
  t.strictSame(asked, [{ search: "x", limit: historyShownMax, depth: historyDepth }]);
  const broken = history(() => {
    throw new Error("the disk");
  });
  t.match(
    recall(() => ok(broken), {}),
    { ok: false, message: /cannot be read now/ },
  );
  t.equal(closed, 2);
  t.match(recall(undefined, {}), { ok: false, message: /--no-store/ });
  t.match(
    recall(() => fault("why"), {}),
    { ok: false, message: "why" },
  );
});

promise("a history query without matches says what it searched, and suggests a correction", (t) => {
  const rig = new ConsoleRig();
  const beyond = "among the last 200000; p2p history searches all.\n";
  for (const [typed, answer] of [
    ["/history\n", "There are no messages yet.\n"],
    ["/history Bob\n", `No message with Bob ${beyond}`],
    ["/history Bob lunch\n", `No message has all of these whole words ${beyond}`],
    ["/history Bbo\n", `No message has all of these whole words ${beyond}Did you mean /history Bob?\n`],
  ] as const)
    t.equal(rig.type(typed).turn(), answer);
});

promise(
  "/history takes a friend's name, words, both or nothing; /trust takes a name and optionally a key or fingerprint",
  (t) => {
    const rig = new ConsoleRig();
    rig.type("/history\n/history Bob\n/history Bob a b\n/history lunch at noon\n");
    t.strictSame(rig.asked("history"), [
      {},
      { friend: "Bob" },
      { friend: "Bob", search: "a b" },
      { search: "lunch at noon" },
    ]);
    rig.type(`/trust Bob\n/trust Bob key=${keyOf("a")}\n/trust Bob ${fingerprint(keyOf("b"))}\n/trust\n`);
    t.strictSame(rig.asked("trust"), [
      { friend: "Bob" },
      { friend: "Bob", key: `key=${keyOf("a")}` },
      { friend: "Bob", key: fingerprint(keyOf("b")) },
    ]);
    t.match(rig.turn(), /Usage: \/trust friend \[key\]\n$/);
  },
);

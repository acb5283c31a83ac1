// `p2p history`: output, filters and errors.

import type { HistoryOptions } from "../../../src/commands/options.js";
import { showHistory, type HistoryPorts } from "../../../src/commands/history.js";
import type { HistoryMessage, HistoryQuery } from "../../../src/core/record.js";
import { fault, ok, type PeerName } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import type { History } from "../../../src/ports.js";
import { promise } from "../kit/promise.js";

const options: HistoryOptions = {
  ...{ name: "Alice", peers: "g", loopback: false, stateDir: undefined, group: "default" },
  ...{ friend: undefined, search: undefined, since: undefined, limit: undefined, json: false },
};

const message = (text: string, more: Partial<HistoryMessage> = {}): HistoryMessage => ({
  ...{ time: "2026-03-01T12:00:05.250Z", direction: "in", peer: "Bob" as PeerName, seq: "7", state: "received" },
  ...{ text, ...more },
});

interface Rig extends HistoryPorts {
  readonly asked: HistoryQuery[];
  closed: number;
}

function rig(...messages: readonly HistoryMessage[]): Rig {
  const history: History = {
    messages: (query) => (ports.asked.push(query), messages.filter(({ peer }) => peer === (query.peer ?? peer))),
    close: () => (ports.closed += 1),
  };
  const ports: Rig = {
    machine: {
      readFile: () => ok(toUtf8("2 Alice 10.1.1.0 Bob 10.1.2.0")),
      addresses: () => new Set(),
    },
    wallTime: 10_000_000,
    openHistory: () => ok(history),
    asked: [],
    closed: 0,
  };
  return ports;
}

promise("prints each message as a line with time, state and text", (t) => {
  const sent = message("hi", { direction: "out", state: "waiting" });
  const ports = rig(message("hello"), sent);
  const answer = showHistory(options, ports);
  t.equal(answer.code, 0);
  t.strictSame(
    [...(answer.lines ?? [])],
    ["2026-03-01 12:00:05Z  received   Bob : hello", "2026-03-01 12:00:05Z  waiting    Bob/hi"],
  );
  t.equal(ports.closed, 1, "closes the history after reading it");
});

promise("prints each message as a JSON object with --json, with control characters escaped", (t) => {
  const [line = ""] = showHistory({ ...options, json: true }, rig(message('a\u202e\u0085"b"'))).lines ?? [];
  t.equal(
    line,
    '{"time":"2026-03-01T12:00:05.250Z","direction":"in","peer":"Bob","seq":"7","state":"received","text":"a\\u202e\\u0085\\"b\\""}',
  );
});

promise("passes friend, search, limit and absolute or relative time to the history", (t) => {
  const ports = rig();
  const asked = { friend: "Bob", search: "x y", limit: 3 };
  for (const since of [
    { kind: "ago", ms: 1_000 },
    { kind: "at", ms: 5 },
  ] as const)
    t.strictSame([...(showHistory({ ...options, ...asked, since }, ports).lines ?? [])], []);
  t.strictSame(ports.asked, [
    { peer: "Bob", search: "x y", since: 9_999_000, limit: 3 },
    { peer: "Bob", search: "x y", since: 5, limit: 3 },
  ]);
});

promise("mentions the search only after a search", (t) => {
  t.equal(showHistory({ ...options, friend: "Bob" }, rig()).ifNone, "No message found.");
  t.equal(showHistory({ ...options, search: "x" }, rig()).ifNone, "No message found. The search matches whole words.");
});

promise("rejects an unknown friend, and accepts one who left the group", (t) => {
  const ports = rig(message("bye", { peer: "Zoe" as PeerName }));
  t.match(showHistory({ ...options, friend: "bob" }, ports), { code: 69, message: /"bob"\. Did you mean Bob\?/ });
  t.match(showHistory({ ...options, friend: "Bbo" }, ports), { code: 69, message: /"Bbo"\. Did you mean Bob\?/ });
  t.match(showHistory({ ...options, friend: "Nobody" }, ports), { code: 69, message: /case-sensitive/ });
  t.equal([...(showHistory({ ...options, friend: "Zoe" }, ports).lines ?? [])].length, 1);
});

promise("reports a missing store with exit code 0, an unreadable one with 2", (t) => {
  t.match(showHistory(options, { ...rig(), openHistory: () => undefined }), { code: 0, message: /no history yet/ });
  t.match(showHistory(options, { ...rig(), openHistory: () => fault("damaged") }), { code: 2, message: "damaged" });
});

import { reasonOf } from "../../../src/core/errors.js";
import type { PeerStatus } from "../../../src/core/notice.js";
import type { DeliveryReport, Attempt, KernelRow } from "../../../src/core/why.js";
import { judge, whyAnswer } from "../../../src/member/why.js";
import { group } from "../kit/console-rig.js";
import { promise } from "../kit/promise.js";

const [, peer] = group;
const status = (more: Partial<PeerStatus> = {}): PeerStatus => ({
  ...{ peer: { ...peer!, dialect: "secure" }, self: false, state: "not connected", idleMs: undefined, waiting: 0 },
  ...more,
});
const account = (more: Partial<DeliveryReport> = {}): DeliveryReport => ({
  ...{ status: status(), attempts: [], now: 10_000, retryAt: undefined, connectedAt: undefined, oldest: undefined },
  ...{ key: [], storeFault: undefined, kernel: [] },
  ...more,
});
const tried = (result: Attempt["result"]): readonly Attempt[] => [{ host: "10.1.2.0", port: 6969, at: 8_000, result }];
const failing = (code: string): DeliveryReport =>
  account({ status: status({ state: "unreachable", waiting: 2 }), attempts: tried({ reason: reasonOf(code) }) });
const row = (more: Partial<KernelRow>): KernelRow => ({
  ...{ state: "ESTAB", local: "10.1.1.0:40000", remote: "10.1.2.0:6969", unsent: 0, unread: 0, retries: 0 },
  ...more,
});

const cases: readonly (readonly [string, DeliveryReport, RegExp, RegExp | undefined])[] = [
  ["our own name", account({ status: status({ self: true }) }), /That is you/, undefined],
  [
    "our disk is full",
    account({ storeFault: "the disk is full" }),
    /Our own store cannot be written, .*: the disk is full/,
    /room/,
  ],
  ["a changed key", account({ status: status({ state: "key refused" }) }), /not the one we know/, /p2p trust Bob/],
  [
    "our changed key",
    account({ status: status({ state: "refuses our key" }) }),
    /knows us by a different key/,
    /p2p key/,
  ],
  ["no problem", account({ status: status({ state: "connected" }) }), /Nothing is wrong: Bob is connected/, undefined],
  [
    "a busy friend",
    account({ status: status({ state: "connected", waiting: 1 }) }),
    /has not confirmed 1 message yet/,
    /Ask again/,
  ],
  [
    "a dead line",
    account({ status: status({ state: "connected", waiting: 1 }), kernel: [row({ unsent: 80, retries: 4 })] }),
    /nothing gets through/,
    /network/,
  ],
  ["no message sent", account(), /no connection was tried/, /Send a message/],
  ["a dial in progress", account({ attempts: tried(undefined) }), /being dialled now/, /moment/],
  [
    "a dial that the kernel retransmits",
    account({ attempts: tried(undefined), kernel: [row({ state: "SYN-SENT", retries: 1 })] }),
    /Nothing answers from 10\.1\.2\.0.* firewall/,
    /TCP port 6969/,
  ],
  ["not running", failing("ECONNREFUSED"), /nothing listens on port 6969/, /Start p2p there/],
  ["a firewall", failing("ETIMEDOUT"), /Nothing answers/, /firewall/],
  ["a wrong address", failing("EHOSTUNREACH"), /has no route to 10\.1\.2\.0/, /group file/],
  ["a wrong name", failing("ENOTFOUND"), /The name 10\.1\.2\.0 has no address/, /group file/],
  ["something new", failing("EWEIRD"), /10\.1\.2\.0:6969: EWEIRD/, /tries again/],
  [
    "an older program",
    failing("it does not speak the secure dialect; and so on"),
    /does not speak the secure dialect\. Nothing was sent/,
    /dialect=line/,
  ],
  ["a refusal", failing("it refused us"), /refuses us/, /p2p key/],
  [
    "closed after the idle timeout",
    account({ attempts: tried("reached"), connectedAt: 9_000 }),
    /everything for Bob was/,
    undefined,
  ],
  ["waiting for the next dial", account({ status: status({ waiting: 1 }), retryAt: 12_000 }), /next try/, /moment/],
];

promise("why writes commands and times as the place of the question does, and leaves out closed connections", (t) => {
  const state = account({
    status: status({ state: "key refused", waiting: 1 }),
    oldest: 7_000,
    kernel: [row({ state: "TIME-WAIT" }), row({ state: "SYN-SENT" })],
  });
  const text = whyAnswer(state, "/").text;
  t.match(text, /the oldest since 1970-01-01T00:00:07Z/);
  t.match(text, / \/trust Bob or/);
  t.notMatch(text, "p2p ");
  t.strictSame(text.match(/^Kernel : \S+/gm), ["Kernel : SYN-SENT"]);
  t.match(whyAnswer(state).text, /p2p trust Bob or/);
});

for (const [what, state, verdict, next] of cases)
  promise(`why: ${what}`, (t) => {
    t.match(judge(state).verdict, verdict);
    t.match(judge(state).next, next ?? /^$/);
    t.match(whyAnswer(state).text, verdict);
    t.match(whyAnswer(state).verdict, verdict);
  });

promise("why: gives the facts before the verdict, in seconds for people and in milliseconds for scripts", (t) => {
  const state = account({
    ...{ status: status({ state: "connected", idleMs: 1_000, waiting: 3, standing: "pinned" }), retryAt: 12_000 },
    ...{ attempts: tried("reached"), connectedAt: 9_000, oldest: 1_700_000_000_000, kernel: [row({ unread: 5 })] },
    key: ["Name : Bob", "Fingerprint : 1234"],
  });
  t.strictSame(whyAnswer(state).text.split("\n").slice(0, 7), [
    "Friend : Bob, 10.1.2.0:6969, dialect secure, connected",
    "Tried : 10.1.2.0:6969, 2.0 s ago: reached",
    "Last connected : 1.0 s ago",
    "Next try : in 2.0 s",
    "Waiting : 3, the oldest since 2023-11-14T22:13:20Z",
    "Key : Fingerprint : 1234",
    "Kernel : ESTAB 10.1.1.0:40000 to 10.1.2.0:6969, 0 bytes unacknowledged, 5 unread, retransmitted 0 times",
  ]);
  t.match(whyAnswer(state), {
    ...{ peer: "Bob", state: "connected", waiting: 3, key: "pinned", retryInMs: 2_000, stoodMsAgo: 1_000 },
    attempts: [{ address: "10.1.2.0:6969", msAgo: 2_000, result: "reached" }],
  });
});

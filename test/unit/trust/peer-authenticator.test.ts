// Whom we would not take now is let go, and what is told of refusals.

import { refusalLogLineBurst } from "../../../src/core/limits.js";
import { ok } from "../../../src/core/types.js";
import { Encounter, publicKey } from "../kit/encounter.js";
import { groupOf, keyOf, nameOf } from "../kit/keys.js";
import { promise } from "../kit/promise.js";
import { bob, secret } from "../kit/two-channels.js";

const another = { static: secret(0x80), ephemeral: secret(0xa0) };

/** Bob is met, with his key known by first use. */
function acquainted(): Encounter {
  const meeting = new Encounter();
  meeting.friend.greet();
  meeting.turn(() => meeting.meeting.refresh());
  meeting.heard.length = 0;
  meeting.notices.length = 0;
  return meeting;
}

function expelled(meeting: Encounter): boolean {
  if (!meeting.connection.destroyed) return false;
  meeting.close();
  return meeting.heard.join() === "close its key is no longer trusted";
}

promise("another key that the user trusts for a friend ends the connection of the old one at once", (t) => {
  const meeting = acquainted();
  t.ok(meeting.meeting.trust("Bob", { kind: "whole", key: publicKey(bob) }).ok);
  t.notOk(meeting.connection.destroyed, "the same key is no change");
  t.ok(meeting.meeting.trust("Bob", { kind: "whole", key: keyOf("7") }).ok);
  t.ok(expelled(meeting));
});

promise("what another program trusts holds before the next turn writes", (t) => {
  const meeting = acquainted();
  meeting.keyring.remember(nameOf("Martha"), { key: keyOf("3"), standing: "pinned" });
  meeting.meeting.refresh();
  t.notOk(meeting.connection.destroyed, "about somebody else");
  meeting.keyring.remember(nameOf("Bob"), { key: keyOf("7"), standing: "pinned" });
  meeting.meeting.refresh();
  t.ok(expelled(meeting));
});

promise(
  "a row whose key= or dialect changes, or that is gone, ends the connection; one that says the same does not",
  (t) => {
    const changes: readonly (readonly [row: string, expels: boolean])[] = [
      [`Bob 10.1.2.0 key=${publicKey(bob)}`, false],
      ["Bob 10.9.9.9", false],
      [`Bob 10.1.2.0 key=${keyOf("7")}`, true],
      [`Martha 10.1.2.0 key=${publicKey(bob)}`, true],
      ["Bob 10.1.2.0 dialect=line", true],
      ["Martha 10.1.2.0", true],
    ];
    for (const [row, expels] of changes) {
      const meeting = acquainted();
      meeting.table = groupOf("Alice 10.1.1.0", row);
      meeting.meeting.recheck();
      t.equal(expelled(meeting), expels, row);
      t.equal(meeting.connection.destroyed, expels, row);
    }
  },
);

promise("known keys that cannot be read expel nobody whom we know; that is told once, and rows still decide", (t) => {
  const meeting = acquainted();
  meeting.keyring.broken = "known-keys:3 is damaged";
  for (let turns = 0; turns < 5; turns += 1) meeting.meeting.refresh();
  meeting.meeting.recheck();
  t.notOk(meeting.connection.destroyed);
  t.strictSame(meeting.words, ["known-keys:3 is damaged"]);
  meeting.table = groupOf("Alice 10.1.1.0", `Bob 10.1.2.0 key=${keyOf("7")}`);
  meeting.meeting.recheck();
  t.ok(expelled(meeting));
  const repaired = acquainted();
  repaired.keyring.broken = "known-keys:3 is damaged";
  repaired.meeting.refresh();
  repaired.keyring.broken = undefined;
  repaired.keyring.remember(nameOf("Bob"), { key: keyOf("7"), standing: "pinned" });
  repaired.meeting.refresh();
  t.ok(expelled(repaired), "what was trusted meanwhile holds when they can be read again");
});

promise("a first use that finds another key trusted meanwhile is refused, and nothing is shown", (t) => {
  const meeting = new Encounter({ dials: false });
  const before = meeting.keyring.keys;
  meeting.keyring.remember(nameOf("Bob"), { key: keyOf("7"), standing: "pinned" });
  meeting.keyring.read = () => ok(before);
  meeting.friend.greet();
  t.strictSame(meeting.friend.frames, [{ kind: "refused", reason: "busy" }]);
  t.match(meeting.words, ["Another key of Bob's was trusted at this"]);
  t.equal(meeting.keyring.keys.known(nameOf("Bob"))?.key, keyOf("7"));
});

promise(
  "strangers who make up names do not keep from the screen what concerns a friend, nor one friend another's",
  (t) => {
    const rows = ["Alice 10.1.1.0", `Bob 10.1.2.0 key=${keyOf("7")}`, `Martha 10.1.3.0 key=${keyOf("8")}`];
    const meeting = new Encounter({ rows, dials: false });
    for (let index = 0; index < 2 * refusalLogLineBurst; index += 1) meeting.knock(`Nobody ${String(index)}`);
    t.equal(meeting.notices.length, refusalLogLineBurst);
    for (let index = 0; index < 2 * refusalLogLineBurst; index += 1) {
      const secrets = { ...bob, static: secret(index + 3) };
      meeting.knock("Bob", { secrets });
    }
    t.equal(meeting.words.filter((words) => words.startsWith("Bob's key is not")).length, refusalLogLineBurst);
    meeting.knock("Martha", { host: "10.1.3.0" });
    t.match(meeting.words.at(-1), /^Martha's key is not/);
  },
);

// What is told.

promise("a refusal is told once and not at every retry; another one is told", (t) => {
  const meeting = new Encounter();
  for (const name of ["Nobody", "Nobody", "Nobody", "Somebody", "Nobody"]) meeting.knock(name);
  t.equal(meeting.notices.length, 2);
  for (let index = 0; index < 100; index += 1) meeting.knock(`Nobody ${String(index)}`);
  t.ok(meeting.notices.length < 30, "who makes up names does not fill the screen");
});

/** Somebody dials us, proves a key and refuses ours. */
function refusedBy(host: string, rows: readonly string[]): Encounter {
  const meeting = new Encounter({ dials: false, rows, host });
  meeting.friend.sayBytes(meeting.friend.opening);
  meeting.friend.hear().say({ kind: "refused", reason: "key-changed" });
  meeting.close();
  return meeting;
}

promise("a key is the trouble with a friend until he is met or his key is trusted", (t) => {
  const bobName = nameOf("Bob");
  t.equal(acquainted().meeting.troubleWith(bobName), undefined);
  const meeting = acquainted();
  meeting.knock("Bob", { secrets: another });
  t.equal(meeting.meeting.troubleWith(bobName), "key refused");
  meeting.knock("Bob");
  t.equal(meeting.meeting.troubleWith(bobName), undefined, "met");
  meeting.knock("Bob", { secrets: another, host: "10.9.9.9" });
  t.equal(meeting.meeting.troubleWith(bobName), undefined, "from elsewhere anybody can knock");
  meeting.knock("Bob", { secrets: another });
  t.ok(meeting.meeting.trust("Bob", undefined).ok);
  t.equal(meeting.meeting.troubleWith(bobName), undefined, "trusted");
  t.equal(refusedBy("10.1.2.0", ["Alice 10.1.1.0", "Bob 10.1.2.0"]).meeting.troubleWith(bobName), "refuses our key");
});

promise("a guest who refuses us is told where his key or his address is a member's, and there only", (t) => {
  const holder = ["Alice 10.1.1.0", `Bob 10.1.2.0 key=${publicKey(bob)}`];
  const unknown = ["Alice 10.1.1.0", "Bob 10.1.2.0"];
  const another = ["Alice 10.1.1.0", `Bob 10.1.2.0 key=${keyOf("7")}`];
  const shared = [...unknown, "Martha 10.1.2.0:7001"];
  for (const [host, rows, told] of [
    ["10.1.2.0", holder, true],
    ["10.9.9.9", holder, true],
    ["10.1.2.0", unknown, true],
    ["10.9.9.9", unknown, false],
    ["10.1.2.0", another, false],
    ["10.1.2.0", shared, false],
  ] as const) {
    const meeting = refusedBy(host, rows);
    t.strictSame(
      meeting.words,
      told ? ["Bob refused us, knowing another key as ou"].map((words) => words.slice(0, 40)) : [],
    );
    t.strictSame(meeting.heard, [`failed: it refused us${told ? ", and told" : ""}`]);
  }
});

promise(
  "who says to be a friend from elsewhere, with another key than the known one, reads that the key is wrong",
  (t) => {
    const meeting = acquainted();
    const stranger = meeting.knock("Bob", {
      host: "10.9.9.9",
      secrets: another,
    });
    t.strictSame(stranger.frames, [{ kind: "refused", reason: "key-changed" }]);
    t.match(meeting.notice, /says to be Bob from an address that is not Bob's; Bob is known by another key/);
    t.strictSame(meeting.keyring.keys.refused(nameOf("Bob")), [], "anybody can do that: it leaves no trace");
  },
);

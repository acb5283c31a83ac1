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
  const authenticator = new Encounter();
  authenticator.friend.greet();
  authenticator.turn(() => authenticator.authenticator.refresh());
  authenticator.heard.length = 0;
  authenticator.notices.length = 0;
  return authenticator;
}

function expelled(authenticator: Encounter): boolean {
  if (!authenticator.connection.destroyed) return false;
  authenticator.close();
  return authenticator.heard.join() === "close its key is no longer trusted";
}

promise("another key that the user trusts for a friend ends the connection of the old one at once", (t) => {
  const authenticator = acquainted();
  t.ok(authenticator.authenticator.trust("Bob", { kind: "whole", key: publicKey(bob) }).ok);
  t.notOk(authenticator.connection.destroyed, "the same key is no change");
  t.ok(authenticator.authenticator.trust("Bob", { kind: "whole", key: keyOf("7") }).ok);
  t.ok(expelled(authenticator));
});

promise("what another program trusts holds before the next turn writes", (t) => {
  const authenticator = acquainted();
  authenticator.keyring.remember(nameOf("Martha"), { key: keyOf("3"), standing: "pinned" });
  authenticator.authenticator.refresh();
  t.notOk(authenticator.connection.destroyed, "about somebody else");
  authenticator.keyring.remember(nameOf("Bob"), { key: keyOf("7"), standing: "pinned" });
  authenticator.authenticator.refresh();
  t.ok(expelled(authenticator));
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
      const authenticator = acquainted();
      authenticator.table = groupOf("Alice 10.1.1.0", row);
      authenticator.authenticator.recheck();
      t.equal(expelled(authenticator), expels, row);
      t.equal(authenticator.connection.destroyed, expels, row);
    }
  },
);

promise("known keys that cannot be read expel nobody whom we know; that is told once, and rows still decide", (t) => {
  const authenticator = acquainted();
  authenticator.keyring.broken = "known-keys:3 is damaged";
  for (let turns = 0; turns < 5; turns += 1) authenticator.authenticator.refresh();
  authenticator.authenticator.recheck();
  t.notOk(authenticator.connection.destroyed);
  t.strictSame(authenticator.words, ["known-keys:3 is damaged"]);
  authenticator.table = groupOf("Alice 10.1.1.0", `Bob 10.1.2.0 key=${keyOf("7")}`);
  authenticator.authenticator.recheck();
  t.ok(expelled(authenticator));
  const repaired = acquainted();
  repaired.keyring.broken = "known-keys:3 is damaged";
  repaired.authenticator.refresh();
  repaired.keyring.broken = undefined;
  repaired.keyring.remember(nameOf("Bob"), { key: keyOf("7"), standing: "pinned" });
  repaired.authenticator.refresh();
  t.ok(expelled(repaired), "what was trusted meanwhile holds when they can be read again");
});

promise("a first use that finds another key trusted meanwhile is refused, and nothing is shown", (t) => {
  const authenticator = new Encounter({ dials: false });
  const before = authenticator.keyring.keys;
  authenticator.keyring.remember(nameOf("Bob"), { key: keyOf("7"), standing: "pinned" });
  authenticator.keyring.read = () => ok(before);
  authenticator.friend.greet();
  t.strictSame(authenticator.friend.frames, [{ kind: "refused", reason: "busy" }]);
  t.match(authenticator.words, ["Another key of Bob's was trusted at this"]);
  t.equal(authenticator.keyring.keys.known(nameOf("Bob"))?.key, keyOf("7"));
});

promise(
  "strangers who make up names do not keep from the screen what concerns a friend, nor one friend another's",
  (t) => {
    const rows = ["Alice 10.1.1.0", `Bob 10.1.2.0 key=${keyOf("7")}`, `Martha 10.1.3.0 key=${keyOf("8")}`];
    const authenticator = new Encounter({ rows, dials: false });
    for (let index = 0; index < 2 * refusalLogLineBurst; index += 1) authenticator.knock(`Nobody ${String(index)}`);
    t.equal(authenticator.notices.length, refusalLogLineBurst);
    for (let index = 0; index < 2 * refusalLogLineBurst; index += 1) {
      const secrets = { ...bob, static: secret(index + 3) };
      authenticator.knock("Bob", { secrets });
    }
    t.equal(authenticator.words.filter((words) => words.startsWith("Bob's key is not")).length, refusalLogLineBurst);
    authenticator.knock("Martha", { host: "10.1.3.0" });
    t.match(authenticator.words.at(-1), /^Martha's key is not/);
  },
);

// What is told.

promise("a refusal is told once and not at every retry; another one is told", (t) => {
  const authenticator = new Encounter();
  for (const name of ["Nobody", "Nobody", "Nobody", "Somebody", "Nobody"]) authenticator.knock(name);
  t.equal(authenticator.notices.length, 2);
  for (let index = 0; index < 100; index += 1) authenticator.knock(`Nobody ${String(index)}`);
  t.ok(authenticator.notices.length < 30, "who makes up names does not fill the screen");
});

/** Somebody dials us, proves a key and refuses ours. */
function refusedBy(host: string, rows: readonly string[]): Encounter {
  const authenticator = new Encounter({ dials: false, rows, host });
  authenticator.friend.sayBytes(authenticator.friend.opening);
  authenticator.friend.hear().say({ kind: "refused", reason: "key-changed" });
  authenticator.close();
  return authenticator;
}

promise("a key is the trouble with a friend until he is met or his key is trusted", (t) => {
  const bobName = nameOf("Bob");
  t.equal(acquainted().authenticator.troubleWith(bobName), undefined);
  const authenticator = acquainted();
  authenticator.knock("Bob", { secrets: another });
  t.equal(authenticator.authenticator.troubleWith(bobName), "key refused");
  authenticator.knock("Bob");
  t.equal(authenticator.authenticator.troubleWith(bobName), undefined, "met");
  authenticator.knock("Bob", { secrets: another, host: "10.9.9.9" });
  t.equal(authenticator.authenticator.troubleWith(bobName), undefined, "from elsewhere anybody can knock");
  authenticator.knock("Bob", { secrets: another });
  t.ok(authenticator.authenticator.trust("Bob", undefined).ok);
  t.equal(authenticator.authenticator.troubleWith(bobName), undefined, "trusted");
  t.equal(
    refusedBy("10.1.2.0", ["Alice 10.1.1.0", "Bob 10.1.2.0"]).authenticator.troubleWith(bobName),
    "refuses our key",
  );
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
    const authenticator = refusedBy(host, rows);
    t.strictSame(
      authenticator.words,
      told ? ["Bob refused us, knowing another key as ou"].map((words) => words.slice(0, 40)) : [],
    );
    t.strictSame(authenticator.heard, [`failed: it refused us${told ? ", and told" : ""}`]);
  }
});

promise(
  "who says to be a friend from elsewhere, with another key than the known one, reads that the key is wrong",
  (t) => {
    const authenticator = acquainted();
    const stranger = authenticator.knock("Bob", {
      host: "10.9.9.9",
      secrets: another,
    });
    t.strictSame(stranger.frames, [{ kind: "refused", reason: "key-changed" }]);
    t.match(authenticator.notice, /says to be Bob from an address that is not Bob's; Bob is known by another key/);
    t.strictSame(authenticator.keyring.keys.refused(nameOf("Bob")), [], "anybody can do that: it leaves no trace");
  },
);

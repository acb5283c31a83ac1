// Ending connections whose key is no longer trusted, and the notices about refusals.

import { refusalLogLineBurst } from "../../../src/core/limits.js";
import { ok } from "../../../src/core/types.js";
import { Encounter, publicKey } from "../kit/encounter.js";
import { groupOf, keyOf, nameOf } from "../kit/keys.js";
import { promise } from "../kit/promise.js";
import { bob, secret } from "../kit/two-channels.js";

const another = { static: secret(0x80), ephemeral: secret(0xa0) };

/** An established connection with Bob, whose key is known by first use. */
function established(): Encounter {
  const encounter = new Encounter();
  encounter.friend.greet();
  encounter.turn(() => encounter.authenticator.refresh());
  encounter.heard.length = 0;
  encounter.notices.length = 0;
  return encounter;
}

function endedAsUntrusted(encounter: Encounter): boolean {
  if (!encounter.connection.destroyed) return false;
  encounter.close();
  return encounter.heard.join() === "close its key is no longer trusted";
}

promise("ends the connection of the old key at once when the user trusts another", (t) => {
  const encounter = established();
  t.ok(encounter.authenticator.trust("Bob", { kind: "whole", key: publicKey(bob) }).ok);
  t.notOk(encounter.connection.destroyed, "the same key is no change");
  t.ok(encounter.authenticator.trust("Bob", { kind: "whole", key: keyOf("7") }).ok);
  t.ok(endedAsUntrusted(encounter));
});

promise("applies keys that another program has trusted before the next turn writes", (t) => {
  const encounter = established();
  encounter.keyring.remember(nameOf("Martha"), { key: keyOf("3"), standing: "pinned" });
  encounter.authenticator.refresh();
  t.notOk(encounter.connection.destroyed, "the change concerns another member");
  encounter.keyring.remember(nameOf("Bob"), { key: keyOf("7"), standing: "pinned" });
  encounter.authenticator.refresh();
  t.ok(endedAsUntrusted(encounter));
});

promise(
  "ends the connection when the row's key= or dialect changes or the row is removed, and not for other changes",
  (t) => {
    const changes: readonly (readonly [row: string, ends: boolean])[] = [
      [`Bob 10.1.2.0 key=${publicKey(bob)}`, false],
      ["Bob 10.9.9.9", false],
      [`Bob 10.1.2.0 key=${keyOf("7")}`, true],
      [`Martha 10.1.2.0 key=${publicKey(bob)}`, true],
      ["Bob 10.1.2.0 dialect=line", true],
      ["Martha 10.1.2.0", true],
    ];
    for (const [row, ends] of changes) {
      const encounter = established();
      encounter.table = groupOf("Alice 10.1.1.0", row);
      encounter.authenticator.recheck();
      t.equal(endedAsUntrusted(encounter), ends, row);
      t.equal(encounter.connection.destroyed, ends, row);
    }
  },
);

promise("keeps connections when the known keys cannot be read, reports that once, and still applies the rows", (t) => {
  const encounter = established();
  encounter.keyring.broken = "known-keys:3 is damaged";
  for (let turns = 0; turns < 5; turns += 1) encounter.authenticator.refresh();
  encounter.authenticator.recheck();
  t.notOk(encounter.connection.destroyed);
  t.strictSame(encounter.words, ["known-keys:3 is damaged"]);
  encounter.table = groupOf("Alice 10.1.1.0", `Bob 10.1.2.0 key=${keyOf("7")}`);
  encounter.authenticator.recheck();
  t.ok(endedAsUntrusted(encounter));
  const repaired = established();
  repaired.keyring.broken = "known-keys:3 is damaged";
  repaired.authenticator.refresh();
  repaired.keyring.broken = undefined;
  repaired.keyring.remember(nameOf("Bob"), { key: keyOf("7"), standing: "pinned" });
  repaired.authenticator.refresh();
  t.ok(endedAsUntrusted(repaired), "keys trusted meanwhile apply once they can be read again");
});

promise("refuses a first use if another key was trusted meanwhile, and shows nothing of it", (t) => {
  const encounter = new Encounter({ dials: false });
  const before = encounter.keyring.keys;
  encounter.keyring.remember(nameOf("Bob"), { key: keyOf("7"), standing: "pinned" });
  encounter.keyring.read = () => ok(before);
  encounter.friend.greet();
  t.strictSame(encounter.friend.frames, [{ kind: "refused", reason: "busy" }]);
  t.match(encounter.words, ["Another key of Bob's was trusted at this"]);
  t.equal(encounter.keyring.keys.known(nameOf("Bob"))?.key, keyOf("7"));
});

promise("shows notices about each friend despite a flood of refused strangers or of another friend's", (t) => {
  const rows = ["Alice 10.1.1.0", `Bob 10.1.2.0 key=${keyOf("7")}`, `Martha 10.1.3.0 key=${keyOf("8")}`];
  const encounter = new Encounter({ rows, dials: false });
  for (let index = 0; index < 2 * refusalLogLineBurst; index += 1) encounter.knock(`Nobody ${String(index)}`);
  t.equal(encounter.notices.length, refusalLogLineBurst);
  for (let index = 0; index < 2 * refusalLogLineBurst; index += 1) {
    const secrets = { ...bob, static: secret(index + 3) };
    encounter.knock("Bob", { secrets });
  }
  t.equal(encounter.words.filter((words) => words.startsWith("Bob's key is not")).length, refusalLogLineBurst);
  encounter.knock("Martha", { host: "10.1.3.0" });
  t.match(encounter.words.at(-1), /^Martha's key is not/);
});

// Notices.

promise("reports a refusal once, not at every retry, and reports a different one", (t) => {
  const encounter = new Encounter();
  for (const name of ["Nobody", "Nobody", "Nobody", "Somebody", "Nobody"]) encounter.knock(name);
  t.equal(encounter.notices.length, 2);
  for (let index = 0; index < 100; index += 1) encounter.knock(`Nobody ${String(index)}`);
  t.ok(encounter.notices.length < 30, "notices about invented names are limited");
});

/** A peer at `host` dials us, proves Bob's key and refuses ours. */
function refusedBy(host: string, rows: readonly string[]): Encounter {
  const encounter = new Encounter({ dials: false, rows, host });
  encounter.friend.sayBytes(encounter.friend.opening);
  encounter.friend.hear().say({ kind: "refused", reason: "key-changed" });
  encounter.close();
  return encounter;
}

promise("reports a key problem of a friend until a connection succeeds or the key is trusted", (t) => {
  const bobName = nameOf("Bob");
  t.equal(established().authenticator.troubleWith(bobName), undefined);
  const encounter = established();
  encounter.knock("Bob", { secrets: another });
  t.equal(encounter.authenticator.troubleWith(bobName), "key refused");
  encounter.knock("Bob");
  t.equal(encounter.authenticator.troubleWith(bobName), undefined, "a connection succeeded");
  encounter.knock("Bob", { secrets: another, host: "10.9.9.9" });
  t.equal(encounter.authenticator.troubleWith(bobName), undefined, "anyone can connect from another address");
  encounter.knock("Bob", { secrets: another });
  t.ok(encounter.authenticator.trust("Bob", undefined).ok);
  t.equal(encounter.authenticator.troubleWith(bobName), undefined, "the key is trusted");
  t.equal(
    refusedBy("10.1.2.0", ["Alice 10.1.1.0", "Bob 10.1.2.0"]).authenticator.troubleWith(bobName),
    "refuses our key",
  );
});

promise("reports an accepted peer that refuses us only if its key or its address is a member's", (t) => {
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
    const encounter = refusedBy(host, rows);
    t.strictSame(
      encounter.words,
      told ? ["Bob refused us: Bob knows us by a different key"].map((words) => words.slice(0, 40)) : [],
    );
    t.strictSame(encounter.heard, [`failed: it refused us${told ? ", and told" : ""}`]);
  }
});

promise(
  "refuses a friend's name with an unknown key from another address as a changed key, and stores nothing",
  (t) => {
    const encounter = established();
    const stranger = encounter.knock("Bob", {
      host: "10.9.9.9",
      secrets: another,
    });
    t.strictSame(stranger.frames, [{ kind: "refused", reason: "key-changed" }]);
    t.match(encounter.notice, /claims to be Bob from an address that is not Bob's; Bob is known by another key/);
    t.strictSame(encounter.keyring.keys.refused(nameOf("Bob")), [], "anyone can do that, so it is not stored");
  },
);

import { fingerprint, toNamedKey } from "../../../src/core/known-key.js";
import { refusedKeysMax } from "../../../src/core/limits.js";
import { explainFriendKey, explainOwnKey, trust, type TrustRequest } from "../../../src/trust/decision.js";
import type { PublicKey } from "../../../src/core/types.js";
import { groupOf, keyOf, nameOf, refusedKey } from "../kit/keys.js";
import { MemoryKeyring } from "../kit/memory-keyring.js";
import { promise } from "../kit/promise.js";

const [ours, bobs, marthas, pinned, fresh] = ["a", "b", "c", "d", "1"].map(keyOf) as [
  PublicKey,
  PublicKey,
  PublicKey,
  PublicKey,
  PublicKey,
];
const table = groupOf(
  "Alice 10.1.1.0",
  "Bob 10.1.2.0",
  "Martha 10.1.3.0",
  `Pia 10.1.4.0 key=${pinned}`,
  "Old 10.1.6.0 dialect=line",
);
const bob = nameOf("Bob");

/** A keyring in which keys of these digits were refused for Bob, in this order. */
function keyringWith(...refused: readonly string[]): MemoryKeyring {
  const keyring = new MemoryKeyring();
  keyring.remember(nameOf("Martha"), { key: marthas, standing: "first-use" });
  keyring.remember(bob, { key: bobs, standing: "verified" });
  for (const digit of refused) keyring.noteRefused(bob, refusedKey(digit));
  return keyring;
}

const ask = (
  keyring: MemoryKeyring,
  friend: string,
  key?: string,
  command: TrustRequest["command"] = "p2p trust",
): ReturnType<typeof trust> =>
  trust(
    {
      command,
      friend,
      key: key === undefined ? undefined : toNamedKey(key),
      table,
      self: { name: nameOf("Alice"), key: ours },
    },
    keyring,
  );

const messageOf = (result: ReturnType<typeof trust>): string => (result.ok ? "it was trusted" : result.message);

promise("replaces the known key by the only refused one, as pinned", (t) => {
  const keyring = keyringWith("1");
  t.strictSame(ask(keyring, "Bob"), { ok: true, value: { peer: table.find("Bob"), before: bobs, key: fresh } });
  t.strictSame(keyring.keys.known(bob), { key: fresh, standing: "pinned" });
  t.strictSame(keyring.keys.refused(bob), []);
  t.match(
    messageOf(ask(keyring, "Bob")),
    /^No key of Bob's was refused; the known one is 1111 /,
    "it is no longer refused",
  );
});

promise("shows a friend's key with its source and the refused keys", (t) => {
  const shown = (name: string, keyring = keyringWith()): readonly string[] =>
    explainFriendKey(table.find(name)!, keyring.keys);
  t.strictSame(shown("Bob", keyringWith("1")), [
    "Name : Bob",
    `Fingerprint : ${fingerprint(bobs)}`,
    "Known by : p2p trust",
    "Refused since then :",
    `  ${fingerprint(keyOf("1"))}  from 10.1.2.0  1970-01-01 00:00:00Z`,
  ]);
  t.match(shown("Martha")[2], "Known by : first use; compare it with Martha by phone or in person");
  t.match(shown("Pia").slice(1), [`Fingerprint : ${fingerprint(pinned)}`, "Known by : key= in the group file"]);
  t.strictSame(shown("Bob", new MemoryKeyring()), ["Name : Bob", "Fingerprint : none is known yet"]);
  t.strictSame(shown("Old"), ["Old's row says dialect=line, which proves no key."]);
});

promise("shows the next step as a chat command or as a shell command, as the user typed it", (t) => {
  const keyring = keyringWith();
  t.match(messageOf(ask(keyring, "Bob", undefined, "/trust")), / To set one by hand: \/trust Bob KEY$/);
  t.match(messageOf(ask(keyring, "Bob", "1".repeat(32), "/trust")), / is needed: \/trust Bob KEY$/);
  t.match(messageOf(ask(keyringWith("1", "2"), "Bob", undefined, "/trust")), / : \/trust Bob "FINGERPRINT"$/);
});

promise("accepts a whole key whatever was refused, also for a friend without a known key", (t) => {
  const keyring = keyringWith("2", "3");
  t.ok(ask(keyring, "Bob", fresh).ok);
  t.equal(keyring.keys.known(bob)?.key, fresh);
  const empty = new MemoryKeyring();
  t.ok(ask(empty, "Bob", fresh).ok);
  t.strictSame(empty.keys.known(bob), { key: fresh, standing: "pinned" });
});

promise("keeps a verified key verified when the user chooses it over a refused one", (t) => {
  const keyring = keyringWith("2");
  t.ok(ask(keyring, "Bob", bobs.slice(0, 32)).ok);
  t.strictSame(keyring.keys.known(bob), { key: bobs, standing: "verified" });
  t.strictSame(keyring.keys.refused(bob), []);
  t.ok(ask(keyring, "Bob", fresh).ok);
  t.strictSame(keyring.keys.known(bob), { key: fresh, standing: "pinned" }, "another key has not been compared");
});

promise("accepts a key that --require-verified refused although no key was known", (t) => {
  const keyring = new MemoryKeyring();
  keyring.noteRefused(bob, refusedKey("1"));
  t.ok(ask(keyring, "Bob").ok);
  t.strictSame(keyring.keys.known(bob), { key: fresh, standing: "pinned" });
});

promise("lists several refused keys, and accepts one only by its fingerprint", (t) => {
  const keyring = keyringWith("1");
  const when = Date.parse("2026-11-21T11:29:21.987Z");
  keyring.noteRefused(bob, { key: keyOf("2"), host: "10.1.2.7", time: when });
  keyring.noteRefused(bob, refusedKey("1"));
  const before = keyring.keys;
  t.strictSame(messageOf(ask(keyring, "Bob")).split("\n"), [
    `For Bob, 2 different keys were refused since ${fingerprint(bobs)} was trusted. At most one of these is Bob's:`,
    `  ${fingerprint(fresh)}  from 10.1.2.0  1970-01-01 00:00:00Z`,
    `  ${fingerprint(keyOf("2"))}  from 10.1.2.7  2026-11-21 11:29:21Z`,
    "Compare by phone or in person (p2p key on Bob's machine shows Bob's), then name the one : p2p trust Bob \"FINGERPRINT\"",
  ]);
  t.equal(keyring.keys, before);
  t.match(ask(keyring, "Bob", fingerprint(keyOf("2")).toUpperCase()), { value: { key: keyOf("2") } });
  t.strictSame(keyring.keys.refused(bob), [], "the other refused keys are forgotten");
});

promise("keeps a limited number of refused keys for a friend without a known key", (t) => {
  const keyring = new MemoryKeyring();
  for (let digit = 0; digit <= refusedKeysMax; digit += 1) keyring.noteRefused(bob, refusedKey(digit.toString(16)));
  const lines = messageOf(ask(keyring, "Bob")).split("\n");
  t.equal(lines[0], "For Bob, at least 8 different keys were refused. At most one of these is Bob's:");
  t.equal(lines.length, refusedKeysMax + 2);
  t.notMatch(lines[1], "0000", "the oldest was dropped");
  t.notOk(ask(keyring, "Bob", "0".repeat(32)).ok);
  t.ok(ask(keyring, "Bob", "0".repeat(64)).ok, "but the whole key is accepted");
});

promise("pins the known key when it is named by its fingerprint", (t) => {
  const keyring = new MemoryKeyring();
  keyring.remember(bob, { key: bobs, standing: "first-use" });
  t.ok(ask(keyring, "Bob", fingerprint(bobs)).ok);
  t.strictSame(keyring.keys.known(bob), { key: bobs, standing: "pinned" });
});

promise("shows our own key as p2p key does", (t) => {
  t.strictSame(explainOwnKey(nameOf("Alice"), ours), [
    "Name : Alice",
    `Fingerprint : ${fingerprint(ours)}`,
    `For Alice's row in your friends' group files : key=${ours}`,
  ]);
});

promise("refuses a key that cannot be trusted with the reason, and changes nothing", (t) => {
  const cases: readonly (readonly [friend: string, key: string | undefined, says: RegExp])[] = [
    ["Bob", undefined, /^No key of Bob's was refused; the known one is bbbb .* \(verified\)\. .*p2p trust Bob KEY$/],
    ["bob", undefined, /^The group file has no "bob"\. Did you mean Bob\?$/],
    ["Eve\u0007", undefined, /^The group file has no "Eve\\x07"\./],
    ["Alice", fresh, /^Alice is you;/],
    ["Old", fresh, /^Old's row says dialect=line, which proves no key;/],
    ["Pia", fresh, /^The group file names Pia's key \(dddd .*change key= in Pia's row\.$/],
    ["Bob", ours, /^That key is your own;/],
    ["Bob", marthas, /^That key \(cccc .*\) is Martha's;/],
    ["Bob", pinned, /^That key \(dddd .*\) is Pia's;/],
    ["Bob", "1".repeat(32), /^No key of Bob's with that fingerprint was seen; .*p2p trust Bob KEY$/],
    ["Bob", "c".repeat(32), /^No key of Bob's with that fingerprint was seen/],
  ];
  for (const [friend, key, says] of cases) {
    const keyring = keyringWith();
    const before = keyring.keys;
    t.match(messageOf(ask(keyring, friend, key)), says);
    t.equal(keyring.keys, before);
  }
});

promise("does not accept a refused key that now belongs to another member", (t) => {
  t.match(messageOf(ask(keyringWith("c"), "Bob")), /is Martha's/);
});

promise("passes on the message of a keyring that cannot be read", (t) => {
  const keyring = keyringWith("1");
  keyring.broken = "known-keys:3 is damaged";
  t.equal(messageOf(ask(keyring, "Bob")), "known-keys:3 is damaged");
});

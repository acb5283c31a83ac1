import { trust } from "../../../src/session/trust.js";
import type { PublicKey } from "../../../src/core/types.js";
import { groupOf, keyOf, nameOf } from "../kit/keys.js";
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

function keyringWith(refused?: PublicKey): MemoryKeyring {
  const keyring = new MemoryKeyring();
  keyring.remember(nameOf("Martha"), { key: marthas, standing: "first-use" });
  keyring.remember(bob, { key: bobs, standing: "verified" });
  if (refused !== undefined) keyring.noteRefused(bob, refused);
  return keyring;
}

const ask = (keyring: MemoryKeyring, friend: string, key?: PublicKey): ReturnType<typeof trust> =>
  trust({ friend, key, table, self: { name: nameOf("Alice"), key: ours } }, keyring);

const messageOf = (result: ReturnType<typeof trust>): string => (result.ok ? "it was trusted" : result.message);

promise("the key that was refused last takes the known one's place, and counts as pinned", (t) => {
  const keyring = keyringWith(fresh);
  t.strictSame(ask(keyring, "Bob"), { ok: true, value: { peer: table.find("Bob"), before: bobs, key: fresh } });
  t.strictSame(keyring.keys.known(bob), { key: fresh, standing: "pinned" });
  t.equal(keyring.keys.refused(bob), undefined);
  t.match(messageOf(ask(keyring, "Bob")), /^No key of Bob's was refused; the known one is 1111 /, "and only once");
});

promise("a key that is given is taken, whatever was refused, also for a friend never met", (t) => {
  const keyring = keyringWith(keyOf("2"));
  t.ok(ask(keyring, "Bob", fresh).ok);
  t.equal(keyring.keys.known(bob)?.key, fresh);
  const empty = new MemoryKeyring();
  t.ok(ask(empty, "Bob", fresh).ok);
  t.strictSame(empty.keys.known(bob), { key: fresh, standing: "pinned" });
});

promise("a key that --require-verified refused can be trusted, known or not", (t) => {
  const keyring = new MemoryKeyring();
  keyring.noteRefused(bob, fresh);
  t.ok(ask(keyring, "Bob").ok);
  t.strictSame(keyring.keys.known(bob), { key: fresh, standing: "pinned" });
});

promise("what cannot be trusted is refused with the reason, and changes nothing", (t) => {
  const cases: readonly (readonly [friend: string, key: PublicKey | undefined, says: RegExp])[] = [
    ["Bob", undefined, /^No key of Bob's was refused; the known one is bbbb .* \(verified\)\. .*p2p trust Bob KEY$/],
    ["bob", undefined, /^The group file has no "bob"\. Did you mean Bob\?$/],
    ["Eve\u0007", undefined, /^The group file has no "Eve\\x07"\./],
    ["Alice", fresh, /^Alice is you;/],
    ["Old", fresh, /^Old's row says dialect=line, which proves no key;/],
    ["Pia", fresh, /^The group file names Pia's key \(dddd .*change key= in Pia's row\.$/],
    ["Bob", ours, /^That key is your own;/],
    ["Bob", marthas, /^That key \(cccc .*\) is Martha's;/],
    ["Bob", pinned, /^That key \(dddd .*\) is Pia's;/],
  ];
  for (const [friend, key, says] of cases) {
    const keyring = keyringWith();
    const before = keyring.keys;
    t.match(messageOf(ask(keyring, friend, key)), says);
    t.equal(keyring.keys, before);
  }
});

promise("a refused key that belongs to another member by now is not taken", (t) => {
  t.match(messageOf(ask(keyringWith(marthas), "Bob")), /is Martha's/);
});

promise("a keyring that cannot be used is told in its own words", (t) => {
  const keyring = keyringWith(fresh);
  keyring.broken = "known-keys:3 is damaged";
  t.equal(messageOf(ask(keyring, "Bob")), "known-keys:3 is damaged");
});

// Comparing keys and marking them as verified.

import t from "tap";
import { standingOf } from "../../../src/trust/known-keys.js";
import { markVerified, keysToCompare } from "../../../src/trust/verification.js";
import type { Peer } from "../../../src/core/types.js";
import { keyOf, nameOf } from "../kit/keys.js";
import { MemoryKeyring } from "../kit/memory-keyring.js";

const [alice, bob] = [nameOf("Alice"), nameOf("Bob")];
const self = { name: alice, key: keyOf("a") };
const row = (more: Partial<Peer> = {}): Peer => ({
  ...{ name: bob, host: "10.1.2.0", port: 6969, ownPort: false, dialect: "secure" },
  idle: { kind: "never", afterMs: 0 },
  ...more,
});

t.test("compares our key and the friend's known one", (t) => {
  const keyring = new MemoryKeyring();
  t.match(keysToCompare(row(), self, keyring), {
    ok: false,
    message: /No key of Bob's is known yet[^]*Should Bob ask for yours : aaaa/,
  });
  keyring.remember(bob, { key: keyOf("b"), standing: "first-use" });
  t.match(keysToCompare(row(), self, keyring), {
    value: { own: self, theirs: { key: keyOf("b") }, standing: "first-use" },
  });
  t.match(keysToCompare(row({ key: keyOf("c") }), self, keyring), {
    value: { theirs: { key: keyOf("c") }, standing: "pinned" },
  });
  t.match(keysToCompare(row({ name: alice }), self, keyring), { ok: false, message: "Alice is you." });
  t.match(keysToCompare(row({ dialect: "line" }), self, keyring), { ok: false, message: /proves no key/ });
  keyring.broken = "unreadable";
  t.match(keysToCompare(row(), self, keyring), { ok: false, message: "unreadable" });
  t.end();
});

t.test("marks only the key that was compared as verified", (t) => {
  const keyring = new MemoryKeyring();
  keyring.remember(bob, { key: keyOf("b"), standing: "first-use" });
  t.match(markVerified(row(), keyOf("c"), keyring), [/has changed since it was shown/]);
  t.equal(standingOf(row(), keyring.keys), "first-use");
  t.match(markVerified(row(), keyOf("b"), keyring), [/^Bob's key is verified : bbbb/]);
  t.equal(standingOf(row(), keyring.keys), "verified");
  t.match(markVerified(row({ key: keyOf("d") }), keyOf("d"), keyring), [/verified : dddd/]);
  t.equal(standingOf(row({ key: keyOf("d") }), keyring.keys), "verified", "also for the key= of a row");
  keyring.broken = "full";
  t.strictSame(markVerified(row(), keyOf("b"), keyring), ["full"]);
  t.end();
});

t.test("asks the user to decide on refused keys first", (t) => {
  const keyring = new MemoryKeyring();
  keyring.remember(bob, { key: keyOf("b"), standing: "first-use" });
  keyring.noteRefused(bob, { key: keyOf("c"), host: "10.1.2.0", time: 0 });
  for (const said of [
    keysToCompare(row(), self, keyring),
    { ok: false, message: markVerified(row(), keyOf("b"), keyring).join("\n") },
  ])
    t.match(said, {
      ok: false,
      message:
        /^Refused under Bob's name[^]*cccc[^]*10\.1\.2\.0[^]*Known as Bob's : bbbb[^]*\/trust Bob "cccc[^]*\/trust Bob "bbbb/,
    });
  t.equal(standingOf(row(), keyring.keys), "first-use");
  t.equal(keyring.keys.refused(bob).length, 1, "the refused key is still stored");
  t.ok(keysToCompare(row({ key: keyOf("b") }), self, keyring).ok, "the key= of a row decides alone");
  t.end();
});

// `p2p key` and `p2p trust`.

import type { Membership } from "../../../src/commands/options.js";
import type { Machine } from "../../../src/commands/group.js";
import { showKey } from "../../../src/commands/key.js";
import { trustFriend } from "../../../src/commands/trust.js";
import { fault, ok } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { keyOf, nameOf, refusedKey } from "../kit/keys.js";
import { MemoryKeyring } from "../kit/memory-keyring.js";
import { promise } from "../kit/promise.js";

const options: Membership = { name: "Alice", peers: "g", loopback: false, stateDir: undefined, group: "default" };
const ours = keyOf("a");
const grouped = (digit: string): string => Array(8).fill(digit.repeat(4)).join(" ");

const machineWith = (content: string): Machine => ({
  readFile: (path) => (path === "g" ? ok(toUtf8(content)) : fault("no such file")),
  addresses: () => new Set(["10.1.2.0"]),
});
const machine = machineWith("2 Alice 10.1.1.0 Bob 10.1.2.0");

promise("p2p key prints the name, the fingerprint and the key=… for friends", (t) => {
  const asked: string[] = [];
  const answer = showKey(options, machine, (member) => {
    asked.push(member);
    return ok(ours);
  });
  t.strictSame(answer, {
    code: 0,
    lines: [
      "Name : Alice",
      `Fingerprint : ${grouped("a")}`,
      `For Alice's row in your friends' group files : key=${ours}`,
    ],
  });
  showKey({ ...options, name: undefined }, machine, (member) => (asked.push(member), ok(ours)));
  t.strictSame(asked, ["Alice", "Bob"], "without --name: the member whose address this machine has");
});

promise("p2p key exits with 4 if our row has another key, and still prints our key", (t) => {
  const answer = showKey(options, machineWith(`1 Alice 10.1.1.0 key=${keyOf("b")}`), () => ok(ours));
  t.equal(answer.code, 4);
  t.equal(answer.lines?.length, 3);
  t.match(answer.message, `Put key=${ours} there`);
});

promise("an invalid group file, name or state folder gives exit code 2 and a message", (t) => {
  const never = (): never => {
    throw new Error("no key is created");
  };
  t.strictSame(showKey({ ...options, peers: "h" }, machine, never), { code: 2, message: "h: no such file" });
  t.match(showKey(options, machineWith("x"), never), { code: 2, message: /^g:1: expected the number/ });
  t.match(showKey({ ...options, name: "alice" }, machine, never), { code: 2, message: /Did you mean Alice\?/ });
  t.strictSame(
    showKey(options, machine, () => fault("the disk")),
    { code: 2, message: "the disk" },
  );
});

promise("p2p trust prints the new key, the old key and how to compare them", (t) => {
  const keyring = new MemoryKeyring();
  keyring.remember(nameOf("Bob"), { key: keyOf("b"), standing: "first-use" });
  const ports = { machine, ownKey: () => ok(ours), keyring: () => keyring };
  const nothing = trustFriend({ ...options, friend: "Bob", key: undefined }, ports);
  t.match(nothing, { code: 69, message: /^No key of Bob's was refused/ });
  t.match(trustFriend({ ...options, friend: "Zoe", key: undefined }, ports), { code: 69, message: /has no "Zoe"/ });
  const damaged = Object.assign(new MemoryKeyring(), { read: () => fault("it is damaged") });
  t.strictSame(trustFriend({ ...options, friend: "Bob", key: undefined }, { ...ports, keyring: () => damaged }), {
    ...{ code: 2, message: "it is damaged" },
  });
  keyring.noteRefused(nameOf("Bob"), refusedKey("1"));
  t.strictSame(trustFriend({ ...options, friend: "Bob", key: undefined }, ports), {
    code: 0,
    lines: [
      `Bob's key is now : ${grouped("1")}`,
      `Before : ${grouped("b")}`,
      `Compare by phone or in person : "p2p key" on Bob's machine must show the same. If it does not, somebody is posing as Bob.`,
    ],
  });
});

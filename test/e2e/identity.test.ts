// `p2p key` and `p2p trust` as the user runs them.

import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import t, { type Test } from "tap";
import { Member } from "./kit/member.js";

interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A group file and a state folder of its own; the user's are never touched. */
function place(t: Test): { readonly folder: string; run(...words: readonly string[]): Promise<Said> } {
  const folder = t.testdir({ group: "3\nAlice 127.90.1.1\nBob 127.90.1.2\nOld 127.90.1.3 dialect=line\n" });
  const common = ["--peers", path.join(folder, "group"), "--state-dir", path.join(folder, "state")];
  const run = async (...words: readonly string[]): Promise<Said> => {
    const member = Member.start(t, { name: words.join(" "), args: [...words, ...common] });
    const { code } = await member.ended();
    return { code, out: member.stdout.text, err: member.stderr.text };
  };
  return { folder, run };
}

const keyIn = (text: string): string => /key=([0-9a-f]{64})$/m.exec(text)?.[1] ?? "";

t.test("p2p key creates a key at the first call and always shows the same one, per member and group", async (t) => {
  const { folder, run } = place(t);
  const first = await run("key", "--name", "Alice");
  t.match(
    first.out,
    /^Name : Alice\nFingerprint : (?:[0-9a-f]{4} ){7}[0-9a-f]{4}\nFor Alice's row in .* : key=[0-9a-f]{64}\n$/,
  );
  t.strictSame([first.code, first.err], [0, ""]);
  t.strictSame(await run("key", "--name", "Alice"), first);
  t.not(keyIn((await run("key", "--name", "Bob")).out), keyIn(first.out));
  t.not(keyIn((await run("key", "--name", "Alice", "--group", "work")).out), keyIn(first.out));
  const file = path.join(folder, "state/default/Alice/key");
  t.equal((statSync(file).mode & 0o777).toString(8), "600");
  t.notMatch(readFileSync(file, "utf8"), keyIn(first.out), "the file has the secret, not the public key");
});

t.test("p2p trust pins a given key, refuses invalid ones, and shows the previous key", async (t) => {
  const { run } = place(t);
  const bobs = keyIn((await run("key", "--name", "Bob")).out);
  const trust = (...words: readonly string[]): Promise<Said> => run("trust", ...words, "--name", "Alice");
  t.match(await trust("Bob"), {
    code: 69,
    out: "",
    err: /^No key of Bob's was refused; no key of Bob's is known yet\./,
  });
  t.match(await trust("Bob", `key=${bobs}`), {
    code: 0,
    out: /^Bob's key is now : .*\nBefore : none was known\n/,
    err: "",
  });
  t.match(await trust("Bob", "f".repeat(64)), { code: 0, out: `Before : ${bobs.slice(0, 4)} ` });
  t.match(await trust("bob"), { code: 69, err: /Did you mean Bob\?/ });
  t.match(await trust("Old", bobs), { code: 69, err: /dialect=line/ });
  t.match(await trust("Bob", "12"), { code: 2, err: /expected a key of 64 hexadecimal digits/ });
});

t.test("a readable or damaged key file ends a command with 2, and is not changed", async (t) => {
  const { folder, run } = place(t);
  await run("key", "--name", "Alice");
  const file = path.join(folder, "state/default/Alice/key");
  const secret = readFileSync(file, "utf8");
  chmodSync(file, 0o640);
  t.match(await run("key", "--name", "Alice"), {
    code: 2,
    out: "",
    err: /is open to others \(mode 0640\) .*chmod 600/,
  });
  t.equal(readFileSync(file, "utf8"), secret);
  chmodSync(file, 0o600);
  writeFileSync(file, "lost\n");
  t.match(await run("key", "--name", "Alice"), { code: 2, out: "", err: /is damaged/ });
  t.equal(readFileSync(file, "utf8"), "lost\n");
});

t.test("p2p key ends with 4 if the own row has another key", async (t) => {
  const { folder, run } = place(t);
  writeFileSync(path.join(folder, "group"), `1\nAlice 127.90.1.1 key=${"f".repeat(64)}\n`);
  t.match(await run("key", "--name", "Alice"), { code: 4, out: /key=/, err: /is not the key of this machine/ });
});

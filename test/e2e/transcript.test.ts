// Plays the conversation of seed 000 with real processes: on loopback as any user, in network namespaces as root.

import { readFileSync } from "node:fs";
import path from "node:path";
import t, { type Test } from "tap";
import { freePort } from "./kit/free-port.js";
import { Member } from "./kit/member.js";
import { joinNamespaces, whyNoNamespaces } from "./kit/namespaces.js";
import {
  acquaintances,
  expected,
  expectedStart,
  fallSilent,
  inOrder,
  talk,
  trioNames,
  type Trio,
  type TrioName,
  withoutAcquaintances,
} from "./kit/seed-conversation.js";

const idle = ["--idle-timeout", "2.5"] as const;

t.test("three members on loopback chat, time out on both sides, chat again and time out again", async (t) => {
  const port = await freePort("0.0.0.0");
  const trio = startTrio(t, (name) => ({
    args: ["--name", name, "--loopback", "--peers", "peer_details.txt", "--port", String(port), ...idle],
  }));
  await play(t, trio, expectedStart(port, { Alice: "127.1.0.1", Bob: "127.1.0.2", Martha: "127.1.0.3" }));
});

t.test(
  "plays the seed's transcript in three network namespaces on port 6969, without --name",
  { skip: whyNoNamespaces() },
  async (t) => {
    const namespaceOf = joinNamespaces(t, "peer_details.txt");
    const trio = startTrio(t, (name) => ({ args: idle, through: ["ip", "netns", "exec", namespaceOf(name)] }));
    await play(t, trio, expectedStart(6969, { Alice: "10.1.1.0", Bob: "10.1.2.0", Martha: "10.1.3.0" }));
  },
);

t.test("the shipped group file is the seed's", (t) => {
  t.equal(readFileSync("peer_details.txt", "utf8"), "3\nAlice\n10.1.1.0\nBob\n10.1.2.0\nMartha\n10.1.3.0\n");
  t.end();
});

const othersOf = (name: TrioName): readonly TrioName[] => trioNames.filter((other) => other !== name);

function startTrio(
  t: Test,
  options: (name: TrioName) => { readonly args: readonly string[]; readonly through?: readonly string[] },
): Trio {
  const state = ["--state-dir", path.join(t.testdir({}), "state")];
  const start = (name: TrioName): Member => {
    const { args, through = [] } = options(name);
    return Member.start(t, { name, args: [...args, ...state], through });
  };
  return { Alice: start("Alice"), Bob: start("Bob"), Martha: start("Martha") };
}

/** Waits for the second timeout, too, so that repeated, late or unexpected lines are found. */
async function play(t: Test, trio: Trio, startText: ReturnType<typeof expectedStart>): Promise<void> {
  for (const name of trioNames) await trio[name].ready();
  for (const round of [1, 2]) {
    await talk(trio, round);
    await fallSilent(trio, round);
  }
  for (const name of trioNames) {
    t.same(
      inOrder(withoutAcquaintances(trio[name].transcript)),
      [...startText, ...expected(name, ["talk", "silence", "talk", "silence"])],
      name,
    );
    t.same(acquaintances(trio[name].transcript), othersOf(name), "each friend's first key is reported once");
    t.same(await trio[name].stop(), { code: 0, signal: null }, `${name} exits with 0`);
    t.equal(trio[name].stderr.text, "", `${name} logs nothing`);
  }
}

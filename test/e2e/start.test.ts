// The start: what goes wrong is said on standard error, in words that show the way on, with the exit code of its kind.

import { once } from "node:events";
import { writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import t, { type Test } from "tap";
import { Group } from "./kit/group.js";
import { Member } from "./kit/member.js";

interface Failure {
  readonly code: number;
  /** What stands on standard error, without the last line feed. FILE is the group file. */
  readonly says: string | RegExp;
}

async function fails(t: Test, args: readonly string[], { code, says }: Failure): Promise<void> {
  const member = Member.start(t, { name: args.join(" "), args });
  t.same(await member.ended(), { code, signal: null });
  const told = member.stderr.text.replace(/\n$/, "");
  if (typeof says === "string") t.equal(told, says);
  else t.match(told, says);
  t.equal(member.stdout.text, "", "nothing on standard output");
}

const folderOf = (t: Test): string => t.testdir({});

const badFiles: readonly (readonly [string, string | Buffer, string])[] = [
  ["is empty", "", "FILE:1: expected the number of peers, found an empty file"],
  ["has no count", "Alice 10.1.1.0\n", 'FILE:1: expected the number of peers, found "Alice"'],
  ["counts too many", "2\nAlice 10.1.1.0\n", "FILE:1: expected 2 peers as the count says, found 1"],
  ["counts too few", "1\nAlice 10.1.1.0\nBob 10.1.2.0", "FILE:1: expected 1 peer as the count says, found 2"],
  [
    "lacks an address",
    "2\nAlice 10.1.1.0\nBob\n",
    'FILE:3: expected an IP address after "Bob", found the end of the file',
  ],
  ["has a bad address", "1\nAlice\n10.1.1.300\n", 'FILE:3: expected an IP address after "Alice", found "10.1.1.300"'],
  [
    "has a host name in a clear row",
    "1\nAlice alice.example dialect=line\n",
    'FILE:2: expected an IP address after "Alice", found "alice.example": in the line dialect the address identifies the sender, and only a secure row may name a host',
  ],
  [
    "has a port out of range",
    "1\nAlice 10.1.1.0:65536\n",
    'FILE:2: expected a port from 1 to 65535 after "Alice", found "10.1.1.0:65536"',
  ],
  [
    "has a bad name",
    "1\n-Alice 10.1.1.0\n",
    'FILE:2: expected a name (1 to 32 letters, digits, ".", "_" or "-", beginning with a letter or digit), found "-Alice"',
  ],
  [
    "repeats a name",
    "2\nAlice 10.1.1.0\nAlice 10.1.2.0\n",
    'FILE:3: expected a new name, found "Alice" again (first on line 2)',
  ],
  [
    "repeats address and port",
    "2\nAlice 10.1.1.0:7001\nBob 10.1.1.0:7001\n",
    'FILE:3: expected an address and port of its own for "Bob", found 10.1.1.0:7001 again (first on line 2)',
  ],
  [
    "has two line-dialect rows on one address",
    "2\nAlice 10.1.1.0:7001 dialect=line\nBob 10.1.1.0:7002 dialect=line\n",
    'FILE:3: expected an address of its own for "Bob", found 10.1.1.0 again (first on line 2): in the line dialect the address identifies the sender',
  ],
  [
    "has an unknown attribute",
    "1\nAlice 10.1.1.0 colour=red\n",
    'FILE:2: expected dialect=… or idle=… or key=…, found "colour=red"',
  ],
  [
    "has an unknown dialect",
    "1\nAlice 10.1.1.0 dialect=morse\n",
    'FILE:2: expected dialect= with secure, line, named, tagged, says, found "morse"',
  ],
  [
    "has a bad idle timeout",
    "1\nAlice 10.1.1.0 idle=soon\n",
    'FILE:2: expected idle=SECONDS, idle=detach or idle=never, found "idle=soon"',
  ],
  ["is not UTF-8", Buffer.from("1\nAl\xefce 10.1.1.0\n", "latin1"), "FILE:2: expected UTF-8 text, found other bytes"],
];

for (const [what, content, says] of badFiles)
  t.test(`a group file that ${what} ends the start with 2, file, line and what was expected`, async (t) => {
    const file = path.join(folderOf(t), "group");
    writeFileSync(file, content);
    await fails(t, ["--name", "Alice", "--peers", file], { code: 2, says: says.replace("FILE", file) });
  });

t.test("a group file that is missing ends the start with 2", async (t) => {
  const file = path.join(folderOf(t), "nowhere");
  await fails(t, ["--peers", file], { code: 2, says: `${file}: no such file; --peers FILE names another one` });
});

t.test("reads the group file from a pipe, also if it comes a little later", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const through = ["bash", "-c", `exec "$@" --peers <(head -c 5 ${group.file}; sleep 0.3; tail -c +6 ${group.file})`];
  const args = ["--name", "Alice", "--port", String(group.port)];
  const alice = await Member.start(t, { name: "Alice", args, through: [...through, "bash"] }).ready();
  alice.say("Alice/piped");
  await alice.sees("Alice : piped");
});

t.test("a group file that never ends or never comes ends the start with 2", async (t) => {
  const args = ["--name", "Alice", "--peers"];
  await fails(t, [...args, "/dev/zero"], {
    code: 2,
    says: "/dev/zero:1: expected a group file, found more than 16777216 bytes",
  });
  const member = Member.start(t, {
    name: "pipe",
    args,
    through: ["bash", "-c", 'exec "$@" <(exec sleep 60 2>&-)', "bash"],
  });
  t.same(await member.ended(), { code: 2, signal: null });
  t.match(member.stderr.text, /^\/dev\/fd\/\d+: its end did not come within 5 s\n$/);
});

t.test("a user without a row is shown the rows and --name", async (t) => {
  const file = path.join(folderOf(t), "group");
  writeFileSync(file, "2\nAlice 203.0.113.1\nBob 203.0.113.2\n");
  const rows = ["  Alice  203.0.113.1", "  Bob    203.0.113.2"];
  await fails(t, ["--peers", file], {
    code: 2,
    says: [
      "None of the group file's addresses is on this machine. Who are you?",
      ...rows,
      "Say it with --name Alice; to try the group on one machine: --name Alice --loopback",
    ].join("\n"),
  });
  await fails(t, ["--peers", file, "--name", "Carol"], {
    code: 2,
    says: ['The group file has no "Carol". Who are you?', ...rows, "Choose one of these names, such as Alice."].join(
      "\n",
    ),
  });
});

const ownAddresses = Object.values(os.networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .map(({ address }) => address)
  .filter((address) => !address.startsWith("fe80"));

t.test(
  "who could be several in the group file is shown those rows",
  { skip: ownAddresses.length < 2 && "this machine has only one address" },
  async (t) => {
    const file = path.join(folderOf(t), "group");
    writeFileSync(file, `3\nAlice ${ownAddresses[0]!}\nBob ${ownAddresses[1]!}\nMartha 203.0.113.1\n`);
    await fails(t, ["--peers", file], {
      code: 2,
      says: [
        "Several of the group file's addresses are on this machine. Who are you?",
        `  Alice  ${ownAddresses[0]!}`,
        `  Bob    ${ownAddresses[1]!}`,
        "Say it with --name Alice; to try the group on one machine: --name Alice --loopback",
      ].join("\n"),
    });
  },
);

const wrongUsage: readonly (readonly [readonly string[], RegExp])[] = [
  [["--nonsense"], /nonsense.*--help/s],
  [["stray", "words"], /stray.*--help/s],
  [["--port", "abc"], /^--port: expected a number from 1 to 65535, found "abc"/],
  [["--port", "65536"], /^--port: expected a number from 1 to 65535/],
  [["--idle-timeout", "soon"], /^--idle-timeout: expected seconds .*, found "soon"/],
  [["--idle-timeout=-1"], /^--idle-timeout: expected seconds/],
  [["--listen", "localhost"], /^--listen: expected an IP address, found "localhost"/],
  [["--dialect", "morse"], /morse/],
  [["--log-level", "loud"], /loud/],
  [["--name"], /name.*--help/s],
  [["--name", "Alice", "--name", "Bob"], /^--name: expected once, found several times/],
  [["--loopback=maybe"], /^--loopback: expected no value, found "maybe"/],
  [["--group", ".."], /^--group: expected a name/],
  [["trust"], /^Missing argument: p2p trust FRIEND \[KEY\] .*--help/s],
  [["--prot", "7"], /^Unknown option: --prot\. Did you mean --port\?/],
];

t.test("wrong usage ends with 2, names the option and points to --help", async (t) => {
  for (const [args, says] of wrongUsage) await fails(t, args, { code: 2, says });
});

t.test("--help shows every option and examples on standard output and ends with 0", async (t) => {
  const member = Member.start(t, { name: "--help", args: ["--help"] });
  t.same(await member.ended(), { code: 0, signal: null });
  const options = ["name", "peers", "port", "listen", "idle-timeout", "dialect", "loopback", "log-level", "log-file"];
  options.push("state-dir", "group", "no-store", "require-verified");
  for (const option of options) t.match(member.stdout.text, `--${option}`);
  t.match(member.stdout.text, /Examples:/);
});

t.test("a taken port ends the start with 3 and a possible reason", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const server = net.createServer().listen(group.at("Alice"));
  t.teardown(() => server.close());
  await once(server, "listening");
  await fails(t, ["--name", "Alice", "--peers", group.file, "--port", String(group.port)], {
    code: 3,
    says: `port ${group.port} is taken; is another p2p running here, perhaps for another group? Each needs a port of its own: --port, or ADDRESS:PORT in the row`,
  });
});

t.test("an own address that is not on this machine ends the start with 3 and a suggestion", async (t) => {
  const file = path.join(folderOf(t), "group");
  writeFileSync(file, "1\nAlice 203.0.113.1\n");
  await fails(t, ["--name", "Alice", "--peers", file, "--dialect", "line"], {
    code: 3,
    says: "Alice's address 203.0.113.1 is not on this machine; --listen ADDRESS listens on another one, --name Alice --loopback tries the group on one machine",
  });
});

t.test("a secure member without its own address listens on all addresses, says so, and is reachable", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const bobs = `Bob@${group.hostOf("Bob")}:${group.port + 1}`;
  group.write("Alice@203.0.113.1", bobs);
  const alice = await group.start("Alice");
  await alice.sees("Alice's address 203.0.113.1 is not on this machine: listening on all addresses.");
  const bob = await group.start("Bob", ...group.writeFor("Bob", "Alice@127.0.0.1", bobs));
  bob.say("Alice/found you");
  await alice.sees("Bob : found you");
  alice.say("Bob/so you have");
  await bob.sees("Alice : so you have");
});

t.test("--listen makes a member of a row whose address this machine does not hold", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  writeFileSync(group.file, `2\nAlice 203.0.113.1\nBob ${group.hostOf("Bob")}\n`);
  const alice = await group.start("Alice", "--listen", group.hostOf("Alice"));
  alice.say("Alice/I am");
  await alice.sees("Alice : I am");
});

t.test("rows may name ports of their own, which the start-up text shows", async (t) => {
  const group = await Group.of(t, "Alice", "Bob");
  const [aliceAt, bobAt] = [group.at("Alice"), { host: group.hostOf("Bob"), port: group.port + 1 }];
  writeFileSync(
    group.file,
    `2 # members\nAlice\t${aliceAt.host} dialect=line\n\n# at home\nBob ${bobAt.host}:${bobAt.port} dialect=line\n`,
  );
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  t.same(bob.stdout.lines, [
    `P2P Server Running at port: ${bobAt.port}`,
    "",
    "Number of peers : 2",
    `Peer #1, Name : Alice, IP : ${aliceAt.host}`,
    `Peer #2, Name : Bob, IP : ${bobAt.host}, Port : ${bobAt.port}`,
    "",
    "You can now send and receive messages.",
  ]);
  alice.say("Bob/hi");
  await bob.sees("Alice : hi");
});

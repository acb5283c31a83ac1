// One group file with rows of every dialect: our members as real processes, the older programs as models.

import t, { type Test } from "tap";
import { Group, type At } from "./kit/group.js";
import type { Member } from "./kit/member.js";
import { Older } from "./kit/older.js";
import { timePasses, until } from "./kit/patience.js";

interface MixedGroup {
  readonly group: Group;
  readonly alice: Member;
  readonly at: At;
  readonly ned: Older;
  readonly nel: Older;
  readonly tag: Older;
  readonly sue: Older;
}

/** Bob and Carol run our program too; they are not started. Ned and Nel share an address. */
async function mixedGroup(t: Test, ...more: readonly string[]): Promise<MixedGroup> {
  const group = await Group.of(t, "Alice", "Bob", "Carol", "Ned", "Tag", "Sue");
  const nel = { host: group.hostOf("Ned"), port: group.port + 1 };
  group.write(
    ...["Alice", "Bob dialect=secure", "Carol dialect=line", "Ned dialect=named idle=never"],
    `Nel@${nel.host}:${nel.port} dialect=named idle=never`,
    ...["Tag dialect=tagged", "Sue dialect=says", ...more],
  );
  return {
    group,
    at: group.at("Alice"),
    ned: await Older.start(t, { manner: "named", at: group.at("Ned") }),
    nel: await Older.start(t, { manner: "named", at: nel }),
    tag: await Older.start(t, { manner: "tagged", at: group.at("Tag"), closes: true }),
    sue: await Older.start(t, { manner: "says", at: group.at("Sue") }),
    alice: await group.start("Alice"),
  };
}

const shown = (member: Member, pattern: RegExp): readonly string[] =>
  member.stdout.lines.filter((line) => pattern.test(line));

t.test("each friend gets the bytes of its own dialect, message by message, and none crashes", async (t) => {
  const { group, alice, at, ned, nel, tag, sue } = await mixedGroup(t);
  const own = { Bob: "secure", Carol: "line" } as const;
  const friends = await Promise.all(
    Object.entries(own).map(([name, dialect]) => {
      const rows = [`Alice dialect=${dialect}`, `${name} dialect=${dialect}`];
      return group.start(name, ...group.writeFor(name, ...rows));
    }),
  );
  for (const text of ["hello", "a/b c"])
    for (const name of ["Bob", "Carol", "Ned", "Nel", "Tag", "Sue"]) alice.say(`${name}/${text}`);
  for (const friend of friends) await friend.sees("Alice : a/b c");
  await ned.hears("Alice/a/b c\n\0");
  await nel.hears("Alice/a/b c\n\0");
  const { host, port } = at;
  await tag.hears(`${host}:${port} Alice a/b c`);
  await sue.hears(`Alice[PORT:${port}] says: a/b c\0`);
  t.same(ned.reads, ["Alice/hello\n\0", "Alice/a/b c\n\0"]);
  t.same(nel.reads, ned.reads);
  t.same(tag.reads, [`${host}:${port} Alice hello`, `${host}:${port} Alice a/b c`]);
  t.same(sue.reads, [`Alice[PORT:${port}] says: hello\0`, `Alice[PORT:${port}] says: a/b c\0`]);
  t.same([ned.accepted, nel.accepted, tag.accepted, sue.accepted], [1, 1, 2, 2]);
  t.same([ned.fate, nel.fate], ["alive", "alive"]);
  t.equal(alice.stdout.count(/^Connection with/), 0);
});

t.test("shows each friend by name, and other senders as unverified", async (t) => {
  const { alice, at, ned, nel, tag, sue, group } = await mixedGroup(t);
  const lasting = await ned.dial(at, "Ned/one\n\0", "Nel/two/with/slash\n\0Eve/three\n\0");
  await alice.sees(/three$/);
  lasting.write("no slash at all\n\0");
  await tag.say(at, `${group.hostOf("Tag")}:${group.port} Tag four  spaced `);
  await alice.sees(/four/);
  await tag.say(at, `<9.9.9.9:${group.port}> @ <TEAMB>\nfive\n<end>`);
  await alice.sees(/five/);
  await tag.say(at, `9.9.9.9:9 Mallory six`);
  await alice.sees(/six/);
  await sue.say(at, `Sue[PORT:${group.port}] says: seven${"\0".repeat(1_900)}`);
  await alice.sees(/seven/);
  await sue.say(at, `Eve [PORT:4] says: eight`);
  await alice.sees(/eight/);
  await nel.dial(at, "Alice/nine\n\0");
  await alice.sees(/nine/);
  const [n, g, s] = ["Ned", "Tag", "Sue"].map((name) => group.hostOf(name));
  t.same(shown(alice, / : /).slice(-10), [
    "Ned : one",
    "Nel : two/with/slash",
    `Eve (unverified, from ${n}) : three`,
    `${n} (unverified) : no slash at all`,
    "Tag : four  spaced ",
    "Tag : five",
    `Mallory (unverified, from ${g}) : six`,
    "Sue : seven",
    `Eve (unverified, from ${s}) : eight`,
    `Alice (unverified, from ${n}) : nine`,
  ]);
});

t.test(
  "idle, empty and probing connections open and close without a notice, and later messages on them are shown",
  async (t) => {
    const { alice, at, sue, tag, ned, group } = await mixedGroup(t);
    const early = await sue.dial(at);
    for (let probe = 0; probe < 20; probe += 1) await tag.say(at, "");
    await sue.say(at, `Sue[PORT:${group.port}] says: `);
    await sue.say(at, "\0".repeat(2_000));
    const lasting = await ned.dial(at, "Ned/first\n\0");
    await alice.sees("Ned : first");
    early.end(`Sue[PORT:${group.port}] says: on the one that stood early`);
    await alice.sees("Sue : on the one that stood early");
    lasting.end("Ned/the last words");
    await alice.sees("Ned : the last words");
    await alice.sees("Connection with Ned closed");
    t.same(shown(alice, / : |^Conn|nknown/).slice(-4), [
      "Ned : first",
      "Sue : on the one that stood early",
      "Ned : the last words",
      "Connection with Ned closed",
    ]);
  },
);

t.test("sends a long text in pieces that each older program can read, in order", async (t) => {
  const { alice, at, ned, tag, sue } = await mixedGroup(t);
  const text = Array.from({ length: 700 }, (_, index) => String(index)).join(" ");
  const before = {
    ned: "Alice/",
    tag: `${at.host}:${at.port} Alice `,
    sue: `Alice[PORT:${at.port}] says: `,
  } as const;
  for (const name of ["Ned", "Tag", "Sue"]) alice.say(`${name}/${text}`);
  for (const [older, prefix, longest] of [
    [ned, before.ned, 1_200],
    [tag, before.tag, 1_023],
    [sue, before.sue, 1_999],
  ] as const) {
    const said = (): string => older.shown.map((read) => read.slice(prefix.length).replace(/\n$/, "")).join("");
    await until(
      () => said().length >= text.length,
      () => `${said().length} of ${text.length}`,
    );
    t.equal(said(), text);
    t.ok(older.reads.every((read) => read.startsWith(prefix) && read.length <= longest));
  }
  t.equal(ned.fate, "alive");
});

t.test("sends quickly typed lines whole, in order and on one connection", async (t) => {
  const { alice, ned, nel } = await mixedGroup(t);
  const lines = Array.from({ length: 12 }, (_, index) => `Alice/quick ${index}\n\0`);
  await alice.feed([lines.map((_, index) => `Ned/quick ${index}\nNel/quick ${index}\n`).join("")]);
  await ned.hears(lines.at(-1)!);
  await nel.hears(lines.at(-1)!);
  for (const older of [ned, nel]) t.same([older.reads, older.accepted, older.fate], [lines, 1, "alive"]);
});

t.test("keeps messages for a friend who does not run, and sends them in order when he does", async (t) => {
  const { alice, group } = await mixedGroup(
    t,
    "Tom dialect=tagged",
    "Sid dialect=says",
    "Nan dialect=named idle=never",
  );
  const absent = { Tom: "tagged", Sid: "says", Nan: "named" } as const;
  for (const name of Object.keys(absent)) for (const text of ["one", "two", "three"]) alice.say(`${name}/${text}`);
  for (const name of Object.keys(absent)) await alice.sees(new RegExp(`^${name} is unreachable`));
  for (const [name, manner] of Object.entries(absent)) {
    const older = await Older.start(t, { manner, at: group.at(name) });
    await alice.sees(`${name} answers; 3 waiting messages went out.`);
    await until(
      () => older.reads.length === 3,
      () => JSON.stringify(older.reads),
    );
    t.match(older.reads.join("|"), /one.*two.*three/s);
  }
});

t.test("/peers shows the delivery level of each friend", async (t) => {
  const { alice, ned } = await mixedGroup(t);
  alice.say("Ned/hello");
  await ned.hears("Alice/hello\n\0");
  alice.say("/peers");
  await alice.sees(/^Sue .*says: in the clear, only sent/);
  const claims = /^(?:Bob|Carol|Ned|Nel|Tag|Sue) .* {2}(encrypted, delivered|\w+: in the clear, only sent)/;
  t.same(
    shown(alice, claims).map((line) => claims.exec(line)?.[1]),
    [
      "encrypted, delivered",
      ...["line", "named", "named", "tagged", "says"].map((dialect) => `${dialect}: in the clear, only sent`),
    ],
  );
  t.same(shown(alice, /^Ned .* connected .* idle /).length + shown(alice, /^(?:Nel|Tag) .* not connected /).length, 3);
});

for (const dialect of ["named", "tagged", "says"])
  t.test(`two members that use ${dialect} between them get everything in order`, async (t) => {
    const group = await Group.of(t, `Alice dialect=${dialect}`, `Bob dialect=${dialect}`);
    const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
    const texts = Array.from({ length: 15 }, (_, index) => `${index} ${"ü".repeat(index * 20)}`);
    await Promise.all([
      alice.feed([texts.map((text) => `Bob/${text}\n`).join("")]),
      bob.feed([texts.map((text) => `Alice/${text}\n`).join("")]),
    ]);
    await bob.sees(`Alice : ${texts.at(-1)!}`);
    await alice.sees(`Bob : ${texts.at(-1)!}`);
    t.same(
      shown(bob, /^Alice : /),
      texts.map((text) => `Alice : ${text}`),
    );
    t.same(
      shown(alice, /^Bob : /),
      texts.map((text) => `Bob : ${text}`),
    );
    t.equal(alice.stdout.count(/^Connection|nverified/), 0);
  });

t.test("two members that use named print one time-out each, with either one sending", async (t) => {
  const group = await Group.of(t, "Alice dialect=named idle=1.5", "Bob dialect=named idle=1.5");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  const silences = [["Alice"], ["Bob"], ["Alice", "Bob"]];
  for (const [index, speakers] of silences.entries()) {
    if (speakers.includes("Alice")) alice.say(`Bob/${index}`);
    if (speakers.includes("Bob")) bob.say(`Alice/${index}`);
    if (speakers.includes("Alice")) await bob.sees(`Alice : ${index}`);
    if (speakers.includes("Bob")) await alice.sees(`Bob : ${index}`);
    await alice.sees("Connection with Bob timed out", index + 1);
    await bob.sees("Connection with Alice timed out", index + 1);
  }
  await timePasses(2_000);
  for (const member of [alice, bob]) t.equal(member.stdout.count(/^Connection with/), silences.length);
});

t.test("with idle=never the connection stays open through any silence", async (t) => {
  const group = await Group.of(t, "Alice dialect=named", "Ned dialect=named idle=never");
  const ned = await Older.start(t, { manner: "named", at: group.at("Ned") });
  const alice = await group.start("Alice", "--idle-timeout", "0.5");
  for (const text of ["one", "two"]) {
    alice.say(`Ned/${text}`);
    await ned.hears(`Alice/${text}\n\0`);
    await timePasses(1_200);
  }
  t.same([ned.accepted, ned.fate, alice.stdout.count(/^Connection with/)], [1, "alive", 0]);
});

t.test("uses the new dialect after a row changed its dialect", async (t) => {
  const group = await Group.of(t, "Alice dialect=line", "Bob dialect=line");
  const [alice, bob] = [await group.start("Alice"), await group.start("Bob")];
  const dialects = ["line", "tagged", "secure", "line", "named"];
  for (const [index, dialect] of dialects.entries()) {
    group.write(`Alice dialect=${dialect}`, `Bob dialect=${dialect}`);
    for (const member of [alice, bob]) member.signal("SIGHUP");
    for (const member of [alice, bob]) await member.sees(/was read again/, index + 1);
    alice.say(`Bob/in ${dialect} ${index}`);
    await bob.sees(`Alice : in ${dialect} ${index}`);
    bob.say(`Alice/back ${index}`);
    await alice.sees(`Bob : back ${index}`);
    alice.say("/peers");
    await alice.sees(
      new RegExp(`^Bob .* ${dialect === "secure" ? "encrypted, delivered" : `${dialect}: in the clear, only sent`}`),
    );
  }
  for (const member of [alice, bob]) t.equal(member.stdout.count(/nverified|nknown|broke/), 0, member.stdout.text);
});

t.test("sends the waiting messages at the end, one connection after the other", async (t) => {
  const { alice, tag, sue } = await mixedGroup(t);
  alice.say(
    Array.from("abcdefgh")
      .map((each) => `Tag/${each}\nSue/${each}`)
      .join("\n"),
  );
  alice.say("/quit");
  t.same(await alice.ended(), { code: 0, signal: null });
  t.equal(tag.shown.map((read) => read.at(-1)).join(""), "abcdefgh");
  t.equal(sue.shown.map((read) => read.at(-1)).join(""), "abcdefgh");
  t.equal(alice.stdout.count(/message/), 1, "only the greeting speaks of messages");
});

t.test("refuses clear rows of two dialects on one address with exit code 2", async (t) => {
  const group = await Group.of(t, "Alice", "Ned dialect=named");
  group.write("Alice", "Ned dialect=named", `Tag@${group.hostOf("Ned")}:7 dialect=tagged`);
  const alice = group.launch("Alice", []);
  t.same(await alice.ended(), { code: 2, signal: null });
  t.match(alice.stderr.text, /expected dialect=named for "Tag", as for "Ned" on the same address/);
});

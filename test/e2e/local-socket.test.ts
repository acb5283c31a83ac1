// The member's local socket: permissions, cleanup, the protocol, and resistance against bad clients.

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import t from "tap";
import { checkedEvents } from "../unit/kit/json-rig.js";
import { Group } from "./kit/group.js";
import { until } from "./kit/patience.js";
import { nobodysId, socketOf, Visitor } from "./kit/scripting.js";

const whyNoOtherUser = (): string | false => (process.getuid?.() === 0 ? false : "only root can be another user");

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

t.test("the socket has mode 600, replaces that of a killed member, and is removed at the end", async (t) => {
  const group = await Group.secure(t, "Alice");
  const first = await group.start("Alice");
  const socket = socketOf(group, "Alice");
  t.equal(modeOf(socket), "600");
  await first.stop("SIGKILL");
  t.ok(existsSync(socket), "a killed member leaves its socket");
  const second = await group.start("Alice");
  const visitor = new Visitor(socket);
  await visitor.heard.sees(/"event":"ready"/);
  visitor.leave();
  await second.stop();
  t.notOk(existsSync(socket));
});

t.test("a file gives the socket's path if the usual path is too long for the kernel", async (t) => {
  const group = await Group.secure(t, "Alice");
  const deep = path.join(group.folder, "x".repeat(100));
  const alice = await group.start("Alice", "--state-dir", deep);
  const pointer = path.join(deep, "default", "Alice", "socket.path");
  const socket = readFileSync(pointer, "utf8").trimEnd();
  t.equal(modeOf(socket), "600");
  t.equal(modeOf(path.dirname(socket)), "700");
  const said = await group.command("Alice", "status", "--state-dir", deep);
  t.equal(said.code, 0, said.err);
  await alice.stop();
  t.notOk(existsSync(path.dirname(socket)));
  t.notOk(existsSync(pointer));
});

t.test("another user cannot connect, even if the folders are readable", { skip: whyNoOtherUser() }, async (t) => {
  const group = await Group.secure(t, "Alice");
  await group.start("Alice");
  for (let folder = group.stateOf("Alice"); folder !== path.dirname(group.folder); folder = path.dirname(folder))
    chmodSync(folder, 0o755);
  const connect = `require("node:net").connect(process.argv[1]).on("connect", () => process.exit(1))
    .on("error", ({ code }) => { console.log(code); process.exit(0); })`;
  const who = ["--reuid", nobodysId(), "--clear-groups"];
  const { status, stdout, stderr } = spawnSync(
    "setpriv",
    [...who, process.execPath, "-e", connect, socketOf(group, "Alice")],
    { encoding: "utf8" },
  );
  t.equal(status, 0, stderr);
  t.equal(stdout, "EACCES\n");
});

t.test("every line from the socket fits the schema", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  await group.start("Alice");
  const bob = await group.start("Bob");
  const visitor = new Visitor(socketOf(group, "Alice"));
  visitor.say('{"to":"Bob","text":"hi","id":"x1"}', "Bob/plain", '{"to":"Nobody","text":"?"}', "{", '{"do":"dance"}');
  visitor.say('{"do":"wait","for":"delivered","id":"w"}');
  await visitor.heard.sees(/"event":"wait"/);
  await bob.sees("Alice : plain");
  for (const what of ["status", "peers", "flush"]) visitor.say(JSON.stringify({ do: what }));
  visitor.say('{"do":"cancel","to":"Bob"}', '{"do":"follow","from":"all","as":"bot"}', "ack 999", "Alice/note");
  await visitor.heard.sees(/"event":"message".*"note"/);
  visitor.say("ack 4", '{"do":"quit"}');
  await visitor.heard.sees(/"event":"error"/, 4);
  const events = checkedEvents(visitor.heard.text);
  const ends = events.filter(({ final }) => final === true).map(({ event, to }) => `${String(event)} ${String(to)}`);
  t.same(ends.sort(), ["delivered Alice", "delivered Bob", "delivered Bob", "failed Nobody"]);
  t.match(
    events.find(({ event }) => event === "wait"),
    { code: 69, id: "w", open: [] },
  );
  visitor.leave();
});

t.test("a client that half-closes still gets its outcomes, then the end", async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  await group.start("Alice");
  const visitor = new Visitor(socketOf(group, "Alice"));
  visitor.say("Bob/are you there?");
  visitor.socket.end();
  await visitor.heard.sees(/"event":"queued"/);
  t.notOk(visitor.closed);
  await group.start("Bob");
  await visitor.heard.sees(/"event":"delivered"/);
  await visitor.heard.sees(/"event":"closing"/);
  await until(
    () => visitor.closed,
    () => "the end",
  );
});

t.test("garbage, overlong lines and a client that does not read do not disturb the member", async (t) => {
  const group = await Group.secure(t, "Alice");
  const alice = await group.start("Alice");
  const idle = new Visitor(socketOf(group, "Alice"));
  idle.socket.pause();
  const ask = '{"do":"peers"}\n'.repeat(10_000);
  for (let round = 0; round < 50; round += 1) idle.socket.write(ask);
  const long = new Visitor(socketOf(group, "Alice"));
  long.say("x".repeat(2_000_000));
  await long.heard.sees(/"event":"error"/);
  const garbage = new Visitor(socketOf(group, "Alice"));
  garbage.say(..."GET / HTTP/1.1 ".repeat(1_100).split(" "));
  await until(
    () => garbage.closed,
    () => garbage.heard.tail(),
  );
  alice.say("Alice/still here");
  await alice.sees("Alice : still here");
  t.ok(alice.residentBytes < 300_000_000, `${alice.residentBytes} bytes`);
  for (const visitor of [idle, long, garbage]) visitor.leave();
});

t.test("if the socket cannot be created, the member says so and the chat works", async (t) => {
  const group = await Group.secure(t, "Alice");
  mkdirSync(socketOf(group, "Alice"), { recursive: true });
  chmodSync(group.stateOf("Alice"), 0o700);
  const alice = await group.start("Alice");
  await alice.sees(/^Other programs on this machine cannot connect to this member: /);
  alice.say("Alice/hello");
  await alice.sees("Alice : hello");
  t.same(readdirSync(socketOf(group, "Alice")), []);
});

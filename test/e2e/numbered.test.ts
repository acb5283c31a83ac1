// Tests `p2p numbered` and `p2p rendezvous` as processes: with older programs, and with each other.

import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import t, { type Test } from "tap";
import { freePort, whyNoIPv6 } from "./kit/free-port.js";
import { Member } from "./kit/member.js";
import { joinNamespaces, whyNoNamespaces } from "./kit/namespaces.js";
import { OldNumbered } from "./kit/old-numbered.js";
import { until } from "./kit/patience.js";

const [serverHost, alice, bob] = ["127.0.3.1", "127.0.3.2", "127.0.3.3"];
const started = /^Connected successfully to peer\. You may now start chatting\r?$/;
const inTerminal = ["sh", "-c", 'exec script -qfec "$*" /dev/null', "sh"] as const;

interface Place {
  readonly server: string;
  readonly port: number;
}

async function rendezvous(t: Test, place?: Place): Promise<{ readonly server: Member; readonly place: Place }> {
  const own = place ?? { server: `${serverHost}:${String(await freePort(serverHost))}`, port: await freePort(bob) };
  const port = own.server.split(":")[1]!;
  const server = Member.start(t, { name: "server", args: ["rendezvous", "--listen", serverHost, "--port", port] });
  await server.sees(`Rendezvous server running at port: ${port}`);
  return { server, place: own };
}

function peer(t: Test, host: string, place: Place, args: readonly string[], through: readonly string[] = []): Member {
  const words = ["numbered", place.server, ...args, "--listen", host, "--port", String(place.port)];
  return Member.start(t, { name: host, args: words, through });
}

t.test("calls the older program, and sends exactly its own bytes, one frame per read", async (t) => {
  const { place } = await rendezvous(t);
  const old = await OldNumbered.listening(t, { host: bob, port: place.port }, "y");
  const ours = peer(t, alice, place, ["stdin"]);
  ours.say("2");
  ours.say(bob);
  await ours.sees(started);
  await ours.sees("this chat is in the clear");
  old.say("hello");
  await ours.sees(`${bob}#1:hello`);
  await old.reads("ACK1");
  for (const line of ["hi", "", " \t", "é".repeat(60), "say /exit"]) ours.say(line);
  for (const number of [1, 2, 3, 4]) await ours.sees(`Message:${String(number)} seen.`);
  ours.say("/exit");
  await old.reads("/exit");
  await until(
    () => old.ended,
    () => "its end",
  );
  t.strictSame(old.texts, ["hi", "é".repeat(48), "é".repeat(12), "say /exit"]);
  t.strictSame(old.harm, []);
  t.strictSame(old.read, ["ACK1", "#1:hi", `#2:${"é".repeat(48)}`, `#3:${"é".repeat(12)}`, "#4:say /exit", "/exit"]);
  await ours.sees("Press 1 to get Online Clients List.", 2);
});

t.test("when both send at once, the older program loses nothing", async (t) => {
  const { place } = await rendezvous(t);
  const old = await OldNumbered.listening(t, { host: bob, port: place.port }, "y");
  const ours = peer(t, alice, place, ["stdin", "--clear"]);
  const lines = Array.from({ length: 10 }, (_, index) => `line ${String(index)}`);
  await ours.feed([`2\n${bob}\n${lines.join("\n")}\n`]);
  await ours.sees(started);
  for (const line of lines) {
    old.say(line);
    await ours.sees(`${bob}#${String(lines.indexOf(line) + 1)}:${line}`);
  }
  await ours.sees("Message:10 seen.");
  await old.reads("ACK10");
  t.strictSame(old.texts, lines);
  t.strictSame(old.harm, []);
});

t.test(
  "takes a call of the older program: asks, sends y, talks, returns to the menu at its /exit; a second caller gets n",
  async (t) => {
    const { place } = await rendezvous(t);
    const ours = peer(t, alice, place, ["stdin"]);
    await ours.sees(/^Press 2/);
    const to = { host: alice, port: place.port };
    const old = await OldNumbered.calling(t, { ...to, localAddress: bob });
    await ours.sees(`got connection from ${bob}`);
    await ours.sees(`Do you want to chat with ${bob}?[y/n]:`);
    const second = await OldNumbered.calling(t, { ...to, localAddress: serverHost });
    await second.reads("n");
    ours.say("y");
    await old.reads("y");
    old.say("hello");
    await ours.sees(`${bob}#1:hello`);
    old.write("no colon");
    await ours.sees(`${bob}:no colon`);
    ours.say("hello yourself");
    await old.reads("#1:hello yourself");
    old.write("/exit");
    await ours.sees("Connection closed by peer. Chat will exit.");
    const third = await OldNumbered.calling(t, { ...to, localAddress: bob });
    await ours.sees(`got connection from ${bob}`, 2);
    ours.say("n");
    await third.reads("n");
    t.strictSame(old.read, ["y", "ACK1", "#1:hello yourself"]);
  },
);

t.test("reports a denied call and an unreachable peer", async (t) => {
  const { place } = await rendezvous(t);
  await OldNumbered.listening(t, { host: bob, port: place.port }, "n");
  const ours = peer(t, alice, place, ["stdin"]);
  await ours.feed([`2\n${bob}\n2\n127.0.3.9\n`]);
  await ours.sees(`Calling ${bob}. /exit gives up.`);
  await ours.sees("Peer denied connection request");
  await ours.sees("Cannot connect to 127.0.3.9: connection refused.");
  ours.endInput();
  t.strictSame(await ours.ended(), { code: 69, signal: null });
  t.equal(ours.stderr.text, "");
});

t.test("two copies talk, one from a pipe into a file, one in a terminal", async (t) => {
  const { place, server } = await rendezvous(t);
  const file = path.join(t.testdir({}), "chat.txt");
  const person = peer(t, bob, place, ["stdin"], inTerminal);
  await person.sees(/^Press 2/);
  await server.sees(`Client ${bob} connected.`);
  const names = `${alice}=Prerak,${bob}=Namita`;
  const script = peer(t, alice, place, ["file", "--file", file, "--names", names]);
  await script.feed([`1\n2\nNamita\nHie\nwhere are you\n`]);
  await person.sees(new RegExp(`^Do you want to chat with ${alice}\\?\\[y/n\\]:`));
  person.say("y");
  await person.sees(started);
  await person.sees(new RegExp(`^${alice}#2:where are you`));
  person.say("Hie back");
  await person.sees(/^Message:1 seen\./);
  await until(
    () => readFileSync(file, "utf8").includes("\tNamita#1:Hie back\n"),
    () => readFileSync(file, "utf8"),
  );
  script.say("/exit");
  await person.sees(/^Connection closed by peer\. Chat will exit\./);
  script.endInput();
  t.strictSame(await script.ended(), { code: 0, signal: null });
  const conversation = readFileSync(file, "utf8").split("\n");
  t.same(conversation.toSorted(), [
    ...["", "\t\t\tMessage:1 seen.", "\t\t\tMessage:2 seen.", "\tNamita#1:Hie back"],
    ...["Prerak#1:Hie", "Prerak#2:where are you"],
  ]);
  t.notMatch(script.stdout.text, "Hie");
  t.match(script.stdout.text, `Online clients :-\n${alice} Prerak\n${bob} Namita\n`);
  t.match(script.stdout.text, "this chat is encrypted");
  person.say("\u0004");
  t.equal((await person.ended()).code, 0);
});

t.test("the loss of the rendezvous server ends no chat, and clients connect again", async (t) => {
  const first = await rendezvous(t);
  const { place } = first;
  const callee = peer(t, bob, place, ["stdin"]);
  const caller = peer(t, alice, place, ["stdin", "--clear"]);
  await first.server.sees(`Client ${bob} connected.`);
  caller.say("2");
  caller.say(bob);
  await callee.sees(`got connection from ${alice}`);
  callee.say("y");
  await caller.sees(started);
  await first.server.stop("SIGKILL");
  await caller.sees(/^The rendezvous server .* does not answer/);
  caller.say("still here");
  await callee.sees(`${alice}#1:still here`);
  const second = await rendezvous(t, place);
  await caller.sees(`The rendezvous server ${place.server} answers again.`);
  await second.server.sees(`Client ${alice} connected.`);
  for (const member of [caller, callee]) t.strictSame(await member.stop(), { code: 0, signal: null });
  await callee.sees("Connection closed by peer. Chat will exit.");
});

const garbage = ["GET / HTTP/1.1\r\n\r\n", "x".repeat(1_000_000), "PIN", "LIST\0".repeat(5_000), ""];

t.test("a rendezvous server answers older clients among hostile ones", async (t) => {
  const { place, server } = await rendezvous(t);
  const [host, port] = [serverHost, Number(place.server.split(":")[1])];
  const hostile = Array.from({ length: 500 }, (_, index) => {
    const socket = net
      .connect({ host, port, localAddress: `127.1.${String(index % 250)}.1` })
      .on("error", () => undefined);
    return socket.pause().on("connect", () => socket.write(garbage[index % garbage.length]!));
  });
  t.teardown(() => hostile.forEach((socket) => socket.destroy()));
  const client = net.connect({ host, port, localAddress: "127.0.0.1" });
  t.teardown(() => client.destroy());
  const read: string[] = [];
  client.on("data", (chunk) => read.push(chunk.toString("latin1")));
  await once(client, "connect");
  client.write("PING\0LIST\0");
  await until(
    () => read.join("").length >= 5 + 3 + 99,
    () => JSON.stringify(read),
  );
  const answers = read.join("");
  t.ok(answers.startsWith("CONN\0ACK"));
  t.equal(answers.length, 107);
  t.ok(answers.includes("127.0.0.1\n"));
  await server.sees(/was disconnected: it sent something that is not a command\.$/);
  t.strictSame(await server.stop(), { code: 0, signal: null });
});

t.test(
  "without --listen serves IPv4 and IPv6, and lists only IPv4 addresses to an IPv4 client",
  { skip: await whyNoIPv6() },
  async (t) => {
    const [port, chatPort] = [await freePort("::"), await freePort("::")];
    const server = Member.start(t, { name: "server", args: ["rendezvous", "--port", String(port)] });
    await server.sees(`Rendezvous server running at port: ${String(port)}`);
    const ask = async (host: string): Promise<() => string> => {
      let heard = "";
      const socket = net.connect(port, host).on("data", (chunk) => (heard += chunk.toString("latin1")));
      t.teardown(() => socket.destroy());
      await server.sees(`Client ${host} connected.`);
      socket.write("LIST\0");
      return () => heard;
    };
    const [six, four] = [await ask("::1"), await ask("127.0.0.1")];
    await until(
      () => six().length === 104 && four().length === 104,
      () => JSON.stringify([six(), four()]),
    );
    t.ok(["CONN::1\n", "CONN127.0.0.1\n::1\n"].includes(six().replaceAll("\0", "")), six());
    t.equal(four().replaceAll("\0", ""), "CONN127.0.0.1\n");
    const args = ["numbered", `[::1]:${String(port)}`, "stdin", "--clear", "--port", String(chatPort)];
    const ours = Member.start(t, { name: "ours", args });
    await ours.sees("Press 1 to get Online Clients List.");
    const caller = net.connect(chatPort, "::1");
    t.teardown(() => caller.destroy());
    await ours.sees("got connection from ::1");
    t.equal((await ours.stop("SIGINT")).code, 0);
  },
);

t.test("names a --listen address that this machine does not have", async (t) => {
  const own = ["--listen", "10.99.99.99"];
  for (const args of [
    ["numbered", "127.0.0.1", "stdin", "--clear", ...own],
    ["rendezvous", ...own],
  ]) {
    const lost = Member.start(t, { name: "lost", args });
    t.strictSame(await lost.ended(), { code: 3, signal: null });
    t.match(lost.stderr.text, "--listen: 10.99.99.99 is not an address of this machine");
  }
});

t.test(
  "when two clear calls cross, the one from the smaller address becomes the chat without a question",
  async (t) => {
    const { place } = await rendezvous(t);
    for (const [own, other] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const called = net.createServer().listen(place.port, other);
      const ours = peer(t, own, place, ["stdin", "--clear"]);
      await ours.sees("Press 2 to connect to a peer (need its IP address).");
      ours.say(`2\n${other}`);
      const [ourCall] = (await once(called, "connection")) as [net.Socket];
      const theirCall = net.connect({ port: place.port, host: own, localAddress: other });
      const [kept, left] = own === alice ? [ourCall, theirCall] : [theirCall, ourCall];
      left.on("error", () => undefined).resume();
      await once(left, "close");
      if (own === alice) kept.write("y");
      else t.strictSame(String((await once(kept, "data"))[0]), "y");
      await ours.sees(started);
      kept.write("#1:hello");
      await ours.sees(`${other}#1:hello`);
      t.equal(ours.stdout.count(/got connection/), 0);
      kept.destroy();
      called.close();
      t.equal((await ours.stop("SIGINT")).code, 0);
    }
  },
);

t.test("a full server refuses clients and says so", async (t) => {
  const port = await freePort(serverHost);
  const args = ["rendezvous", "--listen", serverHost, "--port", String(port), "--max-clients", "1"];
  const server = Member.start(t, { name: "server", args });
  await server.sees(/^Rendezvous server/);
  const ask = async (localAddress: string): Promise<string> => {
    const socket = net.connect({ host: serverHost, port, localAddress });
    t.teardown(() => socket.destroy());
    const [chunk] = (await once(socket, "data")) as [Buffer];
    return chunk.toString();
  };
  t.equal(await ask(alice), "CONN\0");
  t.equal(await ask(bob), "DISC\0");
  await server.sees(`Client ${bob} was turned away: the limit is reached (--max-clients 1).`);
  const taken = Member.start(t, { name: "second", args });
  t.strictSame(await taken.ended(), { code: 3, signal: null });
});

for (const mode of ["stdin", "file"] as const)
  t.test(
    `in three network namespaces, the server in one and peers in two, on the seed's ports: ${mode}`,
    { skip: whyNoNamespaces() },
    async (t) => {
      const group = path.join(t.testdir({}), "group");
      writeFileSync(group, "3\nServer 10.1.1.0\nNamita 10.1.2.0\nPrerak 10.1.3.0\n");
      const file = path.join(path.dirname(group), "chat.txt");
      const namespaceOf = joinNamespaces(t, group);
      const start = (name: string, args: readonly string[]): Member =>
        Member.start(t, { name, args, through: ["ip", "netns", "exec", namespaceOf(name)] });
      const server = start("Server", ["rendezvous"]);
      await server.sees("Rendezvous server running at port: 8888");
      const names = ["--names", "10.1.2.0=Namita,10.1.3.0=Prerak"];
      const namita = start("Namita", ["numbered", "10.1.1.0", "stdin", "--clear", ...names]);
      await server.sees("Client 10.1.2.0 connected.");
      const words = mode === "file" ? ["--file", file] : [];
      const prerak = start("Prerak", ["numbered", "10.1.1.0", mode, "--clear", ...words, ...names]);
      await server.sees("Client 10.1.3.0 connected.");
      namita.say("1");
      await namita.sees("10.1.3.0 Prerak");
      t.match(namita.stdout.text, "Online clients :-\n10.1.2.0 Namita\n10.1.3.0 Prerak\n");
      namita.say("2");
      namita.say("10.1.3.0");
      await prerak.sees("got connection from 10.1.2.0 Namita");
      await prerak.sees("Do you want to chat with 10.1.2.0 Namita?[y/n]:");
      prerak.say("y");
      await namita.sees(started);
      await prerak.sees(started);
      namita.say("Hie");
      await namita.sees("Message:1 seen.");
      prerak.say("Hie back");
      await namita.sees("Prerak#1:Hie back");
      namita.say("/exit");
      await prerak.sees("Connection closed by peer. Chat will exit.");
      if (mode === "stdin") t.match(prerak.stdout.text, "Namita#1:Hie\nMessage:1 seen.\n");
      else t.equal(readFileSync(file, "utf8"), "\tNamita#1:Hie\nPrerak#1:Hie back\n\t\t\tMessage:1 seen.\n");
      if (mode === "file") t.notMatch(prerak.stdout.text, /Hie|seen/);
      for (const member of [namita, prerak]) {
        t.strictSame(await member.stop(), { code: 0, signal: null });
        t.equal(member.stderr.text, "");
      }
      await server.sees("Client 10.1.3.0 disconnected.");
    },
  );

// Tests `p2p menu` as a process, with peers that behave like the other teams' programs.

import { once } from "node:events";
import net from "node:net";
import t, { type Test } from "tap";
import { freePort } from "./kit/free-port.js";
import { MenuPeer } from "./kit/menu.js";
import { until } from "./kit/patience.js";
import { inTerminal, whyNoTerminal } from "./kit/terminal.js";

const host = "127.0.0.1";

async function menus(t: Test, ...names: readonly string[]): Promise<MenuPeer[]> {
  const peers: MenuPeer[] = [];
  for (const name of names) peers.push(await MenuPeer.start(t, { name, port: await freePort(host) }));
  return peers;
}

/** Listens and keeps the bytes of each connection. */
async function listener(
  t: Test,
  how: { readonly ends: boolean } = { ends: true },
): Promise<{ port: number; heard: string[] }> {
  const heard: string[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    let text = "";
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("end", () => {
      heard.push(text);
      if (how.ends) socket.end();
    });
    socket.on("error", () => undefined);
    t.teardown(() => socket.destroy());
  });
  server.listen({ host, port: 0 });
  await once(server, "listening");
  t.teardown(() => server.close());
  return { port: (server.address() as net.AddressInfo).port, heard };
}

/** Writes the bytes on a new connection, and ends it or leaves it open. */
function say(t: Test, port: number, text: string, ends = true): net.Socket {
  const socket = net.connect({ host, port, allowHalfOpen: true });
  socket.on("error", () => undefined).resume();
  if (ends) socket.end(text);
  else socket.write(text);
  t.teardown(() => socket.destroy());
  return socket;
}

t.test("follows the work plan of the assignment: four peers, and the table of each", async (t) => {
  const [one, two, three, four] = (await menus(t, "peer1", "peer2", "peer3", "peer4")) as [
    MenuPeer,
    MenuPeer,
    MenuPeer,
    MenuPeer,
  ];
  await one.sends(two, "hello");
  await three.sends(four, "hello");
  await two.sends(four, "hello");
  await four.sends(one, "hello");
  await one.sends(three, "hello");
  t.strictSame(await one.query(), [four.endpoint]);
  t.strictSame(await two.query(), [one.endpoint]);
  t.strictSame(await three.query(), [one.endpoint]);
  t.strictSame([...(await four.query())].sort(), [two.endpoint, three.endpoint].sort());
  await one.sends(two, "the same peer, from another ephemeral port");
  t.strictSame(await two.query(), [one.endpoint], "and not doubled");

  await one.sends(three, "exit");
  await three.member.sees(`${one.endpoint} peer1 disconnected`);
  t.strictSame(await one.query(), [four.endpoint]);
  t.strictSame(await two.query(), [one.endpoint]);
  t.strictSame(await three.query(), []);
  t.strictSame([...(await four.query())].sort(), [two.endpoint, three.endpoint].sort());

  for (const peer of [one, two, three, four]) {
    peer.type("0");
    t.same(await peer.member.ended(), { code: 0, signal: null });
    t.match(peer.member.stdout.lines.at(-1), /^Exiting$/);
    t.equal(peer.member.stderr.text, "");
  }
});

t.test("after a connect each side lists the other; a message alone does not list its receiver", async (t) => {
  const [one, two] = (await menus(t, "Team One", "two")) as [MenuPeer, MenuPeer];
  await one.sends(two, "hello");
  t.strictSame(await one.query(), []);
  one.type("3", "10.103.45.601", host, "70000", String(two.port));
  await one.member.sees(`Connected to ${two.endpoint}`);
  await one.member.sees(`${two.endpoint} two connect_ack`);
  t.strictSame(await one.query(), [two.endpoint]);
  t.strictSame(await two.query(), [one.endpoint]);
  two.type("3");
  await two.member.sees(`Connected to ${one.endpoint}`);
  await two.member.sees(`${one.endpoint} Team-One connect_ack`);
  t.equal(one.member.stdout.count(/connect_ack/), 1, "no answer is answered");
});

t.test("sends the assignment's bytes, with one connection for each message", async (t) => {
  const far = await listener(t);
  const silent = await listener(t, { ends: false });
  const [one] = (await menus(t, "P1")) as [MenuPeer];
  one.type("1", host, String(far.port), "hello, you there", "1", host, String(silent.port), "to one who never ends");
  one.type("1", host, String(far.port), "x".repeat(1_500), "1", host, "1", "nobody", "2");
  await one.member.sees(`${host}:1 could not be reached: connection refused.`);
  await until(
    () => far.heard.length === 3 && silent.heard.length === 1,
    () => JSON.stringify(far.heard),
  );
  const [first, second, third] = far.heard as [string, string, string];
  t.equal(first, `${one.endpoint} P1 hello, you there`);
  const prefix = `${one.endpoint} P1 `;
  t.ok(second.startsWith(prefix) && third.startsWith(prefix) && second.length <= 1_023);
  t.equal(second.slice(prefix.length) + third.slice(prefix.length), "x".repeat(1_500));
  t.strictSame(silent.heard, [`${one.endpoint} P1 to one who never ends`]);
});

t.test("answers on the same connection only to the one program that waits for that", async (t) => {
  const [one] = (await menus(t, "P1")) as [MenuPeer];
  const waiting = say(t, one.port, "9302\nCONNECT\n", false);
  waiting.write(`${host}:9302 TEAMD hello there world\n`);
  const [answer] = (await once(waiting, "data")) as [Buffer];
  t.equal(String(answer), "Message received");
  await one.member.sees(`${host}:9302 TEAMD hello there world`);
  waiting.end();
  const silent = net.connect({ host, port: one.port, allowHalfOpen: true });
  t.teardown(() => silent.destroy());
  let heard = "";
  silent.on("data", (chunk) => (heard += chunk.toString()));
  silent.end(`${host}:9303 TEAME hello`);
  await once(silent, "end");
  t.equal(heard, "");
});

t.test("greets two addresses without waiting for them, and prints both outcomes", async (t) => {
  const far = await listener(t);
  const dead = await freePort(host);
  const port = await freePort(host);
  const args = ["--greet", `${host}:${dead},${host}:${far.port}`, "--advertise", "10.206.4.201"];
  const one = await MenuPeer.start(t, { name: "P1", port, args });
  t.strictSame(await one.query(), []);
  await one.member.sees(`Greeted ${host}:${far.port}`);
  await one.member.sees(`${host}:${dead} could not be reached: connection refused.`);
  // Greeted means that the kernel took it: the listener may read it later.
  await until(
    () => far.heard.length > 0,
    () => "the greeting",
  );
  t.strictSame(far.heard, [`10.206.4.201:${port} P1 hello`]);
  one.type("0");
  t.same(await one.member.ended(), { code: 0, signal: null });
});

t.test("asks again when the port is taken; at the end of input it finishes and ends", async (t) => {
  const far = await listener(t);
  const taken = new MenuPeer(t, { name: "P1", port: far.port });
  taken.type("P1", String(far.port));
  await taken.member.sees(`Cannot listen on port ${far.port}: it is taken.`);
  taken.member.endInput();
  t.same(await taken.member.ended(), { code: 3, signal: null });
  const script = new MenuPeer(t, { name: "P2", port: await freePort(host) });
  script.type("P2", String(script.port), "1", host, String(far.port), "the last word");
  script.member.endInput();
  t.same(await script.member.ended(), { code: 0, signal: null });
  await until(
    () => far.heard.includes(`${script.endpoint} P2 the last word`),
    () => JSON.stringify(far.heard),
  );
  const asked = new MenuPeer(t, { name: "P3", port: await freePort(host) });
  await until(
    () => asked.member.stdout.text.includes("Enter your name: "),
    () => "the first question",
  );
  t.same(await asked.member.stop("SIGINT"), { code: 0, signal: null });
});

t.test("ends at once when --listen is not an address of this machine, and names it", async (t) => {
  const port = await freePort(host);
  const lost = new MenuPeer(t, { name: "P1", port, args: ["--listen", "10.99.99.99"] });
  lost.type("P1", String(port));
  t.same(await lost.member.ended(), { code: 3, signal: null });
  t.match(lost.member.stderr.text, /^--listen: 10\.99\.99\.99 is not an address of this machine\n$/);
});

t.test("ends with 69 after an unsent message; choice 3 removes peers that refuse the connection", async (t) => {
  const script = new MenuPeer(t, { name: "P1", port: await freePort(host) });
  script.type("P1", String(script.port), "1", host, String(await freePort(host)), "hello");
  script.member.endInput();
  t.same(await script.member.ended(), { code: 69, signal: null });
  const [one, two] = (await menus(t, "one", "two")) as [MenuPeer, MenuPeer];
  await two.sends(one, "hello");
  two.type("0");
  await two.member.ended();
  t.strictSame(await one.query(), [two.endpoint], "quitting sends nothing");
  one.type("3");
  await one.member.sees(`${two.endpoint} was removed from the table.`);
  t.strictSame(await one.query(), []);
  one.type("0");
  t.same(await one.member.ended(), { code: 0, signal: null });
});

t.test("shows messages in any form and from any connection, and survives floods", async (t) => {
  const [one] = (await menus(t, "P1")) as [MenuPeer];
  say(t, one.port, `${host}:9301 OPEN who never ends`, false);
  await one.member.sees(`${host}:9301 OPEN who never ends`);
  const dripping = say(t, one.port, `${host}:93`, false);
  dripping.write("02 DRIP in two");
  dripping.end(" pieces\n\0");
  await one.member.sees(`${host}:9302 DRIP in two pieces`);
  say(t, one.port, `<${host}:9303> @ <TEAMS>\nhello there\n<end>`);
  await one.member.sees(`${host}:9303 TEAMS hello there`);
  say(t, one.port, "no format, and a \u001b[2J");
  await one.member.sees("no format, and a \\x1b[2J");
  say(t, one.port, `${host}:9304 BIG ${"x".repeat(200_000)}`, false);
  await one.member.sees(/^127\.0\.0\.1:9304 BIG x{65000}/);
  for (let empty = 0; empty < 300; empty += 1) say(t, one.port, "", empty % 2 === 0);
  for (let knock = 0; knock < 1_000; knock += 1) say(t, one.port, `${host}:9305 FLOOD ${knock}`);
  await one.member.sees(/^127\.0\.0\.1:9305 FLOOD \d+$/, 1_000);
  for (let knock = 0; knock < 200; knock += 1) say(t, one.port, `${host}:1 NOBODY connect`);
  await one.member.sees(`${host}:1 NOBODY connect`, 200);
  t.strictSame(
    await one.query(),
    [9301, 9302, 9303, 9304, 9305, 1].map((port) => `${host}:${port}`),
  );
  one.type("y".repeat(1_000_000), "2");
  await one.member.sees(/answer was longer than 65536 bytes/);
  t.ok(one.member.residentBytes < 250_000_000);
});

t.test("in a terminal, repeats the typed part of an answer below a message", { skip: whyNoTerminal }, async (t) => {
  const port = await freePort(host);
  const one = new MenuPeer(t, { name: "P1", port, through: inTerminal });
  const screen = (): string => one.member.stdout.text;
  const sees = (what: string): Promise<void> =>
    until(
      () => screen().includes(what),
      () => JSON.stringify(screen()),
    );
  await sees("Enter your name: ");
  await one.member.feed(["P1\r"]);
  await sees("Enter your port number: ");
  await one.member.feed([`${port}x\x7f\r`]);
  await sees("Enter choice: ");
  await one.member.feed(["1\r"]);
  await sees("Enter the recipient's IP address: ");
  await one.member.feed(["127.0"]);
  await sees("IP address: 127.0");
  say(t, port, `${host}:9301 P2 hello`);
  await sees(`${host}:9301 P2 hello\r\nEnter the recipient's IP address: 127.0`);
  t.match(screen(), /IP address: 127\.0(?:\r\x1b\[K|\r\n)127\.0\.0\.1:9301 P2 hello\r\n/); // eslint-disable-line no-control-regex -- what erases a line
  await one.member.feed([".0.1\r"]);
  await sees("Enter the recipient's port number: ");
  await one.member.feed(["\x03"]);
  t.same(await one.member.ended(), { code: 0, signal: null });
  t.match(screen(), /Exiting\r\n$/);
});

t.test("in a terminal, closing the window ends it cleanly", { skip: whyNoTerminal }, async (t) => {
  const one = new MenuPeer(t, { name: "P1", port: await freePort(host), through: inTerminal });
  await until(
    () => one.member.stdout.text.includes("Enter your name: "),
    () => one.member.stdout.text,
  );
  one.member.endInput();
  t.same(await one.member.ended(), { code: 0, signal: null });
});

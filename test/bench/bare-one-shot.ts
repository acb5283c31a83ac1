// The same as one-shot.c with bare Node sockets: one connection per message, the next one after the FIN of the last.
// The upper bound for a program in Node. Usage: bare-one-shot NAME GROUP_FILE PORT tagged|says.

import { readFileSync } from "node:fs";
import net from "node:net";

const [name = "", file = "", portWord = "", dialect] = process.argv.slice(2);
const port = Number(portWord);
const words = readFileSync(file, "utf8").split(/\s+/).slice(1);
const own = words.indexOf(name);
const [host = "", peerHost = ""] = [words[own + 1], words[own === 0 ? 3 : 1]];
const [before, after] =
  dialect === "says" ? [`${name}[PORT:${portWord}] says: `, "\0"] : [`${host}:${portWord} ${name} `, ""];
const pattern = dialect === "says" ? /^(.*?)\[PORT:\d+\] says: ([^]*?)\0?$/ : /^\S+ (\S+) ([^]*)$/;

const queue: string[] = [];
let sending = false;
let held = "";

function sendNext(): void {
  const text = queue.shift();
  sending = text !== undefined;
  if (text === undefined) return;
  const socket = net.connect({ host: peerHost, port, localAddress: host, allowHalfOpen: true });
  socket.resume();
  socket.on("connect", () => socket.end(before + text + after, sendNext));
}

process.stdin.on("data", (chunk) => {
  const lines = (held + chunk.toString()).split("\n");
  held = lines.pop() ?? "";
  for (const line of lines) queue.push(line.slice(line.indexOf("/") + 1));
  if (!sending) sendNext();
});

const server = net.createServer((socket) => {
  let message = "";
  socket.on("data", (chunk) => (message += chunk.toString()));
  socket.on("end", () => {
    const [, sender, text] = pattern.exec(message) ?? [];
    if (text !== undefined) process.stdout.write(`${sender ?? ""} : ${text}\n`);
  });
});
server.listen({ host, port }, () => console.log("You can now send and receive messages."));

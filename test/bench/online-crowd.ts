// Clients of a rendezvous server (seed 003), each from its own address, that ping every 10 s, evenly spread in time.
// Usage: online-crowd HOST PORT FROM TO; FROM and TO number addresses under 127.0.0.0/8.

import net from "node:net";

const pingMs = 10_000;
const [host = "", port = "", from = "", upTo = ""] = process.argv.slice(2);

const address = (index: number): string =>
  `127.${String(10 + (index >> 14))}.${String((index >> 7) & 127)}.${String(1 + (index & 127))}`;

/** Resolves at the first answer, the greeting. */
const open = (index: number): Promise<void> =>
  new Promise((resolve) => {
    const socket = net.connect({ host, port: Number(port), localAddress: address(index) });
    socket.once("data", () => {
      resolve();
      socket.resume();
      setTimeout(() => setInterval(() => socket.write("PING\0"), pingMs), Math.random() * pingMs);
    });
    socket.on("error", () => undefined);
    socket.on("close", () => process.exit(1));
  });

const clients = Array.from({ length: Number(upTo) - Number(from) }, (_, index) => Number(from) + index);
while (clients.length > 0) await Promise.all(clients.splice(0, 200).map(open));
console.log("open");

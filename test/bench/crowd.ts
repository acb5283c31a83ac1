// Opens a connection to the first address of a group file from each of its addresses FROM up to, not including, TO (counted
// from 0), and holds them. Usage: crowd GROUP_FILE FROM TO.

import { readFileSync } from "node:fs";
import net from "node:net";

const addresses = readFileSync(process.argv[2] ?? "", "utf8").match(/^127\.\S+$/gm) ?? [];
const [from, upTo] = process.argv.slice(3).map(Number);
const [to] = addresses;
const members = addresses.slice(from, upTo);

const open = (localAddress: string): Promise<void> =>
  new Promise((resolve) => {
    const socket = net.connect({ host: to, port: 6_969, localAddress }, resolve);
    socket.on("error", () => undefined);
    socket.on("close", () => process.exit(1));
  });

// In portions: otherwise the listener's backlog overflows, and a SYN is retransmitted only after a second.
while (members.length > 0) await Promise.all(members.splice(0, 200).map(open));
console.log("open");

// Finds a free port. It is below the range from which the kernel takes the local ports of dials.

import { once } from "node:events";
import net from "node:net";

const lowest = 10_000;
const highest = 32_000;

export async function freePort(host: string): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(host, port)) return port;
  }
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = net.createServer();
  try {
    server.listen({ host, port });
    await once(server, "listening");
    server.close();
    await once(server, "close");
    return true;
  } catch {
    return false;
  }
}

/** A reason to skip, or false if the machine has IPv6. */
export async function whyNoIPv6(): Promise<string | false> {
  return (await isFree("::1", 0)) ? false : "this machine has no IPv6";
}

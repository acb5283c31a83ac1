// Reads the kernel's list of connections to a host: /proc/net/tcp on Linux.

import { readFileSync } from "node:fs";
import { canonicalAddress, formatEndpoint } from "../core/address.js";
import { kernelViewMs } from "../core/limits.js";
import type { KernelRow } from "../core/why.js";

// Numbered as in the kernel's include/net/tcp_states.h, named as `ss` does.
const states = [
  ...["", "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSE", "CLOSE-WAIT", "LAST-ACK"],
  ...["LISTEN", "CLOSING", "SYN-RECV"],
];

/** Undefined without such a list. */
export function kernelConnections(host: string): readonly KernelRow[] | undefined {
  try {
    return tables().flatMap((row) => rowOf(row, host));
  } catch {
    return undefined;
  }
}

let read: { readonly at: number; readonly rows: readonly string[] } | undefined;

/** Reading takes milliseconds, so repeated calls get the rows of a moment ago. */
function tables(): readonly string[] {
  const now = performance.now();
  if (read === undefined || now - read.at > kernelViewMs) {
    const files = ["/proc/net/tcp", "/proc/net/tcp6"];
    read = { at: now, rows: files.flatMap((file) => readFileSync(file, "latin1").split("\n").slice(1)) };
  }
  return read.rows;
}

function rowOf(row: string, host: string): readonly KernelRow[] {
  const [, local = "", remote = "", state = "0", queues = "", , retries = "0"] = row.trim().split(/\s+/);
  const far = endpointOf(remote);
  if (far?.host !== host) return [];
  const [unsent, unread] = queues.split(":").map((digits) => parseInt(digits, 16));
  const near = endpointOf(local);
  return [
    {
      state: states[parseInt(state, 16)] ?? state,
      local: near === undefined ? "" : formatEndpoint(near),
      remote: formatEndpoint(far),
      ...{ unsent: unsent ?? 0, unread: unread ?? 0, retries: parseInt(retries, 16) },
    },
  ];
}

/** `0201017F:1B39`: the address as words of four bytes in the machine's own order. */
function endpointOf(word: string): { readonly host: string; readonly port: number } | undefined {
  const [, address = "", port = ""] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(word) ?? [];
  const bytes = Buffer.from(address, "hex");
  const host = canonicalAddress(written(littleEndian ? bytes.swap32() : bytes));
  return host === undefined ? undefined : { host, port: parseInt(port, 16) };
}

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function written(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return groups.join(":");
}

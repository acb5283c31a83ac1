// The chat itself: group file → who am I → a daemon on the right address.

import type { Options } from "../cli.js";
import { exitCode } from "../core/errors.js";
import { onLoopback, parsePeerTable, type PeerTable } from "../core/peer-table.js";
import { fault, ok, type Bytes, type Peer, type Result } from "../core/types.js";
import { whoAmI } from "../core/who-am-i.js";
import { Daemon, explainListenFailure, type Ports } from "../daemon.js";

/** What the chat asks of the machine besides the ports. */
export interface Machine {
  /** The message says what is wrong with the file. */
  readFile(path: string): Result<Bytes>;
  /** Addresses of the interfaces, canonical. */
  addresses(): ReadonlySet<string>;
}

export interface Ending {
  readonly code: number;
  /** For standard error. */
  readonly message?: string;
}

export interface Chat {
  stop(): void;
  /** Says something that the user should know. */
  tell(message: string): void;
  /** Reads the group file again; a broken one changes nothing. */
  reload(): void;
}

/** `onEnd` is called exactly once; undefined is returned where the end comes before a start. */
export function startChat(
  options: Options,
  machine: Machine,
  ports: Ports,
  onEnd: (ending: Ending) => void,
): Chat | undefined {
  const table = readTable(options, machine);
  const self = table.ok ? whoAmI(table.value, { name: options.name, addresses: machine.addresses() }) : table;
  if (!table.ok || !self.ok) {
    onEnd({ code: exitCode.usage, message: self.ok ? "" : self.message });
    return undefined;
  }
  const daemon = build(options, { table: table.value, self: self.value }, ports, onEnd);
  daemon.start();
  return {
    stop: () => daemon.stop(),
    tell: (message) => daemon.tell(message),
    reload: () => reload(daemon, options, machine),
  };
}

function readTable(options: Options, machine: Machine): Result<PeerTable> {
  const content = machine.readFile(options.peers);
  if (!content.ok) return fault(`${options.peers}: ${content.message}`);
  const { port, dialect, idleMs } = options;
  const table = parsePeerTable(options.peers, content.value, { port, dialect, idleMs });
  return table.ok && options.loopback ? ok(onLoopback(table.value)) : table;
}

interface Group {
  readonly table: PeerTable;
  readonly self: Peer;
}

function build(options: Options, { table, self }: Group, ports: Ports, onEnd: (ending: Ending) => void): Daemon {
  const listen = { host: options.listen ?? self.host, port: self.port };
  return new Daemon(ports, {
    self: self.name,
    table,
    listen,
    localHost: isWildcard(listen.host) ? undefined : listen.host,
    onFailure: (code) => onEnd({ code: exitCode.cannotBind, message: explainListenFailure(code, self, listen) }),
    onStopped: () => onEnd({ code: exitCode.stopped }),
  });
}

const isWildcard = (host: string): boolean => host === "0.0.0.0" || host === "::";

function reload(daemon: Daemon, options: Options, machine: Machine): void {
  const table = readTable(options, machine);
  if (table.ok) daemon.replaceTable(options.peers, table.value);
  else daemon.keepTable(table.message);
}

// Starts the chat: reads the group file, finds our row, opens the state folder and starts a member on our address.

import type { ChatOptions } from "./options.js";
import { allAddresses, allAddressesV6, isAddress, isAllAddresses } from "../core/address.js";
import { exitCode, reasonOf } from "../core/errors.js";
import type { PeerTable } from "../core/peer-table.js";
import type { Peer, PeerName, Result } from "../core/types.js";
import { Member, type Ports } from "../member/member.js";
import type { Busy, MemberState } from "../ports.js";
import type { AttachTo } from "./attach.js";
import { checkOwnRow } from "../trust/known-keys.js";
import { memberClients } from "../clients/member-clients.js";
import { peopleAt, type TerminalEnvironment } from "../clients/terminal/environment.js";
import type { Ending, Running } from "../core/ending.js";
import { readGroup, readTable, type Machine } from "./group.js";

/** The machine, with what the chat needs besides the ports. */
export interface ChatMachine extends Machine {
  /** Defined if stdin and stdout are a terminal. */
  readonly environment?: TerminalEnvironment | undefined;
  /** The fault's message says why the member cannot start. */
  openState(member: PeerName): Result<MemberState> | Busy;
}

export interface Chat extends Running {
  /** Shows a notice to the user. */
  tell(message: string): void;
  /** Reads the group file again. A broken file changes nothing. */
  reload(): void;
  /** Stops once all pending answers to programs on the local socket are sent. */
  finish(): void;
}

export interface ChatEvents {
  /** Called exactly once, unless `onBusy` is. */
  onEnd(ending: Ending): void;
  /** Another process is this member; `message` tells which. Without this, the chat ends with the message. */
  onBusy?(to: AttachTo): void;
  /** Friends and local programs can connect. */
  onOpen?(): void;
}

/** Returns undefined if the chat cannot start; `onEnd` was called then. */
export function startChat(
  options: ChatOptions,
  machine: ChatMachine,
  ports: Ports,
  events: ChatEvents,
): Chat | undefined {
  const group = readGroup(options, machine, options);
  const state = group.ok ? machine.openState(group.value.self.name) : group;
  if (group.ok && !state.ok && "busy" in state && events.onBusy !== undefined) {
    events.onBusy({ self: group.value.self.name, table: group.value.table, busy: state.message });
    return undefined;
  }
  if (!group.ok || !state.ok) return end(events, exitCode.usage, state);
  const own = checkOwnRow(group.value.self, state.value.identity.publicKey);
  if (!own.ok) return end(events, exitCode.notTrusted, own);
  const daemon = build(options, { ...group.value, state: state.value, machine, ports }, events);
  daemon.start();
  return {
    stop: () => daemon.stop(),
    tell: (message) => daemon.tell(message),
    reload: () => reload(daemon, options, machine),
    finish: () => daemon.finish(),
  };
}

function end(events: ChatEvents, code: number, result: Result<unknown>): undefined {
  events.onEnd({ code, message: result.ok ? "" : result.message });
}

interface Start {
  readonly table: PeerTable;
  readonly self: Peer;
  readonly state: MemberState;
  readonly machine: ChatMachine;
  readonly ports: Ports;
}

function build(options: ChatOptions, start: Start, events: ChatEvents): Member {
  const { table, self, state, ports } = start;
  const host = options.listen ?? listenHost(self, start.machine);
  const listen = { host, port: self.port };
  const people = peopleAt(start.machine.environment, {
    ...options,
    self: self.name,
    place: state.place,
    clock: ports.clock,
  });
  return new Member(ports, {
    self: self.name,
    state,
    table,
    listen,
    remarks: [...remarks(options, start, host)],
    requireVerified: options.requireVerified,
    localHost: isAllAddresses(host) ? undefined : host,
    rendezvous: options.rendezvous,
    onFailure: (code) =>
      events.onEnd({ code: exitCode.cannotBind, message: explainListenFailure(code, options, self) }),
    ...memberClients({ ...options, people }, () => events.onOpen?.()),
    onStopped: (code) => events.onEnd({ code }),
  });
}

function* remarks(options: ChatOptions, { self, state, table }: Start, host: string): Iterable<string> {
  yield* table.remarks;
  if (!state.durable) yield "Messages are kept in memory only, and are lost when this program ends (--no-store).";
  if (options.listen === undefined && isAllAddresses(host))
    yield `${self.name}'s address ${self.host} is not on this machine: listening on all addresses.`;
  if (!isAllAddresses(host)) yield* familyWarning(table, host);
  const keys = state.keyring.read();
  if (!keys.ok) yield keys.message;
}

/** Warns about friends in another address family: we dial from our own address, so only its family can be reached. */
function* familyWarning({ peers }: PeerTable, own: string): Iterable<string> {
  const family = (host: string): string => (host.includes(":") ? "IPv6" : "IPv4");
  const others = peers.filter(({ host }) => isAddress(host) && family(host) !== family(own));
  const [first] = others;
  if (first === undefined) return;
  const who = others.length === 1 ? first.name : `${first.name} and ${others.length - 1} more`;
  yield `Your address is ${family(own)}, so ${who} cannot be reached: all members of a group must use one address family.`;
}

/** A secure member proves its identity, so it may listen on any address. In clear text, the row's address is the identity. */
function listenHost(self: Peer, machine: Machine): string {
  const here = machine.addresses().has(self.host) || self.host.startsWith("127.");
  if (here || self.dialect !== "secure") return self.host;
  return self.host.includes(":") || !/^[\d.]+$/.test(self.host) ? allAddressesV6 : allAddresses;
}

function reload(daemon: Member, options: ChatOptions, machine: Machine): void {
  const table = readTable(options, machine, options);
  if (table.ok) daemon.replaceTable(options.peers, table.value);
  else daemon.reportTableError(table.message);
}

/** Says why we could not listen, and which options help. */
function explainListenFailure(code: string, { listen }: ChatOptions, self: Peer): string {
  const host = listen ?? self.host;
  if (code === "EADDRINUSE")
    return `port ${self.port} is taken; is another p2p running here, perhaps for another group? Each needs a port of its own: --port, or ADDRESS:PORT in the row`;
  if (code === "EADDRNOTAVAIL" && listen !== undefined)
    return `The address ${listen} of --listen is not on this machine.`;
  if (code === "EADDRNOTAVAIL")
    return `${self.name}'s address ${host} is not on this machine; --listen ADDRESS listens on another one, --name ${self.name} --loopback tries the group on one machine`;
  return `cannot listen on ${host} port ${self.port}: ${reasonOf(code)}`;
}

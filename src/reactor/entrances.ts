// Posts the events of listeners and of the console into turns, each to the lane of its source.

import { allAddresses, allAddressesV6 } from "../core/address.js";
import type { Console, ConsoleEvents, Listener, ListenerEvents, LocalSocket, Log, Network } from "../ports.js";
import type { Reactor } from "./reactor.js";

/** Listens; every event runs in a turn. If `onConnection` throws, the connection is destroyed. */
export function listenInTurns(
  { reactor, network }: { readonly reactor: Reactor; readonly network: Network },
  at: Parameters<Network["listen"]>[0],
  events: ListenerEvents,
): Listener {
  return network.listen(at, inTurns(reactor, events));
}

/** The same for the local socket. */
export const listenLocallyInTurns = (reactor: Reactor, socket: LocalSocket, events: ListenerEvents): Listener =>
  socket.listen(inTurns(reactor, events));

const inTurns = (reactor: Reactor, events: ListenerEvents): ListenerEvents => ({
  onListening: (port) => reactor.post("listener", { run: () => events.onListening(port) }),
  onConnection: (connection) =>
    reactor.post("listener", { run: () => events.onConnection(connection), fail: () => connection.destroy() }),
  onFailure: (code) => reactor.post("listener", { run: () => events.onFailure(code) }),
});

/** Without a host, listens on all addresses of the machine: both families if IPv6 is available, else IPv4 only. */
export function listenAnywhere(
  parts: Parameters<typeof listenInTurns>[0],
  { host, port }: { readonly host: string | undefined; readonly port: number },
  events: ListenerEvents,
): Listener {
  if (host !== undefined) return listenInTurns(parts, { host, port }, events);
  const onFailure = (code: string): void => {
    if (code === "EADDRINUSE" || code === "EACCES") return events.onFailure(code);
    listener = listenInTurns(parts, { host: allAddresses, port }, events);
  };
  let listener = listenInTurns(parts, { host: allAddressesV6, port }, { ...events, onFailure });
  return { close: () => listener.close() };
}

/** Posts console events into turns. A closed stdout is only logged, because there is no other output for it. */
export function bindInTurns(
  { reactor, console, log }: { readonly reactor: Reactor; readonly console: Console; readonly log: Log },
  { onBytes, onEnd, onDrain, onTyped }: Omit<ConsoleEvents, "onReaderGone">,
): void {
  const post = (run: () => void): void => reactor.post("stdin", { run });
  console.bind({
    onBytes: (chunk) => post(() => onBytes(chunk)),
    onEnd: () => post(onEnd),
    onDrain: () => post(onDrain),
    onTyped: (typed) => post(() => onTyped?.(typed)),
    onReaderGone: () => log.warn("stdout-closed"),
  });
}

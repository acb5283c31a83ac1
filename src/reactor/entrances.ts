// What a listener and a console report, each in a turn of its own source.

import { allAddresses, allAddressesV6 } from "../core/address.js";
import type { Console, ConsoleEvents, Listener, ListenerEvents, LocalSocket, Log, Network } from "../ports.js";
import type { Reactor } from "./reactor.js";

/** A connection whose acceptance throws is destroyed. */
export function listenInTurns(
  { reactor, network }: { readonly reactor: Reactor; readonly network: Network },
  at: Parameters<Network["listen"]>[0],
  events: ListenerEvents,
): Listener {
  return network.listen(at, inTurns(reactor, events));
}

/** The same for programs on this machine. */
export const listenLocallyInTurns = (reactor: Reactor, socket: LocalSocket, events: ListenerEvents): Listener =>
  socket.listen(inTurns(reactor, events));

const inTurns = (reactor: Reactor, events: ListenerEvents): ListenerEvents => ({
  onListening: (port) => reactor.post("listener", { run: () => events.onListening(port) }),
  onConnection: (connection) =>
    reactor.post("listener", { run: () => events.onConnection(connection), fail: () => connection.destroy() }),
  onFailure: (code) => reactor.post("listener", { run: () => events.onFailure(code) }),
});

/** Where no address is named, at all of the machine, of both families where it has both. */
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

/** That the reader of stdout has left is said in the log: there is nowhere else to say it. */
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

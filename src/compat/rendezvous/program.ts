// Runs `p2p rendezvous`: builds and connects the parts of the server.

import { exitCode, notLocalAddress, reasonOf } from "../../core/errors.js";
import type { Ports } from "../../member/member.js";
import { RendezvousConsole } from "./console.js";
import { Screen } from "../../clients/screen.js";
import type { RendezvousOptions } from "../../commands/options.js";
import { bindInTurns, listenAnywhere } from "../../reactor/entrances.js";
import { Reactor } from "../../reactor/reactor.js";
import { Registry } from "./registry.js";
import type { Ending, Running } from "../../core/ending.js";

/** `onEnd` is called exactly once. */
export function startRendezvous(
  options: RendezvousOptions,
  { clock, network, console, log }: Omit<Ports, "random" | "noise">,
  onEnd: (ending: Ending) => void,
): Running {
  const { port, clientsMax } = options;
  const reactor = new Reactor(clock, log);
  const screen = new Screen(console, () => undefined);
  const clientList = new RendezvousConsole(screen);
  const registry = new Registry({
    reactor,
    clientsMax,
    events: {
      onCome: (host) => clientList.come(host),
      onGo: (host, why) => clientList.go(host, why),
      onTurnedAway: (host) => clientList.turnedAway(host, clientsMax),
    },
  });
  reactor.atEndOfTurn(() => screen.flush());
  const listener = listenAnywhere(
    { reactor, network },
    { host: options.listen, port },
    {
      onListening: (own) => clientList.greet(own),
      onConnection: (connection) => registry.accept(connection),
      onFailure: (code) => onEnd({ code: exitCode.cannotBind, message: explain(code, options) }),
    },
  );
  const ignoreInput = { onBytes: (): void => undefined, onEnd: (): void => undefined };
  bindInTurns({ reactor, console, log }, { ...ignoreInput, onDrain: () => screen.onDrain() });
  const stop = (): void => {
    listener.close();
    registry.close();
    screen.flush();
    reactor.close();
    onEnd({ code: exitCode.stopped });
  };
  return { stop: () => reactor.post("timer", { run: stop }) };
}

function explain(code: string, { port, listen }: RendezvousOptions): string {
  if (code === "EADDRINUSE") return `port ${port} is taken; is another rendezvous server running here? (--port)`;
  if (code === "EADDRNOTAVAIL" && listen !== undefined) return notLocalAddress(listen);
  return `cannot listen on port ${port}: ${reasonOf(code)}`;
}

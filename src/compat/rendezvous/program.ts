// Runs `p2p rendezvous`: prints clients that connect and disconnect, and takes no input.

import type { Ending, Running } from "../../core/ending.js";
import { exitCode, notLocalAddress, reasonOf } from "../../core/errors.js";
import type { ClientLeft } from "../../core/notice.js";
import { Screen } from "../../clients/screen.js";
import type { RendezvousOptions } from "../../commands/options.js";
import type { Ports } from "../../member/member.js";
import { bindInTurns, listenAnywhere } from "../../reactor/entrances.js";
import { Reactor } from "../../reactor/reactor.js";
import { Registry } from "./registry.js";

/** `silent` is the older program's text byte for byte, including the missing space: scripts may look for it. */
const reasons: Readonly<Record<ClientLeft, string>> = {
  closed: " disconnected.",
  silent: "unreachable. It will be disconnected!",
  replaced: " has connected again: its older connection was closed.",
  garbage: " was disconnected: it sent something that is not a command.",
  flood: " was disconnected: it sent too many commands.",
  deaf: " was disconnected: it does not read the answers.",
};

/** `onEnd` is called exactly once. */
export function startRendezvous(
  options: RendezvousOptions,
  { clock, network, console, log }: Omit<Ports, "random" | "noise">,
  onEnd: (ending: Ending) => void,
): Running {
  const { port, clientsMax } = options;
  const reactor = new Reactor(clock, log);
  const screen = new Screen(console, () => undefined);
  const full = `was turned away: the limit is reached (--max-clients ${clientsMax}).`;
  const registry = new Registry({
    reactor,
    clientsMax,
    events: {
      onCome: (host) => screen.print([`Client ${host} connected.`]),
      onGo: (host, why) => screen.print([`Client ${host}${reasons[why]}`]),
      onTurnedAway: (host) => screen.print([`Client ${host} ${full}`]),
    },
  });
  reactor.atEndOfTurn(() => screen.flush());
  const listener = listenAnywhere(
    { reactor, network },
    { host: options.listen, port },
    {
      onListening: (own) => screen.print([`Rendezvous server running at port: ${own}`]),
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

// The rendezvous server of seed 003: builds its parts and wires them.

import { exitCode, reasonOf } from "../core/errors.js";
import type { Ports } from "../daemon.js";
import { RendezvousFace } from "../faces/rendezvous.js";
import { Screen } from "../faces/screen.js";
import type { RendezvousOptions } from "../options.js";
import { Reactor } from "../reactor/reactor.js";
import { Registry } from "../session/registry.js";
import type { Ending } from "./chat.js";

export interface Rendezvous {
  stop(): void;
}

const allAddresses = "0.0.0.0";

/** `onEnd` is called exactly once. */
export function startRendezvous(
  options: RendezvousOptions,
  { clock, network, console, log }: Omit<Ports, "random" | "noise">,
  onEnd: (ending: Ending) => void,
): Rendezvous {
  const { port, clientsMax } = options;
  const reactor = new Reactor(clock, log);
  const screen = new Screen(console, () => undefined);
  const face = new RendezvousFace(screen);
  const registry = new Registry({
    reactor,
    clientsMax,
    events: {
      onCome: (host) => face.come(host),
      onGo: (host, why) => face.go(host, why),
      onTurnedAway: (host) => face.turnedAway(host, clientsMax),
    },
  });
  const post = (run: () => void, fail = (): void => undefined): void => reactor.post("listener", { run, fail });
  reactor.atEndOfTurn(() => screen.flush());
  const listener = network.listen(
    { host: options.listen ?? allAddresses, port },
    {
      onListening: (own) => post(() => face.greet(own)),
      onConnection: (connection) =>
        post(
          () => registry.accept(connection),
          () => connection.destroy(),
        ),
      onFailure: (code) => onEnd({ code: exitCode.cannotBind, message: explain(code, port) }),
    },
  );
  console.bind({
    onBytes: () => undefined,
    onEnd: () => undefined,
    onDrain: () => post(() => screen.onDrain()),
    onReaderGone: () => log.warn("stdout-closed"),
  });
  return {
    stop: () =>
      post(() => {
        listener.close();
        registry.close();
        screen.flush();
        reactor.close();
        onEnd({ code: exitCode.stopped });
      }),
  };
}

const explain = (code: string, port: number): string =>
  code === "EADDRINUSE"
    ? `port ${port} is taken; is another rendezvous server running here? (--port)`
    : `cannot listen on port ${port}: ${reasonOf(code)}`;

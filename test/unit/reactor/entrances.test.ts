import { listenAnywhere } from "../../../src/reactor/entrances.js";
import type { ListenerEvents, Network } from "../../../src/ports.js";
import { promise } from "../kit/promise.js";
import { rig } from "../kit/reactor-rig.js";

/** A machine on which listening fails with those codes, by host. */
function machine(codes: Readonly<Record<string, string>>, host?: string): readonly string[] {
  const { reactor, clock } = rig();
  const told: string[] = [];
  const listen = (at: { readonly host: string }, events: ListenerEvents) => {
    const code = codes[at.host];
    if (code === undefined) events.onListening(7);
    else events.onFailure(code);
    return { close: () => told.push(`closed ${at.host}`) };
  };
  const network: Network = { listen, dial: () => Promise.reject(new Error("no dials")) as never };
  const listener = listenAnywhere(
    { reactor, network },
    { host, port: 7 },
    {
      onListening: () => told.push("listening"),
      onConnection: () => undefined,
      onFailure: (code) => told.push(code),
    },
  );
  clock.settle();
  listener.close();
  return told;
}

promise("without an address both families are listened to, and IPv4 alone where there is no other", (t) => {
  t.strictSame(machine({}), ["listening", "closed ::"]);
  t.strictSame(machine({ "::": "EAFNOSUPPORT" }), ["listening", "closed 0.0.0.0"]);
  t.strictSame(machine({ "::": "EADDRNOTAVAIL", "0.0.0.0": "EMFILE" }), ["EMFILE", "closed 0.0.0.0"]);
});

promise("a port that is taken is not tried in another family, and a named address is the only one", (t) => {
  t.strictSame(machine({ "::": "EADDRINUSE" }), ["EADDRINUSE", "closed ::"]);
  t.strictSame(machine({ "10.1.1.0": "EADDRNOTAVAIL" }, "10.1.1.0"), ["EADDRNOTAVAIL", "closed 10.1.1.0"]);
});

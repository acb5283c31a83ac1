import { listenAnywhere } from "../../../src/reactor/entrances.js";
import type { ListenerEvents, Network } from "../../../src/ports.js";
import { promise } from "../kit/promise.js";
import { rig } from "../kit/reactor-rig.js";

/** Listens on a network where listening fails with the given code for each host, and returns the events. */
function listenWith(codes: Readonly<Record<string, string>>, host?: string): readonly string[] {
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

promise("without a host it listens on both families, and on IPv4 alone if IPv6 is not available", (t) => {
  t.strictSame(listenWith({}), ["listening", "closed ::"]);
  t.strictSame(listenWith({ "::": "EAFNOSUPPORT" }), ["listening", "closed 0.0.0.0"]);
  t.strictSame(listenWith({ "::": "EADDRNOTAVAIL", "0.0.0.0": "EMFILE" }), ["EMFILE", "closed 0.0.0.0"]);
});

promise("it does not try a used port in another family, and does not try another address if one is given", (t) => {
  t.strictSame(listenWith({ "::": "EADDRINUSE" }), ["EADDRINUSE", "closed ::"]);
  t.strictSame(listenWith({ "10.1.1.0": "EADDRNOTAVAIL" }, "10.1.1.0"), ["EADDRNOTAVAIL", "closed 10.1.1.0"]);
});

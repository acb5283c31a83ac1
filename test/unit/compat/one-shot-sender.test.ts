import { toUtf8 } from "../../../src/core/utf8.js";
import { OneShotSender } from "../../../src/compat/one-shot-sender.js";
import { FakeNetwork } from "../kit/fake-network.js";
import { promise } from "../kit/promise.js";
import { rig } from "../kit/reactor-rig.js";

promise("runs a limited number of sends at once, the others in order, and reports each outcome", (t) => {
  const { reactor, clock } = rig();
  const network = new FakeNetwork();
  const dial = (to: { readonly host: string; readonly port: number }) => network.dial({ ...to, localHost: undefined });
  const sender = new OneShotSender({ reactor, dial, lingerMs: 1_000, atOnceMax: 2 });
  const told: string[] = [];
  for (const port of [1, 2, 3, 4])
    sender.run({
      to: { host: "10.1.2.0", port },
      message: () => toUtf8(`to ${port}`),
      deadlineMs: 5_000,
      onOutcome: (failure) => told.push(`${port} ${failure ?? "sent"}`),
    });
  t.strictSame([network.dials.map(({ port }) => port), sender.pending], [[1, 2], 4]);
  network.dials[1]!.connection.close("ECONNREFUSED");
  clock.advance(20);
  t.strictSame([told, network.dials.length], [["2 connection refused"], 3]);
  network.dials[0]!.connection.open();
  network.dials[2]!.connection.open();
  clock.advance(20);
  t.strictSame([told.slice(1), sender.pending], [["1 sent", "3 sent"], 1]);
  t.equal(network.dials[3]!.connection.text, "", "the last has not connected yet");
  clock.advance(5_100);
  t.strictSame([told.at(-1), sender.pending], ["4 no answer", 0]);
  sender.destroy();
  for (const { connection } of network.dials) if (!connection.closed) connection.close();
  clock.advance(20);
  t.strictSame([told.length, reactor.wheel.size], [4, 0]);
});

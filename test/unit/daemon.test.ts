import { toUtf8 } from "../../src/core/utf8.js";
import { keyOf, groupOf, nameOf } from "./kit/keys.js";
import { Daemon } from "../../src/daemon.js";
import { MemoryStore } from "../../src/delivery/memory-store.js";
import { noiseLibrary } from "../../src/platform/noise-library.js";
import type { ConsoleEvents, ListenerEvents } from "../../src/ports.js";
import { FakeConsole } from "./kit/fake-console.js";
import { FakeNetwork } from "./kit/fake-network.js";
import { MemoryKeyring } from "./kit/memory-keyring.js";
import { promise } from "./kit/promise.js";
import { RecordingLog } from "./kit/recording-log.js";
import { SteadyRandom } from "./kit/steady-random.js";
import { alice, keysOf } from "./kit/two-channels.js";
import { VirtualClock } from "./kit/virtual-clock.js";

promise("friends are dialled from the address that the options name, or from any", (t) => {
  for (const localHost of ["10.1.1.0", undefined]) {
    const [clock, network] = [new VirtualClock(), new FakeNetwork()];
    let keyboard: ConsoleEvents | undefined;
    const console = Object.assign(new FakeConsole(), { bind: (events: ConsoleEvents) => void (keyboard = events) });
    const listening = {
      listen: (_: unknown, events: ListenerEvents) => (events.onListening(6969), { close: () => undefined }),
    };
    const keyPair = keysOf(alice);
    const identity = { keyPair, publicKey: keyOf("a") };
    const state = {
      identity,
      keyring: new MemoryKeyring(),
      store: new MemoryStore({ keepHistory: false }),
      durable: false,
    };
    const daemon = new Daemon(
      {
        clock,
        console,
        network: Object.assign(network, listening),
        random: new SteadyRandom(),
        log: new RecordingLog(),
        noise: noiseLibrary,
      },
      {
        self: nameOf("Alice"),
        ...{ state, localHost },
        remarks: [],
        requireVerified: false,
        table: groupOf("Alice 10.1.1.0", "Bob 10.1.2.0 dialect=line", "Carol 10.1.3.0"),
        listen: { host: "10.1.1.0", port: 6969 },
        onFailure: () => undefined,
        talk: { json: false },
        onStopped: () => undefined,
      },
    );
    daemon.start();
    clock.settle();
    keyboard?.onBytes(toUtf8("Bob/hi\nCarol/hi\n"));
    clock.settle();
    t.strictSame(
      network.dials.map((dial) => [dial.host, dial.port, dial.localHost]),
      [
        ["10.1.2.0", 6969, localHost],
        ["10.1.3.0", 6969, localHost],
      ],
    );
  }
});

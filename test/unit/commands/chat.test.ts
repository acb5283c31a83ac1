// Notices and failures at the start of the chat.

import { startChat, type ChatMachine } from "../../../src/commands/chat.js";
import type { Ending } from "../../../src/core/ending.js";
import { MemoryStore } from "../kit/memory-store.js";
import type { ChatOptions } from "../../../src/commands/options.js";
import { fault, ok } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { noiseLibrary } from "../../../src/platform/noise-library.js";
import type { ListenerEvents } from "../../../src/ports.js";
import { FakeConsole } from "../kit/fake-console.js";
import { FakeNetwork } from "../kit/fake-network.js";
import { keyOf } from "../kit/keys.js";
import { MemoryKeyring } from "../kit/memory-keyring.js";
import { promise } from "../kit/promise.js";
import { RecordingLog } from "../kit/recording-log.js";
import { SteadyRandom } from "../kit/steady-random.js";
import { alice, keysOf } from "../kit/two-channels.js";
import { VirtualClock } from "../kit/virtual-clock.js";

const usual: ChatOptions = {
  name: "Alice",
  peers: "group",
  loopback: false,
  stateDir: undefined,
  group: "default",
  port: 6969,
  listen: undefined,
  idleMs: 120_000,
  dialect: "secure",
  store: true,
  requireVerified: false,
  bell: false,
  rendezvous: undefined,
  json: false,
  drainMs: undefined,
  expireMs: undefined,
  logLevel: "warn",
  logFile: undefined,
};

const twoRows = "2\nAlice 10.1.1.0\nBob 10.1.2.0\n";

interface Setting {
  readonly options?: Partial<ChatOptions>;
  readonly keyring?: MemoryKeyring;
  readonly rows?: string;
  /** The error code if listening fails. */
  readonly failure?: string;
}

/** Starts Alice at an address of this machine. Returns her screen and how the chat ended. */
function start({ options = {}, keyring = new MemoryKeyring(), failure, rows = twoRows }: Setting = {}) {
  const [clock, console, endings]: [VirtualClock, FakeConsole, Ending[]] = [new VirtualClock(), new FakeConsole(), []];
  const listen = (_: unknown, events: ListenerEvents) => {
    if (failure === undefined) events.onListening(6969);
    else events.onFailure(failure);
    return { close: () => undefined };
  };
  const identity = { keyPair: keysOf(alice), publicKey: keyOf("a") };
  const state = { identity, keyring, store: new MemoryStore({ keepHistory: false }), durable: true };
  const machine: ChatMachine = {
    readFile: (file) => (file === "group" ? ok(toUtf8(rows)) : fault("no such file")),
    addresses: () => new Set(["10.1.1.0"]),
    openState: () => ok(state),
  };
  const ports = {
    ...{ clock, log: new RecordingLog(), random: new SteadyRandom(), noise: noiseLibrary },
    console,
    network: Object.assign(new FakeNetwork(), { listen }),
  };
  startChat({ ...usual, ...options }, machine, ports, { onEnd: (ending) => endings.push(ending) });
  clock.settle();
  return { screen: console.writes.join(""), endings };
}

promise("reports unreadable known keys at the start", (t) => {
  const keyring = new MemoryKeyring();
  t.notMatch(start({ keyring }).screen, "damaged");
  keyring.broken = "known-keys:3 is damaged";
  t.match(start({ keyring }).screen, /You can now send and receive messages\.\nknown-keys:3 is damaged\n$/);
});

promise("warns about friends in another address family, unless we listen on all addresses", (t) => {
  const rows = "3\nAlice 10.1.1.0\nBob fd00::2\nCarol carol.local\n";
  const strange =
    /\nYour address is IPv4, so Bob cannot be reached: all members of a group must use one address family\.\n/;
  t.match(start({ rows }).screen, strange);
  t.notMatch(start({ rows, options: { listen: "::" } }).screen, "family");
  t.notMatch(start().screen, "family");
});

promise("names the source of an address that it cannot listen on: the row or --listen", (t) => {
  const failure = "EADDRNOTAVAIL";
  const [byRow, byOption] = [start({ failure }), start({ failure, options: { listen: "10.9.9.9" } })];
  t.match(byRow.endings, [{ code: 3, message: /^Alice's address 10\.1\.1\.0 is not on this machine; --listen / }]);
  t.strictSame(byOption.endings, [{ code: 3, message: "The address 10.9.9.9 of --listen is not on this machine." }]);
});

import { memberClients } from "../../../src/clients/member-clients.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { keyOf, groupOf, nameOf } from "../kit/keys.js";
import { Member, type MemberSettings } from "../../../src/member/member.js";
import { exitCode } from "../../../src/core/errors.js";
import { MemoryStore } from "../kit/memory-store.js";
import { noiseLibrary } from "../../../src/platform/noise-library.js";
import type { ConsoleEvents, ListenerEvents } from "../../../src/ports.js";
import { FakeConsole } from "../kit/fake-console.js";
import { FakeNetwork } from "../kit/fake-network.js";
import { MemoryKeyring } from "../kit/memory-keyring.js";
import { promise } from "../kit/promise.js";
import { RecordingLog } from "../kit/recording-log.js";
import { SteadyRandom } from "../kit/steady-random.js";
import { alice, keysOf } from "../kit/two-channels.js";
import { VirtualClock } from "../kit/virtual-clock.js";

interface RunningMember {
  readonly member: Member;
  readonly clock: VirtualClock;
  readonly network: FakeNetwork;
  readonly console: FakeConsole;
  readonly codes: readonly number[];
  keyboard(): ConsoleEvents;
}

/** Alice, in a group with Bob, who uses the line dialect, and Carol. */
function started(options: Partial<MemberSettings> = {}): RunningMember {
  const [clock, network, codes] = [new VirtualClock(), new FakeNetwork(), [] as number[]];
  let keyboard: ConsoleEvents | undefined;
  const console = Object.assign(new FakeConsole(), { bind: (events: ConsoleEvents) => void (keyboard = events) });
  const listening = {
    listen: (_: unknown, events: ListenerEvents) => (events.onListening(6969), { close: () => undefined }),
  };
  const identity = { keyPair: keysOf(alice), publicKey: keyOf("a") };
  const store = new MemoryStore({ keepHistory: false });
  const member = new Member(
    {
      ...{ clock, console, network: Object.assign(network, listening) },
      ...{ random: new SteadyRandom(), log: new RecordingLog(), noise: noiseLibrary },
    },
    {
      self: nameOf("Alice"),
      state: { identity, keyring: new MemoryKeyring(), store, durable: false },
      localHost: "10.1.1.0",
      remarks: [],
      requireVerified: false,
      table: groupOf("Alice 10.1.1.0", "Bob 10.1.2.0 dialect=line", "Carol 10.1.3.0"),
      listen: { host: "10.1.1.0", port: 6969 },
      onFailure: () => undefined,
      ...memberClients({ json: false }, () => undefined),
      onStopped: (code) => void codes.push(code),
      ...options,
    },
  );
  member.start();
  clock.settle();
  return { member, clock, network, console, codes, keyboard: () => keyboard! };
}

promise("dials friends from the address in the options, or from any", (t) => {
  for (const localHost of ["10.1.1.0", undefined]) {
    const { clock, network, keyboard } = started({ localHost });
    keyboard().onBytes(toUtf8("Bob/hi\nCarol/hi\n"));
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

promise("--drain ends the program in the turn that reports the last outcome, without a timer", (t) => {
  const { clock, keyboard, codes, console } = started(
    memberClients({ json: true, drainMs: Infinity }, () => undefined),
  );
  const before = clock.now();
  keyboard().onBytes(toUtf8('{"to":"Nobody","text":"hi"}\n'));
  keyboard().onEnd();
  clock.settle();
  t.strictSame(codes, [exitCode.unsent]);
  t.equal(clock.now(), before);
  t.match(console.text, /"failed".*"Nobody"/);
});

promise("prints the notices of the shutdown at once, even if a friend is slow to close", (t) => {
  const { member, clock, network, keyboard, codes, console } = started();
  keyboard().onBytes(toUtf8("Bob/hi\nCarol/hi\n"));
  clock.settle();
  network.dials[0]?.connection.open();
  network.dials[1]?.connection.close("ECONNREFUSED");
  clock.settle();
  member.stop();
  clock.settle();
  t.strictSame(codes, [], "Bob has not closed yet");
  t.match(console.text, /^1 message to Carol /m);
});

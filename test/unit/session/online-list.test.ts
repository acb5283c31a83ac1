// The online list, with a fake rendezvous server and a fake network.

import t from "tap";
import { presenceMs, seekFirstMs, soughtAddressesMax } from "../../../src/core/older-limits.js";
import type { Notice } from "../../../src/core/notice.js";
import type { Endpoint, Peer } from "../../../src/core/types.js";
import type { Connection } from "../../../src/ports.js";
import { PostedConnection } from "../../../src/reactor/posted.js";
import type { AuthenticationEvents } from "../../../src/trust/peer-authenticator.js";
import { OnlineList } from "../../../src/session/online-list.js";
import { group } from "../kit/console-rig.js";
import { FakeNetwork } from "../kit/fake-network.js";
import { rig } from "../kit/reactor-rig.js";
import { SteadyRandom } from "../kit/steady-random.js";

const [, bob, martha] = group as [Peer, Peer, Peer];

function onlineListRig() {
  const { clock, reactor } = rig();
  const network = new FakeNetwork();
  const told: Notice[] = [];
  const sought: { readonly host: string; readonly events: AuthenticationEvents }[] = [];
  const accepted: string[] = [];
  const rows = {
    missed: [] as readonly Peer[],
    claims: (host: string) => group.some((peer) => peer.host === host),
    found: (peer: Peer, at: Endpoint, connection: Connection) =>
      void accepted.push(`${peer.name} at ${at.host} over ${connection.remoteHost}`),
  };
  const onlineList = new OnlineList({
    ...{ reactor, rows, random: new SteadyRandom(), server: { host: "10.1.8.0", port: 8888 } },
    authenticator: {
      authenticateFound: (connection, events) => void sought.push({ host: connection.remoteHost, events }),
    },
    dial: (to) => new PostedConnection(reactor, network.dial({ ...to, localHost: undefined })),
    notice: (notice) => told.push(notice),
  });
  onlineList.start();
  const server = network.last;
  server.open();
  server.say("CONN\0");
  clock.settle();
  server.say("ACK");
  clock.settle();
  const list = (...addresses: readonly string[]): void => {
    const lines = addresses.map((address) => `${address}\n`).join("");
    server.say(lines + "\0".repeat(99 - lines.length));
    clock.settle();
  };
  /** Waits until the next list request, and answers the ping before it. */
  const wait = (): void => {
    clock.advance(presenceMs + 50);
    server.say("ACK");
    clock.advance(50);
  };
  return { clock, reactor, network, server, told, sought, accepted, rows, onlineList, list, wait };
}

t.test("counts listed members as online until the server is lost", (t) => {
  const { onlineList, list, server, clock, told, reactor } = onlineListRig();
  t.equal(server.text, "PING\0LIST\0");
  list("10.1.1.0", "10.1.2.0");
  t.same(
    [bob, martha].map(({ host }) => onlineList.lists(host)),
    [true, false],
  );
  server.close("ECONNRESET");
  clock.settle();
  t.equal(onlineList.lists(bob.host), false);
  t.match(told, [{ kind: "rendezvous-lost", server: { host: "10.1.8.0", port: 8888 }, reason: /connection reset/ }]);
  onlineList.stop();
  t.equal(reactor.wheel.size, 0);
  t.end();
});

t.test("seeks missed members at the listed addresses that no row claims, and only there", (t) => {
  const { list, rows, network, sought, accepted, told, wait } = onlineListRig();
  list("10.1.2.0", "10.1.9.9");
  t.equal(sought.length, 0, "no member is missed");
  rows.missed = [bob];
  wait();
  list("10.1.2.0", "10.1.9.9");
  t.same(
    network.dials.slice(1).map(({ host, port }) => [host, port]),
    [["10.1.9.9", bob.port]],
  );
  const met = { remoteHost: "10.1.9.9" } as Connection;
  sought[0]!.events.onAuthenticated(bob, met);
  t.same(accepted, ["Bob at 10.1.9.9 over 10.1.9.9"]);
  t.same(told, [{ kind: "found", peer: "Bob", host: "10.1.9.9" }]);
  t.end();
});

t.test("seeks less and less often, at once when a new address is listed, and at a limited number of endpoints", (t) => {
  const { list, rows, sought, wait } = onlineListRig();
  rows.missed = [bob];
  const tries: number[] = [];
  list("10.1.9.9");
  for (let round = 0; round < 12; round += 1) {
    const before = sought.length;
    wait();
    list("10.1.9.9");
    if (sought.length > before) tries.push(round);
  }
  t.ok(tries.length >= 2 && tries.length <= 4, `in rounds ${tries.join()}, ${String(seekFirstMs)} ms at first`);
  const before = sought.length;
  wait();
  list("10.1.9.9", "1.1.1.1", "2.2.2.2");
  t.equal(sought.length, before + 2 + 1);
  rows.missed = Array.from({ length: 50 }, (_, index): Peer => ({ ...martha, port: 7_000 + index }));
  wait();
  list("10.1.9.9", "1.1.1.1", "3.3.3.3");
  t.equal(sought.length, before + 3 + soughtAddressesMax);
  t.end();
});

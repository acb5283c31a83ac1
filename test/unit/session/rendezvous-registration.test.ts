// The registration, with a fake rendezvous server.

import t from "tap";
import { backoffFirstMs, dialMs } from "../../../src/core/limits.js";
import { pingMs, rendezvousAnswerMs } from "../../../src/core/older-limits.js";
import { PostedConnection } from "../../../src/reactor/posted.js";
import { RendezvousRegistration } from "../../../src/session/rendezvous-registration.js";
import { FakeNetwork } from "../kit/fake-network.js";
import { rig } from "../kit/reactor-rig.js";
import { SteadyRandom } from "../kit/steady-random.js";

function registered() {
  const { clock, reactor } = rig();
  const network = new FakeNetwork();
  const told: string[] = [];
  const registration = new RendezvousRegistration({
    reactor,
    random: new SteadyRandom(),
    dial: () => new PostedConnection(reactor, network.dial({ host: "10.1.1.0", port: 8888, localHost: undefined })),
    events: {
      onOnline: () => told.push("online"),
      onOffline: (reason) => told.push(`offline: ${reason}`),
      onList: (addresses) => told.push(`list ${addresses.join()}`),
      onNoList: (reason) => told.push(`no list: ${reason}`),
    },
  });
  registration.start();
  /** The server sends `writes`; returns our answer to them. */
  const hear = (...writes: string[]): string => {
    const before = network.last.text.length;
    for (const write of writes) network.last.say(write);
    clock.settle();
    return network.last.text.slice(before);
  };
  const open = (): string => {
    network.last.open();
    return hear("CONN\0");
  };
  const list = (addresses: string): string => `${addresses}${"\0".repeat(99 - addresses.length)}`;
  return { clock, reactor, network, told, registration, hear, open, list };
}

t.test("pings at once and every 10 s", (t) => {
  const { open, hear, told, clock, network } = registered();
  t.equal(open(), "PING\0");
  t.equal(hear("ACK"), "");
  t.same(told, ["online"]);
  clock.advance(pingMs - 100);
  t.equal(network.last.text, "PING\0");
  clock.advance(200);
  t.equal(network.last.text, "PING\0PING\0");
  t.end();
});

t.test("asks for a list only when no ping is unanswered, and delays a ping until the list has arrived", (t) => {
  const { open, hear, told, clock, registration, network, list } = registered();
  registration.list();
  t.equal(open(), "PING\0", "the ping comes first");
  t.equal(hear("ACK"), "LIST\0");
  hear("10.1.2.0\n10.1");
  hear(list("10.1.2.0\n10.1.3.0\n").slice(13));
  t.same(told, ["online", "list 10.1.2.0,10.1.3.0"]);
  clock.advance(pingMs - 1_000);
  registration.list();
  registration.list();
  clock.advance(2_000);
  t.equal(network.last.text, "PING\0LIST\0LIST\0", "two requests get one answer, and no ping is sent meanwhile");
  t.equal(hear(list("10.1.2.0\n")), "PING\0");
  t.equal(hear("ACK"), "");
  t.end();
});

t.test("closes the connection to a server that does not answer within 3 s, and dials again", (t) => {
  const { open, hear, told, clock, network, reactor, registration } = registered();
  open();
  hear("ACK");
  registration.list();
  clock.advance(rendezvousAnswerMs + 50);
  t.same(told, ["online", "offline: no answer", "no list: no answer"]);
  t.ok(network.last.destroyed);
  registration.list();
  t.same(told.slice(3), ["no list: no answer"], "while the server is lost, the request fails at once");
  clock.advance(backoffFirstMs + 50);
  t.equal(network.dials.length, 2);
  open();
  hear("ACK");
  t.same(told.slice(4), ["online"]);
  registration.stop();
  t.equal(reactor.wheel.size, 0);
  t.end();
});

t.test(
  "reports a server that is unreachable, full or not a rendezvous server once, and dials it less and less often",
  (t) => {
    const { hear, told, clock, network } = registered();
    network.last.close("ECONNREFUSED");
    clock.advance(backoffFirstMs + 50);
    network.last.open();
    hear("DISC\0");
    clock.advance(2 * backoffFirstMs + 50);
    network.last.open();
    hear("HTTP/1.1 400");
    t.same(told, ["offline: connection refused"]);
    clock.advance(4 * backoffFirstMs + 50);
    t.equal(network.dials.length, 4);
    clock.advance(dialMs + 50);
    t.ok(network.dials[3]?.connection.destroyed, "a dial has a time limit");
    t.end();
  },
);

t.test("uses a short list at the answer time limit", (t) => {
  const { open, hear, told, clock, registration } = registered();
  open();
  hear("ACK");
  registration.list();
  hear("10.1.2.0\n\0");
  clock.advance(rendezvousAnswerMs + 50);
  t.same(told, ["online", "list 10.1.2.0"]);
  t.end();
});

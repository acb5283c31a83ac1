import { spawnSync } from "node:child_process";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { NodeNetwork } from "../../src/platform/node-network.js";
import { Dice } from "../sim/world/dice.js";
import { VirtualInternet } from "../sim/world/virtual-network.js";
import { VirtualClock, VirtualTime } from "../sim/world/virtual-time.js";
import { networkSuite, type Setting } from "./network-suite.js";

const deadlineMs = 20_000;

networkSuite("the real network", async (): Promise<Setting> => {
  const network = new NodeNetwork();
  return {
    network: () => network,
    address: (number) => `127.2.0.${number}`,
    until,
    pass: () => sleep(30),
    port: await freePort("127.2.0.2"),
  };
});

for (const seed of [1, 2, 3, 4, 5])
  networkSuite(`the simulated network, world ${seed}`, () => {
    const time = new VirtualTime();
    const internet = new VirtualInternet(new Dice(seed));
    const hosts = [1, 2].map((number) => internet.host(`10.1.${number}.0`, new VirtualClock(time)));
    return Promise.resolve({
      network: (number) => hosts[number - 1]!,
      address: (number) => `10.1.${number}.0`,
      until: (what, holds) => {
        for (let step = 0; step < 10_000 && !holds(); step += 1) time.runFor(10);
        return holds() ? Promise.resolve() : Promise.reject(new Error(`never: ${what}`));
      },
      pass: () => Promise.resolve(time.runFor(500)),
      port: 6969,
    } satisfies Setting);
  });

const connectAndReset = `
const [host, port] = process.argv.slice(-2);
const socket = require("node:net").connect(Number(port), host, () => socket.resetAndDestroy());
`;

t.test(
  "the real network: ignores a connection that was reset before the accept, and accepts the next one",
  async (test) => {
    const host = "127.2.0.3";
    const hosts: string[] = [];
    const at = { host, port: await freePort(host) };
    let listening = false;
    const listener = new NodeNetwork().listen(at, {
      onListening: () => (listening = true),
      onFailure: (code) => test.fail(code),
      onConnection: (connection) => {
        hosts.push(connection.remoteHost);
        connection.destroy();
      },
    });
    await until("it listens", () => listening);
    // This blocks the event loop, so that both the connection and its reset arrive before the accept.
    test.equal(spawnSync(process.execPath, ["-e", connectAndReset, host, String(at.port)]).status, 0);
    net.connect({ ...at, localAddress: "127.2.0.4" }).on("error", () => undefined);
    await until("the second is accepted", () => hosts.includes("127.2.0.4"));
    test.strictSame(hosts, ["127.2.0.4"]);
    listener.close();
  },
);

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await sleep(5);
  }
}

function freePort(host: string): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, host, () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

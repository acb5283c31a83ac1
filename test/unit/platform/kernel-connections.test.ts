import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import tap from "tap";
import { kernelConnections } from "../../../src/platform/kernel-connections.js";

const skip = process.platform !== "linux" && "only Linux tells";

for (const host of ["127.83.12.9", "::1"])
  tap.test(`the kernel is asked for the connections to one host: ${host}`, { skip }, async (t) => {
    const server = net.createServer((socket) => void socket.resume());
    t.teardown(() => server.close());
    server.listen(0, host);
    const listening = await Promise.race([once(server, "listening"), once(server, "error").then(() => undefined)]);
    if (listening === undefined) return void t.pass("this machine has no such address");
    const { port } = server.address() as net.AddressInfo;
    const socket = net.connect(port, host);
    t.teardown(() => socket.destroy());
    await once(socket, "connect");
    const remote = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    const find = () => kernelConnections(host)?.find((row) => row.remote === remote && row.state === "ESTAB");
    // A view that was read a moment ago does not have it yet.
    for (const deadline = performance.now() + 10_000; find() === undefined && performance.now() < deadline;)
      await sleep(20);
    t.match(find(), { unsent: 0, unread: 0, retries: 0 });
    t.ok(kernelConnections(host)?.every((row) => row.remote.includes(host)));
  });

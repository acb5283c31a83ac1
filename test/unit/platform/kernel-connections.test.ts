import net from "node:net";
import tap from "tap";
import { kernelConnections } from "../../../src/platform/kernel-connections.js";

tap.test("the kernel is asked for the connections to one host, both families", (t) => {
  const open = (host: string, done: () => void): void => {
    const server = net.createServer((socket) => {
      socket.on("data", () => undefined);
      const { port } = server.address() as net.AddressInfo;
      const rows = kernelConnections(host) ?? [];
      const remote = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
      t.match(
        rows.find((row) => row.remote === remote && row.state === "ESTAB"),
        { unsent: 0, unread: 0, retries: 0 },
      );
      t.ok(rows.every((row) => row.remote.includes(host)));
      socket.destroy();
      server.close(done);
    });
    server.on("error", () => done());
    server.listen(0, host, () => net.connect((server.address() as net.AddressInfo).port, host));
  };
  if (process.platform !== "linux") return void t.end();
  open("127.83.12.9", () => open("::1", () => t.end()));
});

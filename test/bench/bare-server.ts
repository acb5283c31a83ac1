// The lower bound of memory per connection in Node: accepts connections, reads and discards data. Usage: bare-server HOST.

import net from "node:net";

const held = new Set<net.Socket>();
const server = net.createServer((socket) => {
  held.add(socket);
  socket.on("error", () => held.delete(socket));
  socket.on("close", () => held.delete(socket));
  socket.resume();
});
server.listen({ host: process.argv[2], port: 6_969 }, () => console.log("You can now send and receive messages."));

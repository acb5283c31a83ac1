// Sends back what it gets. Usage: echo HOST.

import net from "node:net";

const server = net.createServer({ noDelay: true }, (socket) => socket.on("error", () => undefined).pipe(socket));
server.listen({ host: process.argv[2], port: 6_969 }, () => console.log("You can now send and receive messages."));

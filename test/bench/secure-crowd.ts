// Like `crowd`, but each connection does a handshake with its own key and is then idle. Usage: secure-crowd GROUP_FILE FROM TO.

import { readFileSync } from "node:fs";
import net from "node:net";
import { windowBytes } from "../../src/core/limits.js";
import { noStream, noTag } from "../../src/delivery/stream.js";
import { noiseLibrary } from "../../src/platform/noise-library.js";
import { SecureChannel } from "../../src/wire/secure/channel.js";
import { FrameWriter } from "../../src/wire/secure/frame-writer.js";
import type { Frame } from "../../src/wire/secure/frames.js";

const rows = [...readFileSync(process.argv[2] ?? "", "utf8").matchAll(/^(Member\d+)\n(127\.\S+)$/gm)];
const [from, upTo] = process.argv.slice(3).map(Number);
const [[, , to] = []] = rows;
const members = rows.slice(from, upTo);
const frames = new FrameWriter();

/** The same key at every start. */
const secretOf = (name: string): Buffer => Buffer.from(name.padEnd(32, "."));

const hello = (name: string): Frame => ({ kind: "hello", minor: 0, name });
const position: Frame = { kind: "position", stream: noStream, received: 0, tag: noTag, granted: windowBytes };

/** Resolves when the peer has sent its position: the handshake is complete, and the connection is idle. */
const open = (name: string, localAddress: string): Promise<void> =>
  new Promise((resolve) => {
    const channel = new SecureChannel({
      initiator: true,
      keys: noiseLibrary.keyPair(secretOf(name)),
      noise: noiseLibrary,
    });
    const socket = net.connect({ host: to, port: 6_969, localAddress }, () => socket.write(channel.start()));
    socket.on("data", (chunk) => {
      for (const event of channel.push(chunk)) {
        if (event.kind === "send") socket.write(event.bytes);
        if (event.kind === "established") socket.write(channel.seal(frames.encode([hello(name), position])));
        if (event.kind === "plain") resolve();
        if (event.kind === "fault") throw new Error(event.reason);
      }
    });
    socket.on("error", () => undefined);
    socket.on("close", () => process.exit(1));
  });

while (members.length > 0)
  await Promise.all(members.splice(0, 100).map(([, name = "", host = ""]) => open(name, host)));
console.log("open");

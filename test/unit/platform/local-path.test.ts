// What a dead member's pointer leads to once the temporary folder was emptied: anybody may have put something there.

import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import t, { type Test } from "tap";
import { dialMember, pointerFile, socketPath, usualPath } from "../../../src/platform/local-path.js";
import { NodeLocalSocket } from "../../../src/platform/local-socket.js";
import type { ListenerEvents } from "../../../src/ports.js";

interface Scene {
  /** A member's state folder whose path is too long for a socket. */
  readonly folder: string;
  /** What the pointer names: a listening socket in a folder of ours. */
  readonly socket: string;
  readonly temporary: string;
}

async function scene(t: Test): Promise<Scene> {
  const temporary = mkdtempSync(path.join(os.tmpdir(), "t-"));
  t.teardown(() => rmSync(temporary, { recursive: true }));
  const folder = path.join(temporary, "x".repeat(120));
  const socket = path.join(temporary, "p2p-1", "socket");
  mkdirSync(folder);
  mkdirSync(path.dirname(socket), { mode: 0o700 });
  writeFileSync(pointerFile(folder), `${socket}\n`);
  await listenAt(t, socket);
  return { folder, socket, temporary };
}

async function listenAt(t: Test, file: string): Promise<void> {
  const server = net.createServer((socket) => socket.destroy()).listen(file);
  t.teardown(() => server.close());
  await once(server, "listening");
}

/** Starts a member's socket, which sweeps, and stops it. */
async function sweep(t: Test, folder: string): Promise<void> {
  const code = await new Promise<string>((resolve) => {
    const events: ListenerEvents = {
      onConnection: () => undefined,
      onListening: () => {
        listener.close();
        resolve("");
      },
      onFailure: resolve,
    };
    const listener = new NodeLocalSocket(folder).listen(events);
  });
  t.equal(code, "");
}

t.test("dials the user's socket in a private folder, and removes it with its folder", async (t) => {
  const { folder, socket } = await scene(t);
  t.equal(socketPath(folder), socket);
  await sweep(t, folder);
  t.notOk(existsSync(path.dirname(socket)));
  t.notOk(existsSync(pointerFile(folder)));
});

const anotherUser = 65_534;
const asRoot = process.getuid?.() !== 0 && "only root can give files away";

/** The folder's place is taken by a link to a folder that has all the rest. */
function linkFolder({ socket, temporary }: Scene): void {
  const real = path.join(temporary, "real");
  mkdirSync(real, { mode: 0o700 });
  rmSync(path.dirname(socket), { recursive: true });
  symlinkSync(real, path.dirname(socket));
}

const traps: readonly (readonly [what: string, skip: string | false, set: (scene: Scene, t: Test) => unknown])[] = [
  ["another user's folder", asRoot, ({ socket }) => chownSync(path.dirname(socket), anotherUser, anotherUser)],
  ["a folder that others may look into", false, ({ socket }) => chmodSync(path.dirname(socket), 0o710)],
  ["a folder that others may write to", false, ({ socket }) => chmodSync(path.dirname(socket), 0o702)],
  ["another user's socket", asRoot, ({ socket }) => chownSync(socket, anotherUser, anotherUser)],
  [
    "a link in the folder's place",
    false,
    async (scene, t) => {
      linkFolder(scene);
      await listenAt(t, scene.socket);
    },
  ],
  [
    "a link in the socket's place",
    false,
    async ({ socket, temporary }, t) => {
      rmSync(socket);
      await listenAt(t, path.join(temporary, "s"));
      symlinkSync(path.join(temporary, "s"), socket);
    },
  ],
  [
    "a file in the socket's place",
    false,
    ({ socket }) => {
      rmSync(socket);
      writeFileSync(socket, "precious");
    },
  ],
];

for (const [what, skip, set] of traps)
  t.test(`neither dialled nor swept: ${what}`, { skip }, async (t) => {
    const here = await scene(t);
    await set(here, t);
    t.equal(socketPath(here.folder), undefined);
    await sweep(t, here.folder);
    t.ok(existsSync(here.socket));
    t.notOk(existsSync(pointerFile(here.folder)));
  });

t.test("reports no member without a pointer file, even if another program listens at the cut path", async (t) => {
  const { folder } = await scene(t);
  rmSync(pointerFile(folder));
  await listenAt(t, usualPath(folder).slice(0, 108));
  const how = await new Promise((resolve) => {
    const end = (): void => resolve("opened");
    dialMember(folder).bind({ onOpen: end, onBytes: end, onDrain: end, onEnd: end, onClose: resolve });
  });
  t.equal(how, "ENOENT");
});

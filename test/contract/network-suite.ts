// The contract of every Network. Sessions rely on it, so the simulated network and the real one must pass the same
// suite.

import t, { type Test } from "tap";
import { toUtf8 } from "../../src/core/utf8.js";
import type { Connection, Listener, Network } from "../../src/ports.js";
import { Recorder } from "./recorder.js";

export interface Setting {
  /** The network of machine `number`, 1 or 2. */
  network(number: 1 | 2): Network;
  address(number: 1 | 2): string;
  /** Lets time pass until the condition holds; throws if it does not hold in time. */
  until(what: string, holds: () => boolean): Promise<void>;
  /** Lets some time pass. */
  pass(): Promise<void>;
  readonly port: number;
}

interface Pair {
  readonly near: Recorder;
  readonly far: Recorder;
  readonly listener: Listener;
}

export function networkSuite(name: string, makeSetting: () => Promise<Setting>): void {
  const promise = (what: string, keep: (test: Test, setting: Setting) => Promise<void>): void => {
    t.test(`${name}: ${what}`, async (test) => keep(test, await makeSetting()));
  };

  promise("bytes arrive in order, in both directions, with the dialler's address known", async (test, setting) => {
    const { near, far, listener } = await connect(setting);
    test.equal(far.connection.remoteHost, setting.address(1));
    test.equal(near.connection.localHost, setting.address(1));
    test.equal(far.connection.localHost, setting.address(2));
    near.call(() => near.connection.write(toUtf8("one ")));
    near.call(() => near.connection.write(toUtf8("two")));
    far.call(() => far.connection.write(toUtf8("three")));
    await setting.until("both received", () => far.text === "one two" && near.text === "three");
    test.equal(near.events[0], "open");
    test.notOk(near.reentered || far.reentered, "no callback came from inside a call");
    await finish(setting, { near, far, listener });
  });

  promise("a refused dial closes once, with the reason, and never opens", async (test, setting) => {
    const near = dial(setting);
    await setting.until("it closed", () => near.closed);
    await setting.pass();
    test.strictSame(near.events, ["close ECONNREFUSED"]);
  });

  promise(
    "a connection can be read after its own FIN; two FINs close both ends without a reason",
    async (test, setting) => {
      const { near, far, listener } = await connect(setting);
      near.call(() => near.connection.end());
      await setting.until("the FIN is seen", () => far.events.includes("end"));
      far.call(() => far.connection.write(toUtf8("late words")));
      await setting.until("it is read", () => near.text === "late words");
      test.notOk(near.closed || far.closed);
      far.call(() => far.connection.end());
      await setting.until("both closed", () => near.closed && far.closed);
      test.strictSame(near.events, ["open", "bytes", "end", "close"]);
      test.strictSame(far.events, ["end", "close"]);
      listener.close();
    },
  );

  promise("bytes written before the FIN arrive before it", async (test, setting) => {
    const pair = await connect(setting);
    const long = "x".repeat(300_000);
    pair.near.connection.write(toUtf8(long));
    pair.near.connection.end();
    await setting.until("the FIN is seen", () => pair.far.events.includes("end"));
    test.equal(pair.far.text.length, long.length);
    await finish(setting, pair);
  });

  promise("a paused reader blocks the writer, which gets a drain after resume", async (test, setting) => {
    const pair = await connect(setting);
    const chunk = toUtf8("y".repeat(1_000_000));
    pair.far.connection.pause();
    const chunks = await writeUntilStuck(setting, pair.near, chunk);
    test.equal(pair.far.text, "", "nothing is read while paused");
    const drains = pair.near.events.length;
    pair.far.connection.resume();
    await setting.until("drained", () => pair.near.events.length > drains);
    await setting.until("all arrived", () => pair.far.text.length === chunks * chunk.length);
    await finish(setting, pair);
  });

  promise("no drain follows a write that the kernel takes at once", async (test, setting) => {
    const pair = await connect(setting);
    test.ok(pair.near.connection.write(toUtf8("short")));
    await setting.until("it arrived", () => pair.far.text === "short");
    test.notOk(pair.near.events.includes("drain"));
    await finish(setting, pair);
  });

  promise("a destroyed connection takes no more bytes", async (test, setting) => {
    const { near, far, listener } = await connect(setting);
    near.call(() => near.connection.destroy());
    test.notOk(near.call(() => near.connection.write(toUtf8("lost"))));
    far.connection.end();
    await setting.until("both closed", () => near.closed && far.closed);
    test.equal(far.text, "");
    test.strictSame(near.events, ["open", "close"], "no drain follows");
    listener.close();
  });

  promise(
    "a connection that the peer has reset takes no more bytes, even before the close is reported",
    async (test, setting) => {
      const { near, far, listener } = await connect(setting);
      near.connection.pause();
      far.call(() => far.connection.reset());
      await setting.pass();
      test.notOk(near.call(() => near.connection.write(toUtf8("lost"))));
      await setting.until("both closed", () => near.closed && far.closed);
      test.match(near.events, ["open", /^close E/]);
      test.equal(near.events.length, 2, "no drain follows");
      listener.close();
    },
  );

  promise("the peer of a connection destroyed with unread bytes gets a reset or a FIN", async (test, setting) => {
    const { near, far, listener } = await connect(setting);
    far.connection.pause();
    near.connection.write(toUtf8("never read"));
    await setting.pass();
    far.call(() => far.connection.destroy());
    await setting.until("both know", () => near.events.length > 1 && far.closed);
    test.ok(["close ECONNRESET", "end"].includes(near.events[1] ?? ""));
    test.equal(far.events.at(-1), "close");
    near.connection.destroy();
    listener.close();
  });

  promise("destroying an idle connection sends a FIN to the peer", async (test, setting) => {
    const { near, far, listener } = await connect(setting);
    near.call(() => near.connection.destroy());
    await setting.until("the FIN is seen", () => far.events.includes("end"));
    far.connection.end();
    await setting.until("both closed", () => near.closed && far.closed);
    test.strictSame(far.events, ["end", "close"]);
    listener.close();
  });

  promise("a destroyed dial closes once and never opens", async (test, setting) => {
    const near = dial(setting);
    near.call(() => near.connection.destroy());
    await setting.until("it closed", () => near.closed);
    await setting.pass();
    test.strictSame(near.events, ["close"]);
    test.notOk(near.reentered);
  });

  promise("a second listener on one address and port fails with its reason", async (test, setting) => {
    const { listener } = await listen(setting);
    const failure = await listen(setting).catch((error: unknown) => String(error));
    test.match(failure, /EADDRINUSE/);
    listener.close();
  });

  promise("a closed listener refuses new connections and does not affect the old ones", async (test, setting) => {
    const pair = await connect(setting);
    pair.listener.close();
    await setting.pass();
    const late = dial(setting);
    await setting.until("it is refused", () => late.closed);
    test.strictSame(late.events, ["close ECONNREFUSED"]);
    pair.near.connection.write(toUtf8("still here"));
    await setting.until("the old one works", () => pair.far.text === "still here");
    await finish(setting, pair);
  });
}

function dial(setting: Setting): Recorder {
  const to = { host: setting.address(2), port: setting.port, localHost: setting.address(1) };
  return new Recorder(setting.network(1).dial(to));
}

async function listen(setting: Setting): Promise<{ listener: Listener; accepted: Connection[] }> {
  const accepted: Connection[] = [];
  let outcome = "";
  const listener = setting.network(2).listen(
    { host: setting.address(2), port: setting.port },
    {
      onListening: () => (outcome = "listening"),
      onFailure: (code) => (outcome = code),
      onConnection: (connection) => accepted.push(connection),
    },
  );
  await setting.until("the listener listens or fails", () => outcome !== "");
  if (outcome !== "listening") throw new Error(outcome);
  return { listener, accepted };
}

async function connect(setting: Setting): Promise<Pair> {
  const { listener, accepted } = await listen(setting);
  const near = dial(setting);
  await setting.until("accepted", () => accepted.length === 1 && near.events.includes("open"));
  return { near, far: new Recorder(accepted[0]!), listener };
}

/** Writes until the kernels' buffers, which may grow for a while, are full. Returns the number of chunks written. */
async function writeUntilStuck(setting: Setting, writer: Recorder, chunk: Uint8Array): Promise<number> {
  for (let chunks = 1; chunks < 200; chunks += 1) {
    const before = writer.events.length;
    const taken = writer.call(() => writer.connection.write(chunk));
    await setting.pass();
    if (!taken && writer.events.length === before) return chunks;
  }
  throw new Error("never: the kernel's buffers are full");
}

async function finish(setting: Setting, { near, far, listener }: Pair): Promise<void> {
  near.connection.end();
  far.connection.end();
  await setting.until("both closed", () => near.closed && far.closed);
  listener.close();
}

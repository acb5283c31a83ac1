import { PassThrough } from "node:stream";
import { setImmediate as afterPoll } from "node:timers/promises";
import type { ReadStream } from "node:tty";
import t from "tap";
import { NodeTerminal } from "../../../src/platform/node-terminal.js";
import { fromUtf8 } from "../../../src/core/utf8.js";

function terminal(columns: number) {
  const keyboard = new PassThrough();
  const stdin = Object.assign(keyboard, { setRawMode: () => stdin }) as unknown as ReadStream;
  const stdout = Object.assign(new PassThrough(), { columns });
  const heard: string[] = [];
  const console = new NodeTerminal({ stdin, stdout, signal: () => undefined, gone: () => undefined });
  console.bind({
    onBytes: (chunk) => heard.push(fromUtf8(chunk)),
    onEnd: () => undefined,
    onDrain: () => undefined,
    onReaderGone: () => undefined,
  });
  /** What is drawn when these keys were pressed. */
  const type = async (keys: string): Promise<string> => {
    keyboard.write(keys);
    await afterPoll();
    return String(stdout.read() ?? "");
  };
  const shown = (): string => String(stdout.read() ?? "");
  return { console, heard, type, shown };
}

t.test(
  "a cursor inside the line stands where it belongs, also below a message, and Enter takes the line",
  async (t) => {
    const { console, heard, type, shown } = terminal(80);
    console.prompt("> ");
    t.equal(await type("helo"), "> helo");
    t.equal(await type("\u001b[D"), "\r> hel");
    t.equal(await type("l"), "\r\u001b[K> hello\r> hell");
    console.write(Buffer.from("Bob : hi\n"));
    t.equal(shown(), "\r\u001b[KBob : hi\n> hello\r> hell");
    t.equal(await type("\r"), "\r\u001b[K> hello\n");
    t.strictSame(heard, ["hello\n"]);
    console.prompt("> ");
    t.equal(await type("\u001b[A"), "> hello");
  },
);

t.test("in a line that may take two rows the cursor stays at the end", async (t) => {
  const { console, type } = terminal(10);
  console.prompt("> ");
  await type("0123456789");
  t.equal(await type("\u001b[D\u001b[D"), "");
  t.match(await type("x"), /0123456789x$|^x$/);
});

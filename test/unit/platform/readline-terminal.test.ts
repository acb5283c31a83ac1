// The terminal of a person, with keys and a clock that are the test.

import { PassThrough } from "node:stream";
import { setImmediate as afterPoll } from "node:timers/promises";
import type { ReadStream } from "node:tty";
import t from "tap";
import { interruptPauseMs } from "../../../src/core/limits.js";
import { ReadlineTerminal } from "../../../src/platform/readline-terminal.js";
import type { Typed } from "../../../src/ports.js";

const paste = (text: string): string => `\u001b[200~${text}\u001b[201~`;
const ctrlC = "\u0003";

class Rig {
  now = 5_000;
  quits = 0;
  readonly heard: Typed[] = [];
  readonly #keyboard = new PassThrough();
  readonly #stdout = Object.assign(new PassThrough(), { columns: 80, rows: 24 });

  constructor() {
    const stdin = Object.assign(this.#keyboard, { setRawMode: () => stdin }) as unknown as ReadStream;
    const terminal = new ReadlineTerminal({
      ...{ stdin, stdout: this.#stdout },
      ...{ now: () => this.now, quitNow: () => (this.quits += 1) },
      ...{ suspend: () => undefined, gone: () => undefined },
    });
    terminal.bind({
      onTyped: (typed) => this.heard.push(typed),
      ...{ onBytes: () => undefined, onEnd: () => undefined, onDrain: () => undefined, onReaderGone: () => undefined },
    });
  }

  async types(...chunks: readonly string[]): Promise<this> {
    for (const keys of chunks) {
      this.#keyboard.write(keys);
      await afterPoll();
      await afterPoll();
    }
    return this;
  }

  /** What was drawn since the last time. */
  get drawn(): string {
    return String(this.#stdout.read() ?? "");
  }

  /** The lines that were entered since the last time. */
  get lines(): readonly string[] {
    return this.heard.splice(0).flatMap((typed) => (typed.kind === "line" ? [typed.text] : []));
  }
}

t.test("Ctrl-C twice in a row ends at once; another key or two seconds between them reset it", async (t) => {
  for (const between of ["x", paste("x"), paste(ctrlC), "\u001b[D"]) {
    const rig = await new Rig().types(ctrlC, between, ctrlC);
    t.equal(rig.quits, 0, JSON.stringify(between));
    t.equal((await rig.types(ctrlC)).quits, 1, "and the second in a row");
  }
  const late = await new Rig().types(ctrlC);
  late.now += interruptPauseMs + 1;
  t.equal((await late.types(ctrlC)).quits, 0);
  late.now += interruptPauseMs;
  t.equal((await late.types(ctrlC)).quits, 1);
});

t.test("Ctrl-C says whether it cleared something", async (t) => {
  const rig = await new Rig().types("half", ctrlC);
  t.strictSame(rig.heard, [{ kind: "interrupt", cleared: true }]);
  rig.now += interruptPauseMs + 1;
  await rig.types(ctrlC);
  t.strictSame(rig.heard[1], { kind: "interrupt", cleared: false });
  t.strictSame((await rig.types("new\r")).lines, ["new"]);
  t.equal((await new Rig().types("half", ctrlC + ctrlC)).quits, 1, "also where the first cleared a line");
});

t.test("keeps a pasted TAB, and draws it as one column", async (t) => {
  const rig = await new Rig().types(paste("a\tb\u001b[2J\u0007"));
  t.ok(rig.drawn.includes("a b[2J"));
  t.strictSame((await rig.types("\u001b[D!\r")).lines, ["a\tb[2!J"]);
  await rig.types(paste("\tone\n\ttwo\n"));
  t.strictSame(rig.heard, [{ kind: "paste", lines: ["\tone", "\ttwo"], draft: "" }]);
});

t.test("Backspace deletes a whole grapheme", async (t) => {
  for (const letter of ["x", "é", "e\u0301", "👨‍👩‍👧‍👦", "🇩🇪", "漢"])
    for (const key of ["\u007f", "\b"])
      t.strictSame((await new Rig().types(paste(`a${letter}`), key, "b\r")).lines, ["ab"], letter);
  t.strictSame((await new Rig().types("\u007f", paste("👨‍👩‍👧‍👦b"), "\u001b[D\u007f\u007f\r")).lines, ["b"]);
});

import { Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import tap from "tap";
import { logCharsMax } from "../../../src/core/limits.js";
import { PinoLog } from "../../../src/platform/pino-log.js";

tap.test(
  "log lines that a reader left no room for are counted, and the count is told when there is room",
  async (t) => {
    let read: (() => void) | undefined;
    const lines: string[] = [];
    const stderr = new Writable({
      decodeStrings: false,
      write(line: string, _encoding, taken) {
        lines.push(line);
        if (lines.length === 1) read = taken;
        else taken();
      },
    });
    const log = new PinoLog("warn", { file: undefined, stderr });
    const long = "x".repeat(1_000);
    for (let line = 0; line < 2 * (logCharsMax / 1_000); line += 1) log.warn("flood", { long });
    t.ok(stderr.writableLength < logCharsMax + 2_000, "the bound");
    read?.();
    await turn();
    const told = JSON.parse(lines.at(-1)!) as { event: string; count: number };
    t.equal(told.event, "log-lines-left-out");
    t.equal(lines.length - 1 + told.count, Math.ceil(2 * (logCharsMax / 1_000)));
    log.warn("after");
    await turn();
    t.match(lines.at(-1), /"after"/, "told once");
  },
);

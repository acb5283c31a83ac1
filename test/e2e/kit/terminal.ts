// Runs a program in a terminal; the test types and reads.

import { spawnSync } from "node:child_process";

/** A wrapper command for a terminal: our writes are typed there, and the end of our input closes its window. It exits like the program. */
const terminal = `
import os, pty, select, sys
child, window = pty.fork()
if child == 0: os.execvp(sys.argv[1], sys.argv[1:])
def shown():
    try: return os.read(window, 65536)
    except OSError: return b""
while True:
    ready, _, _ = select.select([0, window], [], [])
    if window in ready:
        text = shown()
        if not text: break
        os.write(1, text)
    if 0 in ready:
        typed = os.read(0, 65536)
        if not typed: break
        os.write(window, typed)
os.close(window)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
`;
export const inTerminal = ["python3", "-c", terminal] as const;

/** A reason to skip, or false. */
export const whyNoTerminal =
  spawnSync("python3", ["-c", "import pty, os; os.waitstatus_to_exitcode"]).status === 0
    ? false
    : "python3 is missing, which makes the terminal";

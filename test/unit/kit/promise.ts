// Declares a synchronous test: its name is a promise of the program, and its body checks it.

import tap, { type Test } from "tap";

export type { Test };

export function promise(name: string, body: (t: Test) => void): void {
  tap.test(name, (t) => {
    body(t);
    t.end();
  });
}

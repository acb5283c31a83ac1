// Tests are synchronous here, so a promise is a name and a body that returns when all is checked.

import tap, { type Test } from "tap";

export type { Test };

export function promise(name: string, body: (t: Test) => void): void {
  tap.test(name, (t) => {
    body(t);
    t.end();
  });
}

// A menu with a fake screen, keyboard and network that the test controls.

import { batchOf } from "../../../src/core/batch.js";
import type { Endpoint } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { MenuConsole, type MenuActions, type OutgoingMessage, type Outcome } from "../../../src/compat/menu/console.js";
import { taggedDialect } from "../../../src/wire/dialects/tagged.js";
import { FakeConsole } from "./fake-console.js";

export interface Sent extends OutgoingMessage {
  readonly tell: (outcome: Outcome) => void;
}

export class MenuRig implements MenuActions {
  readonly screen = new FakeConsole();
  readonly menu: MenuConsole;
  readonly asked: number[] = [];
  readonly sent: Sent[] = [];
  reading = true;
  quits = 0;
  unsent: boolean | undefined;

  constructor(greet: readonly Endpoint[] = []) {
    this.menu = new MenuConsole(this.screen, this, greet);
    this.menu.start();
  }

  /** A menu after its name and port were entered, which shows its choices. */
  static offering(greet: readonly Endpoint[] = []): MenuRig {
    const rig = new MenuRig(greet);
    rig.type("P1\n8080\n");
    rig.menu.listening(8080);
    rig.turn();
    return rig;
  }

  open(port: number): void {
    this.asked.push(port);
  }
  send(order: OutgoingMessage, tell: Sent["tell"]): void {
    this.sent.push({ ...order, tell });
  }
  hold(held: boolean): void {
    this.reading = !held;
  }
  quit(unsent: boolean): void {
    this.unsent = unsent;
    this.quits += 1;
  }

  /** Types, ends the turn and returns its output. */
  type(text: string): string {
    this.menu.onBytes(toUtf8(text));
    return this.turn();
  }

  /** Bytes arrive on a connection from `host`, which then ends. Returns the output. */
  hear(wire: string, host = "127.0.0.1"): string {
    const decoder = taggedDialect({ name: "", host: "0.0.0.0", port: 0 }).decoder();
    for (const event of [...decoder.push(toUtf8(wire)), ...decoder.flush()])
      if (event.kind === "texts") this.menu.hear(host, batchOf(event.batch.texts), event.from);
    return this.turn();
  }

  /** Reports the outcome of the last message, or of each in `which`. Returns the output. */
  tell(outcome?: string, which: readonly Sent[] = this.sent.slice(-1)): string {
    for (const { tell } of which) tell(outcome);
    return this.turn();
  }

  turn(): string {
    const before = this.screen.text.length;
    this.menu.flush();
    return this.screen.text.slice(before);
  }

  /** The output of a query before the next menu. */
  query(): string {
    return this.type("2\n").split("\n\n")[0]!.trim();
  }
}

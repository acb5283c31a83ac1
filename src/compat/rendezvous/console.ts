// What a rendezvous server tells whoever runs it: who comes and who goes. It listens to nobody.

import type { ClientLeft } from "../../core/notice.js";
import type { Screen } from "../../clients/screen.js";

/** The words about the silent are the older program's to the byte, its missing space included: scripts may look for them. */
const leavings: Readonly<Record<ClientLeft, string>> = {
  closed: " disconnected.",
  silent: "unreachable. It will be disconnected!",
  replaced: " has connected again: its older connection was closed.",
  garbage: " was disconnected: it said what is no command.",
  flood: " was disconnected: it sent too many commands.",
  deaf: " was disconnected: it reads no answers.",
};

export class RendezvousConsole {
  readonly #screen: Screen;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  greet(port: number): void {
    this.#screen.print([`Rendezvous server running at port: ${port}`]);
  }

  come(host: string): void {
    this.#screen.print([`Client ${host} connected.`]);
  }

  go(host: string, why: ClientLeft): void {
    this.#screen.print([`Client ${host}${leavings[why]}`]);
  }

  turnedAway(host: string, clientsMax: number): void {
    this.#screen.print([`Client ${host} was turned away: ${clientsMax} are here already (--max-clients).`]);
  }
}

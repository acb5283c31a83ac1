// The console of `p2p rendezvous`: prints clients that connect and disconnect. It takes no input.

import type { ClientLeft } from "../../core/notice.js";
import type { Screen } from "../../clients/screen.js";

/** `silent` is the older program's text byte for byte, including the missing space: scripts may look for it. */
const reasons: Readonly<Record<ClientLeft, string>> = {
  closed: " disconnected.",
  silent: "unreachable. It will be disconnected!",
  replaced: " has connected again: its older connection was closed.",
  garbage: " was disconnected: it sent something that is not a command.",
  flood: " was disconnected: it sent too many commands.",
  deaf: " was disconnected: it does not read the answers.",
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
    this.#screen.print([`Client ${host}${reasons[why]}`]);
  }

  turnedAway(host: string, clientsMax: number): void {
    this.#screen.print([`Client ${host} was turned away: the limit is reached (--max-clients ${clientsMax}).`]);
  }
}

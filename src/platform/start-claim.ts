// Of many commands at once that find no member, one goes on to become it and the others wait for its socket: what a member needs takes
// much longer to load than a look at a folder. It only saves time; that there is one member is the lock's doing.

import { lstatSync, mkdirSync, rmdirSync, utimesSync } from "node:fs";
import path from "node:path";
import { startClaimMs } from "../core/limits.js";

export class StartClaim {
  readonly #claim: string;
  #held = false;

  /** A member's state folder, which may be missing. */
  constructor(folder: string) {
    this.#claim = path.join(folder, "starting");
  }

  /** False: somebody else is about to. Where it cannot be told, there is nothing to wait for. */
  take(): boolean {
    return this.#make() || (this.#isStale() && this.#takeOver());
  }

  release(): void {
    if (this.#held) this.#remove();
    this.#held = false;
  }

  /** False: it is there. */
  #make(): boolean {
    try {
      if (this.#held) utimesSync(this.#claim, new Date(), new Date());
      else mkdirSync(this.#claim, { mode: 0o700 });
      this.#held = true;
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== "EEXIST";
    }
  }

  #takeOver(): boolean {
    this.#remove();
    // What is still there and no fresher is no claim but a file, or a folder with something in it: nobody is about to.
    return this.#make() || this.#isStale();
  }

  #isStale(): boolean {
    const made = lstatSync(this.#claim, { throwIfNoEntry: false })?.mtimeMs;
    return made !== undefined && Math.abs(Date.now() - made) > startClaimMs;
  }

  #remove(): void {
    try {
      rmdirSync(this.#claim);
    } catch {
      // Somebody else was faster; or it is nothing that a command made.
    }
  }
}

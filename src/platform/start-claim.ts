// Lets one of many simultaneous commands without a member become the member, while the others wait for its socket. It only saves loading
// time; the state folder's lock makes sure that there is one member.

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

  /** False: another command is about to start the member. True also if that cannot be found out. */
  take(): boolean {
    return this.#make() || (this.#isStale() && this.#takeOver());
  }

  release(): void {
    if (this.#held) this.#remove();
    this.#held = false;
  }

  /** False: the claim exists. */
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
    // An entry that is still there and no newer is not a claim, but a file or a folder with content.
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
      // Another command was faster, or no command made this entry.
    }
  }
}

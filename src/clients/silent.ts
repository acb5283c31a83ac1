// Nobody sits there: nothing is typed and nothing is shown. What arrives stays unshown, for the next run that shows it.

import type { Client } from "../member/client.js";

const nothing = (): void => undefined;

export const silentClient: Client = {
  greet: nothing,
  onBytes: nothing,
  onEnd: nothing,
  onDrain: nothing,
  shown: 0,
  blocked: false,
  flush: nothing,
  message: nothing,
  notice: nothing,
  connected: nothing,
  congested: nothing,
};

// The client for a member without input and output. It shows no messages: those that arrive are shown by the next run that has
// an output.

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

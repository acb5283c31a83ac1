// Combines several audiences into one.

import type { Audience } from "../core/audience.js";

export const toAll = (audiences: readonly Audience[]): Audience => ({
  message: (received) => audiences.forEach((each) => each.message(received)),
  notice: (notice) => audiences.forEach((each) => each.notice(notice)),
  connected: (peer, contact) => audiences.forEach((each) => each.connected(peer, contact)),
  congested: (congested) => audiences.forEach((each) => each.congested(congested)),
});

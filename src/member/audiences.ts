// Combines several audiences into one.

import type { Audience } from "../core/audience.js";

export const toAll = (audiences: readonly Audience[]): Audience => ({
  message: (received) => audiences.forEach((each) => each.message(received)),
  notice: (notice) => audiences.forEach((each) => each.notice(notice)),
  connected: (peer, contact) => audiences.forEach((each) => each.connected(peer, contact)),
  wantsOwn: (origin) => audiences.some((each) => each.wantsOwn?.(origin) === true),
  own: (sent, origin) => audiences.forEach((each) => each.wantsOwn?.(origin) === true && each.own?.(sent, origin)),
  congested: (congested) => audiences.forEach((each) => each.congested(congested)),
});

// The clients that every member has: the console and the server for other programs on this machine.

import type { MemberSettings } from "../member/member.js";
import { createConsole, type ConsoleOptions } from "./console.js";
import { LocalService } from "./socket/local-service.js";

type ClientSettings = Pick<MemberSettings, "createConsole" | "createLocalPrograms" | "paced" | "momentary">;

/** `onReady` is called when the local socket accepts programs, when opening it has failed, or at once if there is none. */
export const memberClients = (options: ConsoleOptions, onReady: () => void): ClientSettings => ({
  createConsole: (host) => createConsole(options, host),
  createLocalPrograms: (host) => new LocalService(host, onReady),
  paced: options.people !== undefined,
  momentary: options.silent === true,
});

// The clients that every member has: the console and the server for other programs on this machine.

import type { MemberSettings } from "../member/member.js";
import { createConsole, type ConsoleOptions } from "./console.js";
import { LocalService } from "./socket/local-service.js";

type ClientSettings = Pick<MemberSettings, "createConsole" | "createLocalPrograms" | "paced" | "momentary">;

/** `onOpen` is called when the local socket accepts programs, or when it is known that it never will. */
export const memberClients = (options: ConsoleOptions, onOpen: () => void): ClientSettings => ({
  createConsole: (host) => createConsole(options, host),
  createLocalPrograms: (host) => new LocalService(host, onOpen),
  paced: options.people !== undefined,
  momentary: options.silent === true,
});

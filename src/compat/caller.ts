// Who calls on a private line, as the hello's name says it: the port of the older program's clear protocol, the secure port,
// the name. Nothing proves them; they say where to call back, and what to print.

import { parsePort, portMax } from "../core/address.js";

export interface Caller {
  readonly name: string;
  /** Where they listen in the clear. */
  readonly port: number;
  readonly securePort: number;
}

const secureDistance = 1_000;

/** Where the private line of whoever listens in the clear on `port` is. */
export const securePortOf = (port: number): number => ((port + secureDistance - 1) % portMax) + 1;

export const spellCaller = ({ name, port, securePort }: Caller): string => `${port} ${securePort} ${name}`;

const pattern = /^(\d{1,5}) (\d{1,5}) (.*)$/su;

export function parseCaller(text: string): Caller | undefined {
  const [, portWord = "", secureWord = "", name] = pattern.exec(text) ?? [];
  const [port, securePort] = [parsePort(portWord), parsePort(secureWord)];
  if (name === undefined || port === undefined || securePort === undefined) return undefined;
  return { name, port, securePort };
}

// A caller on a private line, as the name in its hello describes it: clear port, secure port, name. None of it is proven;
// it tells the address to call back and the name to print.

import { parsePort, portMax } from "../core/address.js";

export interface Caller {
  readonly name: string;
  /** The port of the caller's clear listener. */
  readonly port: number;
  readonly securePort: number;
}

const secureDistance = 1_000;

/** The port of the private line that belongs to the clear listener on `port`. */
export const securePortOf = (port: number): number => ((port + secureDistance - 1) % portMax) + 1;

export const encodeCaller = ({ name, port, securePort }: Caller): string => `${port} ${securePort} ${name}`;

const pattern = /^(\d{1,5}) (\d{1,5}) (.*)$/su;

export function decodeCaller(text: string): Caller | undefined {
  const [, portWord = "", secureWord = "", name] = pattern.exec(text) ?? [];
  const [port, securePort] = [parsePort(portWord), parsePort(secureWord)];
  if (name === undefined || port === undefined || securePort === undefined) return undefined;
  return { name, port, securePort };
}

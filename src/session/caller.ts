// Who calls on a private line, as the hello's name says it: the port of the older program's clear protocol, the secure port,
// the name. Nothing proves them; they say where to call back, and what to print.

export interface Caller {
  readonly name: string;
  /** Where they listen in the clear. */
  readonly port: number;
  readonly securePort: number;
}

const portMax = 65_535;
const secureDistance = 1_000;

/** Where the private line of whoever listens in the clear on `port` is. */
export const securePortOf = (port: number): number =>
  port + secureDistance > portMax ? port + secureDistance - portMax : port + secureDistance;

export const spellCaller = ({ name, port, securePort }: Caller): string => `${port} ${securePort} ${name}`;

const pattern = /^(\d{1,5}) (\d{1,5}) (.*)$/su;

export function parseCaller(text: string): Caller | undefined {
  const [, port, securePort, name] = pattern.exec(text) ?? [];
  if (name === undefined || !isPort(port) || !isPort(securePort)) return undefined;
  return { name, port: Number(port), securePort: Number(securePort) };
}

const isPort = (digits: string | undefined): boolean => Number(digits) >= 1 && Number(digits) <= portMax;

// IP literals and host names: recognised, and brought to one spelling so that they can be compared as text.

import { fault, ok, type Endpoint, type Result } from "./types.js";

const fourNumbers = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
/** IPv4 inside IPv6, as the URL standard spells it. */
const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/;
/** What an interface's name is made of; nothing that a terminal would obey. */
const zoneName = /^[\w.:@-]+$/;

/** The canonical spelling of an IP literal, or undefined. IPv4 inside IPv6 becomes plain IPv4; a zone (`%eth0`) is kept. */
export const canonicalAddress = (text: string): string | undefined =>
  text.includes(":") ? canonicalV6(text) : canonicalV4(text);

function canonicalV4(text: string): string | undefined {
  const numbers = fourNumbers.exec(text)?.slice(1);
  return numbers?.every((number) => Number(number) <= 255 && String(Number(number)) === number) ? text : undefined;
}

/** The URL standard defines the very compression we want (RFC 5952's), and every runtime has it built in. */
function canonicalV6(text: string): string | undefined {
  const [address = "", zone, ...rest] = text.split("%");
  if (!/^[\da-f:.]+$/i.test(address) || rest.length > 0) return undefined;
  if (!URL.canParse(`http://[${address}]/`)) return undefined;
  const plain = unmapped(new URL(`http://[${address}]/`).hostname.slice(1, -1));
  if (zone === undefined) return plain;
  return zoneName.test(zone) ? `${plain}%${zone}` : undefined;
}

function unmapped(plain: string): string {
  const [high, low] =
    mapped
      .exec(plain)
      ?.slice(1)
      .map((part) => parseInt(part, 16)) ?? [];
  if (high === undefined || low === undefined) return plain;
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** Where a listener takes what comes to any address of its machine: of IPv4, and of both families. */
export const allAddresses = "0.0.0.0";
export const allAddressesV6 = "::";

export const isAllAddresses = (host: string): boolean => host === allAddresses || host === allAddressesV6;

/** Where to dial from, for whoever listens there; undefined leaves it to the kernel. */
export const dialledFrom = (listen: string | undefined): string | undefined =>
  listen === undefined || isAllAddresses(listen) ? undefined : listen;

/** Nobody's: any address, all machines, or a group of them. */
export const isNobodys = (host: string): boolean =>
  isAllAddresses(host) ||
  host === "255.255.255.255" ||
  /^(?:22[4-9]|23\d)(?:\.\d+){3}$/.test(host) ||
  /^ff[\da-f]{2}:/.test(host);

export const isAddress = (host: string): boolean => canonicalAddress(host) !== undefined;

const label = /^[\da-z](?:[\da-z-]{0,61}[\da-z])?$/;
const hostNameLengthMax = 253;

/** Four parts, most of them numbers, with a letter or two: `10.1.2.O`. */
function isMistypedAddress(name: string): boolean {
  const labels = name.split(".");
  const numbers = labels.filter((each) => /^\d+$/.test(each)).length;
  return labels.length === 4 && numbers >= 2 && (name.match(/[^\d.]/g) ?? []).length <= 2;
}

/** A host name of RFC 1123, section 2.1, in lower case. What ends in a number would be an address, well written or not. */
export function canonicalHostName(text: string): string | undefined {
  const name = text.toLowerCase();
  const labels = name.split(".");
  if (name.length > hostNameLengthMax || !labels.every((each) => label.test(each))) return undefined;
  return /^(?:\d+|0x[\da-f]*)$/.test(labels.at(-1) ?? "") || isMistypedAddress(name) ? undefined : name;
}

const withPort = /^(?:\[(?<six>[^\]]*)\]|(?<four>[^:[\]]*))(?::(?<port>[^:\]]*))?$/;

export const portMax = 65_535;
export const portExpected = `expected a port from 1 to ${String(portMax)}`;

/** A port in decimal digits; undefined for what is none. */
export function parsePort(word: string): number | undefined {
  const port = /^\d{1,5}$/.test(word) ? Number(word) : 0;
  return port >= 1 && port <= portMax ? port : undefined;
}

type OwnEndpoint = Endpoint & { readonly ownPort: boolean };

/** `10.1.2.0`, `10.1.2.0:7001`, `fd00::2`, `[fd00::2]:6969`; with 0 by default the port must be there. The message says what was expected. */
export function parseEndpoint(text: string, defaultPort: number): Result<OwnEndpoint> {
  const bare = text.split(":").length > 2 && !text.startsWith("[");
  const groups: Record<string, string | undefined> = (bare ? { six: text } : withPort.exec(text)?.groups) ?? {};
  const host = canonicalAddress(groups["six"] ?? groups["four"] ?? "");
  if (host === undefined) return fault("expected an IP address (10.1.2.0, 10.1.2.0:7001 or [fd00::2]:6969)");
  return endpoint(host, groups["port"], defaultPort);
}

/** `bob.local`, `bob.local:7001`. */
export function parseNamedEndpoint(text: string, defaultPort: number): Result<OwnEndpoint> {
  const groups = withPort.exec(text)?.groups ?? {};
  const host = canonicalHostName(groups["four"] ?? "");
  if (host === undefined) return fault("expected a host name (bob.local or bob.local:7001)");
  return endpoint(host, groups["port"], defaultPort);
}

function endpoint(host: string, portWord: string | undefined, defaultPort: number): Result<OwnEndpoint> {
  const port = portWord === undefined ? defaultPort : (parsePort(portWord) ?? 0);
  return port === 0 ? fault(portExpected) : ok({ host, port, ownPort: portWord !== undefined });
}

/** An endpoint as one writes it. */
export const formatEndpoint = ({ host, port }: Endpoint): string =>
  host.includes(":") ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;

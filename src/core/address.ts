// Recognises IP literals and host names and brings them to one canonical spelling, so that they can be compared as
// text.

import { fault, ok, type Endpoint, type Result } from "./types.js";

const fourNumbers = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
/** IPv4 inside IPv6, as the URL standard spells it. */
const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/;
/** Characters of an interface name; none of them controls a terminal. */
const zoneName = /^[\w.:@-]+$/;

/**
 * The canonical spelling of an IP literal, or undefined. IPv4 inside IPv6 becomes plain IPv4; a zone (`%eth0`) is kept.
 */
export const canonicalAddress = (text: string): string | undefined =>
  text.includes(":") ? canonicalV6(text) : canonicalV4(text);

function canonicalV4(text: string): string | undefined {
  const numbers = fourNumbers.exec(text)?.slice(1);
  return numbers?.every((number) => Number(number) <= 255 && String(Number(number)) === number) ? text : undefined;
}

/** Uses the built-in URL parser: the URL standard compresses IPv6 addresses as RFC 5952 does. */
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

/** The wildcard addresses, to listen on every address of the machine: IPv4 only, and both families. */
export const allAddresses = "0.0.0.0";
export const allAddressesV6 = "::";

export const isAllAddresses = (host: string): boolean => host === allAddresses || host === allAddressesV6;

/** The local address to dial from, given the address to listen on; undefined leaves the choice to the kernel. */
export const sourceAddress = (listen: string | undefined): string | undefined =>
  listen === undefined || isAllAddresses(listen) ? undefined : listen;

/** Not the address of one machine: a wildcard, broadcast or multicast address. */
export const isNotUnicast = (host: string): boolean =>
  isAllAddresses(host) ||
  host === "255.255.255.255" ||
  /^(?:22[4-9]|23\d)(?:\.\d+){3}$/.test(host) ||
  /^ff[\da-f]{2}:/.test(host);

export const isAddress = (host: string): boolean => canonicalAddress(host) !== undefined;

const label = /^[\da-z](?:[\da-z-]{0,61}[\da-z])?$/;
const hostNameLengthMax = 253;

/** Four labels, at least two of them numbers, and at most two characters that are not digits: `10.1.2.O`. */
function isMistypedAddress(name: string): boolean {
  const labels = name.split(".");
  const numbers = labels.filter((each) => /^\d+$/.test(each)).length;
  return labels.length === 4 && numbers >= 2 && (name.match(/[^\d.]/g) ?? []).length <= 2;
}

/**
 * A host name of RFC 1123, section 2.1, in lower case. A name whose last label is a number is refused as a mistyped
 * address.
 */
export function canonicalHostName(text: string): string | undefined {
  const name = text.toLowerCase();
  const labels = name.split(".");
  if (name.length > hostNameLengthMax || !labels.every((each) => label.test(each))) return undefined;
  return /^(?:\d+|0x[\da-f]*)$/.test(labels.at(-1) ?? "") || isMistypedAddress(name) ? undefined : name;
}

const withPort = /^(?:\[(?<six>[^\]]*)\]|(?<four>[^:[\]]*))(?::(?<port>[^:\]]*))?$/;

export const portMax = 65_535;
export const portExpected = `expected a port from 1 to ${String(portMax)}`;

/** A port in decimal digits, 1 to 65535; undefined for anything else. */
export function parsePort(word: string): number | undefined {
  const port = /^\d{1,5}$/.test(word) ? Number(word) : 0;
  return port >= 1 && port <= portMax ? port : undefined;
}

type OwnEndpoint = Endpoint & { readonly ownPort: boolean };

/**
 * `10.1.2.0`, `10.1.2.0:7001`, `fd00::2`, `[fd00::2]:6969`. A `defaultPort` of 0 makes the port mandatory. The message
 * says what was expected.
 */
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

/** `10.1.2.0:7001`, `[fd00::2]:6969`. */
export const formatEndpoint = ({ host, port }: Endpoint): string =>
  host.includes(":") ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;

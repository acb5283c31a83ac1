// Encrypted connections between two copies of this program, for programs whose own protocol is in the clear. They protect
// against eavesdropping, not against an impostor: keys are made at each start, so users must compare fingerprints.

import { parsePort, portMax } from "../core/address.js";
import { Counts } from "../core/counts.js";
import { publicKeyOf } from "../core/known-key.js";
import {
  acceptBurst,
  acceptsPerSecond,
  arrivalsPerAddressMax,
  handshakeMs,
  nameBytesMax,
  strangersMax,
} from "../core/limits.js";
import { TokenBuckets } from "../core/token-bucket.js";
import type { Endpoint, PeerName, PublicKey } from "../core/types.js";
import { piecesOfText } from "../core/utf8.js";
import type { Connection, Listener, Log, Network } from "../ports.js";
import { listenAnywhere } from "../reactor/entrances.js";
import { PostedConnection } from "../reactor/posted.js";
import type { Reactor } from "../reactor/reactor.js";
import { SecureConnection, type SecureConnectionHost, type Self } from "../trust/secure-connection.js";
import { banner } from "../wire/secure/banner.js";
import type { RefusalReason } from "../wire/secure/frames.js";
import type { NoiseLibrary } from "../wire/secure/noise.js";
import { BannerConnection } from "./banner-connection.js";

/** A program's description of itself in its hello. Nothing proves it: it tells the address to call back and the name to print. */
export interface Caller {
  readonly program: "numbered" | "says";
  /** The port of its clear listener. */
  readonly port: number;
  readonly securePort: number;
  readonly name: string;
}

export interface PrivateLineEvents {
  /** We cannot listen; `code` is a system error code. Dialling still works. */
  onCannotListen(code: string): void;
  /** A caller has proven `key`: the reason to refuse it, or undefined. */
  judge(host: string, caller: Caller, key: PublicKey): RefusalReason | undefined;
  /** Bind the connection within this call. */
  onCaller(connection: Connection, caller: Caller): void;
}

export interface PrivateLineParts {
  readonly reactor: Reactor;
  readonly network: Network;
  readonly noise: NoiseLibrary;
  readonly log: Log;
  readonly self: Caller;
  /** The address to listen on; undefined: all. */
  readonly host: string | undefined;
  /** The address to dial from; undefined: the kernel chooses. */
  readonly localHost: string | undefined;
  readonly events: PrivateLineEvents;
}

export interface PrivateDial {
  /** Opens once both sides have proven their keys. */
  readonly connection: Connection;
  /** A private line was found: nothing may go to the peer in the clear any more. */
  readonly found: boolean;
  readonly peer: Caller | undefined;
}

export class PrivateLine {
  readonly key: PublicKey;
  readonly #parts: PrivateLineParts;
  readonly #self: Self;
  readonly #knocks = new TokenBuckets<string>({ perSecond: acceptsPerSecond, burst: acceptBurst }, strangersMax);
  /** Open handshakes of incoming connections, by address. */
  readonly #arrivals = new Counts<string>();
  readonly #listener: Listener;

  constructor(parts: PrivateLineParts) {
    this.#parts = parts;
    const keys = parts.noise.keyPair();
    this.key = publicKeyOf(keys.publicKey);
    this.#self = { name: encodeCaller(parts.self) as PeerName, keys, key: this.key };
    this.#listener = listenAnywhere(
      parts,
      { host: parts.host, port: parts.self.securePort },
      {
        onListening: () => undefined,
        onConnection: (connection) => this.#accept(connection),
        onFailure: (code) => parts.events.onCannotListen(code),
      },
    );
  }

  close(): void {
    this.#listener.close();
  }

  /** Dials the private port `to`. */
  dial(to: Endpoint): PrivateDial {
    const { network, reactor, localHost } = this.#parts;
    const dialled = new PostedConnection(reactor, network.dial({ ...to, localHost }));
    const state = { found: false, peer: undefined as Caller | undefined };
    const connection = this.#secure(new BannerConnection(dialled, reactor, () => (state.found = true)), true, {
      onHello: (key, name) => {
        state.peer = this.#callerOf(name);
        return state.peer === undefined ? "unknown-name" : { key, standing: "first-use" };
      },
    });
    return Object.assign(state, { connection });
  }

  #accept(accepted: Connection): void {
    const host = accepted.remoteHost;
    if (!this.#admits(host)) return accepted.reset();
    const { reactor, events, log } = this.#parts;
    const connection = new PostedConnection(reactor, accepted);
    let caller: Caller | undefined;
    this.#arrivals.add(host);
    this.#secure(connection, false, {
      onHello: (key, name) => {
        caller = this.#callerOf(name);
        const refusal = caller === undefined ? "unknown-name" : events.judge(host, caller, key);
        return refusal ?? { key, standing: "first-use" };
      },
      onEstablished: (met) => {
        this.#arrivals.remove(host);
        if (caller !== undefined) events.onCaller(met, caller);
      },
      onFailed: (reason) => {
        this.#arrivals.remove(host);
        log.debug("private-line-refused", { host, reason });
      },
    });
    connection.write(banner);
  }

  #admits(host: string): boolean {
    if (this.#arrivals.of(host) >= arrivalsPerAddressMax || this.#arrivals.size >= strangersMax) return false;
    return this.#knocks.take(host, this.#parts.reactor.now);
  }

  #secure(connection: Connection, initiator: boolean, host: Partial<SecureConnectionHost>): SecureConnection {
    const { noise, reactor } = this.#parts;
    const parts = { connection, initiator, self: this.#self, noise, reactor, limitMs: handshakeMs };
    const onKey = (key: PublicKey): RefusalReason | undefined => (key === this.key ? "key-of-another" : undefined);
    return new SecureConnection({ ...parts, host: { ...quietHost, onKey, ...host } });
  }

  #callerOf(name: string): Caller | undefined {
    return decodeCaller(name, this.#parts.self.program);
  }
}

/** The connection's `onClose` tells the user why it failed. */
const quietHost: SecureConnectionHost = {
  onKey: () => undefined,
  onHello: () => "unknown-name",
  onEstablished: () => undefined,
  notSecure: "the private port speaks another protocol",
  onRefused: () => undefined,
  onFailed: () => undefined,
};

const secureDistance = 1_000;

/** The usual port of the private line that belongs to the clear listener on `port`. */
export const securePortOf = (port: number): number => ((port + secureDistance - 1) % portMax) + 1;

/** A long name is cut, so that the hello can carry it. */
export function encodeCaller({ program, port, securePort, name }: Caller): string {
  const ports = `${program} ${port} ${securePort} `;
  return ports + (piecesOfText(name.normalize("NFC"), nameBytesMax - ports.length)[0] ?? "");
}

const pattern = /^(\w+) (\d{1,5}) (\d{1,5}) (.*)$/su;

/** Undefined for another program, or for a hello that is not of this form. */
export function decodeCaller(text: string, program: Caller["program"]): Caller | undefined {
  const [, word, portWord = "", secureWord = "", name = ""] = pattern.exec(text) ?? [];
  const [port, securePort] = [parsePort(portWord), parsePort(secureWord)];
  if (word !== program || port === undefined || securePort === undefined) return undefined;
  return { program, port, securePort, name };
}

// The text at the first start, and the shorter one at later starts.

import type { Peer, PeerName } from "../../core/types.js";
import { span, type Line } from "./paint.js";

export interface Arrival {
  readonly self: PeerName;
  readonly keyFile: string;
  readonly peers: readonly Peer[];
}

/** More names than this are counted, not listed. */
const namedMax = 8;

export function welcome({ self, keyFile, peers }: Arrival): readonly Line[] {
  const others = peers.filter(({ name }) => name !== self).map(({ name }) => name);
  const friend = others[0] ?? self;
  return [
    [],
    [span(`Welcome. You are ${self}`, "strong"), span(`${group(others)}.`)],
    [span(`Your new secret key is in ${keyFile}. Show it to nobody.`)],
    [
      span("To write: "),
      span(`${friend}/hello`, "strong"),
      span(" and Enter. Then the prompt names that friend, and text alone is enough."),
    ],
    [
      span("TAB completes names and commands, the arrow keys bring lines back, "),
      span("/help", "strong"),
      span(" lists the rest."),
    ],
    ...(peers.every(({ host }) => host.startsWith("127.")) ? [alone(friend)] : []),
    [],
  ];
}

/** At every later start. */
export const welcomeBack = ({ self }: Pick<Arrival, "self">): readonly Line[] => [
  [span(`You are ${self}`, "strong"), span("; "), span("/help", "strong"), span(" lists the commands.")],
];

function group(others: readonly PeerName[]): string {
  if (others.length === 0) return ", and nobody else is in the group yet";
  const more = others.length - namedMax;
  return `; in the group with you: ${others.slice(0, namedMax).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

const alone = (friend: PeerName): Line => [
  span(
    `All members are on this machine. To be ${friend} too, use another terminal and the same command with the name ${friend}.`,
  ),
];

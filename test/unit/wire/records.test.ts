// Records of many connections at once, whose keys share a slab.

import type { Bytes } from "../../../src/core/types.js";
import { fromUtf8, toUtf8 } from "../../../src/core/utf8.js";
import { noiseLibrary } from "../../../src/platform/noise-library.js";
import { storeKeys, wipeKeys } from "../../../src/wire/secure/key-slab.js";
import { Records, type RecordEvent } from "../../../src/wire/secure/records.js";
import { promise } from "../kit/promise.js";

const keyOf = (connection: number, way: number): Bytes =>
  Uint8Array.from({ length: 32 }, (_, at) => (connection * 7 + way * 101 + at) & 255);

interface Pair {
  readonly ours: Records;
  readonly theirs: Records;
}

function pair(connection: number): Pair {
  const counts = { perKey: 2, max: 100 };
  const end = (sealing: Bytes, opening: Bytes): Records =>
    new Records({ noise: noiseLibrary, counts, keys: { sealing, opening } });
  const [there, back] = [0, 1] as const;
  return {
    ours: end(keyOf(connection, there), keyOf(connection, back)),
    theirs: end(keyOf(connection, back), keyOf(connection, there)),
  };
}

const heard = (events: readonly RecordEvent[]): readonly string[] =>
  events.map((event) => (event.kind === "plain" ? fromUtf8(event.bytes) : event.fault));

promise("many connections keep their own keys, also when others have ended and keys were replaced", (t) => {
  const pairs = Array.from({ length: 100 }, (_, connection) => pair(connection));
  for (const round of ["a", "b", "c", "d", "e"])
    for (const [connection, { ours, theirs }] of pairs.entries()) {
      t.strictSame(heard(theirs.push(ours.seal(toUtf8(round)))), [round]);
      t.strictSame(heard(ours.push(theirs.seal(toUtf8(`${round}!`)))), [`${round}!`]);
      if (round === "c" && connection % 3 === 0) {
        ours.wipe();
        pairs[connection] = pair(connection);
      }
    }
});

promise("wipes the keys that it was given, and those of a connection that ended", (t) => {
  const [first, second] = [keyOf(1, 0), keyOf(1, 1)];
  const [before, place, after] = [
    storeKeys(keyOf(0, 0), keyOf(0, 1)),
    storeKeys(first, second),
    storeKeys(keyOf(2, 0), keyOf(2, 1)),
  ];
  const pairAt = ({ slab, at }: typeof place): Bytes => slab.slice(at, at + 64);
  t.strictSame(
    [...first, ...second],
    Array.from({ length: 64 }, () => 0),
  );
  t.strictSame([...pairAt(place)], [...keyOf(1, 0), ...keyOf(1, 1)]);
  wipeKeys(place);
  t.strictSame(
    [...pairAt(place)],
    Array.from({ length: 64 }, () => 0),
  );
  t.strictSame([...pairAt(before)], [...keyOf(0, 0), ...keyOf(0, 1)]);
  t.strictSame([...pairAt(after)], [...keyOf(2, 0), ...keyOf(2, 1)]);
});

promise("nothing is sealed or opened under wiped keys", (t) => {
  const { ours, theirs } = pair(7);
  const late = ours.seal(toUtf8("late"));
  theirs.wipe();
  theirs.wipe();
  t.throws(() => theirs.seal(toUtf8("no")), /wiped/);
  t.strictSame(heard(theirs.push(late)), ["record"]);
  t.strictSame(heard(theirs.push(late)), [], "no event follows a fault");
});

// Records of many connections at once, whose keys lie side by side.

import type { Bytes } from "../../../src/core/types.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { noiseLibrary } from "../../../src/platform/noise-library.js";
import { keepKeys, wipeKeys } from "../../../src/wire/secure/key-slab.js";
import { Records } from "../../../src/wire/secure/records.js";
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

/** Without its length. */
const record = (sealed: Bytes): Bytes => sealed.subarray(2);

promise("many connections keep their own keys, also when others have ended and keys were replaced", (t) => {
  const pairs = Array.from({ length: 100 }, (_, connection) => pair(connection));
  for (const round of ["a", "b", "c", "d", "e"])
    for (const [connection, { ours, theirs }] of pairs.entries()) {
      const there = theirs.open(record(ours.seal(toUtf8(round))));
      const back = ours.open(record(theirs.seal(toUtf8(`${round}!`))));
      t.strictSame(
        [there, back].map((bytes) => bytes && Buffer.from(bytes).toString()),
        [round, `${round}!`],
      );
      if (round === "c" && connection % 3 === 0) {
        ours.wipe();
        pairs[connection] = pair(connection);
      }
    }
});

promise("keys that were handed over are wiped, and with them those of a connection that ended", (t) => {
  const [first, second] = [keyOf(1, 0), keyOf(1, 1)];
  const [before, place, after] = [
    keepKeys(keyOf(0, 0), keyOf(0, 1)),
    keepKeys(first, second),
    keepKeys(keyOf(2, 0), keyOf(2, 1)),
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

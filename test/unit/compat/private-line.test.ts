import fc from "fast-check";
import { concat } from "../../../src/core/bytes.js";
import { nameBytesMax } from "../../../src/core/limits.js";
import { toUtf8 } from "../../../src/core/utf8.js";
import { decodeCaller, encodeCaller, securePortOf, type Caller } from "../../../src/compat/private-line.js";
import { banner, BannerReader } from "../../../src/wire/secure/banner.js";
import { promise } from "../kit/promise.js";

promise("adds a thousand to the clear port for the private line, and wraps around at the highest port", (t) => {
  t.strictSame([9101, 64_535, 64_536, 65_535].map(securePortOf), [10_101, 65_535, 1, 1_000]);
  const all = Array.from({ length: 65_535 }, (_, at) => securePortOf(at + 1));
  t.equal(new Set(all).size, 65_535);
  t.ok(all.every((port) => port >= 1 && port <= 65_535));
});

promise("encodes a program, two ports and any name for the hello, and decodes them", (t) => {
  const quy: Caller = { program: "says", name: "Dao Xuan Quy", port: 9101, securePort: 10_101 };
  t.equal(encodeCaller(quy), "says 9101 10101 Dao Xuan Quy");
  t.strictSame(decodeCaller(encodeCaller(quy), "says"), quy);
  t.equal(decodeCaller(encodeCaller(quy), "numbered"), undefined, "another program");
  for (const wrong of ["", "Quy", "9101 10101 Quy", "0 1 Quy", "1 0 Quy", "65536 1 Quy", "1 65536 Quy", "1  1 Quy"]) {
    t.equal(decodeCaller(wrong, "says"), undefined, wrong);
    t.equal(decodeCaller(`says ${wrong}`, "says") === undefined, wrong !== "9101 10101 Quy", `says ${wrong}`);
  }
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const text = encodeCaller({ ...quy, name });
      t.ok(toUtf8(text).length <= nameBytesMax, "fits into a hello");
      t.ok(name.normalize("NFC").startsWith(decodeCaller(text, "says")?.name ?? "nothing"));
    }),
  );
});

promise("reads a banner from pieces of any size and leaves the bytes behind it", (t) => {
  const stream = concat([banner, new Uint8Array([1, 2, 3])]);
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const reader = new BannerReader();
    const [first, second] = [stream.subarray(0, cut), stream.subarray(cut)];
    const read = reader.push(first) + reader.push(second);
    t.strictSame([read, reader.fits, reader.whole], [6, true, true]);
  }
});

promise("rejects a banner with a wrong byte, but accepts another minor version", (t) => {
  for (let at = 0; at < banner.length; at += 1) {
    const reader = new BannerReader();
    reader.push(banner.map((byte, index) => (index === at ? byte ^ 1 : byte)));
    t.equal(reader.whole, at === banner.length - 1);
    t.equal(reader.fits, at === banner.length - 1);
  }
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9 })), (chunks) => {
      const reader = new BannerReader();
      for (const chunk of chunks) reader.push(chunk);
      const bytes = concat(chunks).subarray(0, 5);
      t.equal(
        reader.fits,
        bytes.every((byte, at) => byte === banner[at]),
      );
    }),
  );
});

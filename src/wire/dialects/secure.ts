// The secure dialect above its encryption: converts the frames in the records to events and back. The link handles the
// first frame, the hello. "Delivered" means that the message is on the peer's disk.

import { lingerMs } from "../../core/limits.js";
import type { Bytes } from "../../core/types.js";
import type { Decoder, Dialect } from "../dialect.js";
import type { WireEvent } from "../event.js";
import { FrameReader } from "../secure/frame-reader.js";
import { FrameWriter } from "../secure/frame-writer.js";
import { faulty, type Frame } from "../secure/frames.js";

class SecureDecoder extends FrameReader implements Decoder {
  override push(chunk: Bytes): readonly WireEvent[] {
    return super.push(chunk).flatMap(toEvent);
  }

  /** Ignores an unfinished frame: its content is repeated on the next connection. */
  flush(): readonly WireEvent[] {
    return [];
  }
}

function toEvent(frame: Frame): readonly WireEvent[] {
  if (frame.kind === "hello") return [];
  return frame.kind === "refused" ? [faulty(`refused us: ${frame.reason}`)] : [frame];
}

const writer = new FrameWriter();

export const secureDialect: Dialect = {
  name: "secure",
  traits: { identity: "key", claim: "acknowledged", transport: "one", farewell: true, lingerMs },
  decoder: (begun) => new SecureDecoder(begun),
  encode: (events) => writer.encode(events),
  keep: () => writer.keep(),
};

import fc from "fast-check";
import t from "tap";
import { toUtf8 } from "../../../src/core/utf8.js";
import type { Bytes } from "../../../src/core/types.js";
import {
  acknowledgement,
  AnswerReader,
  encodeCommand,
  encodeList,
  greeting,
  readCommands,
  refusal,
  type Answer,
  type Awaited,
  type RendezvousCommand,
} from "../../../src/wire/rendezvous.js";

const text = (bytes: Bytes): string => Buffer.from(bytes).toString("latin1");

/** Reads chunks one after the other, as a server does. */
function serve(pieces: readonly Bytes[]): {
  readonly commands: readonly RendezvousCommand[];
  readonly broken: boolean;
  readonly held: number;
} {
  const commands: RendezvousCommand[] = [];
  let rest: Bytes = new Uint8Array(0);
  let held = 0;
  for (const piece of pieces) {
    const read = readCommands(rest, piece);
    commands.push(...read.commands);
    rest = read.rest;
    held = Math.max(held, rest.length);
    if (read.broken) return { commands, broken: true, held };
  }
  return { commands, broken: false, held };
}

const cut = (whole: Bytes, at: number): readonly Bytes[] => [whole.subarray(0, at), whole.subarray(at)];

t.test("uses the seed's words on the wire", (t) => {
  t.equal(text(greeting), "CONN\0");
  t.equal(text(refusal), "DISC\0");
  t.equal(text(acknowledgement), "ACK");
  t.equal(text(encodeCommand("ping")), "PING\0");
  t.equal(text(encodeCommand("list")), "LIST\0");
  t.end();
});

t.test("reads commands split at any point, and two that arrive together", (t) => {
  const both = toUtf8("PING\0LIST\0");
  for (let at = 0; at <= both.length; at += 1)
    t.same(serve(cut(both, at)), { commands: ["ping", "list"], broken: false, held: at % 5 }, String(at));
  t.end();
});

t.test("skips NULs between commands, and reports invalid bytes", (t) => {
  t.same(serve([toUtf8("\0\0PING\0\0\0LIST\0")]).commands, ["ping", "list"]);
  for (const wrong of ["ping\0", "PINGS", "GET / HTTP/1.1\r\n", "LIST\n", "P\0"])
    t.equal(serve([toUtf8(wrong)]).broken, true, wrong);
  t.same(serve([toUtf8("PING\0LISP\0PING\0")]).commands, ["ping"], "further commands are not read");
  t.end();
});

t.test("buffers at most four bytes and never throws, for any bytes in any pieces", (t) => {
  const pieces = fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(toUtf8("PING\0LIST\0PI"))));
  fc.assert(fc.property(pieces, (each) => serve(each).held <= 4));
  t.end();
});

t.test("lists IPv4 addresses only to a client over IPv4, and all addresses over IPv6", (t) => {
  const all = ["10.1.2.0", "2001:db8::1", "fd00::2"];
  const listed = (asker: string): string => text(encodeList(all, asker)).replaceAll("\0", "");
  t.equal(listed("10.1.2.0"), "10.1.2.0\n");
  t.equal(listed("fd00::2"), "10.1.2.0\n2001:db8::1\nfd00::2\n");
  t.end();
});

t.test("a list has 99 bytes: one address per line, and NULs", (t) => {
  const list = encodeList(["10.1.2.0", "10.1.3.0"], "10.1.3.0");
  t.equal(text(list), `10.1.2.0\n10.1.3.0\n${"\0".repeat(81)}`);
  t.end();
});

t.test("a list contains whole addresses, always including the asker's", (t) => {
  const many = Array.from({ length: 50 }, (_, index) => `10.1.${String(100 + index)}.200`);
  const atTheEnd = text(encodeList(many, "10.1.149.200"));
  t.equal(atTheEnd.length, 99);
  t.same(atTheEnd.replace(/\0+$/, "").split("\n"), [...many.slice(0, 6), "10.1.149.200", ""]);
  const first = text(encodeList(many, "10.1.100.200"));
  t.same(first.replace(/\0+$/, "").split("\n"), [...many.slice(0, 7), ""]);
  t.end();
});

const octet = fc.nat(255);
const addresses = fc
  .uniqueArray(
    fc.tuple(octet, octet, octet, octet).map((four) => four.join(".")),
    { minLength: 1, maxLength: 40 },
  )
  .map((each) => [...each].sort());

/** Reads chunks as a client that asks each question after the answer to the last one. */
function ask(questions: readonly Awaited[], pieces: readonly Bytes[]): readonly Answer[] {
  const reader = new AnswerReader();
  const left = [...questions];
  const answers: Answer[] = [];
  const next = (): void => {
    const question = left.shift();
    if (question !== undefined) reader.expect(question);
  };
  next();
  for (const piece of pieces)
    for (const answer of reader.push(piece)) {
      answers.push(answer);
      next();
    }
  return answers;
}

t.test("a client decodes the server's list split at any point, in order, including itself", (t) => {
  fc.assert(
    fc.property(addresses, fc.nat(), fc.nat(99), (all, which, at) => {
      const asker = all[which % all.length]!;
      const [answer] = ask(["list"], cut(encodeList(all, asker), at));
      if (answer?.kind !== "list") return false;
      const fits = answer.addresses.includes(asker) && answer.addresses.every((each) => all.includes(each));
      return fits && [...answer.addresses].sort().join() === answer.addresses.join();
    }),
  );
  t.end();
});

t.test("distinguishes greeting, acknowledgement and list by the question", (t) => {
  const reader = new AnswerReader();
  t.same(reader.push(toUtf8("CO")), []);
  t.same(reader.push(toUtf8("NN\0")), [{ kind: "connected" }]);
  reader.expect("ack");
  t.same(reader.push(toUtf8("ACK")), [{ kind: "ack" }]);
  reader.expect("ack");
  t.same(reader.push(toUtf8("\0\0A")), [], "late padding of the last answer");
  t.same(reader.push(toUtf8("CK")), [{ kind: "ack" }]);
  t.same(new AnswerReader().push(toUtf8("DISC\0")), [{ kind: "full" }]);
  t.end();
});

t.test("an unexpected or invalid answer is a fault", (t) => {
  const reader = new AnswerReader();
  t.equal(reader.push(toUtf8("CONN\0ACK"))[1]?.kind, "fault");
  t.equal(new AnswerReader().push(toUtf8("HTTP/1.1"))[0]?.kind, "fault");
  t.end();
});

t.test("drops the last line of a list without a NUL, and lines that are not addresses", (t) => {
  const lines = "10.1.2.0\n".repeat(10) + "\u0001 10.1.";
  const reader = new AnswerReader();
  reader.expect("list");
  t.equal(reader.push(toUtf8(lines.slice(0, 98))).length, 0);
  const unended = toUtf8(`10.1.2.0\nnonsense\n10.1.2.0\n${"10.100.200.100\n".repeat(4)}10.100.200.1`);
  t.equal(unended.length, 99);
  t.same(ask(["list"], [unended]), [{ kind: "list", addresses: ["10.1.2.0", "10.100.200.100"] }]);
  t.end();
});

t.test("accepts a short list after the time limit if it is terminated", (t) => {
  const reader = new AnswerReader();
  reader.expect("list");
  t.same(reader.push(toUtf8("10.1.2.0\n10.1.3.0\0")), []);
  t.same(reader.giveUp(), { kind: "list", addresses: ["10.1.2.0", "10.1.3.0"] });
  reader.expect("ack");
  t.same(reader.push(toUtf8("\0\0ACK")), [{ kind: "ack" }]);
  reader.expect("list");
  reader.push(toUtf8("10.1.2.0\n10.1"));
  t.equal(reader.giveUp(), undefined);
  t.end();
});

t.test("a client never throws and buffers at most a list, for any bytes from a server", (t) => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 200 }));
  const questions = fc.array(fc.constantFrom<Awaited>("greeting", "ack", "list"));
  fc.assert(fc.property(questions, pieces, (asked, each) => ask(asked, each).length <= asked.length + each.length + 1));
  t.end();
});

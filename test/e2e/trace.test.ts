// Durable before visible, as the kernel saw it: no message leaves before the sender's disk has it, and none is acknowledged
// or shown before the receiver's has.

import path from "node:path";
import t from "tap";
import { Group } from "./kit/group.js";
import type { Member } from "./kit/member.js";
import { timePasses } from "./kit/patience.js";
import { systemCalls, tracedInto, whyNoTrace, type Act, type SystemCall } from "./kit/system-calls.js";

const messages = 30;
/** What was shown is noted in the store soon after; from then on there is nothing but what the test says. */
const settledMs = 300;

t.test("no message and no acknowledgement leaves before the disk has it", { skip: whyNoTrace() }, async (t) => {
  const group = await Group.secure(t, "Alice", "Bob");
  const file = (name: string): string => path.join(group.folder, `${name}.strace`);
  const launch = (name: string): Promise<Member> => group.launch(name, [], tracedInto(file(name))).ready();
  const [alice, bob] = [await launch("Alice"), await launch("Bob")];
  for (let message = 0; message <= messages; message += 1) {
    alice.say(`Bob/message ${message}`);
    await bob.sees(`Alice : message ${message}`);
    if (message === 0) await timePasses(settledMs);
  }
  for (const member of [alice, bob]) {
    member.say("/quit");
    await member.ended();
  }
  const sent = section(systemCalls(file("Alice")), "Bob/message 1\\n", `Bob/message ${messages}\\n`);
  t.same(tooEarly(sent, { act: "writes", after: "types" }), [], "what was typed is on the disk before it leaves");
  t.ok(count(sent, "writes") >= messages - 1, `${count(sent, "writes")} writes of the sender were seen`);
  const received = section(systemCalls(file("Bob")), "Alice : message 0\\n", `Alice : message ${messages}\\n`);
  t.same(
    tooEarly(received, { act: "writes", after: "reads" }),
    [],
    "what was read is on the disk before it is acknowledged",
  );
  t.same(tooEarly(received, { act: "shows", after: "reads" }), [], "what was read is on the disk before it is shown");
  t.ok(count(received, "writes") >= messages, `${count(received, "writes")} acknowledgements were seen`);
});

t.test("the check itself finds an acknowledgement that came too early", (t) => {
  const calls = (...acts: readonly Act[]): SystemCall[] => acts.map((act) => ({ act, line: act }));
  const found = (...acts: readonly Act[]): number => tooEarly(calls(...acts), { act: "writes", after: "reads" }).length;
  t.equal(found("reads", "logs", "syncs", "writes"), 0);
  t.equal(found("reads", "writes", "logs", "syncs"), 1, "before anything was logged");
  t.equal(found("reads", "logs", "writes", "syncs"), 1, "logged and not synchronised");
  t.equal(found("reads", "logs", "syncs", "reads", "writes"), 1, "synchronised, but not the last that was read");
  t.end();
});

/** From the call that mentions `first` up to the one that mentions `last`, both included. */
function section(calls: readonly SystemCall[], first: string, last: string): readonly SystemCall[] {
  const at = (text: string): number => calls.findIndex(({ line }) => line.includes(text));
  return calls.slice(at(first), at(last) + 1);
}

/** Calls that came when something had happened that the disk had not confirmed. */
function tooEarly(
  calls: readonly SystemCall[],
  { act, after }: { readonly act: Act; readonly after: Act },
): readonly string[] {
  let unsure = false;
  const early: string[] = [];
  for (const call of calls) {
    if (call.act === after || call.act === "logs") unsure = true;
    if (call.act === "syncs") unsure = false;
    if (call.act === act && unsure) early.push(call.line);
  }
  return early;
}

const count = (calls: readonly SystemCall[], act: Act): number => calls.filter((call) => call.act === act).length;

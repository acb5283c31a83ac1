// Checks with a system call trace that messages are on the disk before they are sent, acknowledged or shown.

import path from "node:path";
import t from "tap";
import { Group } from "./kit/group.js";
import type { Member } from "./kit/member.js";
import { timePasses } from "./kit/patience.js";
import { systemCalls, tracedInto, whyNoTrace, type Act, type SystemCall } from "./kit/system-calls.js";

const messages = 30;
/** The store notes shown messages shortly after. After this time, all system calls belong to messages of the test. */
const settledMs = 300;

t.test(
  "messages and acknowledgements are sent only after the disk has the messages",
  { skip: whyNoTrace() },
  async (t) => {
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
    t.same(
      tooEarly(sent, { act: "writes", after: "types" }),
      [],
      "typed messages are on the disk before they are sent",
    );
    t.ok(count(sent, "writes") >= messages - 1, `${count(sent, "writes")} writes of the sender were seen`);
    const received = section(systemCalls(file("Bob")), "Alice : message 0\\n", `Alice : message ${messages}\\n`);
    t.same(
      tooEarly(received, { act: "writes", after: "reads" }),
      [],
      "received messages are on the disk before they are acknowledged",
    );
    t.same(
      tooEarly(received, { act: "shows", after: "reads" }),
      [],
      "received messages are on the disk before they are shown",
    );
    t.ok(count(received, "writes") >= messages, `${count(received, "writes")} acknowledgements were seen`);
  },
);

t.test("the check finds an early acknowledgement", (t) => {
  const calls = (...acts: readonly Act[]): SystemCall[] => acts.map((act) => ({ act, line: act }));
  const found = (...acts: readonly Act[]): number => tooEarly(calls(...acts), { act: "writes", after: "reads" }).length;
  t.equal(found("reads", "logs", "syncs", "writes"), 0);
  t.equal(found("reads", "writes", "logs", "syncs"), 1, "before anything was logged");
  t.equal(found("reads", "logs", "writes", "syncs"), 1, "logged but not synchronised");
  t.equal(found("reads", "logs", "syncs", "reads", "writes"), 1, "synchronised before the last read");
  t.end();
});

/** The calls from the one that contains `first` to the one that contains `last`, both included. */
function section(calls: readonly SystemCall[], first: string, last: string): readonly SystemCall[] {
  const at = (text: string): number => calls.findIndex(({ line }) => line.includes(text));
  return calls.slice(at(first), at(last) + 1);
}

/** The `act` calls between an `after` call or a log write and the next sync. */
function tooEarly(
  calls: readonly SystemCall[],
  { act, after }: { readonly act: Act; readonly after: Act },
): readonly string[] {
  let unsynced = false;
  const early: string[] = [];
  for (const call of calls) {
    if (call.act === after || call.act === "logs") unsynced = true;
    if (call.act === "syncs") unsynced = false;
    if (call.act === act && unsynced) early.push(call.line);
  }
  return early;
}

const count = (calls: readonly SystemCall[], act: Act): number => calls.filter((call) => call.act === act).length;

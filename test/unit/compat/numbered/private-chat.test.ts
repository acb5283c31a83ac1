import t from "tap";
import type { PublicKey } from "../../../../src/core/types.js";
import { PrivateChat, type PrivateRoute } from "../../../../src/compat/numbered/private-chat.js";

function privateRig(role: "caller" | "callee", open = true) {
  const said: string[] = [];
  const confirmations: (() => void)[] = [];
  const told: string[] = [];
  const line = { open, key: "ab" as PublicKey | undefined };
  const way: PrivateRoute = {
    ...{ host: "10.1.2.0", ownHost: "10.1.3.0" },
    get key() {
      return line.open ? line.key : undefined;
    },
    say: (text, onConfirmed) => {
      if (line.open) said.push(text);
      if (line.open) confirmations.push(onConfirmed);
      return line.open;
    },
    onPrivate: (key) => told.push(`key ${key}`),
  };
  const chat = new PrivateChat(way, role === "caller", {
    onStarted: () => told.push("started"),
    onMessage: (number, text) => told.push(`#${String(number)}:${text}`),
    onStray: (text) => told.push(`stray ${text}`),
    onSeen: (number) => told.push(`seen ${String(number)}`),
    onSent: () => undefined,
    onCongested: () => undefined,
    onOver: (end, unsent, reason) => told.push(["over", end, String(unsent), reason ?? ""].join(" ").trim()),
  });
  const confirm = (count: number): void => confirmations.splice(0, count).forEach((confirmed) => confirmed());
  return { chat, said, told, line, confirm };
}

t.test("carries a call, its answer and confirmed messages, and ends after the last confirmation", (t) => {
  const { chat, said, told, confirm } = privateRig("caller");
  chat.call();
  t.notOk(chat.untouched, "there is a private line");
  chat.hear("y");
  chat.say("hello");
  chat.say("");
  chat.exit();
  t.same(said, ["call", "#1:hello", "#2:"]);
  chat.hear("#1:wait");
  confirm(3);
  t.same(said.at(-1), "/exit");
  t.same(told, ["key ab", "started", "#1:wait", "seen 1", "seen 2", "over left 0"]);
  t.notOk(chat.hear("#2:late"), "nothing is for a chat that is over");
  t.end();
});

t.test("starts with the callee's answer, and at once when both call each other", (t) => {
  const callee = privateRig("callee");
  callee.chat.answer(true);
  callee.chat.hear("/exit");
  t.same([callee.said, callee.told], [["y"], ["key ab", "started", "over closed 0"]]);
  const crossing = privateRig("caller");
  crossing.chat.call();
  crossing.chat.hear("call");
  t.same(crossing.told, ["key ab", "started"]);
  const denied = privateRig("caller");
  denied.chat.hear("n");
  t.same(denied.told, ["over denied 0"]);
  t.end();
});

t.test("opens an idle line again for the next text; another key ends the chat", (t) => {
  const { chat, said, line, told } = privateRig("callee");
  chat.answer(true);
  line.open = false;
  chat.say("after a while");
  t.same(said, ["y"]);
  line.open = true;
  chat.onLine();
  t.same(said, ["y", "#1:after a while"]);
  line.key = "cd" as PublicKey;
  chat.onLine();
  t.same(told.at(-1), "over closed 0 another program answers there");
  t.end();
});

t.test("a call without a private line stays untouched; a broken chat does not continue", (t) => {
  const { chat, told } = privateRig("caller", false);
  chat.call();
  t.ok(chat.untouched);
  chat.onGone("connection refused");
  chat.onGone("again");
  t.same(told, ["over unreachable 0 connection refused"]);
  t.end();
});

t.test("a new call from the same peer ends the old chat", (t) => {
  const { chat, told } = privateRig("callee");
  chat.answer(true);
  t.notOk(chat.hear("call"));
  t.same(told.at(-1), "over closed 0");
  t.end();
});

// Parsing of the command line: options, commands, usage errors and help.

import fc from "fast-check";
import { commandNames, optionNames } from "../../../src/cli/usage.js";
import { parseArguments, type Invocation } from "../../../src/cli/arguments.js";
import type { ChatOptions } from "../../../src/commands/options.js";
import { promise } from "../kit/promise.js";

const parse = (...argv: string[]): Invocation => parseArguments(argv, "1.2.3");

function optionsOf(...argv: string[]): ChatOptions {
  const invocation = parse(...argv);
  if (invocation.kind !== "chat") throw new Error(JSON.stringify(invocation));
  return invocation.options;
}

function usageOf(...argv: string[]): string {
  const invocation = parse(...argv);
  if (invocation.kind !== "usage") throw new Error(`${argv.join(" ")} was taken: ${JSON.stringify(invocation)}`);
  return invocation.message;
}

const more = "(p2p --help lists the options)";

const byDefault: ChatOptions = {
  name: undefined,
  peers: "./peer_details.txt",
  port: 6969,
  listen: undefined,
  idleMs: 120_000,
  dialect: "secure",
  loopback: false,
  stateDir: undefined,
  group: "default",
  store: true,
  requireVerified: false,
  bell: false,
  rendezvous: undefined,
  json: false,
  drainMs: undefined,
  expireMs: undefined,
  logLevel: "warn",
  logFile: undefined,
};

promise("uses the defaults without options", (t) => t.strictSame(optionsOf(), byDefault));

promise("every option sets only its own value", (t) => {
  const cases: readonly (readonly [string[], Partial<ChatOptions>])[] = [
    [["--name", "Alice"], { name: "Alice" }],
    [["--name", "007"], { name: "007" }],
    [["--rendezvous", "10.1.9.9"], { rendezvous: { host: "10.1.9.9", port: 8_888 } }],
    [["--rendezvous", "meet.example:9000"], { rendezvous: { host: "meet.example", port: 9_000 } }],
    [["--name=अनिता"], { name: "अनिता" }],
    [["--peers", "/etc/group.txt"], { peers: "/etc/group.txt" }],
    [["--port", "7001"], { port: 7001 }],
    [["--port", "65535"], { port: 65_535 }],
    [["--listen", "10.1.1.0"], { listen: "10.1.1.0" }],
    [["--listen", "::FFFF:10.0.0.1"], { listen: "10.0.0.1" }],
    [["--listen", "FD00:0::2"], { listen: "fd00::2" }],
    [["--idle-timeout", "5"], { idleMs: 5_000 }],
    [["--idle-timeout", "0.5"], { idleMs: 500 }],
    [["--idle-timeout", ".25"], { idleMs: 250 }],
    [["--idle-timeout", "0"], { idleMs: 0 }],
    [["--dialect", "line"], { dialect: "line" }],
    [["--loopback"], { loopback: true }],
    [["--loopback=true"], { loopback: true }],
    [["--loopback=false"], {}],
    [["--state-dir", "here/it"], { stateDir: "here/it" }],
    [["--group", "work"], { group: "work" }],
    [["--group", "Jose\u0301"], { group: "Jos\u00e9" }],
    [["--no-store"], { store: false }],
    [["--require-verified"], { requireVerified: true }],
    [["--log-level", "debug"], { logLevel: "debug" }],
    [["--log-file", "p2p.log"], { logFile: "p2p.log" }],
  ];
  for (const [argv, effect] of cases) t.strictSame(optionsOf(...argv), { ...byDefault, ...effect }, argv.join(" "));
});

promise("reports a repeated option as a usage error", (t) => {
  for (const argv of [
    ["--name", "Alice", "--name", "Bob"],
    ["--name=Alice", "--name=Alice"],
    ["key", "--name", "A", "--name=B"],
  ])
    t.equal(usageOf(...argv), `--name: expected once, found several times ${more}`);
  t.match(usageOf("--port", "1", "--port", "2"), /^--port: expected once/);
  t.match(usageOf("--loopback", "--loopback"), /^--loopback: expected once/);
});

promise("reports an invalid value with the option, the expected form and the value", (t) => {
  for (const word of ["abc", "0", "-1", "65536", "6969.5", "1e3", "0x10", " 80"])
    t.equal(usageOf(`--port=${word}`), `--port: expected a number from 1 to 65535, found "${word}" ${more}`);
  for (const word of ["-1", "soon", "1e3", "1,5", "31536001", "NaN", "Infinity"])
    t.equal(
      usageOf(`--idle-timeout=${word}`),
      `--idle-timeout: expected seconds (120, 0.5, or 0 for never), found "${word}" ${more}`,
    );
  for (const word of ["localhost", "10.1.1.256", "10.1.1.0:6969", "[fd00::2]"])
    t.equal(usageOf("--listen", word), `--listen: expected an IP address, found "${word}" ${more}`);
  t.equal(
    usageOf("numbered", "10.1.1.0", "--names", "10.1.2.0:Namita"),
    `--names: expected ADDRESS=NAME,ADDRESS=NAME,…, found "10.1.2.0:Namita" ${more}`,
  );
  t.match(usageOf("--port", "\u001b[31m"), 'found "\\x1b[31m"');
  for (const flag of ["loopback", "no-store", "require-verified"])
    t.equal(usageOf(`--${flag}=maybe`), `--${flag}: expected no value, found "maybe" ${more}`);
  t.equal(usageOf("--state-dir="), `--state-dir: expected a folder, found nothing ${more}`);
  for (const word of ["..", "a/b", "-x", "", ".hidden", "x".repeat(33)])
    t.match(usageOf(`--group=${word}`), /^--group: expected a name \(1 to 32 letters/, word);
});

promise("reports unknown words and missing values as usage errors", (t) => {
  t.equal(usageOf("--absurd"), `Unknown option: --absurd ${more}`);
  t.equal(usageOf("-x"), `Unknown option: -x ${more}`);
  t.equal(usageOf("Bob/hello"), `Unknown argument: Bob/hello ${more}`);
  t.equal(usageOf("--name"), `--name: expected a value after it ${more}`);
  t.match(usageOf("--dialect", "smoke"), /dialect.*"smoke".*"secure", "line"/s);
  t.match(usageOf("--log-level", "loud"), /log-level.*"loud".*"trace".*"silent"/s);
});

const membership = {
  name: undefined,
  peers: "./peer_details.txt",
  loopback: false,
  stateDir: undefined,
  group: "default",
};
const aKey = "0123456789abcdef".repeat(4);

promise("each command parses its arguments, member and state folder", (t) => {
  const own = ["--name", "Alice", "--peers", "g", "--loopback", "--state-dir", "s", "--group", "work"];
  const asSaid = { name: "Alice", peers: "g", loopback: true, stateDir: "s", group: "work" };
  const history = { friend: undefined, search: undefined, since: undefined, limit: undefined, json: false };
  t.strictSame(parse("key"), { kind: "key", options: membership });
  t.strictSame(parse("key", ...own), { kind: "key", options: asSaid });
  t.strictSame(parse("trust", "Bob"), { kind: "trust", options: { ...membership, friend: "Bob", key: undefined } });
  t.strictSame(parse("trust", ...own, "007", aKey.toUpperCase()), {
    kind: "trust",
    options: { ...asSaid, friend: "007", key: { kind: "whole", key: aKey } },
  });
  t.strictSame(parse("trust", "Bob", `key=${aKey}`), {
    kind: "trust",
    options: { ...membership, friend: "Bob", key: { kind: "whole", key: aKey } },
  });
  const groups = ["0012", "5e10", "1111", "abcd", "0000", "1e99", "7777", "ffff"];
  t.strictSame(parse("trust", "Bob", groups.join(" "), "--name", "Alice"), {
    kind: "trust",
    options: { ...membership, name: "Alice", friend: "Bob", key: { kind: "fingerprint", digits: groups.join("") } },
  });
  t.strictSame(parse("trust", "Bob", groups.join(" ")), parse("trust", "Bob", groups.join("")));
  t.strictSame(parse("history"), { kind: "history", options: { ...membership, ...history } });
  t.strictSame(parse("history", "Bob", ...own, "--search", "a b", "--since", "2h", "--limit", "5", "--json"), {
    kind: "history",
    options: { ...asSaid, friend: "Bob", search: "a b", since: { kind: "ago", ms: 7_200_000 }, limit: 5, json: true },
  });
});

promise("reports invalid arguments of a command as usage errors", (t) => {
  t.equal(usageOf("trust"), `Missing argument: p2p trust FRIEND [KEY] ${more}`);
  t.equal(usageOf("numbered"), `Missing argument: p2p numbered SERVER [stdin|file] ${more}`);
  t.equal(
    usageOf("trust", "Bob", "12"),
    `p2p trust: expected a key of 64 hexadecimal digits or a fingerprint of 32, found "12" ${more}`,
  );
  t.equal(usageOf("trust", "Bob", aKey, "x"), `Unknown argument: x ${more}`);
  t.equal(usageOf("key", "Bob"), `Unknown argument: Bob ${more}`);
  t.equal(usageOf("key", "--port", "7"), `--port belongs to another command ${more}`);
  t.equal(usageOf("key", "--no-store"), `--no-store belongs to another command ${more}`);
  t.equal(usageOf("key", "--json"), `--json belongs to another command ${more}`);
  t.equal(usageOf("--drain", "soon"), `--drain: expected 500ms, 10s, 2m or 1h, found "soon" ${more}`);
  t.match(parse("--json", "--drain", "--expire", "1.5s"), {
    options: { json: true, drainMs: Infinity, expireMs: 1_500 },
  });
  t.match(parse("--drain", "2m"), { options: { json: false, drainMs: 120_000, expireMs: undefined } });
  t.match(usageOf("history", "--since", "soon"), /^--since: expected a date .*, found "soon"/);
  for (const word of ["0", "-1", "1.5", "many"]) t.match(usageOf("history", `--limit=${word}`), /^--limit: expected/);
  t.equal(usageOf("history", "--json=yes"), `--json: expected no value, found "yes" ${more}`);
});

promise("suggests the probable option or command for a mistyped one", (t) => {
  t.equal(usageOf("--prot", "7"), `Unknown option: --prot. Did you mean --port? ${more}`);
  t.equal(usageOf("--no-stor"), `Unknown option: --no-stor. Did you mean --no-store? ${more}`);
  t.equal(usageOf("hsitory"), `Unknown argument: hsitory. Did you mean history? ${more}`);
  t.equal(usageOf("--port", "80", "--port=81"), `--port: expected once, found several times ${more}`);
});

promise("suggests exactly the commands and options of the help texts", (t) => {
  const helpOf = (...argv: readonly string[]): string => {
    const help = parse(...argv, "--help");
    return help.kind === "print" ? help.text : "";
  };
  const texts = [helpOf(), ...commandNames.map((command) => helpOf(command))];
  for (const command of commandNames) t.match(texts[0], new RegExp(`^ +p2p ${command}\\b`, "m"));
  const options = texts.join("").matchAll(/^ +(?:-h, )?--([a-z-]+)/gm);
  t.strictSame(new Set([...options].map(([, name]) => name)), new Set(optionNames));
});

promise("each command has its own help with an example", (t) => {
  for (const command of ["key", "trust", "history"]) {
    const help = parse(command, "--help");
    t.match(
      help.kind === "print" ? help.text : "",
      new RegExp(`p2p ${command}[^]*--state-dir[^]*Examples:\n +p2p ${command}`),
    );
  }
});

promise("rejects --no-NAME and --NAME.KEY spellings of options with a value", (t) => {
  t.match(usageOf("--no-name"), "Unknown option: --no-name");
  t.match(usageOf("--no-listen"), "Unknown option: --no-listen");
  t.match(usageOf("--name.first", "Alice"), "Unknown option: --name.first");
});

promise("prints every option and examples with --help, and the version with --version", (t) => {
  const help = parse("--help");
  t.equal(help.kind, "print");
  const text = help.kind === "print" ? help.text : "";
  for (const option of Object.keys({ name: 0, peers: 0, port: 0, listen: 0, dialect: 0, loopback: 0 }))
    t.match(text, `--${option} `);
  for (const option of [
    "--state-dir",
    "--group",
    "--no-store",
    "--require-verified",
    "p2p key",
    "p2p trust",
    "p2p history",
    "--idle-timeout",
    "--log-level",
    "--log-file",
    "--help",
    "--version",
  ])
    t.match(text, option);
  t.match(text, /Examples:\n +p2p .*\n +p2p --name Alice --loopback .*\n/);
  t.ok(text.split("\n").every((line) => line.length <= 100));
  t.equal(parse("--help", "--port", "abc").kind, "print");
  t.strictSame(parse("--version"), { kind: "print", text: "1.2.3" });
});

promise("arbitrary arguments never throw, and accepted ones have the declared types", (t) => {
  const word = fc.oneof(
    fc.constantFrom(
      "--name",
      "--port",
      "--no-port",
      "--listen",
      "--idle-timeout",
      "--loopback",
      "key",
      "trust",
      "history",
      "--since",
      "--",
      "-",
      "=",
      "7",
      "::1",
    ),
    fc.string({ maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 5 }), (argv) => {
      const invocation = parse(...argv);
      if (invocation.kind !== "chat") return;
      const { name, peers, port, idleMs, loopback } = invocation.options;
      if (name !== undefined && typeof name !== "string") throw new Error(`name is ${typeof name}`);
      if (typeof peers !== "string" || !Number.isInteger(port)) throw new Error("peers or port");
      if (!(idleMs >= 0) || typeof loopback !== "boolean") throw new Error("idleMs or loopback");
    }),
    { numRuns: 300 },
  );
  t.pass();
});

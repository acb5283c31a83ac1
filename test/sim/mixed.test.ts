// Rows of all dialects in one group. The older neighbours are models that crash as the real ones do; our program must keep
// them alive, and lose nothing that their protocols can carry.

import type { DialectName } from "../../src/core/types.js";
import { piecesOfText } from "../../src/core/utf8.js";
import { dialectsOf } from "../../src/wire/dialects.js";
import { assertSame } from "./world/assert-same.js";
import { explore } from "./world/explore.js";
import { OldNamed } from "./world/old-named.js";
import type { OldParts } from "./world/old-one-shot.js";
import { OldSays } from "./world/old-says.js";
import { OldTagged } from "./world/old-tagged.js";
import { VirtualClock } from "./world/virtual-time.js";
import { idleMs, World } from "./world/world.js";

type Old = OldNamed | OldTagged | OldSays;

// No packet overtakes one of an earlier connection: only the network can keep the order of messages on separate connections.
const even = { delayMs: [20, 39] as const };
// Older programs take one read for one message, so the network must not split packets on the way to them.
const whole = { splits: 0 };
const portOfOld = { Ned: 7001, Nel: 7002, Tag: 7003, Sue: 7004 } as const;
type OldName = keyof typeof portOfOld;
const oldNames: readonly OldName[] = ["Ned", "Nel", "Tag", "Sue"];

const rows: Readonly<Record<string, string>> = {
  Alice: "",
  Bob: "dialect=secure",
  Carol: "dialect=line",
  Ned: "dialect=named idle=never",
  Nel: "dialect=named idle=never",
  Tag: "dialect=tagged",
  Sue: "dialect=says",
};
const places = { Ned: "10.1.4.0:7001", Nel: "10.1.4.0:7002", Tag: "10.1.6.0:7003", Sue: "10.1.7.0:7004" };
const ours = ["Alice", "Bob", "Carol"];

class MixedGroup {
  readonly world: World;
  readonly olds: Readonly<Record<OldName, Old>>;

  constructor(seed: number, weather: ConstructorParameters<typeof World>[0]["weather"] = { ...even, ...whole }) {
    this.world = new World({
      ...{ seed, weather, places, names: Object.keys(rows) },
      // Alice's neighbours use the same attributes for her row.
      attributes: (owner, row) => rows[row === "Alice" ? owner : row]!,
    });
    for (const name of oldNames) this.world.members.delete(name);
    const clock = new VirtualClock(this.world.time);
    const ned = this.#parts("Ned", clock);
    this.olds = {
      Ned: new OldNamed(ned),
      Nel: new OldNamed({ ...ned, name: "Nel", port: portOfOld.Nel }),
      Tag: new OldTagged(this.#parts("Tag", clock)),
      Sue: new OldSays(this.#parts("Sue", clock)),
    };
    this.world.start();
    (this.olds.Sue as OldSays).start();
  }

  #parts(name: OldName, clock: VirtualClock): OldParts {
    const { world } = this;
    const [host = ""] = places[name].split(":");
    const peer = { host: world.address("Alice"), port: 6969 };
    return {
      name,
      host,
      port: portOfOld[name],
      clock,
      peer,
      dice: world.dice,
      network: world.internet.host(host, clock),
    };
  }

  get #otherMember(): string {
    return this.world.dice.pick(Object.keys(rows).slice(1));
  }

  /** One message in either direction between Alice and another member. */
  exchange(line: number): void {
    const { dice } = this.world;
    const other = this.#otherMember;
    const text = `${line} ${"ü".repeat(dice.chance(0.15) ? dice.whole(400, 1_500) : dice.whole(0, 30))}`;
    if (dice.chance(0.6)) this.world.say("Alice", other, text);
    else if (ours.includes(other)) this.world.say(other, "Alice", text);
    else this.olds[other as OldName].say(text.slice(0, 450));
  }

  assertAlive(): void {
    for (const name of oldNames)
      if (this.olds[name].fate !== "alive") throw new Error(`${name} ${this.olds[name].fate}`);
  }

  /** The texts that Alice typed for an older neighbour, in the pieces that its protocol carries. */
  piecesFor(name: OldName): readonly string[] {
    const self = { name: "Alice", host: this.world.address("Alice"), port: 6969 };
    const { portionBytes = 0 } = dialectsOf(self)[rows[name]!.split(/[= ]/)[1] as DialectName].traits;
    return (this.world.member("Alice").said.get(name) ?? []).flatMap((text) => piecesOfText(text, portionBytes));
  }

  assertAllHeard(): void {
    const alice = this.world.member("Alice");
    for (const name of oldNames) {
      assertSame(this.olds[name].heard, this.piecesFor(name), `${name} heard`);
      assertSame(alice.heardFrom(name), this.olds[name].said, `Alice heard from ${name}`);
    }
    for (const name of ours.slice(1)) {
      assertSame(this.world.member(name).heardFrom("Alice"), alice.said.get(name) ?? [], `${name} heard`);
      assertSame(alice.heardFrom(name), this.world.member(name).said.get("Alice") ?? [], `Alice heard from ${name}`);
    }
  }
}

explore(
  "older neighbours of three kinds survive and talk beside secure and line friends, through any silence",
  (seed) => {
    const mixed = new MixedGroup(seed);
    const { dice, time } = mixed.world;
    for (let line = 0; line < 25; line += 1) {
      for (let burst = dice.whole(1, 4); burst > 0; burst -= 1) mixed.exchange(line * 10 + burst);
      time.runFor(dice.chance(0.2) ? idleMs * dice.between(0.8, 3) : dice.between(0, 3_000));
    }
    time.runFor(10_000);
    mixed.assertAlive();
    mixed.assertAllHeard();
    mixed.world.stop();
  },
  0.25,
);

const sender = ["named", "tagged", "says"] as const;
const pair = ["Alice", "Bob"] as const;

explore(
  "two members with an older dialect between them get all messages in order, however they are split",
  (seed) => {
    const dialect = sender[seed % 3]!;
    const world = new World({ seed, dialect, names: pair, weather: dialect === "named" ? {} : even }).start();
    for (let burst = world.dice.whole(1, 4); burst > 0; burst -= 1) {
      const talkers = world.dice.pick([pair, pair.slice(0, 1), pair.slice(1)]);
      const before = pair.map((name) => timeouts(world, name));
      for (let line = world.dice.whole(1, 12); line > 0; line -= 1) {
        const from = world.dice.pick(talkers);
        world.say(from, from === "Alice" ? "Bob" : "Alice", `${burst}.${line} ${"x".repeat(world.dice.whole(0, 300))}`);
        world.time.runFor(world.dice.pick([0, world.dice.between(0, 200)]));
      }
      world.time.runFor(idleMs * 2);
      // If a connection lasts, both sides print its end once.
      for (const [side, name] of pair.entries())
        if (timeouts(world, name) - before[side]! !== (dialect === "named" ? 1 : 0))
          throw new Error(`${name} read ${timeouts(world, name) - before[side]!} time-outs of one silence`);
    }
    world.assertAllHeard();
    world.stop();
  },
  0.25,
);

function timeouts(world: World, name: string): number {
  return world.member(name).transcript.filter((line) => line.endsWith(" timed out")).length;
}

explore(
  "kills and resets lose and repeat no more than the messages on their way",
  (seed) => {
    const mixed = new MixedGroup(seed, { ...even, ...whole, resets: 0.02 });
    const { world } = mixed;
    const { dice, time } = world;
    let accidents = 0;
    const reset = world.internet.reset.bind(world.internet);
    world.internet.reset = (endpoint) => {
      accidents += 1;
      reset(endpoint);
    };
    const alice = world.member("Alice");
    for (let line = 0; line < 40; line += 1)
      time.after(
        dice.between(0, 60_000),
        () => alice.alive && world.say("Alice", dice.pick(["Tag", "Sue"]), `${line} to old`),
      );
    for (let death = dice.whole(0, 4); death > 0; death -= 1) {
      const at = dice.between(0, 60_000);
      time.after(at, dice.pick([() => alice.kill(), () => alice.killInCommit()]));
      time.after(at + dice.between(1, 15_000), () => {
        accidents += 1;
        alice.kill();
        alice.restart();
      });
    }
    time.runFor(80_000);
    world.internet.weather = { ...world.internet.weather, resets: 0 };
    time.runFor(120_000);
    for (const name of ["Tag", "Sue"] as const) compare(mixed, name, accidents);
    world.stop();
  },
  0.25,
);

function compare({ world, olds }: MixedGroup, name: "Tag" | "Sue", accidents: number): void {
  const kept = world.disks.of("Alice").sent.get(name) ?? [];
  const { heard } = olds[name];
  const lost = kept.filter((text) => !heard.includes(text)).length;
  const twice = heard.length - new Set(heard).size;
  if (lost + twice > accidents)
    throw new Error(`${name}: ${lost} lost and ${twice} twice in ${accidents} accidents: ${heard.join(", ")}`);
  const firsts = kept.filter((text) => heard.includes(text));
  assertSame([...new Set(heard)], firsts, `${name} heard in order`);
}

explore(
  "two members with an older dialect lose no more than the messages that were wholly in the kernel at a reset",
  (seed) => {
    const dialect = sender[seed % 3]!;
    const world = new World({ seed, dialect, names: pair, weather: { ...even, resets: 0.05, bufferBytes: 200 } });
    let resets = 0;
    world.internet.reset = (endpoint) => {
      for (const end of [endpoint, endpoint.other])
        end.onClock(world.internet.delay(), () => {
          if (end.localHost === world.address("Alice") && end.unsentBytes === 0) resets += 1;
          end.breakWith("ECONNRESET");
        });
    };
    world.start();
    for (let line = 0; line < 30; line += 1) {
      const text = `${line} ${"x".repeat(world.dice.whole(0, 900))} ${line}`;
      world.time.after(world.dice.between(0, 30_000), () => world.say("Alice", "Bob", text));
    }
    world.time.runFor(60_000);
    world.internet.weather = { ...world.internet.weather, resets: 0 };
    world.time.runFor(120_000);
    const said = world.member("Alice").said.get("Bob") ?? [];
    // A message that was cut in its middle is shown as far as it arrived, and is sent again.
    const heard = world
      .member("Bob")
      .heardFrom("Alice")
      .filter((text) => said.includes(text));
    const lost = said.filter((text) => !heard.includes(text));
    if (lost.length > resets) throw new Error(`${lost.length} lost in ${resets} resets: ${lost.join(", ")}`);
    const kept = said.filter((text) => heard.includes(text));
    assertSame(heard, kept, "Bob heard in order");
    world.assertNothingWaits();
    world.stop();
  },
  0.25,
);

explore(
  "a change of a row's dialect at any moment stops no member, and later messages arrive",
  (seed) => {
    const dialects: readonly DialectName[] = ["secure", "line", ...sender];
    let dialect: DialectName = "line";
    const world = new World({
      ...{ seed, names: pair, weather: { bufferBytes: 200 } },
      attributes: () => `dialect=${dialect}`,
    }).start();
    const { dice, time } = world;
    for (let line = 0; line < 30; line += 1) {
      const from = dice.pick(pair);
      time.after(dice.between(0, 20_000), () =>
        world.say(from, from === "Alice" ? "Bob" : "Alice", `${line} ${"x".repeat(dice.whole(0, 900))}`),
      );
    }
    for (let change = dice.whole(1, 6); change > 0; change -= 1) {
      const at = dice.between(0, 20_000);
      time.after(at, () => (dialect = dice.pick(dialects)));
      for (const name of pair) time.after(at + dice.between(0, 300), () => world.reload(name));
    }
    time.runFor(300_000);
    for (const name of pair) world.reload(name);
    time.runFor(10_000);
    for (const from of pair) world.say(from, from === "Alice" ? "Bob" : "Alice", "since: hello");
    time.runFor(60_000);
    for (const [from, to] of [pair, pair.toReversed()] as const) world.assertHeardSince(to, from, "since: ");
    world.assertNothingWaits();
    world.stop();
  },
  0.25,
);

import { Router } from "../../src/delivery/router.js";
import { explore } from "./world/explore.js";
import { World } from "./world/world.js";

/** Counts how often a list of all members is built. */
let lists = 0;
for (const name of ["names", "status"] as const) {
  const { get } = Object.getOwnPropertyDescriptor(Router.prototype, name)!;
  Object.defineProperty(Router.prototype, name, {
    get(this: Router): unknown {
      lists += 1;
      return get!.call(this) as unknown;
    },
  });
}

explore("a typed line builds no list of all members unless it asks for one", (seed) => {
  const world = new World({ seed }).start();
  lists = 0;
  for (let line = 0; line < 10; line += 1) world.say("Alice", "Bob", String(line));
  world.time.runFor(5_000);
  if (lists > 0) throw new Error(`${lists} lists`);
  world.member("Alice").console.type("/peers");
  world.time.runFor(1_000);
  if (lists !== 1) throw new Error(`${lists} lists for /peers`);
  world.stop();
});

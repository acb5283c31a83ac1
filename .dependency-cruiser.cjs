// The rooms of src/, from the entry downwards, and what each may import besides itself. src/ARCHITECTURE.md draws them.

const pure = ["core"];
const base = ["core", "ports"];
const rooms = {
  p2p: ["cli", "platform"],
  cli: [...base, "commands", "compat", "clients", "member", "store", "platform"],
  compat: [...base, "commands", "clients", "member", "session", "trust", "wire", "reactor"],
  commands: [...base, "clients", "member", "trust", "wire"],
  clients: [...base, "member", "wire", "reactor"],
  member: [...base, "delivery", "session", "trust", "wire", "reactor"],
  delivery: [...base, "session", "wire"],
  session: [...base, "trust", "wire", "reactor"],
  trust: [...base, "wire", "reactor"],
  store: [...base, "platform"],
  platform: [...base, "wire"],
  reactor: base,
  wire: pure,
  ports: pure,
  core: [],
};

/** Each library has one folder that imports it. */
const libraries = {
  cli: ["yargs", "@types/yargs"],
  clients: ["get-east-asian-width", "uqr"],
  core: ["fastest-levenshtein"],
  platform: ["pino", "@photostructure/sqlite"],
};

const files = ["p2p", "ports"];
const pathOf = (room) => (files.includes(room) ? `^src/${room}\\.ts$` : `^src/${room}/`);
const allowed = (room) => [
  ...[room, ...rooms[room]].map(pathOf),
  ...(libraries[room] ?? []).map((name) => `^node_modules/${name}/`),
];

module.exports = {
  forbidden: [
    ...Object.keys(rooms).map((room) => ({
      name: `room-${room}`,
      severity: "error",
      from: { path: pathOf(room) },
      to: { pathNot: allowed(room), dependencyTypesNot: room === "platform" ? ["core"] : [] },
    })),
    {
      name: "every-file-has-a-room",
      severity: "error",
      from: { pathNot: Object.keys(rooms).map(pathOf) },
      to: {},
    },
    { name: "no-cycles", severity: "error", from: { path: "^src/" }, to: { circular: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { conditionNames: ["import", "types", "default"] },
  },
};

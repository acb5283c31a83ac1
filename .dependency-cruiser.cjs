// Who may import whom: the table in src/ARCHITECTURE.md, as rules. What a layer does not list it may not import.

const layers = {
  "^src/core/": ["^src/core/", "^node_modules/(fastest-levenshtein|get-east-asian-width|uqr)"],
  "^src/ports\\.ts$": ["^src/core/"],
  "^src/reactor/": ["^src/(core|reactor)/", "^src/ports\\.ts$"],
  "^src/wire/": ["^src/(core|wire)/"],
  "^src/session/": ["^src/(core|reactor|wire|session)/", "^src/ports\\.ts$"],
  "^src/delivery/": [
    "^src/(core|delivery)/",
    "^src/ports\\.ts$",
    "^src/wire/event\\.ts$",
    "^src/session/carrier\\.ts$",
  ],
  "^src/faces/": ["^src/(core|wire|faces)/", "^src/ports\\.ts$"],
  "^src/platform/": [
    ...["^src/(core|platform)/", "^src/ports\\.ts$", "^src/wire/secure/noise\\.ts$"],
    ...[
      "^node_modules/(pino|@photostructure/sqlite)/",
      "node:|^(crypto|fs|module|net|os|path|perf_hooks|stream|tty|url|readline)$",
    ],
  ],
  "^src/options\\.ts$": ["^src/core/", "^src/ports\\.ts$"],
  "^src/cli-(people|completion|topics)\\.ts$": [
    "^src/core/",
    "^src/cli-(completion|topics)\\.ts$",
    "^node_modules/(@types/)?yargs/",
  ],
  "^src/(option-words|cli-scripts|plain-arguments)\\.ts$": [
    "^src/core/",
    "^src/(ports|options|option-words|cli-scripts)\\.ts$",
  ],
  "^src/cli\\.ts$": [
    "^src/core/",
    "^src/(ports|options|option-words|cli-scripts|cli-people)\\.ts$",
    "^node_modules/(@types/)?yargs/",
  ],
  "^src/private-(line|call)\\.ts$": ["^src/(core|reactor|wire|session|delivery)/", "^src/(ports|private-call)\\.ts$"],
  "^src/roster\\.ts$": ["^src/(core|reactor|wire|session|delivery)/", "^src/ports\\.ts$"],
  "^src/store-health\\.ts$": ["^src/core/", "^src/ports\\.ts$"],
  "^src/(member-front|talk|local-service)\\.ts$": [
    "^src/(core|reactor|wire|session|delivery|faces)/",
    "^src/(ports|roster)\\.ts$",
  ],
  "^src/daemon\\.ts$": [
    "^src/(core|reactor|wire|session|delivery|faces)/",
    "^src/(ports|roster|member-front|talk|local-service|store-health)\\.ts$",
  ],
  "^src/commands/": [
    "^src/(core|reactor|wire|session|delivery|faces|commands)/",
    "^src/(ports|options|cli|daemon|private-line|private-call)\\.ts$",
  ],
  "^src/start\\.ts$": ["^src/(plain-arguments|scripts|p2p)\\.ts$"],
  "^src/scripts\\.ts$": ["^src/(core|commands|platform)/", "^src/(ports|options)\\.ts$", "^os$"],
  "^src/p2p\\.ts$": [
    ...["^src/(core|commands|platform)/", "^src/delivery/memory-store\\.ts$"],
    "^src/(ports|options|cli|daemon|scripts)\\.ts$",
    "^(crypto|fs|os)$",
  ],
};

module.exports = {
  forbidden: [
    ...Object.entries(layers).map(([from, to]) => ({
      name: `layer ${from}`,
      severity: "error",
      from: { path: from },
      to: { pathNot: to },
    })),
    { name: "no-cycles", severity: "error", from: { path: "^src/" }, to: { circular: true } },
    { name: "no-tests-in-src", severity: "error", from: { path: "^src/" }, to: { path: "^test/" } },
    {
      name: "levenshtein-in-one-file",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/core/nearest\\.ts$" },
      to: { path: "^node_modules/fastest-levenshtein" },
    },
    {
      name: "pino-in-one-file",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/platform/pino-log\\.ts$" },
      to: { path: "^node_modules/pino/" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { conditionNames: ["import", "types", "default"] },
  },
};

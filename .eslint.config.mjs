// Types are checked by tsc; this adds what types cannot say, and the house's rules about the outside world.

import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

const outside = ["process", "console", "setTimeout", "setInterval", "setImmediate", "queueMicrotask", "performance", "Date", "Promise", "Buffer", "globalThis"];
const outsideMessage = "the outside comes through src/ports.ts";

export default tseslint.config(
  { ignores: ["node_modules/", "dist/", ".build/", ".tap/"] },
  eslint.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: "./tsconfig.json" } },
    rules: {
      "max-lines-per-function": ["error", { max: 70 }],
      "max-lines": ["error", { max: 600 }],
      complexity: ["error", 15],
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/cli/main.ts", "src/p2p.ts", "src/cli/scripts.ts", "src/platform/**"],
    rules: {
      "no-restricted-globals": ["error", ...outside.map((name) => ({ name, message: outsideMessage }))],
      "no-restricted-imports": ["error", { patterns: [{ group: ["node:*"], message: outsideMessage }] }],
      "no-restricted-properties": ["error", { object: "Math", property: "random", message: outsideMessage }],
      "no-restricted-syntax": [
        "error",
        { selector: ":function[async=true], AwaitExpression, ImportExpression", message: "a promise is a second, invisible scheduler" },
        { selector: "ExportDefaultDeclaration", message: "exports have names" },
        { selector: "ExportAllDeclaration", message: "no barrel files" },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: { "@typescript-eslint/no-floating-promises": "off", "@typescript-eslint/no-non-null-assertion": "off", "@typescript-eslint/unbound-method": "off", "max-lines-per-function": "off" },
  },
);

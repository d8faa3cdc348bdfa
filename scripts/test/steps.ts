/** A command of a test run. */
export interface Step {
  readonly name: string;
  /** Arguments of Node.js: a script, relative to the repository, and its own. */
  readonly command: readonly string[];
}

export const NATIVE: Step = { name: "native code", command: ["scripts/test/build-native.ts"] };
export const KEYS: Step = { name: "circuit and keys", command: ["cli/main.ts", "setup"] };
/** The types of contracts are made with them. */
export const CONTRACTS: Step = {
  name: "contracts",
  command: ["node_modules/hardhat/dist/src/cli.js", "build", "--quiet"],
};

/** What `npm run check` does; those of a kind by `npm run types` and `npm run lint`. */
export const CHECKS: readonly (Step & { readonly kind: "types" | "lint" | "format" })[] = [
  { kind: "types", name: "types", command: ["node_modules/typescript/bin/tsc", "-p", "."] },
  { kind: "types", name: "types of the explorer", command: ["node_modules/typescript/bin/tsc", "-p", "web"] },
  { kind: "lint", name: "lint", command: ["node_modules/eslint/bin/eslint.js", "--max-warnings", "0", "."] },
  {
    kind: "format",
    name: "format",
    command: ["node_modules/prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."],
  },
  {
    kind: "lint",
    name: "lint Solidity",
    command: ["node_modules/solhint/solhint.js", "--max-warnings", "0", "contracts/**/*.sol"],
  },
  { kind: "lint", name: "lint APIs", command: ["scripts/test/lint-apis.ts"] },
];

export const LONG: readonly Step[] = [
  { name: "native code with sanitizers and on aarch64", command: ["scripts/test/native-variants.ts"] },
  { name: "installations", command: ["scripts/test/installations.ts"] },
];

import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { SheafError } from "../../protocol/errors.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const MAX_SEED = 2 ** 31;

interface Step {
  readonly name: string;
  /** A script, relative to the repository, and its arguments. */
  readonly command: readonly [program: string, ...args: string[]];
}

/** Keys are made by native code. */
const KEYS: readonly Step[] = [
  { name: "native code", command: ["scripts/test/build-native.ts"] },
  { name: "circuit and keys", command: ["cli/main.ts", "setup"] },
];
/** The types of contracts are made with them. */
const CONTRACTS: readonly Step[] = [
  { name: "contracts", command: ["node_modules/hardhat/dist/src/cli.js", "build", "--quiet"] },
];
const CHECKS: readonly Step[] = [
  { name: "types", command: ["node_modules/typescript/bin/tsc", "-p", "."] },
  { name: "types of the explorer", command: ["node_modules/typescript/bin/tsc", "-p", "web"] },
  { name: "lint", command: ["node_modules/eslint/bin/eslint.js", "--max-warnings", "0", "."] },
  { name: "format", command: ["node_modules/prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."] },
  { name: "lint Solidity", command: ["node_modules/solhint/solhint.js", "--max-warnings", "0", "contracts/**/*.sol"] },
  { name: "lint APIs", command: ["scripts/test/lint-apis.ts"] },
];

/** Files of tests side by side: each has a process of its own, and many wait for other processes. */
const JOBS = Math.min(Math.max(availableParallelism(), 2), 4);

const LONG: readonly Step[] = [
  { name: "native code with sanitizers and on aarch64", command: ["scripts/test/native-variants.ts"] },
  { name: "installations", command: ["scripts/test/installations.ts"] },
];

export interface TestRun {
  readonly long?: boolean;
  readonly grep?: string;
  /** Seed of the random cases: a whole number below 2^31, or "random". */
  readonly seed: string;
}

/**
 * Builds what tests need, then runs every check and test; the last line says how many passed and failed.
 *
 * @returns whether all passed
 * @throws SheafError FIELD_INVALID if the seed is none
 */
export async function runTests({ long, grep, seed: wanted }: TestRun): Promise<boolean> {
  const seed = seedOf(wanted);
  const environment = { SHEAF_SEED: `${seed}`, ...(long ? { SHEAF_LONG: "1" } : {}) };
  const mocha: Step = {
    name: "tests",
    command: [
      ...(["node_modules/mocha/bin/mocha.js", "--parallel", "--jobs", `${JOBS}`] as const),
      ...(grep === undefined ? [] : ["--grep", grep]),
    ],
  };
  process.stdout.write(`seed of the random cases: ${seed}\n`);

  const total = { passed: 0, failed: 0 };
  const timings: string[] = [];
  const runAll = async (steps: readonly Step[]): Promise<void> => {
    for (const step of steps) {
      const start = performance.now();
      const { succeeded, output } = await run(step, environment);
      const counts =
        step === mocha ? testCounts(output, succeeded) : { passed: Number(succeeded), failed: Number(!succeeded) };
      total.passed += counts.passed;
      total.failed += counts.failed;
      timings.push(
        `${succeeded ? "ok    " : "FAILED"} ${step.name} (${((performance.now() - start) / 1000).toFixed(1)} s)`,
      );
      process.stdout.write(`${timings.at(-1)}\n`);
    }
  };
  await Promise.all([runAll(KEYS), runAll([...CONTRACTS, ...(grep === undefined ? CHECKS : [])])]);
  await runAll([mocha, ...(long && grep === undefined ? LONG : [])]);
  process.stdout.write(`\n${timings.join("\n")}\n`);
  if (total.failed > 0) process.stdout.write(`the same random cases again: ./sheaf test --seed ${seed}\n`);
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  return total.failed === 0;
}

function seedOf(wanted: string): number {
  if (wanted === "random") return randomInt(MAX_SEED);
  if (/^\d{1,10}$/.test(wanted) && Number(wanted) < MAX_SEED) return Number(wanted);
  throw new SheafError("FIELD_INVALID", `--seed is ${wanted}; it must be "random" or a whole number below 2^31`);
}

/** Mocha's own counts. A run that broke off before it counted is a failure. */
function testCounts(output: string, succeeded: boolean): { passed: number; failed: number } {
  const count = (word: string): number => Number(new RegExp(`^\\s*(\\d+) ${word}`, "m").exec(output)?.[1] ?? 0);
  const failed = count("failing");
  return { passed: count("passing"), failed: failed === 0 && !succeeded ? 1 : failed };
}

/** Runs a step with its output passed on, and kept. */
function run({ command }: Step, environment: Record<string, string>): Promise<{ succeeded: boolean; output: string }> {
  const [program, ...args] = command;
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [resolve(ROOT, program), ...args], {
      cwd: ROOT,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      process.stdout.write(chunk);
    });
    child.on("error", fail);
    child.on("close", (code) => {
      done({ succeeded: code === 0, output: stripVTControlCharacters(Buffer.concat(chunks).toString("utf8")) });
    });
  });
}

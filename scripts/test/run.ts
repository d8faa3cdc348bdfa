import { randomInt } from "node:crypto";
import { readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, sep } from "node:path";
import { ROOT } from "../../lib/root.ts";
import { SheafError } from "../../protocol/errors.ts";
import { needsOf } from "./needs.ts";
import { run } from "./process.ts";
import { CHECKS, CONTRACTS, KEYS, LONG, NATIVE, type Step } from "./steps.ts";

const MAX_SEED = 2 ** 31;
const MOCHA = "node_modules/mocha/bin/mocha.js";
/** Files that wait more than they compute, for other processes, servers and a browser. */
const WAITING = /^test\/(cli|e2e|package|web|prover\/service)\//;
/** Files of tests side by side: each has a process of its own, and one of them nearly always waits for another process. */
const JOBS = Math.min(availableParallelism() + 1, 5);

export interface TestRun {
  /** Files of tests, absolute or relative to the repository; by default all, with every check. */
  readonly files?: readonly string[];
  /** Goes on, and runs the files again whenever one changes, or one that they import. */
  readonly watch?: boolean;
  readonly long?: boolean;
  readonly grep?: string;
  /** Seed of the random cases: a whole number below 2^31, or "random". */
  readonly seed: string;
}

/**
 * Builds what tests need, then runs every check and test; the last line says how many passed and failed.
 *
 * @returns whether all passed
 * @throws SheafError FIELD_INVALID if the seed is not a number, or no file is named to watch; FILE_UNREADABLE
 */
export async function runTests({ files = [], watch, long, grep, seed: wanted }: TestRun): Promise<boolean> {
  const seed = seedOf(wanted);
  const environment = { SHEAF_SEED: `${seed}`, ...(long ? { SHEAF_LONG: "1" } : {}) };
  const named = grep === undefined ? [] : ["--grep", grep];
  if (watch) {
    if (files.length === 0) throw new SheafError("FIELD_INVALID", "--watch needs the files of tests to watch");
    for (const step of await needsOf(files)) await run(step, environment);
    const { succeeded } = await run({ name: "tests", command: ["--watch", MOCHA, ...named, ...files] }, environment);
    return succeeded;
  }
  const isWhole = files.length === 0 && grep === undefined;
  const parallel = files.length === 1 ? [] : ["--parallel", "--jobs", `${JOBS}`];
  const mocha: Step = {
    name: "tests",
    command: [MOCHA, ...parallel, ...named, ...(files.length === 0 ? inOrder(await allTests()) : files)],
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
  // Tests build contracts, and with them types anew: those are checked before. All else is checked beside the tests, which
  // leave a processor idle now and then.
  const checks = isWhole ? CHECKS : [];
  const types = checks.filter(({ kind }) => kind === "types");
  if (files.length > 0) await runAll(await needsOf(files));
  else await Promise.all([runAll([NATIVE, KEYS]), runAll([CONTRACTS, ...types])]);
  await Promise.all([runAll([mocha]), runAll(checks.filter((check) => !types.includes(check)))]);
  if (long && isWhole) await runAll(LONG);
  process.stdout.write(`\n${timings.join("\n")}\n`);
  if (total.failed > 0) process.stdout.write(`the same random cases again: ./sheaf test --seed ${seed}\n`);
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  return total.failed === 0;
}

/** Relative to the repository. */
export async function allTests(): Promise<readonly string[]> {
  const files = await readdir(join(ROOT, "test"), { recursive: true });
  return files.filter((file) => file.endsWith(".test.ts")).map((file) => `test/${file.replaceAll(sep, "/")}`);
}

/**
 * Files of tests that wait and such as compute, evenly mixed: side by side they leave no processor idle, and none of them
 * waits for one. Whole systems take longest: of those that wait they come first, so that none is left alone at the end.
 */
export function inOrder(files: readonly string[]): readonly string[] {
  const isWhole = (file: string): boolean => file.startsWith("test/e2e/");
  const waiting = files.filter((file) => WAITING.test(file)).toSorted();
  const computing = files.filter((file) => !WAITING.test(file)).toSorted();
  const placed = [[...waiting.filter(isWhole), ...waiting.filter((file) => !isWhole(file))], computing].flatMap(
    (list) => list.map((file, i) => ({ file, place: (i + 0.5) / list.length })),
  );
  return placed.toSorted((a, b) => a.place - b.place).map(({ file }) => file);
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

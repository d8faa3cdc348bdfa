import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { ROOT } from "../../lib/root.ts";
import { revertsIn, unreached } from "./reverts.ts";

// `npm run coverage`: runs the contracts' tests with Hardhat's coverage, prints its report, and fails unless every
// contract's statements are covered and every revert is reached.

const TESTS = "test/contracts";
/** Percent of each contract's statements. */
const REQUIRED = 98;
/** Gas is not what it is when statements are counted. */
const EXCLUDED = "gas.test.ts";

const files = (await readdir(join(ROOT, TESTS))).filter((name) => name.endsWith(".test.ts") && name !== EXCLUDED);
const output = await runMocha(files.map((name) => join(TESTS, name)));
const rows = [...output.matchAll(/(contracts\/(?!test\/)\S+\.sol)\s*│\s*[\d.]+\s*│\s*([\d.]+)/g)];
const poor = rows.filter(([, , percent]) => Number(percent) < REQUIRED).map(([, path]) => path);
if (rows.length === 0 || poor.length > 0) {
  process.stdout.write(`statements of ${poor.join(", ") || "no contract"} are covered to less than ${REQUIRED} %\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(`${rows.length} contracts: at least ${REQUIRED} % of each one's statements are covered\n`);
}

const reverts = revertsIn(await contracts());
const missed = unreached(reverts, await readFile(join(ROOT, "coverage/lcov.info"), "utf8"));
for (const { file, line } of missed) process.stdout.write(`no test reaches the revert in ${file}:${line}\n`);
if (missed.length > 0) process.exitCode = 1;
else process.stdout.write(`${reverts.length} reverts: each is reached\n`);

/** The contracts' texts by path, those of tests left out. */
async function contracts(): Promise<ReadonlyMap<string, string>> {
  const paths = (await readdir(join(ROOT, "contracts"), { recursive: true }))
    .filter((path) => path.endsWith(".sol") && !path.startsWith("test/"))
    .map((path) => join("contracts", path));
  return new Map(
    await Promise.all(paths.map(async (path) => [path, await readFile(join(ROOT, path), "utf8")] as const)),
  );
}

/** Returns what mocha printed; its failure is this process'. */
async function runMocha(specs: readonly string[]): Promise<string> {
  const mocha = [join(ROOT, "node_modules/mocha/bin/mocha.js"), "--no-config", "--exit", "--timeout", "120000"];
  const hooks = ["./test/support/seed.ts", "./scripts/coverage/hooks.ts"].flatMap((path) => ["--require", path]);
  const env = { ...process.env, HARDHAT_COVERAGE: "true", HARDHAT_NO_TYPECHAIN: "true" };
  const child = spawn(process.execPath, [...mocha, ...hooks, ...specs], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    process.stdout.write(chunk);
  });
  const code = await new Promise<number | null>((done, fail) => child.on("error", fail).on("close", done));
  if (code !== 0) process.exit(code ?? 1);
  return stripVTControlCharacters(text);
}

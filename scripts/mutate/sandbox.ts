import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Mutant } from "./mutants.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const TESTS = join(ROOT, "test/contracts");
/** Snapshots of gas would notice any change at all. */
const EXCLUDED = "gas.test.ts";

const LONGEST = "stateful.test.ts";

/** The repository's configuration with the compiler's old pipeline, which takes a quarter of the time. */
const CONFIG = `
import config from ${JSON.stringify(join(ROOT, "hardhat.config.ts"))};
const { solidity } = config;
const settings = { ...solidity.settings, viaIR: false, optimizer: { enabled: true, runs: 1 } };
const paths = { sources: ["./contracts"], artifacts: "./build/contracts", cache: "./build/hardhat" };
export default { ...config, solidity: { ...solidity, settings }, paths };
`;

export type Outcome = "killed" | "survived" | "does not compile";

/** A copy of the contracts, to be changed and tested without touching those of the repository. */
export class Sandbox {
  readonly #folder: string;
  /** Text of each test file, by path. */
  readonly #specs: ReadonlyMap<string, string>;

  private constructor(folder: string, specs: ReadonlyMap<string, string>) {
    this.#folder = folder;
    this.#specs = specs;
  }

  static async create(): Promise<Sandbox> {
    const folder = await mkdtemp(join(tmpdir(), "sheaf-mutants-"));
    await cp(join(ROOT, "contracts"), join(folder, "contracts"), { recursive: true });
    await cp(join(ROOT, "package.json"), join(folder, "package.json"));
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "hardhat.config.ts"), CONFIG);
    const specs = new Map<string, string>();
    for (const name of await readdir(TESTS)) {
      if (!name.endsWith(".test.ts") || name === EXCLUDED) continue;
      specs.set(join(TESTS, name), await readFile(join(TESTS, name), "utf8"));
    }
    return new Sandbox(folder, specs);
  }

  /** The contracts' sources by path, those for tests left out. */
  async sources(): Promise<ReadonlyMap<string, string>> {
    const contracts = join(this.#folder, "contracts");
    const paths = (await readdir(contracts, { recursive: true })).filter(
      (path) => path.endsWith(".sol") && !/^(test|generated|interfaces)\//.test(path),
    );
    const texts = paths.sort().map(async (path) => [path, await readFile(join(contracts, path), "utf8")] as const);
    return new Map(await Promise.all(texts));
  }

  /** Runs the contracts' tests as they are. Returns what they print if they fail. */
  async testUnchanged(): Promise<string | undefined> {
    const { code, output } = await this.#test();
    return code === 0 ? undefined : output;
  }

  /** Runs the contracts' tests on a mutant, until the first that fails. */
  async test({ file, start, end, replacement, change }: Mutant): Promise<Outcome> {
    const path = join(this.#folder, "contracts", file);
    const source = await readFile(path, "utf8");
    await writeFile(path, source.slice(0, start) + replacement + source.slice(end));
    try {
      const { code, output } = await this.#test(change);
      if (code === 0) return "survived";
      return /Compilation failed|HHE9\d\d/.test(output) ? "does not compile" : "killed";
    } finally {
      await writeFile(path, source);
    }
  }

  close(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  #test(change = ""): Promise<{ code: number | null; output: string }> {
    const mocha = [join(ROOT, "node_modules/mocha/bin/mocha.js"), "--no-config", "--exit", "--bail"];
    const options = ["--timeout", "120000", "--require", join(ROOT, "test/support/seed.ts")];
    const child = spawn(process.execPath, [...mocha, ...options, ...this.#specsFor(change)], {
      cwd: this.#folder,
      env: { ...process.env, HARDHAT_NO_TYPECHAIN: "true" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    return new Promise((done, fail) => child.on("error", fail).on("close", (code) => done({ code, output })));
  }

  /** All test files, those first that expect the error that the mutant loses, and the longest last. */
  #specsFor(change: string): string[] {
    const error = /revert (?:IRollup\.)?(\w+)/.exec(change)?.[1];
    const rank = ([path, text]: readonly [string, string]): number =>
      path.endsWith(LONGEST) ? 2 : error !== undefined && text.includes(`"${error}"`) ? 0 : 1;
    return [...this.#specs].sort((a, b) => rank(a) - rank(b)).map(([path]) => path);
  }
}

import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Mutant } from "./mutants.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const TESTS = join(ROOT, "test/contracts");
/** Snapshots of gas would notice any change at all. */
const EXCLUDED = "gas.test.ts";

export type Outcome = "killed" | "survived" | "does not compile";

/** A copy of the contracts, to be changed and tested without touching those of the repository. */
export class Sandbox {
  readonly #folder: string;
  readonly #specs: readonly string[];

  private constructor(folder: string, specs: readonly string[]) {
    this.#folder = folder;
    this.#specs = specs;
  }

  static async create(): Promise<Sandbox> {
    const folder = await mkdtemp(join(tmpdir(), "sheaf-mutants-"));
    await cp(join(ROOT, "contracts"), join(folder, "contracts"), { recursive: true });
    for (const name of ["hardhat.config.ts", "package.json"]) await cp(join(ROOT, name), join(folder, name));
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
    await mkdir(join(folder, "build", "verifiers"), { recursive: true });
    const names = (await readdir(TESTS)).filter((name) => name.endsWith(".test.ts") && name !== EXCLUDED);
    return new Sandbox(
      folder,
      names.map((name) => join(TESTS, name)),
    );
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
  async test({ file, start, end, replacement }: Mutant): Promise<Outcome> {
    const path = join(this.#folder, "contracts", file);
    const source = await readFile(path, "utf8");
    await writeFile(path, source.slice(0, start) + replacement + source.slice(end));
    try {
      const { code, output } = await this.#test();
      if (code === 0) return "survived";
      return /Compilation failed|HHE9\d\d/.test(output) ? "does not compile" : "killed";
    } finally {
      await writeFile(path, source);
    }
  }

  close(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  #test(): Promise<{ code: number | null; output: string }> {
    const mocha = [join(ROOT, "node_modules/mocha/bin/mocha.js"), "--no-config", "--exit", "--bail"];
    const options = ["--timeout", "120000", "--require", join(ROOT, "test/support/seed.ts")];
    const child = spawn(process.execPath, [...mocha, ...options, ...this.#specs], {
      cwd: this.#folder,
      env: { ...process.env, HARDHAT_NO_TYPECHAIN: "true" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    return new Promise((done, fail) => child.on("error", fail).on("close", (code) => done({ code, output })));
  }
}

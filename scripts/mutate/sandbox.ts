import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../lib/root.ts";
import { compileContracts } from "./compiler.ts";
import type { Mutant } from "./mutants.ts";

const CONTRACTS = join(ROOT, "contracts");
const TESTS = join(ROOT, "test/contracts");
/** Where Hardhat keeps a compiled contract. */
const artifactOf = (name: string): string => `build/contracts/contracts/${name}.sol/${name}.json`;
/** Snapshots of gas would notice any change at all. */
const EXCLUDED = "gas.test.ts";
const LONGEST = "stateful.test.ts";

/** Hardhat's configuration of a project whose contracts are those of the repository. */
const CONFIG = `
import config from ${JSON.stringify(join(ROOT, "hardhat.config.ts"))};
const paths = { sources: ["./contracts"], artifacts: "./build/contracts", cache: "./build/hardhat" };
export default { ...config, paths };
`;

export interface Outcome {
  readonly result: "killed" | "survived" | "does not compile";
  /** Title of the test that failed. */
  readonly by?: string;
}

/** A project of its own in which the compiled contracts are replaced by mutants, and the repository's tests are run on it. */
export class Sandbox {
  readonly #folder: string;
  /** Text of each contract by path. */
  readonly #sources: ReadonlyMap<string, string>;
  /** Text of each test file by path. */
  readonly #specs: ReadonlyMap<string, string>;

  private constructor(folder: string, sources: ReadonlyMap<string, string>, specs: ReadonlyMap<string, string>) {
    this.#folder = folder;
    this.#sources = sources;
    this.#specs = specs;
  }

  static async create(): Promise<Sandbox> {
    const folder = await mkdtemp(join(tmpdir(), "sheaf-mutants-"));
    await cp(CONTRACTS, join(folder, "contracts"), { recursive: true });
    await cp(join(ROOT, "package.json"), join(folder, "package.json"));
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "hardhat.config.ts"), CONFIG);
    const specs = await textsIn(TESTS, (path) => path.endsWith(".test.ts") && path !== EXCLUDED);
    return new Sandbox(folder, await textsIn(CONTRACTS, (path) => path.endsWith(".sol")), specs);
  }

  /** The contracts whose guards are to be tested. */
  sources(): readonly (readonly [path: string, source: string])[] {
    return [...this.#sources].filter(([path]) => !/^(test|generated|interfaces)\//.test(path));
  }

  /** Runs the contracts' tests as they are, as compiled for mutants. Returns what they print if they fail. */
  async testUnchanged(): Promise<string | undefined> {
    const asDeployed = await this.#test();
    if (asDeployed.code !== 0) return asDeployed.output;
    await this.#replace(this.#sources);
    const { code, output } = await this.#test();
    return code === 0 ? undefined : output;
  }

  /** Runs the contracts' tests on a mutant, until the first that fails. */
  async test({ file, start, end, replacement, change }: Mutant): Promise<Outcome> {
    const source = this.#sources.get(file)!;
    const mutated = source.slice(0, start) + replacement + source.slice(end);
    if (!(await this.#replace(new Map([...this.#sources, [file, mutated]])))) return { result: "does not compile" };
    const { code, output } = await this.#test(change);
    if (code === 0) return { result: "survived" };
    const title = /^ {2}1\) [^]*?:$/m.exec(output)?.[0].replace(/\s+/g, " ").slice(4, -1);
    if (title === undefined) throw new Error(`the tests could not be run on ${file}: ${change}\n${output}`);
    return { result: "killed", by: title };
  }

  close(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  async #replace(sources: ReadonlyMap<string, string>): Promise<boolean> {
    const compiled = compileContracts(sources);
    if (compiled === undefined) return false;
    for (const [name, code] of compiled) {
      const path = join(this.#folder, artifactOf(name));
      const artifact = JSON.parse(await readFile(path, "utf8")) as object;
      await writeFile(path, JSON.stringify({ ...artifact, ...code, immutableReferences: {} }));
    }
    return true;
  }

  #test(change = ""): Promise<{ code: number | null; output: string }> {
    const mocha = [join(ROOT, "node_modules/mocha/bin/mocha.js"), "--no-config", "--exit", "--bail"];
    const options = ["--timeout", "240000", "--require", join(ROOT, "test/support/seed.ts")];
    const child = spawn(process.execPath, [...mocha, ...options, ...this.#specsFor(change)], {
      cwd: this.#folder,
      env: { ...process.env, HARDHAT_NO_TYPECHAIN: "true", NO_COLOR: "1" },
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

/** The files of a folder: tests by their whole path, as mocha wants them; contracts relative to it. */
async function textsIn(folder: string, wanted: (path: string) => boolean): Promise<ReadonlyMap<string, string>> {
  const paths = (await readdir(folder, { recursive: true })).filter(wanted).sort();
  const name = (path: string): string => (folder === TESTS ? join(folder, path) : path);
  return new Map(
    await Promise.all(paths.map(async (path) => [name(path), await readFile(join(folder, path), "utf8")] as const)),
  );
}

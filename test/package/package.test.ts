import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { build } from "esbuild";
import { domainOf } from "../../protocol/challenge.ts";
import { signTransfer } from "../../protocol/operations.ts";
import { RollupState } from "../../protocol/state.ts";
import { Wallet } from "../../wallet/index.ts";
import { runProgram } from "../support/cli.ts";
import { accountOf, ApiStub } from "../support/node/api-stub.ts";
import { LONG } from "../support/random.ts";
import { until } from "../support/until.ts";
import { requireBrowser, startBrowser, type Browser } from "../support/web/browser.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const WORDS = "test test test test test test test test test test test junk";

/** What `npx hardhat --init` asks for with Mocha and ethers, the newest of each; of TypeScript what the template says. */
const DEVELOPMENT = {
  ...{ hardhat: "^3", "@nomicfoundation/hardhat-toolbox-mocha-ethers": "latest", chai: "latest", typescript: "~6.0" },
  ...{ "@types/chai": "latest", "@types/mocha": "latest", "@types/node": "latest" },
};

describe("package, as npm packs it, in somebody else's Hardhat project", function () {
  this.timeout(1_200_000);
  let folder: string;
  let project: string;
  /** The README's command that installs the package, and its example. */
  let installation: readonly string[];
  let example: string;
  before(async () => {
    // Not where the repository's modules are found, and with a space, which paths of a user's may have.
    folder = await mkdtemp(join(tmpdir(), "sheaf package-"));
    await mkdir(join(folder, "sheaf"));
    // A user's npm may be told not to run scripts.
    const packing = ["pack", "--no-ignore-scripts", "--silent", "--pack-destination", join(folder, "sheaf")];
    await expectSuccess("npm", packing, ROOT);
    const readme = await readFile(join(ROOT, "README.md"), "utf8");
    const [, command, code] = /^```sh\n(npm install .*\.tgz)\n```$[^]+?^```ts\n([^]+?)^```$/m.exec(readme)!;
    [installation, example] = [command!.split(" "), code!];
    project = await newProject("project");
    await expectSuccess(installation[0]!, installation.slice(1));
    const [, wallet] = /```ts\n(import [^]+?)```/.exec(await readFile(join(ROOT, "docs/wallet.md"), "utf8"))!;
    await writeFile(join(project, "wallet.ts"), wallet!);
  });
  after(() => rm(folder, { recursive: true }));

  it(`runs the README's example from nothing${LONG ? "" : " but native code"}, with real proofs`, async () => {
    const objects = "build/native/objects";
    const [built, own] = [join(ROOT, objects), join(project, "node_modules/sheaf", objects)];
    // It takes a minute to compile, and is known by its sources: the package's must be the repository's.
    if (!LONG && existsSync(built)) await cp(built, own, { recursive: true });
    const before = existsSync(own) ? await readdir(own) : [];
    expect(await expectSuccess("npx", ["hardhat", "test"])).to.include("1 passing");
    if (before.length > 0) expect(await readdir(own)).to.have.members(before);
  });

  it("runs it with what this repository has built, where SHEAF_BUILD says so", async () => {
    const output = await expectSuccess("npx", ["hardhat", "test"], project, { SHEAF_BUILD: join(ROOT, "build") });
    expect(output).to.include("1 passing");
  });

  if (LONG) {
    it("runs it in pnpm's layout too, where packages see only what they ask for", async () => {
      await mkdir(join(folder, "tool"));
      await expectSuccess("npm", ["install", "--prefix", join(folder, "tool"), "pnpm"], folder);
      const pnpm = join(folder, "tool", "node_modules", ".bin", "pnpm");
      const linked = await newProject("linked");
      // Whether Hardhat's own dependencies may run scripts is up to Hardhat's users.
      await writeFile(join(linked, "pnpm-workspace.yaml"), "strictDepBuilds: false\n");
      const store = ["--store-dir", join(folder, "store")];
      await expectSuccess(pnpm, ["add", "--save-dev", ...store, installation.at(-1)!], linked);
      expect(await expectSuccess(pnpm, ["hardhat", "test"], linked)).to.include("1 passing");
    });
  }

  it("brings no install scripts of its own", async () => {
    const { packages } = JSON.parse(await readFile(join(project, "package-lock.json"), "utf8")) as {
      packages: Record<string, { dependencies?: Record<string, string>; hasInstallScript?: boolean }>;
    };
    const reached = new Set<string>();
    const reach = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const name of Object.keys(packages[path]!.dependencies ?? {})) reach(placeOf(name, path));
    };
    /** Where Node finds a package from another one's folder. */
    const placeOf = (name: string, from: string): string => {
      for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
        const place = join(at, "node_modules", name);
        if (place in packages) return place;
        if (at === "") throw new Error(`${from} has no ${name}`);
      }
    };
    reach("node_modules/sheaf");
    expect(reached.size).to.be.above(10);
    expect([...reached].filter((path) => packages[path]!.hasInstallScript)).to.deep.equal([]);
  });

  it("has types", async () => {
    const tsc = join(project, "node_modules/typescript/bin/tsc");
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--types", "node,mocha"];
    await expectSuccess(process.execPath, [tsc, ...options, "test/sheaf.ts", "wallet.ts"]);
  });

  it("makes the same keys and signatures as the repository", async () => {
    const script = `
      import { PrivateKey, verifySignature } from "sheaf/protocol";
      import { Wallet } from "sheaf/wallet";
      import { NodeClient } from "sheaf/api";
      import { ProverClient } from "sheaf/prover";
      const { key } = Wallet.fromMnemonic("${WORDS}");
      const signature = key.sign(123n);
      console.log([key.publicKey.y, signature.s, verifySignature(123n, signature, key.publicKey),
        new NodeClient("http://localhost").url, typeof ProverClient, typeof PrivateKey].join());
    `;
    const { key } = Wallet.fromMnemonic(WORDS);
    const output = await expectSuccess(process.execPath, ["--input-type=module", "--eval", script]);
    const expected = [key.publicKey.y, key.sign(123n).s, true, "http://localhost", "function", "function"];
    expect(output.trim()).to.equal(expected.join());
  });

  it("brings a page at most 300 kB, gzipped, with a wallet that has not proven anything yet", async () => {
    await writeFile(join(project, "wallet-alone.ts"), 'export { Wallet } from "sheaf/wallet";\n');
    const { outputFiles, metafile } = await build({
      ...{ absWorkingDir: project, entryPoints: ["wallet-alone.ts"], outdir: "bundle", write: false, metafile: true },
      ...{ bundle: true, splitting: true, minify: true, format: "esm", platform: "browser", target: "es2022" },
    });
    const loaded = new Set<string>();
    const load = (path: string): void => {
      if (loaded.has(path)) return;
      loaded.add(path);
      for (const { path: other, kind } of metafile.outputs[path]!.imports) if (kind === "import-statement") load(other);
    };
    load("bundle/wallet-alone.js");
    const sizes = [...loaded].map((path) => {
      const { contents } = outputFiles.find((file) => file.path === join(project, path))!;
      return gzipSync(contents, { level: 9 }).length;
    });
    const total = sizes.reduce((sum, size) => sum + size);
    expect(total).to.be.within(100_000, 300_000);
  });

  describe("in a browser page", () => {
    let browser: Browser | undefined;
    let node: ApiStub | undefined;
    after(async () => {
      await browser?.close();
      await node?.close();
    });

    it("makes a wallet, and a transfer with the signature that Node makes", async function () {
      browser = await startBrowser(requireBrowser(this));
      const [alice, bob] = [0, 1].map((account) => Wallet.fromMnemonic(WORDS, { account })) as [Wallet, Wallet];
      const state = new RollupState();
      state.update(9, accountOf(alice, 1_000n));
      state.update(64, accountOf(bob, 0n));
      const place = { chainId: 31337, rollup: ROLLUP, domain: domainOf(31337n, BigInt(ROLLUP)) };
      node = new ApiStub(() => state, place);
      const url = await node.start();

      await writeFile(
        join(project, "page.ts"),
        'import { Wallet } from "sheaf/wallet";\nObject.assign(globalThis, { Wallet });\n',
      );
      const options = { bundle: true, format: "esm", platform: "browser", write: false } as const;
      const { outputFiles } = await build({ ...options, entryPoints: [join(project, "page.ts")] });
      const page = await browser.context.newPage();
      // Any document of the node's, so that the page may ask it.
      await page.goto(`${url}/config`);
      await page.addScriptTag({ type: "module", content: outputFiles[0]!.text });
      await page.waitForFunction(() => "Wallet" in globalThis);
      const paid = page.evaluate(async (words) => {
        const page = globalThis as unknown as { Wallet: typeof Wallet; location: { origin: string } };
        const wallet = await page.Wallet.fromMnemonic(words).connect({ node: page.location.origin });
        const sent = await wallet.transfer({ to: 64, amount: 250n, fee: 7n, validUntil: 1_900_000_000 });
        const { status } = await sent.wait("verified");
        return { id: sent.id, status, address: wallet.wallet.address };
      }, WORDS);
      const [taken] = await until(() => (node!.taken.length > 0 ? node!.taken : undefined), "the page's transfer");
      const [id] = node.transactions.keys();
      await until(() => node!.isListenedTo(id!) || undefined, "the page to listen");
      node.move(id!, { status: "verified" });

      expect(await paid).to.deep.equal({ id, status: "verified", address: alice.address });
      const fields = { from: 9, to: 64, token: 0, amount: 250n, fee: 7n, nonce: 0, validUntil: 1_900_000_000 };
      expect(taken).to.deep.equal({ kind: "transfer", ...signTransfer(alice.key, place.domain, fields) });
    });
  });

  /** A project that has Hardhat, not installed yet, with the README's example as its only test. */
  async function newProject(name: string): Promise<string> {
    const path = join(folder, name);
    await mkdir(join(path, "test"), { recursive: true });
    await writeFile(
      join(path, "package.json"),
      JSON.stringify({ name: "foreign", private: true, type: "module", devDependencies: DEVELOPMENT }),
    );
    // A compiler of its own, since Hardhat would download one before it finds that there is nothing to compile.
    const compiler = createRequire(import.meta.url).resolve("solc/soljson.js");
    await writeFile(
      join(path, "hardhat.config.ts"),
      `import toolbox from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";
export default defineConfig({
  plugins: [toolbox],
  solidity: { version: "0.8.37", path: ${JSON.stringify(compiler)} },
});
`,
    );
    await writeFile(join(path, "test", "sheaf.ts"), example);
    return path;
  }

  /** Runs a program as its user does: what the tests' own npm, Hardhat and settings have put there is not. */
  async function expectSuccess(
    program: string,
    args: readonly string[],
    cwd = project,
    extra: NodeJS.ProcessEnv = {},
  ): Promise<string> {
    const foreign = /^(NODE_OPTIONS$|NODE_ENV$|HARDHAT_|SHEAF_|npm_)/i;
    const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
    const PATH = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
    const env = { ...Object.fromEntries(own), PATH, ...extra };
    const { exitCode, stdout, stderr } = await runProgram(program, args, { cwd, env });
    expect(exitCode, `${stdout}\n${stderr}`).to.equal(0);
    return stdout;
  }
});

import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { build } from "esbuild";
import { domainOf } from "../../protocol/challenge.ts";
import { signTransfer } from "../../protocol/operations.ts";
import { RollupState } from "../../protocol/state.ts";
import { Wallet } from "../../wallet/index.ts";
import { accountOf, ApiStub } from "../support/api-stub.ts";
import { requireBrowser, startBrowser, type Browser } from "../support/browser.ts";
import { runProgram } from "../support/cli.ts";
import { until } from "../support/until.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const ROLLUP = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const WORDS = "test test test test test test test test test test test junk";

describe("package, as npm packs it, in somebody else's Hardhat project", function () {
  this.timeout(900_000);
  let project: string;
  before(async () => {
    project = await mkdtemp(join(tmpdir(), "sheaf-package-"));
    const packed = join(project, "packed");
    await mkdir(packed);
    // A user's npm may be told not to run scripts.
    await expectSuccess("npm", ["pack", "--no-ignore-scripts", "--silent", "--pack-destination", packed], ROOT);
    const [tarball] = await readdir(packed);
    await install(join(packed, tarball!));
    await writeFile(join(project, "package.json"), JSON.stringify({ name: "foreign", type: "module" }));
    await writeFile(
      join(project, "hardhat.config.ts"),
      'import { defineConfig } from "hardhat/config";\nexport default defineConfig({});\n',
    );
    await cp(join(import.meta.dirname, "pay.ts"), join(project, "pay.test.ts"));
    const [, example] = /```ts\n(import [^]+?)```/.exec(await readFile(join(ROOT, "docs/wallet.md"), "utf8"))!;
    await writeFile(join(project, "wallet.ts"), example!);
  });
  after(() => rm(project, { recursive: true }));

  it("runs the README's example, with real proofs", async () => {
    const mocha = join(project, "node_modules/mocha/bin/mocha.js");
    const output = await expectSuccess(process.execPath, [mocha, "--exit", "pay.test.ts"]);
    expect(output).to.include("1 passing");
  });

  it("has types", async () => {
    const tsc = join(project, "node_modules/typescript/bin/tsc");
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--types", "node,mocha"];
    await expectSuccess(process.execPath, [tsc, ...options, "pay.test.ts", "wallet.ts"]);
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

  /** What `npm install` does with a tarball, without asking a registry: what it depends on is linked. */
  async function install(tarball: string): Promise<void> {
    const modules = join(project, "node_modules");
    await mkdir(join(modules, "sheaf"), { recursive: true });
    await expectSuccess("tar", ["-xzf", tarball, "-C", join(modules, "sheaf"), "--strip-components=1"]);
    for (const name of await readdir(join(ROOT, "node_modules"))) {
      if (!name.startsWith(".")) await symlink(join(ROOT, "node_modules", name), join(modules, name));
    }
  }

  async function expectSuccess(program: string, args: readonly string[], cwd = project): Promise<string> {
    const foreign = (name: string): boolean => name === "NODE_OPTIONS" || name.startsWith("HARDHAT_");
    const own = Object.entries(process.env).filter(([name]) => !foreign(name));
    const env = { ...Object.fromEntries(own), SHEAF_BUILD: join(ROOT, "build") };
    const { exitCode, stdout, stderr } = await runProgram(program, args, { cwd, env });
    expect(exitCode, `${stdout}\n${stderr}`).to.equal(0);
    return stdout;
  }
});

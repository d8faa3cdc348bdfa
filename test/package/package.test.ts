import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { Wallet } from "../../wallet/index.ts";
import { runProgram } from "../support/cli.ts";

const ROOT = resolve(import.meta.dirname, "../..");
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
    await expectSuccess(process.execPath, [tsc, ...options, "pay.test.ts"]);
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

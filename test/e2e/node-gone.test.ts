import { readFileSync } from "node:fs";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { Contract, JsonRpcProvider, parseEther, type Signer } from "ethers";
import { startNode, type LocalNode } from "../../devnet/demo/chain.ts";
import { ROLLUP } from "../../l1/contract.ts";
import { newMnemonic, Wallet } from "../../wallet/index.ts";
import { expectSuccess, runProgram, type CliResult } from "../support/cli.ts";
import { RunningCommand } from "../support/prover/prover-commands.ts";
import { serveFolder } from "../support/static-server.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const MAIN = join(ROOT, "cli/main.ts");
const CHAIN_ID = 31_337;
const DAY = 86_400;
const PASSWORD = "the password of the two files";

// The chain, the node and each command are processes of their own. The node has real proofs, until it is gone.
describe("when the node, its files and its machine are gone", function () {
  // The first run builds circuits and keys.
  this.timeout(600_000);
  let folder: string;
  let chain: LocalNode;
  let provider: JsonRpcProvider;
  let bank: Signer;
  let rollup: Contract;
  let mirror: Awaited<ReturnType<typeof serveFolder>>;
  let node: RunningCommand | undefined;
  const [mine, friends] = [newMnemonic(), newMnemonic()];
  const [me, friend] = [mine, friends].map((words) => Wallet.fromMnemonic(words)) as [Wallet, Wallet];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sheaf-gone-"));
    chain = await startNode(CHAIN_ID);
    provider = new JsonRpcProvider(chain.url, CHAIN_ID, { staticNetwork: true, cacheTimeout: -1 });
    bank = await provider.getSigner(0);
    const [published, out] = [join(folder, "published"), join(folder, "addresses.json")];
    const options = ["--sizes", "batch-4", "--publish", published, "--out", out, "--json"];
    const deployed = JSON.parse(await expectSuccess(["deploy", "--network", chain.url, ...options])) as Deployed;
    rollup = new Contract(deployed.rollup, ROLLUP, bank);
    const url = await startRollup(deployed.rollup, published);

    for (const { owner } of [me, friend]) {
      await (await bank.sendTransaction({ to: owner.l1Address, value: parseEther("10") })).wait();
    }
    // The files remember the node: nothing that they are used for may ask it.
    const places = `--node ${url} --rpc ${chain.url} --rollup ${deployed.rollup}`;
    for (const [name, words] of [["me", mine] as const, ["friend", friends] as const]) {
      await writeFile(join(folder, name), words);
      await succeed(`./sheaf wallet import --wallet ${name}.json --words-file ${name} ${places}`);
    }
    await succeed("./sheaf deposit 0.1 --wallet friend.json");
    await succeed("./sheaf deposit 1.9 --wallet me.json");
    await succeed(`./sheaf transfer ${friend.address} 0.4 --fee 0 --wallet me.json`);

    await node!.end("SIGKILL");
    await rm(join(folder, "node"), { recursive: true });
    await rm(out);
    await rename(published, join(folder, "mirror"));
    mirror = await serveFolder(join(folder, "mirror"));
  });
  after(async () => {
    if (node?.hasEnded === false) await node.end("SIGKILL");
    await mirror?.close();
    provider?.destroy();
    await chain?.stop();
    await rm(folder, { recursive: true });
  });

  async function startRollup(address: string, keys: string): Promise<string> {
    const options = ["--keys", keys, "--data", join(folder, "node"), "--port", "0", "--max-age", "0"];
    node = new RunningCommand(["node", "--rpc", chain.url, "--rollup", address, ...options, "--confirmations", "0"]);
    return node.said(/node: (http[^\s"]+)/);
  }

  it("everybody gets everything out, as docs/operations.md types it", async () => {
    const [setting, ...blocks] = blocksOf("When the node is gone, line by line");
    const shell = setting!
      .replace("https://node.example.org", chain.url)
      .replace("0xROLLUP", await rollup.getAddress())
      .replace("https://keys.example.org/sheaf", mirror.url);
    const lines = blocks.flatMap((block) => block.trim().split("\n"));
    const typed = (): Promise<CliResult> => type(`${shell}\n${lines.shift()!}`);
    const expectDone = async (pattern: RegExp): Promise<string> => {
      const { exitCode, stdout, stderr } = await typed();
      expect(exitCode, stderr).to.equal(0);
      expect(stdout).to.match(pattern);
      return `${stdout}\n${stderr}`;
    };

    await expectDone(/1\.5 ETH[^]*queue +empty|queue +empty[^]*1\.5 ETH/);
    expect(await expectDone(/^queue-2 {2}pending$/m)).to.match(/a batch must take it until \d{4}-/);
    await expectDone(/^forcedWithdrawal from account \d+$/m);

    await pass(3 * DAY + 1);
    await expectDone(/batch-4/);
    const before = await provider.getBalance(me.owner.l1Address);
    await expectDone(/^1\.5 ETH paid out on L1$/m);
    expect((await provider.getBalance(me.owner.l1Address)) - before).to.be.within(
      parseEther("1.49"),
      parseEther("1.5"),
    );

    // Nothing waits: what a freeze needs is queued. Then something of mine waits in vain, too.
    const early = await typed();
    expect([early.exitCode, early.stdout]).to.deep.equal([1, ""]);
    expect(early.stderr).to.match(/queued the withdrawal of account \d+[^]*ROLLUP_NOT_FROZEN: .* after \d{4}-/);
    const { pubKeyY, l1Address } = me.owner;
    const value = parseEther("3");
    await (await rollup.getFunction("deposit")(0, parseEther("0.25"), pubKeyY, l1Address, l1Address, { value })).wait();
    await pass(10 * DAY + 1);
    const saved = await provider.getBalance(friend.owner.l1Address);
    await expectDone(/exit of account[^]*payout of token/);
    expect((await provider.getBalance(friend.owner.l1Address)) - saved).to.be.within(
      parseEther("0.49"),
      parseEther("0.5"),
    );
    await expectDone(/refund of deposit +4 +0\.25 ETH/);
    await expectDone(/frozen +for good[^]*has left the rollup/);

    await expectDone(/exit of account[^]*somebody else was first/);
    await expectDone(/^0\.25 ETH had been paid out on L1 already/m);
    expect(lines).to.deep.equal([]);
    expect(await rollup.getFunction("tokenTotal")(0)).to.equal(0n);
  });

  async function pass(seconds: number): Promise<void> {
    await provider.send("evm_increaseTime", [seconds]);
    await provider.send("evm_mine", []);
  }

  /** Runs a line as it is typed in the folder of the wallets' files. */
  function type(script: string): Promise<CliResult> {
    const sheaf = `sheaf() { "${process.execPath}" --disable-warning=ExperimentalWarning "${MAIN}" "$@"; }`;
    const env = { ...process.env, SHEAF_PASSWORD: PASSWORD };
    return runProgram("bash", ["-c", `${sheaf}\n${script.replaceAll("./sheaf ", "sheaf ")}`], { cwd: folder, env });
  }

  async function succeed(line: string): Promise<void> {
    const { exitCode, stderr } = await type(line);
    expect(exitCode, stderr).to.equal(0);
  }
});

interface Deployed {
  readonly rollup: string;
}

/** What a section of docs/operations.md has its reader type, a text for each block. */
function blocksOf(title: string): readonly string[] {
  const text = readFileSync(join(ROOT, "docs/operations.md"), "utf8");
  const [, section] = new RegExp(`^## ${title}\n([^]*?)(?=^## |(?![^]))`, "m").exec(text)!;
  return [...section!.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block!);
}

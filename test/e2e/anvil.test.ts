import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { NodeClient } from "../../api/client.ts";
import { Anvil } from "../support/chain/anvil.ts";
import { startOptimism } from "../support/chain/optimism.ts";
import { runProgram } from "../support/cli.ts";
import { RunningCommand } from "../support/prover/prover-commands.ts";
import { LONG } from "../support/random.ts";

const DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const ROOT = resolve(import.meta.dirname, "../..");

/** A function of its own, which tells the case apart. */
const startWithBlobs = (): Promise<Anvil> => Anvil.start();

// A client that is not Hardhat's, with real proofs, by the commands of docs/layer3.md as they stand there.
for (const [name, start] of [
  ["with the fees of a real rollup", startOptimism],
  ["with transfers in blobs", startWithBlobs],
  ["as it starts without options", () => Anvil.start()],
] as const) {
  const costsMoreThanGas = start === startOptimism || start === startWithBlobs;
  const isRun = LONG || costsMoreThanGas;
  (isRun ? describe : describe.skip)(`on Anvil, ${name}`, function () {
    this.timeout("10m");
    let folder: string;
    let anvil: Anvil;
    let node: RunningCommand | undefined;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "sheaf-anvil-"));
      anvil = await start();
    });
    after(async () => {
      if (node?.hasEnded === false) await node.end("SIGKILL");
      await anvil.close();
      await rm(folder, { recursive: true });
    });

    it("a rollup is deployed and run, paid into, paid in, and paid out", async () => {
      const [deploy, run, use] = await blocksOf("docs/layer3.md");
      const before = await balance();
      await typed(start === startWithBlobs ? deploy!.replace(" --sizes", " --blobs --sizes") : deploy!);
      const { rollup, cost } = JSON.parse(await readFile(join(folder, "addresses.json"), "utf8")) as {
        readonly rollup: string;
        readonly cost: { readonly wei: string };
      };
      // What else is charged than gas is a tenth of it and more, where it is charged.
      expect(Number(cost.wei) / Number(before - (await balance()))).to.be.within(0.999, 1.01);

      expect(run).to.include(
        './sheaf node --rpc "$ROLLUP_RPC" --rollup "$ROLLUP" --keys published --charge --queue-wait 10 --longest-wait 60\n',
      );
      const place = ["--rpc", anvil.url, "--rollup", rollup, "--keys", join(folder, "published"), "--charge"];
      node = new RunningCommand([
        "node",
        ...place,
        "--data",
        join(folder, "data"),
        "--port",
        "0",
        ...["--max-age", "0", "--queue-wait", "0", "--longest-wait", "0"],
      ]);
      const url = await node.said(/node: (http[^\s"]+)/);

      const { stdout, stderr } = await typed(use!.replaceAll("http://127.0.0.1:8790", url));
      expect(stdout).to.include("0.1 ETH paid out on L1");
      // Nothing follows a block on such a chain: the deposit was not to wait for that, nor the transfer for finality.
      expect(stderr).to.include("pending: waits for a batch, up to 0 s");
      expect(stderr).to.match(/^L1 transaction 0x[0-9a-f]{64}: waits until it is mined/m);
      const { weiPerTransfer, gasPerTransfer, gasPrice } = await new NodeClient(url).fees();
      expect(weiPerTransfer > BigInt(gasPerTransfer) * gasPrice).to.equal(costsMoreThanGas);
      const { items } = await new NodeClient(url).batches();
      const fees = items.map(({ l1 }) => (l1?.dataFee ?? 0n) > 0n);
      expect(new Set(fees)).to.deep.equal(new Set([costsMoreThanGas]));
      const inBlobs = items.map(({ blob }) => blob !== undefined);
      expect(new Set(inBlobs)).to.deep.equal(new Set([start === startWithBlobs]));
      expect(await node.end("SIGINT")).to.equal(0);
    });

    const balance = async () => BigInt((await anvil.call("eth_getBalance", DEPLOYER, "latest")) as string);

    async function typed(block: string) {
      const script = ["set -e", `sheaf() { "${process.execPath}" "${join(ROOT, "cli/main.ts")}" "$@"; }`, block]
        .join("\n")
        .replaceAll("http://127.0.0.1:8545", anvil.url)
        .replaceAll("./sheaf ", "sheaf ");
      const result = await runProgram("bash", ["-c", script], { cwd: folder });
      expect(result.exitCode, result.stderr).to.equal(0);
      return result;
    }
  });
}

async function blocksOf(path: string): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, path), "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!);
}

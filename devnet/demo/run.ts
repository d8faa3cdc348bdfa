import { rm } from "node:fs/promises";
import { join } from "node:path";
import { JsonRpcProvider } from "ethers";
import { deployRollup } from "../../deploy/deploy.ts";
import {
  attachContract,
  buildContracts,
  buildExitCircuit,
  buildSize,
  deployContract,
  type BuiltCircuit,
  type BuiltSize,
} from "../../fixture/build.ts";
import { Sheaf, type BatchReport } from "../../fixture/sheaf.ts";
import { ROOT } from "../../lib/root.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { endCurveWorkers } from "../../prover/backends/curve-workers.ts";
import type { Progress } from "../../prover/setup/progress.ts";
import type { Rollup, TestToken } from "../../types/generated/index.ts";
import { startNode } from "./chain.ts";
import { checkOutcome, type Outcome } from "./outcome.ts";
import { OPERATOR, type Scenario } from "./scenario.ts";
import { TO_L1, TOKENS } from "./transfer-list.ts";
import { startFleet } from "./workers.ts";

const CHAIN_ID = 31337;

/** How the demonstration tells what it does. */
export interface Narrator {
  say(line: string): void;
  progress<T>(label: string, work: (onProgress: Progress) => Promise<T>, expectedSeconds?: number): Promise<T>;
}

export interface DemoResult extends Outcome {
  readonly batches: readonly BatchReport[];
  /** Worker processes that proved, if not this one, and seconds until all batches were proven and on L1. */
  readonly proving: { readonly workers: number; readonly seconds: number };
}

/**
 * Runs a scenario from nothing to funds back on L1: circuits and keys, a chain, a deployment, deposits, proofs, a
 * withdrawal; and compares what came out with what must.
 *
 * @param workers Processes that prove batches side by side; with 0 this process proves one after the other.
 * @param together Batches that go to L1 in one transaction, at most.
 * @throws SheafError DEMO_DIFFERS, or the code of whatever went wrong
 */
export async function runDemo(
  scenario: Scenario,
  sizes: readonly BatchSize[],
  narrator: Narrator,
  workers = 0,
  together = 1,
): Promise<DemoResult> {
  const built: BuiltSize[] = [];
  for (const size of sizes) {
    built.push(await narrator.progress(`circuit and keys ${size.name}`, (onProgress) => buildSize(size, onProgress)));
  }
  const exit = await narrator.progress("circuit and keys exit", buildExitCircuit);
  await narrator.progress("contracts", buildContracts, 15);

  const node = await startNode(CHAIN_ID);
  const provider = new JsonRpcProvider(node.url, CHAIN_ID, { staticNetwork: true, cacheTimeout: -1 });
  let sheaf: Sheaf | undefined;
  try {
    narrator.say(`local chain: ${node.url}, chain id ${CHAIN_ID}`);
    const rollup = await deploy(provider, node.url, built, exit, narrator);
    sheaf = await Sheaf.attach(provider, rollup, built, exit, OPERATOR, together);
    await play(sheaf, scenario, narrator);
    const { batches, seconds } = await proveAll(sheaf, built, narrator, workers);
    const outcome = await checkOutcome(sheaf, scenario, batches);
    return { batches, proving: { workers, seconds }, ...outcome };
  } finally {
    await (sheaf === undefined ? endCurveWorkers() : sheaf.close());
    provider.destroy();
    await node.stop();
  }
}

/** Deploys the ERC-20 and, through Hardhat Ignition, the rollup; the chain's account 1 becomes the operator. */
async function deploy(
  provider: JsonRpcProvider,
  url: string,
  sizes: readonly BuiltSize[],
  exit: BuiltCircuit,
  { say, progress }: Narrator,
) {
  const [owner, operator] = [await provider.getSigner(0), await provider.getSigner(1)];
  const token = await deployContract<TestToken>(
    "contracts/test/TestToken.sol",
    "TestToken",
    owner,
    "Test token",
    "TEST",
  );
  const tokens = [await token.getAddress()];
  const output = join(ROOT, "build", "demo", "addresses.json");
  const options = { network: url, sizes, exit, operator: operator.address, tokens, output };
  const { rollup, deploymentId, published } = await progress("deployment", () => deployRollup(options), 10);
  // The chain ends with the demonstration; nothing is left to resume.
  for (const folder of [join(ROOT, "ignition", "deployments", deploymentId), published]) {
    await rm(folder, { recursive: true, force: true });
  }
  say(`rollup: ${rollup}, tokens: ${TOKENS.join(", ")}`);
  return attachContract<Rollup>("contracts/Rollup.sol", "Rollup", rollup, owner);
}

async function play(sheaf: Sheaf, { deposits, transfers }: Scenario, { say }: Narrator): Promise<void> {
  for (const { wallet, token, amount } of deposits) await sheaf.deposit(await sheaf.wallet(wallet), token, amount);
  const wallets = new Set(deposits.map(({ wallet }) => wallet));
  say(`${deposits.length} deposits of ${wallets.size} wallets wait in the queue on L1`);
  for (const { from, to, token, amount, fee } of transfers) {
    const sender = await sheaf.wallet(from);
    if (to === TO_L1) await sheaf.withdraw(sender, token, amount, fee);
    else await sheaf.transfer(sender, await sheaf.wallet(to), token, amount, fee);
  }
  say(`${transfers.length} transfers and withdrawals signed`);
}

/** About what a proof of the smallest size takes on a small machine. */
const PROOF_SECONDS = 15;

async function proveAll(sheaf: Sheaf, sizes: readonly BuiltSize[], { progress }: Narrator, workers: number) {
  const timed = async (work: () => Promise<readonly BatchReport[]>) => {
    const start = performance.now();
    const batches = await work();
    return { batches, seconds: (performance.now() - start) / 1000 };
  };
  if (workers === 0) {
    return timed(() => sheaf.proveAndSubmit((name, work) => progress(name, work, PROOF_SECONDS)));
  }
  const fleet = await progress(`${workers} workers`, () => startFleet(sizes, workers), 5);
  try {
    const work = (): Promise<readonly BatchReport[]> => sheaf.proveElsewhereAndSubmit((batch) => fleet.prove(batch));
    return await progress("proofs side by side", () => timed(work), 4 * PROOF_SECONDS);
  } finally {
    await fleet.close();
  }
}

import { dirname } from "node:path";
import type { Command } from "commander";
import * as z from "zod";
import { requireCancun } from "../deploy/chain-checks.ts";
import { costText, type DeploymentCost } from "../deploy/cost.ts";
import { deployRollup, type DeployOptions } from "../deploy/deploy.ts";
import { chainIdOf, openNetwork } from "../deploy/environment.ts";
import type { BatchSize } from "../protocol/constants.ts";
import { address, addressToHex, parseFields } from "../protocol/json-fields.ts";
import { ensureExitKeys, ensureKeys, type BatchArtifacts } from "../prover/artifacts/artifacts.ts";
import { requireFolder } from "../prover/files/text-files.ts";
import { DEVELOPMENT_WARNING } from "../prover/setup/development.ts";
import { setupKind } from "./support/keys.ts";
import { sizesNamed, sizesOption } from "./support/options.ts";
import { printResult, say, toJson } from "./support/output.ts";
import { withProgress } from "./support/progress.ts";

interface DeployCommandOptions {
  readonly network: string;
  readonly sizes: string[];
  readonly production?: true;
  readonly operator?: string;
  readonly tokens?: string[];
  readonly localChain?: string[];
  readonly insecureDevSetup?: true;
  readonly timelock?: string;
  readonly blobs?: true;
  readonly out?: string;
  readonly publish?: string;
  readonly etherscan?: true;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .requiredOption("--network <name>", "local (127.0.0.1:8545), sepolia, or an RPC URL")
    .addOption(sizesOption())
    .option("--production", "use production keys; development keys go to local chains only")
    .option("--operator <address>", "who submits batches (default: the deployer)")
    .option("--tokens <addresses...>", "ERC-20 tokens to register as 1, 2, …")
    .option("--local-chain <ids...>", "chain ids that count as local on a loopback node, besides the known ones")
    .option("--insecure-dev-setup", "allow development keys on any chain: whoever made them can take all funds there")
    .option("--blobs", "let transfers go into blobs, which L1 forgets after 18 days: for good (default: calldata only)")
    .option("--timelock <seconds>", "make a timelock the owner, which makes each change wait this long")
    .option("--publish <folder>", "folder for the files that others need to prove (default: build/published/…)")
    .option("--out <file>", "file for the addresses (default: build/deployments/<chain id>.json)")
    .option("--etherscan", "publish the sources on Etherscan; needs ETHERSCAN_API_KEY")
    .option("--json", "print JSON")
    .addHelpText("after", "\nThe deployer's key: DEPLOYER_PRIVATE_KEY, in Hardhat's keystore or the environment.")
    .action(async ({ sizes, json, ...options }: DeployCommandOptions) => {
      const wanted = await deploymentOptions(sizesNamed(sizes), options);
      const expectedSeconds = 15;
      const onCost = ({ gas, wei }: DeploymentCost): void =>
        say(gas === 0 ? "nothing is left to deploy" : `the deployment will cost about ${costText(gas, wei)}`);
      const work = () => deployRollup({ ...wanted, onCost });
      const deployment = await withProgress("deployment", work, { expectedSeconds });
      const { cost } = deployment;
      if (cost !== undefined) say(`the deployment has cost ${costText(cost.gas, BigInt(cost.wei))}`);
      printResult(json, deployment, () => [
        ...toJson(deployment).split("\n"),
        `wrote ${deployment.output}`,
        `put ${deployment.published} on a static server`,
      ]);
    });
}

interface DeployFlags {
  readonly network: string;
  readonly production?: true;
  readonly operator?: string;
  readonly tokens?: readonly string[];
  readonly localChain?: readonly string[];
  readonly insecureDevSetup?: true;
  readonly timelock?: string;
  readonly blobs?: true;
  readonly out?: string;
  readonly publish?: string;
  readonly etherscan?: true;
}

const hexAddress = address.transform(addressToHex);
const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, "must be a whole number")
  .transform(Number);
const schema = z.object({
  operator: hexAddress.optional(),
  tokens: z.array(hexAddress).optional(),
  localChain: z.array(wholeNumber).optional(),
  timelock: wholeNumber.optional(),
});

/**
 * What `deployRollup` takes, with the keys of the sizes, which are built if they are missing; before that takes its time,
 * looks whether the network answers. Throws `FIELD_INVALID`, `USAGE`, `NETWORK_UNREACHABLE`, `DEPLOYER_KEY_MISSING`,
 * `DEPLOY_CHAIN_TOO_OLD`.
 */
export async function deploymentOptions(sizes: readonly BatchSize[], flags: DeployFlags): Promise<DeployOptions> {
  const { operator, tokens, localChain, timelock } = parseFields("the options", schema, flags);
  const { network, production, out, publish, insecureDevSetup, blobs, etherscan } = flags;
  // Before anything is on L1 of which these are to tell.
  for (const path of [out, publish]) if (path !== undefined) await requireFolder(dirname(path));
  await requireNetwork(network);
  const setup = setupKind(production);
  const artifacts: BatchArtifacts[] = [];
  for (const size of sizes) {
    artifacts.push(
      await withProgress(`keys ${size.name}`, (onProgress) => ensureKeys(size, { setup, onProgress, onNote: say })),
    );
  }
  const exit = await withProgress("keys exit", (onProgress) => ensureExitKeys({ setup, onProgress, onNote: say }));
  if (!production) say(DEVELOPMENT_WARNING);
  return {
    network,
    sizes: artifacts,
    exit,
    ...(operator !== undefined && { operator }),
    ...(tokens !== undefined && { tokens }),
    ...(localChain !== undefined && { localChainIds: localChain }),
    ...(insecureDevSetup && { insecureDevSetup }),
    ...(blobs && { blobs }),
    ...(timelock !== undefined && { timelockDelay: timelock }),
    ...(etherscan && { etherscan }),
    ...(publish !== undefined && { publish }),
    ...(out !== undefined && { output: out }),
  };
}

async function requireNetwork(network: string): Promise<void> {
  const { connection } = await openNetwork(network);
  try {
    await chainIdOf(connection);
    await requireCancun(connection);
  } finally {
    await connection.close();
  }
}

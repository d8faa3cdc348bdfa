import type { Command } from "commander";
import type { DeploymentCost } from "../deploy/cost.ts";
import { sizesNamed, sizesOption } from "./support/sizes.ts";

interface DeployCommandOptions {
  readonly network: string;
  readonly sizes: string[];
  readonly production?: true;
  readonly operator?: string;
  readonly tokens?: string[];
  readonly localChain?: string[];
  readonly insecureDevSetup?: true;
  readonly timelock?: string;
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
    .option("--timelock <seconds>", "make a timelock the owner, which makes each change wait this long")
    .option("--publish <folder>", "folder for the files that others need to prove (default: build/published/…)")
    .option("--out <file>", "file for the addresses (default: build/deployments/<chain id>.json)")
    .option("--etherscan", "publish the sources on Etherscan; needs ETHERSCAN_API_KEY")
    .option("--json", "print JSON")
    .addHelpText("after", "\nThe deployer's key: DEPLOYER_PRIVATE_KEY, in Hardhat's keystore or the environment.")
    .action(async ({ sizes, json, ...options }: DeployCommandOptions) => {
      const { deploymentOptions } = await import("./support/deploy.ts");
      const { deployRollup } = await import("../deploy/deploy.ts");
      const { printResult, say, toJson } = await import("./support/output.ts");
      const { withProgress } = await import("./support/progress.ts");
      const { costText } = await import("../deploy/cost.ts");
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

import type { Command } from "commander";
import { JsonRpcProvider } from "ethers";
import packageJson from "../package.json" with { type: "json" };
import { openNetwork } from "../deploy/environment.ts";
import type { RegisteredCircuit } from "../deploy/registered-circuits.ts";
import {
  verifyDeployment,
  type CircuitSetup,
  type DeploymentReport,
  type DeploymentSources,
  type Finding,
} from "../deploy/verify-deployment.ts";
import { deploymentBlock } from "../node/follow/deployment-block.ts";
import { L1 } from "../node/l1/l1.ts";
import { httpRpc } from "../node/l1/rpc.ts";
import { sizeWithRows } from "../node/provable-sizes.ts";
import { PROTOCOL_VERSION } from "../protocol/constants.ts";
import { SheafError } from "../protocol/errors.ts";
import { ensureCircuit } from "../prover/artifacts/artifacts.ts";
import { EXIT } from "../prover/artifacts/provable.ts";
import type { PowersOfTauOptions } from "../prover/setup/powers-of-tau.ts";
import { keyOnL1 } from "./support/keys.ts";
import { blockOption, rollupOption, rpcOption } from "./support/options.ts";
import { printResult, table } from "./support/output.ts";
import { withProgress } from "./support/progress.ts";

interface Options {
  readonly rpc: string;
  readonly rollup: string;
  readonly keys?: string;
  readonly ptau?: string;
  readonly ptauHash?: string;
  readonly fromBlock?: number;
  readonly json?: true;
}

export function define(command: Command): void {
  command
    .addOption(rpcOption())
    .addOption(rollupOption())
    .option("--keys <folder or url>", "the rollup's published key files (default: those made or installed here)")
    .option("--ptau <file>", "powers of tau, to verify ceremonies with; large enough for each circuit")
    .option("--ptau-hash <hex>", "BLAKE2b-512 that the file must have, instead of the published one")
    .addOption(blockOption())
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nIt compiles what is registered: minutes for large sizes. Exit code 1 if anything is wrong. More in docs/security.md.",
    )
    .action(async ({ json, ...options }: Options) => {
      const report = await reportOn(options);
      printResult(json, report, () => described(report));
      const wrong = report.findings.filter((finding) => finding.is === "wrong");
      if (wrong.length === 0) return;
      const first = `${wrong[0]!.about}: ${wrong[0]!.text}`;
      throw new SheafError("DEPLOYMENT_MISMATCH", `${wrong.length} of ${report.findings.length} are wrong: ${first}`);
    });
}

async function reportOn({ rpc, rollup, keys, ptau, ptauHash, fromBlock }: Options): Promise<DeploymentReport> {
  const block = fromBlock ?? (await deploymentBlock(new L1(httpRpc(rpc), rollup)));
  const { hre, connection } = await openNetwork("default");
  const provider = new JsonRpcProvider(rpc);
  try {
    const sources = sourcesOf(
      keys,
      ptau === undefined ? undefined : { path: ptau, ...(ptauHash && { hash: ptauHash }) },
    );
    return await withProgress("comparison", (onProgress) =>
      verifyDeployment({ hre, provider, rollup, block, onStep: (what) => onProgress(0, what) }, sources),
    );
  } finally {
    provider.destroy();
    await connection.close();
  }
}

const sourcesOf = (keys: string | undefined, powersOfTau: PowersOfTauOptions | undefined): DeploymentSources => ({
  circuit: ({ rows }: RegisteredCircuit) =>
    ensureCircuit(rows === undefined ? EXIT : sizeWithRows(rows, `of ${rows.transfers} transfers`)),
  key: (hashes, circuit) => keyOnL1(keys, hashes, circuit),
  powersOfTau,
});

function described({ findings, setups, owner, operator, timelockDelay }: DeploymentReport): readonly string[] {
  const rows = findings.map(({ is, about, text }: Finding) => [is, about, text]);
  if (owner === undefined) return table(["", "what", "compared"], rows);
  const delay = timelockDelay === undefined ? "" : `, a timelock of ${timelockDelay} s`;
  return [
    ...table(["", "what", "compared"], rows),
    "",
    `prover's source  this checkout: ${packageJson.name} ${packageJson.version}, protocol version ${PROTOCOL_VERSION}`,
    "verifiers        regenerated from circuits and keys by this command",
    "programs         none: there is no virtual machine, the circuits are all that is proven",
    ...setups.map((setup) => `setup            ${setup.name}: ${setupText(setup)}`),
    `owner            ${owner}${delay}`,
    `operator         ${operator!}`,
  ];
}

function setupText({ setup, transcript }: CircuitSetup): string {
  if (setup === "development-INSECURE") return "INSECURE: one party made the key, and can forge proofs";
  if (transcript === undefined) return "a ceremony, not verified";
  const { contributions, powersOfTau } = transcript;
  const names = contributions.map(({ name, type }) => (type === "beacon" ? `${name} (a beacon)` : name));
  const source = powersOfTau.published ? "the published powers of tau" : "powers of tau of another ceremony";
  return `a ceremony on ${source}: ${names.join(", ")}`;
}

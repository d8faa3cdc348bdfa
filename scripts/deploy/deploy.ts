import { createHash } from "node:crypto";
import { join } from "node:path";
import { HardhatArtifactResolver } from "@nomicfoundation/hardhat-ignition/helpers";
import { verifyContract } from "@nomicfoundation/hardhat-verify/verify";
import { listTransactions } from "@nomicfoundation/ignition-core";
import { getAddress, isAddress, ZeroAddress } from "ethers";
import { rollupModule, type RollupParameters } from "../../ignition/modules/Rollup.ts";
import { SheafError } from "../../protocol/errors.ts";
import { ensureVerifier, type BatchArtifacts, type ProvingArtifacts, type SetupKind } from "../../prover/artifacts.ts";
import { toJson, writeWhole } from "../../prover/cache.ts";
import { publishKeys, requirePublishable } from "../../prover/published.ts";
import { diskFull } from "../../prover/unwritable.ts";
import { assertKeysFit, assertNotAcceptAll } from "./checks.ts";
import { chainIdOf, isLocalChain, openNetwork, type DeployEnvironment } from "./environment.ts";
import { takeBackUnsentSteps } from "./resume.ts";
import { assertVerifierCode } from "./verifier-code.ts";

/** What to deploy, and how much care to take. */
export interface RollupOptions {
  /** Circuit and keys of each batch size; a size's place here is its id on L1. One to six. */
  readonly sizes: readonly BatchArtifacts[];
  /** Circuit and keys that accounts leave a frozen rollup by. */
  readonly exit: ProvingArtifacts;
  /** Who submits batches; the deployer by default. The deployer becomes the owner. */
  readonly operator?: string;
  /** Addresses of tokens to register as 1, 2, … */
  readonly tokens?: readonly string[];
  /** Chain ids that count as local besides `LOCAL_CHAIN_IDS`, on a loopback node. */
  readonly localChainIds?: readonly number[];
  /** Lets development keys onto a chain that is not local. Whoever made the keys can take all funds there. */
  readonly insecureDevSetup?: boolean;
  /** Seconds that every change by the owner then waits: a timelock becomes the owner, to which the deployer proposes. */
  readonly timelockDelay?: number;
  /** Where the addresses go; `build/deployments/<chain id>.json` by default. */
  readonly output?: string;
  /** Folder for the files that everybody needs to prove; `build/published/<deployment>` by default. */
  readonly publish?: string;
  /** Shows Hardhat Ignition's progress. */
  readonly displayUi?: boolean;
}

export interface DeployOptions extends RollupOptions {
  /** `local`, `sepolia`, or an RPC URL. */
  readonly network: string;
  /** Publishes the sources on Etherscan; the API key is ETHERSCAN_API_KEY in the keystore or the environment. */
  readonly etherscan?: boolean;
}

/** A circuit's verifier on L1, and the SHA-256 of its files. */
export interface DeployedCircuit {
  readonly name: string;
  readonly contract: string;
  readonly verifier: string;
  readonly setup: SetupKind;
  readonly circuitHash: string;
  readonly keyHash: string;
}

/** A deployed rollup, as the addresses file has it. */
export interface Deployment {
  readonly chainId: number;
  readonly deploymentId: string;
  /** The rollup's first block: where a node starts to read. */
  readonly block: number;
  readonly rollup: string;
  readonly deployer: string;
  /** The deployer, or the timelock. */
  readonly owner: string;
  readonly operator: string;
  readonly sizes: readonly DeployedCircuit[];
  readonly exit: DeployedCircuit;
  /** By id: ETH, then the registered tokens. */
  readonly tokens: readonly string[];
  readonly timelock?: string;
  /** Path of the folder to be put on a static server: without it nobody but the operator could prove. */
  readonly published: string;
  /** Path of the file with all this. */
  readonly output: string;
}

/**
 * Deploys a rollup and its verifiers, or resumes a deployment of the same to the same chain.
 *
 * @throws SheafError USAGE, FIELD_INVALID, NETWORK_UNREACHABLE, DEPLOYER_KEY_MISSING, KEY_INSECURE, DEPLOY_KEY_INSECURE,
 * DEPLOY_VERIFIER_UNSAFE, DEPLOY_VERIFIER_MISMATCH, DEPLOY_FAILED, PUBLISH_EXISTS
 */
export async function deployRollup(options: DeployOptions): Promise<Deployment> {
  const environment = await openNetwork(options.network);
  try {
    const deployment = await deployOn(environment, options);
    if (options.etherscan === true) await publishSources(environment, deployment, options);
    return deployment;
  } finally {
    await environment.connection.close();
  }
}

/** `deployRollup` on a connection that is already there, an in-process one for example. */
export async function deployOn(environment: DeployEnvironment, options: RollupOptions): Promise<Deployment> {
  const { hre, connection } = environment;
  const chainId = await chainIdOf(connection);
  const local = await isLocalChain(connection, chainId, options.localChainIds);
  const circuits: readonly ProvingArtifacts[] = [...options.sizes, options.exit];
  assertKeysFit(circuits, chainId, local || options.insecureDevSetup === true);

  const verifiers = await Promise.all(circuits.map(ensureVerifier));
  await hre.tasks.getTask("build").run({ quiet: true });
  // Hardhat remembers the names of artifacts from its first look at them, which may have been before this build.
  await hre.artifacts.clearCache();
  const contracts = verifiers.map(({ contractName }) => contractName);
  for (const contract of contracts) await assertNotAcceptAll(hre, contract);

  const owner = await deployer(environment);
  const parameters: RollupParameters = {
    owner,
    operator: addressIn("operator", options.operator ?? owner),
    sizes: options.sizes.map((artifacts, id) => ({ ...rowsAndHashes(artifacts), verifier: contracts[id]! })),
    exit: { ...hashesOf(options.exit), verifier: contracts.at(-1)! },
    tokens: (options.tokens ?? []).map((token) => addressIn("token", token)),
    ...(options.timelockDelay !== undefined && { timelockDelay: options.timelockDelay }),
  };
  const deploymentId = await deploymentIdOf(environment, chainId, parameters);
  const published = options.publish ?? join(hre.config.paths.root, "build", "published", deploymentId);
  await requirePublishable(published, deploymentId);
  const startBlock = await connection.ethers.provider.getBlockNumber();
  const { rollup: address, timelock } = await runModule(
    environment,
    parameters,
    deploymentId,
    local,
    options.displayUi,
  );

  const rollup = await connection.ethers.getContractAt("Rollup", address);
  const deployed: DeployedCircuit[] = [];
  for (const [id, { circuit, key }] of circuits.entries()) {
    const { verifier } = id < options.sizes.length ? await rollup.batchSize(id) : await rollup.exitCircuit();
    const contract = contracts[id]!;
    const { deployedBytecode } = await hre.artifacts.readArtifact(contract);
    const code = await connection.ethers.provider.getCode(verifier);
    assertVerifierCode(contract, code, deployedBytecode, key.verificationKey);
    deployed.push({ name: circuit.name, contract, verifier, setup: key.setup, ...hashesOf({ circuit, key }) });
  }
  const count = Number(await rollup.tokenCount());
  const deployment: Deployment = {
    chainId,
    deploymentId,
    block: (await creationBlock(environment, deploymentId, address)) ?? startBlock,
    rollup: address,
    deployer: owner,
    owner: await rollup.owner(),
    operator: await rollup.operator(),
    sizes: deployed.slice(0, -1),
    exit: deployed.at(-1)!,
    tokens: await Promise.all(Array.from({ length: count }, (_, token) => rollup.tokenAddress(token))),
    ...(timelock !== undefined && { timelock }),
    published,
    output: options.output ?? join(hre.config.paths.root, "build", "deployments", `${chainId}.json`),
  };
  const { block } = deployment;
  await publishKeys(published, { deployment: deploymentId, chainId, rollup: address, block }, circuits);
  await writeWhole(deployment.output, toJson(deployment));
  return deployment;
}

function addressIn(name: string, value: string): string {
  if (!isAddress(value)) throw new SheafError("FIELD_INVALID", `${name} ${value} is no address`);
  return getAddress(value);
}

async function deployer({ connection }: DeployEnvironment): Promise<string> {
  const [signer] = await connection.ethers.getSigners().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SheafError("DEPLOYER_KEY_MISSING", `no account to deploy from: ${reason}`, { cause: error });
  });
  if (signer === undefined) throw new SheafError("DEPLOYER_KEY_MISSING", "the node has no account to deploy from");
  return signer.address;
}

const hashesOf = ({ circuit, key }: ProvingArtifacts) => ({
  circuitHash: `0x${circuit.hash}`,
  keyHash: `0x${key.hash}`,
});

function rowsAndHashes({ size, ...artifacts }: BatchArtifacts) {
  const { transfers, l1Operations, withdrawals } = size;
  return { transfers, l1Operations, withdrawals, ...hashesOf(artifacts) };
}

/**
 * Names a deployment after everything that it depends on, so that only the same is resumed: the chain (a restarted local
 * one has another first block), the parameters, the compiled code.
 */
async function deploymentIdOf(
  { hre, connection }: DeployEnvironment,
  chainId: number,
  parameters: RollupParameters,
): Promise<string> {
  const genesis = await connection.ethers.provider.getBlock(0);
  const names = ["Rollup", ...[...parameters.sizes, parameters.exit].map(({ verifier }) => verifier)];
  const codes = await Promise.all(names.map(async (name) => (await hre.artifacts.readArtifact(name)).bytecode));
  const hash = createHash("sha256").update(JSON.stringify([genesis?.hash, parameters, codes]));
  return `chain-${chainId}-${hash.digest("hex").slice(0, 16)}`;
}

/** Runs the Ignition module to its end. Returns the addresses. */
async function runModule(
  { hre, connection }: DeployEnvironment,
  parameters: RollupParameters,
  deploymentId: string,
  local: boolean,
  displayUi = false,
): Promise<{ rollup: string; timelock: string | undefined }> {
  // A local node makes blocks for transactions only: waiting for more of them would never end.
  const config = local ? { requiredConfirmations: 1, blockPollingInterval: 50 } : {};
  try {
    await takeBackUnsentSteps(ignitionFolder(hre, deploymentId), new HardhatArtifactResolver(hre.artifacts));
    const contracts = await connection.ignition.deploy(rollupModule(parameters), {
      config,
      deploymentId,
      displayUi,
      defaultSender: parameters.owner,
    });
    const timelock = "timelock" in contracts ? await contracts.timelock.getAddress() : undefined;
    return { rollup: await contracts.rollup.getAddress(), timelock };
  } catch (error) {
    const full = diskFull(error);
    if (full !== undefined) throw full;
    const reason = error instanceof Error ? error.message : String(error);
    throw new SheafError("DEPLOY_FAILED", `deployment ${deploymentId} stopped: ${reason}`, { cause: error });
  }
}

const ignitionFolder = (hre: DeployEnvironment["hre"], deploymentId: string) =>
  join(hre.config.paths.ignition, "deployments", deploymentId);

/** The block of the rollup's creation, from Ignition's journal; an in-process chain has none. */
async function creationBlock(
  { hre, connection }: DeployEnvironment,
  deploymentId: string,
  rollup: string,
): Promise<number | undefined> {
  if (connection.networkConfig.type === "edr-simulated") return undefined;
  const artifacts = new HardhatArtifactResolver(hre.artifacts);
  const transactions = await listTransactions(ignitionFolder(hre, deploymentId), artifacts);
  const creation = transactions.find(({ address }) => address?.toLowerCase() === rollup.toLowerCase());
  if (creation === undefined) return undefined;
  return (await connection.ethers.provider.getTransactionReceipt(creation.txHash))?.blockNumber;
}

async function publishSources(
  { hre }: DeployEnvironment,
  { rollup, deployer, timelock, operator, sizes, exit }: Deployment,
  options: RollupOptions,
): Promise<void> {
  for (const { verifier } of [...sizes, exit]) await verifyContract({ address: verifier, provider: "etherscan" }, hre);
  const batchSizes = options.sizes.map((artifacts, id) => ({
    ...rowsAndHashes(artifacts),
    verifier: sizes[id]!.verifier,
  }));
  const exitCircuit = { ...hashesOf(options.exit), verifier: exit.verifier };
  const constructorArgs = [deployer, operator, batchSizes, exitCircuit];
  await verifyContract({ address: rollup, constructorArgs, provider: "etherscan" }, hre);
  if (timelock === undefined) return;
  const timelockArgs = [0, [deployer], [ZeroAddress], ZeroAddress];
  await verifyContract({ address: timelock, constructorArgs: timelockArgs, provider: "etherscan" }, hre);
}

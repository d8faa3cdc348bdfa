import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { HardhatArtifactResolver } from "@nomicfoundation/hardhat-ignition/helpers";
import { verifyContract } from "@nomicfoundation/hardhat-verify/verify";
import { listTransactions, TransactionStatus, type ListTransactionsResult } from "@nomicfoundation/ignition-core";
import { ContractFactory, ZeroAddress, type InterfaceAbi } from "ethers";
import { rollupModule, timelockArguments, type RollupParameters } from "../ignition/modules/Rollup.ts";
import { requireNoCode } from "../l1/code.ts";
import { dataFeesOf } from "../l1/gas-money.ts";
import { gasScheduleOf, GLAMSTERDAM } from "../l1/gas-schedule.ts";
import { errorText } from "../lib/error-text.ts";
import { PROTOCOL_VERSION } from "../protocol/constants.ts";
import { SheafError } from "../protocol/errors.ts";
import { l1AddressOf } from "../protocol/l1-address.ts";
import {
  ensureJointVerifier,
  ensureVerifier,
  type BatchArtifacts,
  type KeyArtifacts,
  type ProvingArtifacts,
  type SetupKind,
} from "../prover/artifacts/artifacts.ts";
import { publishKeys, requirePublishable } from "../prover/artifacts/published.ts";
import { diskFull } from "../prover/files/unwritable.ts";
import { toJson, writeWhole } from "../prover/files/whole-files.ts";
import { requireBlobs, requireCancun, requireRoom, requireTokens } from "./chain-checks.ts";
import { assertKeysFit, assertNotAcceptAll } from "./checks.ts";
import { compileContracts } from "./compile.ts";
import { costOf, creationGas, requireFunds, type CostedStep, type DeploymentCost } from "./cost.ts";
import { chainIdOf, isLocalChain, openNetwork, type DeployEnvironment } from "./environment.ts";
import { takeBackUnsentSteps } from "./resume.ts";
import { setUp, setUpCost, type Contracts } from "./set-up.ts";
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
  /** Whether the rollup takes transfers in blobs as well, for good. */
  readonly blobs?: boolean;
  /** Seconds that every change by the owner then waits: a timelock becomes the owner, to which the deployer proposes. */
  readonly timelockDelay?: number;
  /** Where the addresses go; `build/deployments/<chain id>.json` by default. */
  readonly output?: string;
  /** Folder for the files that everybody needs to prove; `build/published/<deployment>` by default. */
  readonly publish?: string;
  /** Shows Hardhat Ignition's progress. */
  readonly displayUi?: boolean;
  /** Told what is still to be sent will cost, before it is. */
  readonly onCost?: (cost: DeploymentCost) => void;
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
  /** Of the protocol. */
  readonly version: number;
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
  /** What verifies proofs of the sizes together. */
  readonly jointVerifier: { readonly contract: string; readonly verifier: string };
  /** What opens blobs, if the rollup takes any. */
  readonly blobOpener?: string;
  /** By id: ETH, then the registered tokens. */
  readonly tokens: readonly string[];
  readonly timelock?: string;
  /** What the deployment has cost, all runs of it together; of an in-process chain nobody asks. */
  readonly cost?: { readonly gas: number; readonly wei: string };
  /** Path of the folder to be put on a static server: without it nobody but the operator could prove. */
  readonly published: string;
  /** Path of the file with all this. */
  readonly output: string;
}

/**
 * Deploys a rollup and its verifiers, or resumes a deployment of the same to the same chain.
 *
 * @throws SheafError USAGE, FIELD_INVALID, NETWORK_UNREACHABLE, DEPLOYER_KEY_MISSING, KEY_INSECURE, DEPLOY_KEY_INSECURE,
 * DEPLOY_CHAIN_TOO_OLD, DEPLOY_GAS_CAPPED, DEPLOY_TOKEN_INVALID, ACCOUNT_HAS_CODE, DEPLOY_FUNDS_MISSING: all before anything is sent;
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
  await requireCancun(connection);
  if (options.blobs === true) await requireBlobs(connection);
  const circuits: readonly ProvingArtifacts[] = [...options.sizes, options.exit];
  assertKeysFit(circuits, chainId, local || options.insecureDevSetup === true);

  const verifiers = await Promise.all(circuits.map(ensureVerifier));
  const joint = await ensureJointVerifier(options.sizes);
  await compileContracts(hre);
  const contracts = verifiers.map(({ contractName }) => contractName);
  for (const contract of [...contracts, joint.contractName]) await assertNotAcceptAll(hre, contract);

  const owner = await deployer(environment);
  const { provider } = connection.ethers;
  const parameters: RollupParameters = {
    owner,
    operator: l1AddressOf("the operator", options.operator ?? owner),
    sizes: options.sizes.map((artifacts, id) => ({ ...rowsAndHashes(artifacts), verifier: contracts[id]! })),
    exit: { ...hashesOf(options.exit), verifier: contracts.at(-1)! },
    jointVerifier: joint.contractName,
    tokens: (options.tokens ?? []).map((token) => l1AddressOf("the token", token)),
    ...(options.blobs === true && { blobs: true }),
    ...(options.timelockDelay !== undefined && { timelockDelay: options.timelockDelay }),
  };
  await requireNoCode(provider, "the operator", parameters.operator);
  await requireTokens(provider, parameters.tokens, owner);
  const deploymentId = await deploymentIdOf(environment, chainId, parameters);
  const published = options.publish ?? join(hre.config.paths.root, "build", "published", deploymentId);
  await requirePublishable(published, deploymentId);
  const steps = await stepsToSend(environment, parameters, deploymentId);
  await requireRoom(provider, steps);
  const cost = await costOf(steps, provider);
  requireFunds(owner, await provider.getBalance(owner), cost);
  options.onCost?.(cost);
  const startBlock = await provider.getBlockNumber();
  const contractsOnL1 = await runModule(environment, parameters, deploymentId, local, options.displayUi);
  const calls = await setUp(environment, parameters, contractsOnL1);
  const { rollup: address, timelock } = contractsOnL1;

  const rollup = await connection.ethers.getContractAt("Rollup", address);
  const requireVerifier = async (contract: string, verifier: string, keys: readonly KeyArtifacts[]): Promise<void> => {
    const { deployedBytecode } = await hre.artifacts.readArtifact(contract);
    const code = await provider.getCode(verifier);
    for (const { verificationKey } of keys) assertVerifierCode(contract, code, deployedBytecode, verificationKey);
  };
  const deployed: DeployedCircuit[] = [];
  for (const [id, { circuit, key }] of circuits.entries()) {
    const { verifier } = id < options.sizes.length ? await rollup.batchSize(id) : await rollup.exitCircuit();
    const contract = contracts[id]!;
    await requireVerifier(contract, verifier, [key]);
    deployed.push({ name: circuit.name, contract, verifier, setup: key.setup, ...hashesOf({ circuit, key }) });
  }
  const jointVerifier = { contract: joint.contractName, verifier: await rollup.jointVerifier() };
  const keys = options.sizes.map(({ key }) => key);
  await requireVerifier(jointVerifier.contract, jointVerifier.verifier, keys);
  const blobOpener = await rollup.blobOpener();
  const count = Number(await rollup.tokenCount());
  const sent = await sentOf(environment, deploymentId);
  const hashes = [...sent.map(({ txHash }) => txHash), ...calls];
  const deployment: Deployment = {
    version: PROTOCOL_VERSION,
    chainId,
    deploymentId,
    block: (await creationBlock(environment, sent, address)) ?? startBlock,
    rollup: address,
    deployer: owner,
    owner: await rollup.owner(),
    operator: await rollup.operator(),
    sizes: deployed.slice(0, -1),
    exit: deployed.at(-1)!,
    jointVerifier,
    ...(blobOpener !== ZeroAddress && { blobOpener }),
    tokens: await Promise.all(Array.from({ length: count }, (_, token) => rollup.tokenAddress(token))),
    ...(timelock !== undefined && { timelock }),
    ...(sent.length > 0 && { cost: await spent(environment, hashes) }),
    published,
    output: options.output ?? join(hre.config.paths.root, "build", "deployments", `${chainId}.json`),
  };
  const { block } = deployment;
  await publishKeys(published, { deployment: deploymentId, chainId, rollup: address, block }, circuits);
  await writeWhole(deployment.output, toJson(deployment));
  return deployment;
}

async function deployer({ connection }: DeployEnvironment): Promise<string> {
  const [signer] = await connection.ethers.getSigners().catch((error: unknown) => {
    const reason = errorText(error);
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
  const names = ["Rollup", ...helpersOf(parameters)];
  const codes = await Promise.all(names.map(async (name) => (await hre.artifacts.readArtifact(name)).bytecode));
  const hash = createHash("sha256").update(JSON.stringify([genesis?.hash, parameters, codes]));
  return `chain-${chainId}-${hash.digest("hex").slice(0, 16)}`;
}

/** Names of the contracts that the rollup calls. */
const helpersOf = ({ sizes, exit, jointVerifier, blobs }: RollupParameters): readonly string[] => [
  ...new Set([...sizes, exit].map(({ verifier }) => verifier)),
  jointVerifier,
  ...(blobs === true ? ["BlobOpener"] : []),
];

/** Runs the Ignition module to its end. Returns the addresses. */
async function runModule(
  { hre, connection }: DeployEnvironment,
  parameters: RollupParameters,
  deploymentId: string,
  local: boolean,
  displayUi = false,
): Promise<Contracts> {
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
    const reason = errorText(error);
    throw new SheafError("DEPLOY_FAILED", `deployment ${deploymentId} stopped: ${reason}`, { cause: error });
  }
}

const ignitionFolder = (hre: DeployEnvironment["hre"], deploymentId: string) =>
  join(hre.config.paths.ignition, "deployments", deploymentId);

/** What Ignition has sent of a deployment, as far as its journal knows; an in-process chain has none. */
function sentOf(environment: DeployEnvironment, deploymentId: string): Promise<ListTransactionsResult> {
  const { hre, connection } = environment;
  if (connection.networkConfig.type === "edr-simulated") return Promise.resolve([]);
  const folder = ignitionFolder(hre, deploymentId);
  if (!existsSync(join(folder, "journal.jsonl"))) return Promise.resolve([]);
  return listTransactions(folder, new HardhatArtifactResolver(hre.artifacts));
}

/** What a deployment has still to send, with its gas by the chain's rules; by the dearer ones where they are not known. */
async function stepsToSend(
  environment: DeployEnvironment,
  parameters: RollupParameters,
  deploymentId: string,
): Promise<readonly CostedStep[]> {
  const { hre, connection } = environment;
  const schedule = await gasScheduleOf(connection.ethers.provider).catch(() => GLAMSTERDAM);
  const sent = (await sentOf(environment, deploymentId)).filter(({ status }) => SENT.includes(status));
  const addressOf = (name: string): string | undefined =>
    sent.find((transaction) => transaction.name === name)?.address;
  const { owner, operator, sizes, exit, timelockDelay } = parameters;
  // Any address has as many bytes as those of contracts that are not there yet.
  const verified = <T extends { readonly verifier: string }>(circuit: T): T => ({ ...circuit, verifier: owner });
  const creations = helpersOf(parameters).map((name) => [name, [], 0] as const);
  const all: readonly (readonly [name: string, args: readonly unknown[], newSlots: number])[] = [
    ...creations,
    [
      "Rollup",
      [owner, operator, sizes.map(verified), verified(exit), owner, parameters.blobs === true ? owner : ZeroAddress],
      ROLLUP_SLOTS + SIZE_SLOTS * sizes.length,
    ] as const,
    ...(timelockDelay === undefined ? [] : [["TimelockController", timelockArguments(owner), TIMELOCK_SLOTS] as const]),
  ];
  const steps: CostedStep[] = [];
  for (const [name, args, newSlots] of all) {
    if (addressOf(name) !== undefined) continue;
    const { abi, bytecode, deployedBytecode } = await hre.artifacts.readArtifact(name);
    const { data } = await new ContractFactory(abi as InterfaceAbi, bytecode).getDeployTransaction(...args);
    steps.push({ name, data, gas: creationGas(data, deployedBytecode, newSlots, schedule) });
  }
  const [rollup, timelock] = [addressOf("Rollup"), addressOf("TimelockController")];
  const isThere = rollup !== undefined && (timelockDelay === undefined || timelock !== undefined);
  const contracts = isThere ? { rollup, timelock } : undefined;
  return [...steps, ...(await setUpCost(environment, parameters, contracts, schedule))];
}

/** What need not be sent again. */
const SENT = [TransactionStatus.SUCCESS, TransactionStatus.PENDING];
/** Slots that constructors write to: the rollup's own, those of each batch size, the timelock's. */
const ROLLUP_SLOTS = 8;
const SIZE_SLOTS = 2;
const TIMELOCK_SLOTS = 6;

/** What transactions have cost. */
async function spent(
  { connection }: DeployEnvironment,
  hashes: readonly string[],
): Promise<{ readonly gas: number; readonly wei: string }> {
  const { provider } = connection.ethers;
  let [gas, wei] = [0n, 0n];
  for (const hash of hashes) {
    const [receipt, transaction] = [await provider.getTransactionReceipt(hash), await provider.getTransaction(hash)];
    if (receipt === null) continue;
    // Of what is charged besides gas not every node says what it was: then it is what it would be now.
    const besides = await dataFeesOf(provider).of(transaction?.data ?? "0x", receipt.gasUsed);
    gas += receipt.gasUsed;
    wei += receipt.fee + besides;
  }
  return { gas: Number(gas), wei: wei.toString() };
}

/** The block of the rollup's creation, where Ignition knows it. */
async function creationBlock(
  { connection }: DeployEnvironment,
  sent: ListTransactionsResult,
  rollup: string,
): Promise<number | undefined> {
  const creation = sent.find(({ address }) => address?.toLowerCase() === rollup.toLowerCase());
  if (creation === undefined) return undefined;
  return (await connection.ethers.provider.getTransactionReceipt(creation.txHash))?.blockNumber;
}

async function publishSources(
  { hre }: DeployEnvironment,
  { rollup, deployer, timelock, operator, sizes, exit, jointVerifier, blobOpener }: Deployment,
  options: RollupOptions,
): Promise<void> {
  for (const { verifier } of [...sizes, exit, jointVerifier]) {
    await verifyContract({ address: verifier, provider: "etherscan" }, hre);
  }
  if (blobOpener !== undefined) await verifyContract({ address: blobOpener, provider: "etherscan" }, hre);
  const batchSizes = options.sizes.map((artifacts, id) => ({
    ...rowsAndHashes(artifacts),
    verifier: sizes[id]!.verifier,
  }));
  const exitCircuit = { ...hashesOf(options.exit), verifier: exit.verifier };
  const constructorArgs = [
    deployer,
    operator,
    batchSizes,
    exitCircuit,
    jointVerifier.verifier,
    blobOpener ?? ZeroAddress,
  ];
  await verifyContract({ address: rollup, constructorArgs, provider: "etherscan" }, hre);
  if (timelock === undefined) return;
  const timelockArgs = [...timelockArguments(deployer)];
  await verifyContract({ address: timelock, constructorArgs: timelockArgs, provider: "etherscan" }, hre);
}

import { Contract, ZeroAddress, type Provider } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { ROLLUP, TIMELOCK } from "../l1/contract.ts";
import { SheafError, type ErrorCode } from "../protocol/errors.ts";
import {
  ensureJointVerifier,
  ensureVerifier,
  type CircuitArtifacts,
  type KeyArtifacts,
  type ProvingArtifacts,
} from "../prover/artifacts/artifacts.ts";
import type { CircuitHashes } from "../prover/artifacts/published.ts";
import { assertPhase2Done } from "../prover/setup/phase2.ts";
import type { PowersOfTauOptions } from "../prover/setup/powers-of-tau.ts";
import { verifyCeremony, type Transcript } from "../prover/setup/production.ts";
import type { Rollup } from "../types/generated/index.ts";
import { compileContracts } from "./compile.ts";
import { creationOf, isCreationOf, type Helpers } from "./creation.ts";
import { isCompiledFrom } from "./deployed-code.ts";
import { registeredCircuits, type RegisteredCircuit } from "./registered-circuits.ts";

/** A deployment, and where the chain is that has it. */
export interface DeployedRollup {
  readonly hre: HardhatRuntimeEnvironment;
  readonly provider: Provider;
  readonly rollup: string;
  /** In which the rollup was created. */
  readonly block: number;
  /** Told what is made anew next. */
  readonly onStep?: (what: string) => void;
}

/** What a deployment is compared with. */
export interface DeploymentSources {
  /** The circuit compiled from source. Throws SIZE_NOT_KNOWN, and the codes of `ensureCircuit`. */
  readonly circuit: (of: RegisteredCircuit) => Promise<CircuitArtifacts>;
  /** The key whose hash L1 has. Throws ARTIFACT_MISMATCH, ARTIFACT_CORRUPT, KEY_MISSING. */
  readonly key: (of: RegisteredCircuit, circuit: CircuitArtifacts) => Promise<KeyArtifacts>;
  /** What ceremonies are verified with; without it they are not. */
  readonly powersOfTau?: PowersOfTauOptions | undefined;
}

/** What was compared. `open` is what the sources that were given do not decide. */
export interface Finding {
  readonly about: string;
  readonly is: "right" | "wrong" | "open";
  readonly text: string;
}

/** How a circuit's key was made. */
export interface CircuitSetup extends CircuitHashes {
  readonly name: string;
  readonly setup: KeyArtifacts["setup"];
  /** Of a ceremony that was verified. */
  readonly transcript?: Transcript;
}

/** A deployment, compared with what is made here of its sources. */
export interface DeploymentReport {
  readonly findings: readonly Finding[];
  readonly setups: readonly CircuitSetup[];
  /** Not there if the rollup's code or its creation is wrong: it could say anything. */
  readonly owner?: string;
  readonly operator?: string;
  /** Seconds that each change by the owner waits, if the owner is the timelock that Sheaf deploys. */
  readonly timelockDelay?: number;
}

/**
 * Makes again what a deployment is made of, and compares: circuits, keys, verifiers, the rollup's code and how it was
 * created. Nothing that the rollup says is believed before its code is seen to be the one that is compiled here.
 *
 * @throws SheafError ROLLUP_NOT_FOUND; the codes of the sources and of `verifyCeremony`, but for those that are findings
 */
export async function verifyDeployment(
  deployed: DeployedRollup,
  sources: DeploymentSources,
): Promise<DeploymentReport> {
  const { hre, provider, rollup: address } = deployed;
  const code = await provider.getCode(address);
  if (code === "0x") throw new SheafError("ROLLUP_NOT_FOUND", `${address} has no code on this chain`);
  await compileContracts(hre);
  if (!isCompiledFrom(code, await hre.artifacts.readArtifact("Rollup"))) {
    const text = "the code on L1 is not Rollup.sol's, compiled here: it could say anything";
    return { findings: [{ about: "Rollup", is: "wrong", text }], setups: [] };
  }
  const rollup = new Contract(address, ROLLUP, provider) as unknown as Rollup;
  const circuits = await registeredCircuits(rollup);
  const helpers = { jointVerifier: await rollup.jointVerifier(), blobOpener: await rollup.blobOpener() };
  const creation = await creationFinding(deployed, circuits, helpers);
  const findings: Finding[] = [
    { about: "Rollup", is: "right", text: "the code on L1 is Rollup.sol's, compiled here" },
    creation,
  ];
  // Then the storage may hold anything, with sizes and balances of its own.
  if (creation.is === "wrong") return { findings, setups: [] };

  findings.push(await blobFinding(deployed, helpers.blobOpener));
  if (circuits.length === 1) findings.push({ about: "sizes", is: "wrong", text: "no batch size is registered" });
  const artifacts: ProvingArtifacts[] = [];
  const setups: CircuitSetup[] = [];
  for (const circuit of circuits) {
    deployed.onStep?.(nameOf(circuit));
    const made = await remade(circuit, sources);
    findings.push(...made.findings);
    if (made.artifacts !== undefined) artifacts.push(made.artifacts);
    if (made.setup !== undefined) setups.push(made.setup);
  }
  if (artifacts.length === circuits.length && circuits.length > 1) {
    deployed.onStep?.("verifiers");
    const verifiers = [...circuits.map(({ verifier }) => verifier), helpers.jointVerifier];
    findings.push(...(await verifierFindings(deployed, artifacts, verifiers)));
  }
  const owner = await rollup.owner();
  const timelockDelay = await delayOf(deployed, owner);
  const operator = await rollup.operator();
  return { findings, setups, owner, operator, ...(timelockDelay !== undefined && { timelockDelay }) };
}

async function creationFinding(
  { hre, provider, rollup, block }: DeployedRollup,
  circuits: readonly RegisteredCircuit[],
  helpers: Helpers,
): Promise<Finding> {
  const about = "creation";
  const creation = await creationOf(provider, rollup, block);
  if (creation === undefined) {
    return {
      about,
      is: "open",
      text: `no transaction of block ${block} created the rollup: its first storage is not shown`,
    };
  }
  const { hash, data } = creation;
  return isCreationOf(data, await hre.artifacts.readArtifact("Rollup"), circuits, helpers)
    ? { about, is: "right", text: `transaction ${hash} is the constructor, with the circuits that are registered` }
    : { about, is: "wrong", text: `transaction ${hash} is not the constructor with the circuits that are registered` };
}

/** Where transfers go: a rollup whose transfers may be in blobs has data that L1's nodes forget. */
async function blobFinding({ hre, provider }: DeployedRollup, opener: string): Promise<Finding> {
  const about = "data";
  if (opener === ZeroAddress) return { about, is: "right", text: "all transfers are in L1's calldata" };
  return isCompiledFrom(await provider.getCode(opener), await hre.artifacts.readArtifact("BlobOpener"))
    ? {
        about,
        is: "right",
        text: `transfers may be in blobs; the code at ${opener} is BlobOpener.sol's, compiled here`,
      }
    : { about, is: "wrong", text: `the code at ${opener} is not BlobOpener.sol's, compiled here` };
}

const nameOf = ({ rows }: RegisteredCircuit): string =>
  rows === undefined ? "exit" : `size of ${rows.transfers} transfers`;

interface Remade {
  readonly findings: readonly Finding[];
  readonly artifacts?: ProvingArtifacts;
  readonly setup?: CircuitSetup;
}

/** What speaks against a deployment. What else goes wrong, such as a key that cannot be had, shows nothing of it. */
const AGAINST: readonly ErrorCode[] = ["SIZE_NOT_KNOWN", "ARTIFACT_MISMATCH", "KEY_INSECURE", "CEREMONY_INVALID"];

/** A registered circuit, compiled anew; its key, and the ceremony that made it. */
async function remade(registered: RegisteredCircuit, sources: DeploymentSources): Promise<Remade> {
  const { circuitHash, keyHash } = registered;
  const findings: Finding[] = [];
  let about = nameOf(registered);
  const add = (is: Finding["is"], text: string): void => void findings.push({ about, is, text });
  try {
    const circuit = await sources.circuit(registered);
    about = circuit.name;
    if (circuitHash !== `0x${circuit.hash}`) {
      add("wrong", `circuit ${circuitHash} is on L1, and 0x${circuit.hash} is compiled from source`);
      return { findings };
    }
    add("right", `circuit ${circuitHash}, compiled from source`);
    const key = await sources.key(registered, circuit);
    assertPhase2Done(key.verificationKey);
    add("right", `key ${keyHash}`);
    const made = { artifacts: { circuit, key }, setup: { name: circuit.name, circuitHash, keyHash, setup: key.setup } };
    const { powersOfTau } = sources;
    if (key.setup === "development-INSECURE") {
      add("open", "the key is a development key: whoever made it can forge proofs");
    } else if (powersOfTau === undefined) {
      add("open", "the ceremony was not verified: that takes its powers of tau");
    } else {
      const transcript = await verifyCeremony({ circuit, powersOfTau, zkey: key.zkey });
      add("right", `ceremony of ${transcript.contributions.length} steps, verified from the powers of tau on`);
      return { findings, ...made, setup: { ...made.setup, transcript } };
    }
    return { findings, ...made };
  } catch (error) {
    if (!(error instanceof SheafError) || !AGAINST.includes(error.code)) throw error;
    add("wrong", `${error.code}: ${error.message}`);
    return { findings };
  }
}

/** Whether the contracts that verify proofs are those that are made from the keys. */
async function verifierFindings(
  { hre, provider }: DeployedRollup,
  artifacts: readonly ProvingArtifacts[],
  addresses: readonly string[],
): Promise<readonly Finding[]> {
  const single = await Promise.all(artifacts.map(ensureVerifier));
  const sources = [...single, await ensureJointVerifier(artifacts.slice(0, -1))];
  await compileContracts(hre);
  return Promise.all(
    sources.map(async ({ contractName: about }, i): Promise<Finding> => {
      const isRight = isCompiledFrom(await provider.getCode(addresses[i]!), await hre.artifacts.readArtifact(about));
      return isRight
        ? { about, is: "right", text: `the code at ${addresses[i]!} is made from the key` }
        : { about, is: "wrong", text: `the code at ${addresses[i]!} is not the one that is made from the key` };
    }),
  );
}

/** The delay of the timelock, if the address is one with the code that is compiled here. */
async function delayOf({ hre, provider }: DeployedRollup, owner: string): Promise<number | undefined> {
  const code = await provider.getCode(owner);
  if (!isCompiledFrom(code, await hre.artifacts.readArtifact("TimelockController"))) return undefined;
  const timelock = new Contract(owner, TIMELOCK, provider);
  return Number(await timelock.getFunction("getMinDelay")());
}

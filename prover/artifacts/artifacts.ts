import { join } from "node:path";
import { BUILD_FOLDER, ROOT } from "../../lib/root.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import type { SetupChoice } from "../setup/choice.ts";
import type { PowersOfTauOptions } from "../setup/powers-of-tau.ts";
import { ensureCompiled, type CircuitArtifacts, type CircuitSource } from "./circuit-cache.ts";
import {
  ensureDevelopmentKey,
  installProductionKey,
  loadKey,
  requireSomeKey,
  type KeyArtifacts,
  type SetupKind,
} from "./key-cache.ts";
import { EXIT, nameOf, type Provable } from "./provable.ts";
import { verifierName, writeVerifier, type VerifierSource } from "./verifier.ts";

export type { CircuitArtifacts, CircuitCounts } from "./circuit-cache.ts";
export type { KeyArtifacts, KeyManifest, SetupKind } from "./key-cache.ts";
export { verifierName, type VerifierSource };

/** Folders of everything that is built: circuits, keys, verifier contracts, keys under way. */
export const BUILD = {
  circuits: join(BUILD_FOLDER, "circuits"),
  keys: join(BUILD_FOLDER, "keys"),
  verifiers: join(BUILD_FOLDER, "verifiers"),
  ceremony: join(BUILD_FOLDER, "ceremony"),
} as const;

/** The circuit of a batch size. */
export function batchCircuit(size: BatchSize): CircuitSource {
  const { name, transfers, accounts, l1Operations, withdrawals, segments, nodes } = size;
  const main = `pragma circom 2.2.0;

include "batch.circom";

component main {public [alpha, z]} = Batch(${transfers}, ${accounts}, ${l1Operations}, ${withdrawals}, ${segments}, ${nodes});
`;
  return { name, main, includes: [join(ROOT, "circuits")] };
}

/** The circuit of an account that leaves a frozen rollup. */
export function exitCircuit(): CircuitSource {
  const main = `pragma circom 2.2.0;

include "exit.circom";

component main {public [root, account, balance]} = Exit();
`;
  return { name: EXIT, main, includes: [join(ROOT, "circuits")] };
}

/**
 * The compiled circuit of a batch size or of the exit, from the cache if its sources and the compiler have not changed.
 *
 * @throws SheafError CIRCUIT_COMPILE_FAILED, ARTIFACT_CORRUPT
 */
export function ensureCircuit(provable: Provable): Promise<CircuitArtifacts> {
  return ensureCompiled(provable === EXIT ? exitCircuit() : batchCircuit(provable), BUILD.circuits);
}

export interface KeyOptions extends SetupChoice {
  /** A development key is made if there is none; a production key must have been installed by `installKey`. */
  readonly setup: SetupKind;
}

/** Everything that proofs of a circuit need. */
export interface ProvingArtifacts {
  readonly circuit: CircuitArtifacts;
  readonly key: KeyArtifacts;
}

/** Everything that proofs of a batch size need. */
export interface BatchArtifacts extends ProvingArtifacts {
  readonly size: BatchSize;
}

/**
 * Circuit and keys of a batch size, from the cache or made anew. snarkjs may start worker threads: `endCurveWorkers`.
 *
 * @throws SheafError CIRCUIT_COMPILE_FAILED, ARTIFACT_CORRUPT, ARTIFACT_MISMATCH, KEY_MISSING
 */
export async function ensureKeys(size: BatchSize, options: KeyOptions): Promise<BatchArtifacts> {
  return { size, ...(await ensureProvingArtifacts(size, options)) };
}

/** Circuit and keys of the exit; as `ensureKeys`. */
export function ensureExitKeys(options: KeyOptions): Promise<ProvingArtifacts> {
  return ensureProvingArtifacts(EXIT, options);
}

/** Circuit and keys of a batch size or of the exit; as `ensureKeys`. */
export async function ensureProvingArtifacts(
  provable: Provable,
  { setup, ...choice }: KeyOptions,
): Promise<ProvingArtifacts> {
  if (setup === "production") await requireSomeKey(nameOf(provable), setup, BUILD.keys);
  choice.onProgress?.(0, "compiling the circuit");
  const circuit = await ensureCircuit(provable);
  const key =
    setup === "production"
      ? await loadKey(circuit, setup, BUILD.keys)
      : await ensureDevelopmentKey(circuit, BUILD.keys, choice);
  return { circuit, key };
}

/** Writes a circuit's verifier contract to `build/verifiers`, where Hardhat compiles it with the others. */
export function ensureVerifier({ circuit, key }: ProvingArtifacts): Promise<VerifierSource> {
  return writeVerifier(circuit.name, key, BUILD.verifiers);
}

/** Path of the key of a circuit's ceremony after a number of contributions, unless the user names another. */
export function ceremonyKey(circuit: CircuitArtifacts, contributions: number): string {
  const name = `${String(contributions).padStart(4, "0")}.zkey`;
  return join(BUILD.ceremony, `${circuit.name}-${circuit.hash.slice(0, 16)}`, name);
}

export interface InstallOptions extends SetupChoice {
  readonly powersOfTau: PowersOfTauOptions;
  /** The ceremony's last key. */
  readonly zkey: string;
}

/**
 * Verifies a ceremony's key and takes it as the production key of its circuit, with its transcript beside it.
 *
 * @throws SheafError the codes of `verifyCeremony`, KEY_INSECURE, KEY_EXISTS
 */
export async function installKey(provable: Provable, options: InstallOptions): Promise<ProvingArtifacts> {
  const circuit = await ensureCircuit(provable);
  return { circuit, key: await installProductionKey({ circuit, ...options }, BUILD.keys) };
}

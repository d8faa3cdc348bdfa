import { join, resolve } from "node:path";
import type { BatchSize } from "../protocol/constants.ts";
import { ensureCompiled, type CircuitArtifacts, type CircuitSource } from "./circuit-cache.ts";
import { ensureDevelopmentKey, installProductionKey, loadKey, type KeyArtifacts, type SetupKind } from "./key-cache.ts";
import type { PowersOfTauOptions } from "./setup/powers-of-tau.ts";
import type { Progress } from "./setup/progress.ts";
import { verifierName, writeVerifier, type VerifierSource } from "./verifier.ts";

export type { CircuitArtifacts, CircuitCounts } from "./circuit-cache.ts";
export type { KeyArtifacts, KeyManifest, SetupKind } from "./key-cache.ts";
export { verifierName, type VerifierSource };

const ROOT = resolve(import.meta.dirname, "..");

/** Folders of everything that is built: circuits, keys, verifier contracts, keys under way. */
export const BUILD = {
  circuits: join(ROOT, "build", "circuits"),
  keys: join(ROOT, "build", "keys"),
  verifiers: join(ROOT, "build", "verifiers"),
  ceremony: join(ROOT, "build", "ceremony"),
} as const;

/** The circuit of a batch size. */
export function batchCircuit(size: BatchSize): CircuitSource {
  const { name, transfers, accounts, l1Operations, withdrawals, segments } = size;
  const main = `pragma circom 2.2.0;

include "batch.circom";

component main {public [alpha]} = Batch(${transfers}, ${accounts}, ${l1Operations}, ${withdrawals}, ${segments});
`;
  return { name, main, includes: [join(ROOT, "circuits")] };
}

/**
 * The compiled circuit of a batch size, from the cache if its sources and the compiler have not changed.
 *
 * @throws SheafError CIRCUIT_COMPILE_FAILED, ARTIFACT_CORRUPT
 */
export function ensureCircuit(size: BatchSize): Promise<CircuitArtifacts> {
  return ensureCompiled(batchCircuit(size), BUILD.circuits);
}

export interface KeyOptions {
  /** A development key is made if there is none; a production key must have been installed by `installKey`. */
  readonly setup: SetupKind;
  readonly onProgress?: Progress;
}

/** Everything that proofs of a batch size need. */
export interface BatchArtifacts {
  readonly size: BatchSize;
  readonly circuit: CircuitArtifacts;
  readonly key: KeyArtifacts;
}

/**
 * Circuit and keys of a batch size, from the cache or made anew. snarkjs may start worker threads: `endCurveWorkers`.
 *
 * @throws SheafError CIRCUIT_COMPILE_FAILED, ARTIFACT_CORRUPT, ARTIFACT_MISMATCH, KEY_MISSING
 */
export async function ensureKeys(size: BatchSize, { setup, onProgress }: KeyOptions): Promise<BatchArtifacts> {
  onProgress?.(0, "compiling the circuit");
  const circuit = await ensureCircuit(size);
  const key =
    setup === "production"
      ? await loadKey(circuit, setup, BUILD.keys)
      : await ensureDevelopmentKey(circuit, BUILD.keys, onProgress);
  return { size, circuit, key };
}

/** Writes a batch size's verifier contract to `build/verifiers`, where Hardhat compiles it with the others. */
export function ensureVerifier({ size, key }: BatchArtifacts): Promise<VerifierSource> {
  return writeVerifier(size.name, key, BUILD.verifiers);
}

/** Path of the key of a circuit's ceremony after a number of contributions, unless the user names another. */
export function ceremonyKey(circuit: CircuitArtifacts, contributions: number): string {
  const name = `${String(contributions).padStart(4, "0")}.zkey`;
  return join(BUILD.ceremony, `${circuit.name}-${circuit.hash.slice(0, 16)}`, name);
}

export interface InstallOptions {
  readonly powersOfTau: PowersOfTauOptions;
  /** The ceremony's last key. */
  readonly zkey: string;
  readonly onProgress?: Progress;
}

/**
 * Verifies a ceremony's key and takes it as the production key of a batch size, with its transcript beside it.
 *
 * @throws SheafError the codes of `verifyCeremony`, KEY_INSECURE, KEY_EXISTS
 */
export async function installKey(size: BatchSize, options: InstallOptions): Promise<BatchArtifacts> {
  const circuit = await ensureCircuit(size);
  return { size, circuit, key: await installProductionKey({ circuit, ...options }, BUILD.keys) };
}

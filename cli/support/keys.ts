import { dirname, join } from "node:path";
import { zKey, type VerificationKey } from "snarkjs";
import * as z from "zod";
import { ROOT } from "../../lib/root.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import { parseFields } from "../../protocol/json-fields.ts";
import type { CircuitInput } from "../../protocol/witness.ts";
import {
  BUILD,
  ensureCircuit,
  ensureKeys,
  type CircuitArtifacts,
  type KeyArtifacts,
  type SetupKind,
} from "../../prover/artifacts/artifacts.ts";
import { downloadCircuit } from "../../prover/artifacts/download.ts";
import { loadKey, requireSomeKey } from "../../prover/artifacts/key-cache.ts";
import {
  circuitNameOf,
  FILES,
  openPublished,
  parseManifest,
  type CircuitHashes,
} from "../../prover/artifacts/published.ts";
import { bySnarkjs } from "../../prover/backends/by-snarkjs.ts";
import { makeProver } from "../../prover/backends/make-prover.ts";
import type { SnarkjsKeys } from "../../prover/backends/snarkjs.ts";
import { readJson } from "../../prover/files/text-files.ts";
import { MANIFEST } from "../../prover/files/whole-files.ts";
import type { Groth16Proof } from "../../prover/prover.ts";
import { DEVELOPMENT_WARNING } from "../../prover/setup/development.ts";
import { readKeyHistory, readKeySections } from "../../prover/setup/key-file.ts";
import { say } from "./output.ts";
import { withProgress } from "./progress.ts";

interface KeyChoice {
  /** Path of a proving key that is used instead of the cached one. */
  readonly key?: string;
  /** Takes the key of a ceremony; without it a development key, which is made if there is none. */
  readonly production?: boolean | undefined;
}

/** What proving a batch size needs, built where it is missing, under a progress bar. */
export async function proverKeys(size: BatchSize, { key, production }: KeyChoice): Promise<SnarkjsKeys> {
  if (key !== undefined) {
    const verificationKey = await verificationKeyOf(key);
    const { wasm, plan } = await withProgress(`circuit ${size.name}`, () => ensureCircuit(size));
    return { wasm, plan, zkey: key, verificationKey };
  }
  const setup = setupKind(production);
  const artifacts = await withProgress(`keys ${size.name}`, (onProgress) =>
    ensureKeys(size, { setup, onProgress, onNote: say }),
  );
  if (!production) say(DEVELOPMENT_WARNING);
  const { wasm, plan } = artifacts.circuit;
  return { wasm, plan, ...artifacts.key };
}

/** The verification key of a size, which must be there. Throws `KEY_MISSING`. */
export async function cachedVerificationKey(size: BatchSize, production?: boolean): Promise<VerificationKey> {
  const setup = setupKind(production);
  await requireSomeKey(size.name, setup, BUILD.keys);
  const circuit = await withProgress(`circuit ${size.name}`, () => ensureCircuit(size));
  return (await loadKey(circuit, setup, BUILD.keys)).verificationKey;
}

/** A ceremony's keys if asked for, the INSECURE development keys otherwise. */
export const setupKind = (production?: boolean): SetupKind => (production ? "production" : "development-INSECURE");

const coordinate = z.string().regex(/^\d{1,78}$/);
const pair = z.tuple([coordinate, coordinate]);
const pointG1 = z.tuple([coordinate, coordinate, coordinate]);
const pointG2 = z.tuple([pair, pair, pair]);
const verificationKeySchema = z
  .looseObject({
    protocol: z.literal("groth16"),
    curve: z.literal("bn128"),
    nPublic: z.int(),
    vk_alpha_1: pointG1,
    vk_beta_2: pointG2,
    vk_gamma_2: pointG2,
    vk_delta_2: pointG2,
    IC: z.array(pointG1),
  })
  .refine(({ nPublic, IC }) => IC.length === nPublic + 1, {
    path: ["IC"],
    message: "must have a point more than nPublic",
  });

/** Reads snarkjs' `verification_key.json`. Throws `FILE_UNREADABLE`, `JSON_MALFORMED`, `FIELD_INVALID`. */
export async function readVerificationKey(path: string): Promise<VerificationKey> {
  return parseFields(path, verificationKeySchema, await readJson(path));
}

/** Throws `FILE_UNREADABLE`, `KEY_MALFORMED`. */
async function verificationKeyOf(path: string): Promise<VerificationKey> {
  await readKeySections(path);
  return bySnarkjs(() => zKey.exportVerificationKey(path));
}

/** A published circuit that L1 vouches for. */
export interface PublishedKeys {
  readonly name: string;
  readonly keys: SnarkjsKeys;
}

/**
 * The files of the circuit that L1 names by its hashes.
 *
 * @param source published folder, or the URL of one
 * @throws SheafError ARTIFACT_MISMATCH, ARTIFACT_CORRUPT, DOWNLOAD_FAILED, FILE_UNREADABLE, JSON_MALFORMED
 */
export async function publishedKeys(source: string, hashes: CircuitHashes): Promise<PublishedKeys> {
  if (!/^https?:\/\//.test(source)) {
    const path = join(source, MANIFEST);
    return open(source, circuitNameOf(source, parseManifest(path, await readJson(path)), hashes), hashes);
  }
  const folder = join(ROOT, "build", "downloads", hashes.keyHash.slice(2, 18));
  const url = source.replace(/\/+$/, "");
  const name = await withProgress("keys", (onProgress) => downloadCircuit(url, hashes, folder, onProgress));
  return open(folder, name, hashes);
}

async function open(folder: string, name: string, hashes: CircuitHashes): Promise<PublishedKeys> {
  const { wasm, zkey, verificationKey } = await openPublished(folder, name, hashes);
  return { name, keys: { wasm, zkey, verificationKey } };
}

/**
 * The key of a circuit whose hash L1 has: a published one, or the one that was made or installed on this machine. What it
 * says of itself is read from the key's own file.
 *
 * @param source published folder, or the URL of one; `undefined` for this machine's
 * @throws SheafError the codes of `publishedKeys`; KEY_MISSING if there is none here
 */
export async function keyOnL1(
  source: string | undefined,
  hashes: CircuitHashes,
  circuit: CircuitArtifacts,
): Promise<KeyArtifacts> {
  if (source === undefined) return builtKeyOnL1(hashes, circuit);
  const { zkey } = (await publishedKeys(source, hashes)).keys;
  const verificationKeyPath = join(dirname(zkey), FILES.verificationKey);
  return {
    ...{ setup: await setupOf(zkey), folder: dirname(zkey), zkey, hash: hashes.keyHash.slice(2) },
    ...{ verificationKeyPath, verificationKey: await verificationKeyOf(zkey) },
  };
}

async function builtKeyOnL1({ keyHash }: CircuitHashes, circuit: CircuitArtifacts): Promise<KeyArtifacts> {
  for (const setup of SETUPS) {
    const key = await loadKey(circuit, setup, BUILD.keys).catch((error: unknown) => {
      if (error instanceof SheafError && error.code === "KEY_MISSING") return undefined;
      throw error;
    });
    if (keyHash === `0x${key?.hash}`) return key!;
  }
  throw new SheafError(
    "KEY_MISSING",
    `no key of ${circuit.name} here has the hash ${keyHash}, which is on L1: name --keys`,
  );
}

const SETUPS: readonly SetupKind[] = ["production", "development-INSECURE"];

/** How a key was made, by its file. */
async function setupOf(zkey: string): Promise<SetupKind> {
  try {
    await readKeyHistory(zkey);
    return "production";
  } catch (error) {
    if (error instanceof SheafError && error.code === "KEY_INSECURE") return "development-INSECURE";
    throw error;
  }
}

/** Makes one proof, under a progress bar, with the fastest back end that works here. */
export function proofWith(label: string, keys: SnarkjsKeys, input: CircuitInput): Promise<Groth16Proof> {
  const work = async (): Promise<Groth16Proof> => {
    const prover = await makeProver(keys, { onNote: say });
    try {
      return (await prover.prove(input)).proof;
    } finally {
      await prover.close();
    }
  };
  return withProgress(label, work, { expectedSeconds: 20 });
}

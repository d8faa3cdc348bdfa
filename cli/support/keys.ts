import { join } from "node:path";
import { zKey, type VerificationKey } from "snarkjs";
import * as z from "zod";
import { ROOT } from "../../lib/root.ts";
import type { BatchSize } from "../../protocol/constants.ts";
import { parseFields } from "../../protocol/json-fields.ts";
import type { CircuitInput } from "../../protocol/witness.ts";
import { BUILD, ensureCircuit, ensureKeys, type SetupKind } from "../../prover/artifacts/artifacts.ts";
import { downloadCircuit } from "../../prover/artifacts/download.ts";
import { loadKey, requireSomeKey } from "../../prover/artifacts/key-cache.ts";
import { circuitNameOf, openPublished, parseManifest, type CircuitHashes } from "../../prover/artifacts/published.ts";
import { bySnarkjs } from "../../prover/backends/by-snarkjs.ts";
import { makeProver } from "../../prover/backends/make-prover.ts";
import type { SnarkjsKeys } from "../../prover/backends/snarkjs.ts";
import { readJson } from "../../prover/files/text-files.ts";
import { MANIFEST } from "../../prover/files/whole-files.ts";
import type { Groth16Proof } from "../../prover/prover.ts";
import { DEVELOPMENT_WARNING } from "../../prover/setup/development.ts";
import { readKeySections } from "../../prover/setup/key-file.ts";
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

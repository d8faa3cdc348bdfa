import { zKey, type VerificationKey } from "snarkjs";
import * as z from "zod";
import type { BatchSize } from "../../protocol/constants.ts";
import { parseFields } from "../../protocol/json-fields.ts";
import { BUILD, ensureCircuit, ensureKeys, type SetupKind } from "../../prover/artifacts/artifacts.ts";
import { loadKey, requireSomeKey } from "../../prover/artifacts/key-cache.ts";
import { bySnarkjs } from "../../prover/backends/curve-workers.ts";
import type { SnarkjsKeys } from "../../prover/backends/snarkjs.ts";
import { readJson } from "../../prover/files/text-files.ts";
import { DEVELOPMENT_WARNING } from "../../prover/setup/development.ts";
import { readKeySections } from "../../prover/setup/key-file.ts";
import { say } from "./output.ts";
import { withProgress } from "./progress.ts";

export interface KeyChoice {
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

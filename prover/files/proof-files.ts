import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { SheafError } from "../../protocol/errors.ts";
import { parseFields } from "../../protocol/json-fields.ts";
import type { Proof } from "../prover.ts";
import { proofSchema, publicSignalsSchema, solidityProof } from "./proof-format.ts";
import { toJson, writeAllWhole } from "./whole-files.ts";

/** Names of a proof's files. The first two are what `snarkjs groth16 verify` takes. */
export const PROOF_FILES = { proof: "proof.json", publicSignals: "public.json", calldata: "calldata.json" } as const;

/** What `Rollup.submitBatch` takes besides the proof. */
export interface SubmitBatchArguments {
  /** Id of the batch size on L1: its place in the deployment's list. */
  readonly size: number;
  readonly c: bigint;
  readonly words: Uint8Array;
  /** Of each operation that the batch takes from the L1 queue, in order. */
  readonly refundAddresses: readonly string[];
  /** Whom the proof was made for. */
  readonly beneficiary: string;
}

/**
 * Writes `proof.json`, `public.json` and `calldata.json`, the arguments of `Rollup.submitBatch`, to a folder, which is
 * made if needed: all of them or none. Returns their paths.
 *
 * @throws SheafError FILE_UNWRITABLE
 */
export async function writeProof(
  folder: string,
  { proof, publicSignals }: Proof,
  { size, c, words, refundAddresses, beneficiary }: SubmitBatchArguments,
): Promise<Record<keyof typeof PROOF_FILES, string>> {
  const calldata = {
    size,
    proof: solidityProof(proof).map(String),
    c: String(c),
    words: `0x${Buffer.from(words).toString("hex")}`,
    refundAddresses,
    beneficiary,
  };
  await writeAllWhole(folder, {
    [PROOF_FILES.proof]: toJson(proof),
    [PROOF_FILES.publicSignals]: toJson(publicSignals),
    [PROOF_FILES.calldata]: toJson(calldata),
  });
  return {
    proof: join(folder, PROOF_FILES.proof),
    publicSignals: join(folder, PROOF_FILES.publicSignals),
    calldata: join(folder, PROOF_FILES.calldata),
  };
}

/**
 * Reads a proof back from `proof.json` and `public.json`.
 *
 * @throws SheafError FILE_UNREADABLE, PROOF_INVALID if a file does not hold what it should
 */
export async function readProof(proofPath: string, publicPath: string): Promise<Proof> {
  return { proof: await parse(proofPath, proofSchema), publicSignals: await parse(publicPath, publicSignalsSchema) };
}

async function parse<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new SheafError("FILE_UNREADABLE", `cannot read ${path}`, { cause: error });
  });
  try {
    return parseFields(path, schema, JSON.parse(text));
  } catch (error) {
    const reason = error instanceof SheafError ? error.message : `${path} does not hold JSON`;
    throw new SheafError("PROOF_INVALID", reason, { cause: error });
  }
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { SheafError } from "../protocol/errors.ts";
import { toJson, writeAllWhole } from "./cache.ts";
import type { Groth16Proof, Proof } from "./prover.ts";

/** Names of a proof's files. The first two are what `snarkjs groth16 verify` takes. */
export const PROOF_FILES = { proof: "proof.json", publicSignals: "public.json", calldata: "calldata.json" } as const;

/** A proof as `Rollup.submitBatch` takes it: `[a.x, a.y, b.x1, b.x0, b.y1, b.y0, c.x, c.y]`, the order of EIP-197. */
export type SolidityProof = [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];

export function solidityProof({ pi_a: a, pi_b: b, pi_c: c }: Groth16Proof): SolidityProof {
  return [a[0], a[1], b[0][1], b[0][0], b[1][1], b[1][0], c[0], c[1]].map(BigInt) as SolidityProof;
}

/** What `Rollup.submitBatch` takes besides the proof. */
export interface SubmitBatchArguments {
  /** Id of the batch size on L1: its place in the deployment's list. */
  readonly size: number;
  readonly c: bigint;
  readonly words: Uint8Array;
  /** Of each operation that the batch takes from the L1 queue, in order. */
  readonly refundAddresses: readonly string[];
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
  { size, c, words, refundAddresses }: SubmitBatchArguments,
): Promise<Record<keyof typeof PROOF_FILES, string>> {
  const calldata = {
    size,
    proof: solidityProof(proof).map(String),
    c: String(c),
    words: `0x${Buffer.from(words).toString("hex")}`,
    refundAddresses,
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

const decimal = z.string().regex(/^\d{1,78}$/);
const pointG1 = z.tuple([decimal, decimal, decimal]);
const pair = z.tuple([decimal, decimal]);
const proofSchema = z.object({
  protocol: z.literal("groth16"),
  curve: z.literal("bn128"),
  pi_a: pointG1,
  pi_b: z.tuple([pair, pair, pair]),
  pi_c: pointG1,
});

/**
 * Reads a proof back from `proof.json` and `public.json`.
 *
 * @throws SheafError FILE_UNREADABLE, PROOF_INVALID if a file does not hold what it should
 */
export async function readProof(proofPath: string, publicPath: string): Promise<Proof> {
  return { proof: await parse(proofPath, proofSchema), publicSignals: await parse(publicPath, z.array(decimal)) };
}

async function parse<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new SheafError("FILE_UNREADABLE", `cannot read ${path}`, { cause: error });
  });
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new SheafError("PROOF_INVALID", `${path} does not hold a proof's numbers`, { cause: error });
  }
}

import * as z from "zod";
import { FIELD_ORDER } from "../../protocol/constants.ts";
import { SheafError } from "../../protocol/errors.ts";
import type { Groth16Proof } from "../prover.ts";
import { BASE_FIELD_ORDER } from "../setup/orders.ts";

// A proof has one form here: affine points, whose coordinates are below q. snarkjs would take any number that is congruent,
// and projective points too. L1's verifier does not: a proof that it refuses for its form must be refused here first.

const numberBelow = (limit: bigint, name: string) =>
  z
    .string()
    .refine(
      (text) => /^(0|[1-9]\d{0,77})$/.test(text) && BigInt(text) < limit,
      `must be a whole decimal number below ${name}, as a string without leading zeros`,
    );
const coordinate = numberBelow(BASE_FIELD_ORDER, "the base field's order q");
const [zero, one] = [z.literal("0"), z.literal("1")];
const pair = z.tuple([coordinate, coordinate]);
const pointG1 = z.tuple([coordinate, coordinate, one]);

export const proofSchema = z.object({
  protocol: z.literal("groth16"),
  // rapidsnark does not name it.
  curve: z.literal("bn128").default("bn128"),
  pi_a: pointG1,
  pi_b: z.tuple([pair, pair, z.tuple([one, zero])]),
  pi_c: pointG1,
});

export const publicSignalsSchema = z.array(numberBelow(FIELD_ORDER, "the field's order r"));

/** A proof as `Rollup.submitBatch` takes it: `[a.x, a.y, b.x1, b.x0, b.y1, b.y0, c.x, c.y]`, the order of EIP-197. */
export type SolidityProof = [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];

/** @throws SheafError PROOF_INVALID if L1's verifier would refuse it for its form */
export function solidityProof(proof: Groth16Proof): SolidityProof {
  const parsed = proofSchema.safeParse(proof);
  if (!parsed.success) {
    throw new SheafError("PROOF_INVALID", "the proof has numbers that L1's verifier takes for none", {
      cause: parsed.error,
    });
  }
  const { pi_a: a, pi_b: b, pi_c: c } = parsed.data;
  return [a[0], a[1], b[0][1], b[0][0], b[1][1], b[1][0], c[0], c[1]].map(BigInt) as SolidityProof;
}

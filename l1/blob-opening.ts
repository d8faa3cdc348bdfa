import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { SheafError } from "../protocol/errors.ts";
import { WORD_BYTES } from "../protocol/constants.ts";

/** What shows a blob's value at a point: both 48 bytes, points of BLS12-381's first group, compressed. */
export interface BlobProof {
  /** To the blob's polynomial (KZG). */
  readonly commitment: Uint8Array;
  readonly proof: Uint8Array;
}

/** A blob's value at the point of a call's batches, with each batch's part of it. */
export interface BlobOpening extends BlobProof {
  /** Below BLS12-381's order. */
  readonly values: readonly bigint[];
}

const [POINT, VALUE] = [48, 32];

/** The second argument of `submitBatchesInBlob`, as `BlobOpener` in the contracts reads it. */
export function packOpening({ commitment, proof, values }: BlobOpening): Uint8Array {
  return concatBytes(commitment, proof, ...values.map((value) => numberToBytesBE(value, VALUE)));
}

/** @throws SheafError RPC_INCONSISTENT if L1 would have refused it for its form */
export function unpackOpening(bytes: Uint8Array): BlobOpening {
  const values = bytes.subarray(2 * POINT);
  if (bytes.length < 2 * POINT || values.length % VALUE !== 0) {
    throw new SheafError("RPC_INCONSISTENT", `an opening of a blob has ${bytes.length} bytes: L1 takes no such call`);
  }
  return {
    commitment: bytes.slice(0, POINT),
    proof: bytes.slice(POINT, 2 * POINT),
    values: Array.from({ length: values.length / VALUE }, (_, i) =>
      bytesToNumberBE(values.subarray(VALUE * i, VALUE * (i + 1))),
    ),
  };
}

/** What shows that two batches have the same transfers, which are in a blob that one of them was submitted with. */
export interface BlobEvidence extends BlobProof {
  readonly versionedHash: Uint8Array;
  /** Place of the batches' first coefficient in the blob. */
  readonly place: number;
  /** Of all batches that were submitted with the blob, in their order: see `digestOf`. */
  readonly digests: readonly Uint8Array[];
  /** Of the blob, up to the last one that is not 0. */
  readonly coefficients: readonly bigint[];
}

/** The last argument of `freezeByContradictionInBlob`, as `BlobOpener` in the contracts reads it. */
export function packEvidence(evidence: BlobEvidence): Uint8Array {
  const { versionedHash, commitment, proof, place, digests, coefficients } = evidence;
  return concatBytes(
    ...[versionedHash, commitment, proof],
    numberToBytesBE(place, 2),
    Uint8Array.of(digests.length),
    ...digests,
    packCoefficients(coefficients),
  );
}

/** Coefficients of a blob as bytes: 31 each. */
export function packCoefficients(coefficients: readonly bigint[]): Uint8Array {
  return concatBytes(...coefficients.map((coefficient) => numberToBytesBE(coefficient, WORD_BYTES)));
}

/** What `packCoefficients` has packed. */
export function unpackCoefficients(bytes: Uint8Array): readonly bigint[] {
  return Array.from({ length: bytes.length / WORD_BYTES }, (_, k) =>
    bytesToNumberBE(bytes.subarray(WORD_BYTES * k, WORD_BYTES * (k + 1))),
  );
}
